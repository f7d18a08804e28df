"""How well a style is learnt from twenty tunes: `python -m tools.studies.personal DATA STYLE [--test]`.

DATA holds one folder a style with a manifest; STYLE is one of them, or of the installed corpora (such as chinese), that
the model in the box was not trained on. Twenty of its training tunes are learnt; tunes of two shipped styles are
transferred to it and judged by an evaluator of all shipped styles and this one, beside the transfer to the best mixture
of shipped styles and the real tunes held out. Without `--test` all tunes to be judged are of the validation part.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from stylernn.evaluation import benchmark, systems
from stylernn.evaluation.task import prepare

from stylernn import corpus
from stylernn.adaptation import adapt, user_styles
from stylernn.cli import evaluation_data
from stylernn.generation import transfer
from stylernn.model import checkpoint

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
    """Learn, transfer, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("style")
    parser.add_argument("--sources", nargs="+", default=["celtic", "classical"])
    parser.add_argument("--tunes", type=int, default=20)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--test", action="store_true")
    asked = parser.parse_args()
    model = checkpoint.load_model()
    shipped = {style.name for style in model.header.styles}
    found = [t for t in corpus.load_folder(asked.data) if t.style in {*shipped, asked.style}]
    if asked.style not in {tune.style for tune in found}:
        found += corpus.load([asked.style])
    split = evaluation_data.unseen(found, shipped)
    chosen = [tune for tune in split.train if tune.style == asked.style]
    order = np.random.default_rng(asked.seed).permutation(len(chosen))[: asked.tunes]
    began = time.monotonic()
    own = adapt.learn(model, [chosen[k] for k in order], asked.style, seed=asked.seed)
    bits = ", ".join(
        f"{name} {value:.3f}" for name, value in own.facts.items() if name != "mixture"
    )
    print(
        f"{asked.style} from {len(order)} of {len(chosen)} tunes in {time.monotonic() - began:.0f} s: {bits}"
    )
    held = replace(split, valid=[], test=split.test) if asked.test else replace(split, test=[])
    train, held_out = evaluation_data.by_style(held, (asked.style,))
    train = {name: melodies[:_FITTED] for name, melodies in train.items()}
    task = prepare(
        train,
        held_out,
        asked.style,
        source_styles=asked.sources,
        count=asked.count,
        seed=asked.seed,
    )
    options = transfer.TransferConfig(candidates=asked.candidates)
    print(f"{'':24s} " + " ".join(f"{name:>15s}" for name in _SHOWN))
    for name, style in {"personal": own, "its mixture alone": _mixture(model, own)}.items():
        adopted = user_styles.with_user_styles(model, [style])
        _print(
            name,
            benchmark.score(
                task, benchmark.run(systems.transfer_system(adopted, asked.style, options), task)
            ),
        )
    _print("real, held out", benchmark.real_row(task))


def _mixture(model: checkpoint.Model, own: user_styles.Personal) -> user_styles.Personal:
    """The same without what was learnt after the mixture."""
    vector = np.asarray(own.facts["mixture"]) @ user_styles.vectors(model)
    return replace(own, vector=vector.astype(np.float32), kernel_updates={})


def _print(name: str, row: benchmark.Row) -> None:
    means = {key: value.value for key, value in benchmark.summarise(row).items()}
    print(
        f"{name:24s} "
        + " ".join(f"{means[key]:15.3f}" if key in means else f"{'':15s}" for key in _SHOWN)
    )


if __name__ == "__main__":
    main()
