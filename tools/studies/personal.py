"""A user's style, adapted to from twenty tunes, beside a mixture and real music.

    python -m tools.studies.personal DATA STYLE --sources STYLE STYLE [--test]

DATA holds one folder a style with a manifest. STYLE is one of them, or of the installed corpora,
that the bundled model was not trained on. The model is adapted to twenty of its training tunes.
Tunes of the source styles are transferred to it and compared by an evaluator of all shipped styles
and this one, beside the transfer to the best mixture of shipped styles and the held-out real tunes.
Without `--test` all tunes that are compared are of the validation part.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from stylernn.evaluation import benchmark, systems
from stylernn.evaluation.task import Task, prepare

from stylernn import corpus
from stylernn.adaptation import adapt, user_styles
from stylernn.cli import evaluation_data
from stylernn.corpus import LabelledMelody, Split
from stylernn.generation import transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from tools import command_line

__all__ = ["main"]

_SHOWN = (
    "accuracy_all",
    "top1",
    "reciprocal_rank",
    "chroma",
    "c2st_all",
    "c2st_pitch",
    "c2st_rhythm",
    "frechet_ratio",
)
_FITTED = 300


def main() -> None:
    """Adapt, transfer, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("style")
    parser.add_argument("--sources", nargs="+", required=True, help="styles of the tunes")
    parser.add_argument("--tunes", type=int, default=20, help="tunes that the model is adapted to")
    parser.add_argument("--count", type=int, default=40, help="tunes that are transferred")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--test", action="store_true", help="open the test split")
    options = parser.parse_args()
    model = checkpoint.load_model()
    split = _split(model, options.data, options.style)
    own = _adapt(model, split.train, options.style, options.tunes, options.seed)
    task = _task(
        split,
        options.style,
        options.sources,
        count=options.count,
        seed=options.seed,
        test=options.test,
    )
    config = transfer.TransferConfig(candidates=options.candidates)
    print(f"{'':24s} " + " ".join(f"{name:>15s}" for name in _SHOWN))
    for name, style in {"adapted": own, "its mixture alone": _mixture(model, own)}.items():
        with_style = user_styles.with_user_styles(model, [style])
        system = systems.transfer_system(with_style, options.style, config)
        _print(name, benchmark.score(task, benchmark.run(system, task)))
    _print("real, held out", benchmark.real_row(task))


def _split(model: Model, data: Path, style: str) -> Split:
    """The split of the tunes of the model's styles and of the user's."""
    shipped = {known.name for known in model.header.styles}
    found = [tune for tune in corpus.load_folder(data) if tune.style in {*shipped, style}]
    if style not in {tune.style for tune in found}:
        found += corpus.load([style])
    return evaluation_data.unseen(found, shipped)


def _adapt(
    model: Model, train: Sequence[LabelledMelody], style: str, count: int, seed: int
) -> user_styles.Personal:
    """Adapt the model to some training tunes of a style, and print what came of it."""
    chosen = [tune for tune in train if tune.style == style]
    order = np.random.default_rng(seed).permutation(len(chosen))[:count]
    began = time.monotonic()
    own = adapt.learn(model, [chosen[k] for k in order], style, seed=seed)
    seconds = time.monotonic() - began
    bits = ", ".join(
        f"{name} {value:.3f}" for name, value in own.facts.items() if name != "mixture"
    )
    print(f"{style} from {len(order)} of {len(chosen)} tunes in {seconds:.0f} s: {bits}")
    return own


def _task(
    split: Split, style: str, sources: Sequence[str], *, count: int, seed: int, test: bool
) -> Task:
    """The tunes to transfer, and what the results are compared with."""
    held = replace(split, valid=[]) if test else replace(split, test=[])
    train, held_out = evaluation_data.by_style(held, (style,))
    train = {name: melodies[:_FITTED] for name, melodies in train.items()}
    return prepare(train, held_out, style, source_styles=sources, count=count, seed=seed)


def _mixture(model: Model, own: user_styles.Personal) -> user_styles.Personal:
    """The style without what was fitted after the mixture."""
    vector = np.asarray(own.facts["mixture"]) @ user_styles.vectors(model)
    return replace(own, vector=vector.astype(np.float32), kernel_updates={})


def _print(name: str, row: benchmark.Row) -> None:
    """Print one line of the table."""
    means = {key: value.value for key, value in benchmark.summarise(row).items()}
    cells = (f"{means[key]:15.3f}" if key in means else f"{'':15s}" for key in _SHOWN)
    print(f"{name:24s} {' '.join(cells)}")


if __name__ == "__main__":
    sys.exit(command_line.run(main))
