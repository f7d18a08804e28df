"""What the choice among candidates is worth: `python -m tools.studies.choices DATA --source folk --source classical`.

DATA holds one folder a style with a manifest. Melodies of the validation part, cut to 64 bars, are transferred with
many candidates, `--draws` times over, of which the best are chosen by several standards (see `ranking`). The results
are judged against real melodies of the validation part, by an evaluator that has met training melodies only.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from stylernn.evaluation import content, features, music, realism, style
from stylernn.evaluation.study import RATIOS
from stylernn.evaluation.task import WINDOW_QUARTERS

from stylernn import corpus
from stylernn.cli import evaluation_data
from stylernn.corpus.styles import Style
from stylernn.generation import metre_mapping, planning, transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.representation.analysis import analyse
from stylernn.reranking import ranking
from stylernn.reranking.ranking import Standards
from stylernn.reranking.selection import Selection
from stylernn.sampling.candidates import compose

_FITTED, _REAL, _BARS = 300, 120, 64
_CHOICES = (
    Standards(0.0, 0.0),
    ranking.COMPOSED,
    ranking.IMPROVISED,
    *(Standards(0.75, formed) for formed in (0.2, 0.6)),
)


def main() -> None:
    """Draw, choose, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--source", action="append", required=True)
    parser.add_argument("--target", default="jazz")
    parser.add_argument("--model", type=Path, help="by default the one in the box")
    parser.add_argument("--count", type=int, default=26, help="tunes of each source style")
    parser.add_argument("--candidates", type=int, default=32)
    parser.add_argument(
        "--draws", type=int, default=1, help="sets of candidates, of which the means are printed"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    model = checkpoint.load_model(asked.model)
    roots = [known.name for known in model.header.styles if known.parent == known.name]
    split = replace(evaluation_data.splits(corpus.load_folder(asked.data)), test=[])
    train, valid = evaluation_data.by_style(split, (*roots, *asked.source), only=True)
    rng = np.random.default_rng(asked.seed)
    sources = [
        _cut(melody) for name in asked.source for melody in _some(valid[name], asked.count, rng)
    ]
    target = model.header.styles[model.style(asked.target) - 1]
    tunes = [metre_mapping.to_supported_metre(source, target) for source in sources]
    labels = [name for name in roots for _ in train[name][:_FITTED]]
    to_supported_metre = [_excerpt(melody) for name in roots for melody in train[name][:_FITTED]]
    evaluator = style.fit(features.extract(to_supported_metre), labels, seed=asked.seed)
    real = [_excerpt(melody) for melody in _some(valid[asked.target], _REAL, rng)]
    print(
        f"{len(sources)} tunes to {asked.target}, {asked.candidates} candidates, {len(real)} real melodies"
    )
    for standards in _CHOICES:
        made = [
            _transferred(model, target, tunes, standards, asked.candidates, k)
            for k in range(asked.draws)
        ]
        judged = [_judge(tunes, melodies, real, evaluator, asked.target) for melodies in made]
        means = {name: np.mean([values[name] for values in judged]) for name in judged[0]}
        print(
            f"{standards.worthy:.2f} {standards.formed:.2f}  "
            + "  ".join(f"{k} {v:.3f}" for k, v in means.items())
        )


def _transferred(
    model: Model,
    target: Style,
    tunes: Sequence[Melody],
    standards: Standards,
    count: int,
    draw: int,
) -> list[Melody]:
    index, sampling_config = (
        model.style(target.name),
        transfer.sampling_config(transfer.TransferConfig(), target),
    )
    made = []
    for number, tune in enumerate(tunes):
        plan = planning.draw_plan(model, analyse(tune), index, 1000 * draw + number)
        selection = Selection(model, target, plan, tune, standards)
        candidates = compose(
            model, plan, sampling_config, 1000 * draw + number, count, selection.best
        )
        made.append(candidates[selection.best(candidates, plan.sections[-1])].melody)
    return made


def _judge(
    sources: Sequence[Melody],
    made: Sequence[Melody],
    real: Sequence[Melody],
    evaluator: style.Evaluator,
    target: str,
) -> dict[str, float]:
    """What the results are like."""
    pieces = [_excerpt(melody) for melody in made]
    ours, theirs = features.extract(pieces), features.extract(real)
    found = content.retrieval(sources, made, range(len(made)))
    groups = ([f"real {k}" for k in range(len(real))], [f"made {k}" for k in range(len(made))])
    own, others = music.evaluate(pieces), music.evaluate(real)
    values = {
        "accuracy": np.mean([heard == target for heard in evaluator.predicted(ours)]),
        "top1": found.top1.mean(),
        "chroma": content.evaluate(sources, made)["chroma"].mean(),
    }
    values |= {
        f"c2st {f}": realism.c2st(theirs, ours, f, groups=groups)[0].mean()
        for f in features.FAMILIES
    }
    values |= {name: own[name].mean() / others[name].mean() for name in RATIOS}
    return {name: float(value) for name, value in values.items()}


def _some(melodies: Sequence[Melody], count: int, rng: np.random.Generator) -> list[Melody]:
    long = [melody for melody in melodies if len(melody.notes) >= 24]
    return [long[k] for k in rng.permutation(len(long))[:count]]


def _cut(melody: Melody) -> Melody:
    return melody.slice(0, min(melody.bars, _BARS))


def _excerpt(melody: Melody) -> Melody:
    return features.excerpt(melody, WINDOW_QUARTERS, least=8)


if __name__ == "__main__":
    main()
