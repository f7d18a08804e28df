"""Several settings of the choice among candidates, side by side.

    python -m tools.studies.choices DATA --source STYLE --target STYLE

DATA holds one folder a style with a manifest. Melodies of the validation part, cut to 64 bars, are
transferred with many candidates, `--draws` times over, of which the best are chosen by several
settings (see `ranking`). The results are compared with real melodies of the validation part, by an
evaluator that is fitted to training melodies only.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from stylernn.evaluation import content, features, music, realism, style
from stylernn.evaluation.study import RATIOS
from stylernn.evaluation.task import WINDOW_QUARTERS, Labelled

from stylernn import corpus
from stylernn.cli import evaluation_data
from stylernn.corpus.styles import Style
from stylernn.generation import planning, transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.representation import metre_mapping
from stylernn.representation.analysis import analyse
from stylernn.reranking import ranking
from stylernn.reranking.ranking import Standards
from stylernn.reranking.selection import Selection
from stylernn.sampling.candidates import compose
from tools import command_line

__all__ = ["main"]

_FITTED, _REAL, _BARS, _LEAST_NOTES = 300, 120, 64, 24
_CHOICES = (
    Standards(0.0, 0.0),
    ranking.COMPOSED,
    ranking.IMPROVISED,
    *(Standards(0.75, formed) for formed in (0.2, 0.6)),
)


class _Study(NamedTuple):
    """What all settings are compared on.

    Args:
        model: the model.
        target: the style that the tunes are transferred to.
        tunes: in metres that the style has.
        real: excerpts of real melodies in the style.
        evaluator: of all root styles of the model.
        candidates: of each transfer.
    """

    model: Model
    target: Style
    tunes: list[Melody]
    real: list[Melody]
    evaluator: style.Evaluator
    candidates: int


def main() -> None:
    """Draw, choose, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--source", action="append", required=True, help="may be given again")
    parser.add_argument("--target", required=True)
    parser.add_argument("--model", type=Path, help="by default the bundled one")
    parser.add_argument("--count", type=int, default=26, help="tunes of each source style")
    parser.add_argument("--candidates", type=int, default=32)
    parser.add_argument(
        "--draws", type=int, default=1, help="sets of candidates, of which the means are printed"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    study = _prepare(
        checkpoint.load_model(options.model),
        options.data,
        options.source,
        options.target,
        count=options.count,
        candidates=options.candidates,
        seed=options.seed,
    )
    print(
        f"{len(study.tunes)} tunes to {options.target}, {options.candidates} candidates, "
        f"{len(study.real)} real melodies"
    )
    for standards in _CHOICES:
        measured = [
            _measure(study, _transfer(study, standards, draw)) for draw in range(options.draws)
        ]
        means = {name: np.mean([values[name] for values in measured]) for name in measured[0]}
        print(
            f"{standards.worthy:.2f} {standards.formed:.2f}  "
            + "  ".join(f"{name} {value:.3f}" for name, value in means.items())
        )


def _prepare(
    model: Model,
    data: Path,
    sources: Sequence[str],
    target: str,
    *,
    count: int,
    candidates: int,
    seed: int,
) -> _Study:
    """Load, split and fit."""
    roots = [known.name for known in model.header.styles if known.parent == known.name]
    split = replace(evaluation_data.splits(corpus.load_folder(data)), test=[])
    train, valid = evaluation_data.by_style(split, (*roots, *sources), only=True)
    rng = np.random.default_rng(seed)
    chosen = [_cut(melody) for name in sources for melody in _some(valid[name], count, rng)]
    style_of_target = model.header.styles[model.style(target) - 1]
    return _Study(
        model,
        style_of_target,
        [metre_mapping.to_supported_metre(melody, style_of_target) for melody in chosen],
        [_excerpt(melody) for melody in _some(valid[target], _REAL, rng)],
        _evaluator(roots, train, seed),
        candidates,
    )


def _evaluator(roots: Sequence[str], train: Labelled, seed: int) -> style.Evaluator:
    """An evaluator of the root styles, fitted to training melodies."""
    labels = [name for name in roots for _ in train[name][:_FITTED]]
    excerpts = [_excerpt(melody) for name in roots for melody in train[name][:_FITTED]]
    return style.fit(features.extract(excerpts), labels, seed=seed)


def _transfer(study: _Study, standards: Standards, draw: int) -> list[Melody]:
    """All tunes in the target style, as one setting of the choice has them."""
    index = study.model.style(study.target.name)
    config = transfer.sampling_config(transfer.TransferConfig(), study.target)
    made = []
    for number, tune in enumerate(study.tunes):
        seed = 1000 * draw + number
        plan = planning.draw_plan(study.model, analyse(tune), index, seed)
        selection = Selection(study.model, study.target, plan, tune, standards)
        candidates = compose(study.model, plan, config, seed, study.candidates, selection.best)
        made.append(candidates[selection.best(candidates, plan.sections[-1])].melody)
    return made


def _measure(study: _Study, made: Sequence[Melody]) -> dict[str, float]:
    """Style, content and realism of results, as means."""
    excerpts = [_excerpt(melody) for melody in made]
    ours, theirs = features.extract(excerpts), features.extract(study.real)
    found = content.retrieval(study.tunes, made, range(len(made)))
    groups = (
        [f"real {k}" for k in range(len(study.real))],
        [f"made {k}" for k in range(len(made))],
    )
    own, others = music.evaluate(excerpts), music.evaluate(study.real)
    predicted = study.evaluator.predicted(ours)
    values = {
        "accuracy": np.mean([name == study.target.name for name in predicted]),
        "top1": found.top1.mean(),
        "chroma": content.evaluate(study.tunes, made)["chroma"].mean(),
    }
    values |= {
        f"c2st {family}": realism.c2st(theirs, ours, family, groups=groups)[0].mean()
        for family in features.FAMILIES
    }
    values |= {name: own[name].mean() / others[name].mean() for name in RATIOS}
    return {name: float(value) for name, value in values.items()}


def _some(melodies: Sequence[Melody], count: int, rng: np.random.Generator) -> list[Melody]:
    """Some melodies that have notes enough."""
    long = [melody for melody in melodies if len(melody.notes) >= _LEAST_NOTES]
    return [long[k] for k in rng.permutation(len(long))[:count]]


def _cut(melody: Melody) -> Melody:
    """The melody, or its first bars if it is long."""
    return melody.slice(0, min(melody.bars, _BARS))


def _excerpt(melody: Melody) -> Melody:
    """What the evaluation kit describes of a melody."""
    return features.excerpt(melody, WINDOW_QUARTERS, least=8)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
