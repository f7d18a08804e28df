"""How well each style turns into each other one, for `stylernn styles --pairs`.

Held-out tunes of every root style of a model are transferred to every other one, at the default
settings. An evaluator that is fitted to real melodies of the training split says whether the result
is in the style. Its share of the held-out real music of the style that it classifies as such is
given beside it. Retrieval among 100 others of the source's style says whether the result is still
the tune. No two of these are the same tune, as several settings of one chorale would be. `linear`
is what an evaluator of another kind says, a logistic regression, since the model's own classifier
is a forest as the evaluator is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from stylernn.evaluation import content, features, style

from stylernn import corpus
from stylernn.corpus import LabelledMelody, Split
from stylernn.generation import transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.music.similarity import pitch_class_distance
from stylernn.reranking import originality
from stylernn.reranking.originality import NgramIndex
from tools.release import model_files

__all__ = ["PairsSize", "measure_pairs", "with_pairs"]

_QUARTERS, _BARS, _LEAST_NOTES = 64, 64, 24
_SAME = 1.0
"""Mean distance of pitch classes, in semitones, under which two melodies are one tune.

Different tunes are 1.4 apart or more."""

Melodies = dict[str, list[Melody]]
"""Melodies by root style."""

Evaluator = Callable[[np.ndarray], Sequence[str]]
"""The styles of melodies, by their features."""


@dataclass(frozen=True)
class PairsSize:
    """How much is measured.

    Args:
        tunes: most tunes a pair; of five, a single miss would be one too many.
        windows: most windows of a style that the evaluators are fitted to.
        others: most tunes among which a source is looked for.
    """

    tunes: int = 20
    windows: int = 400
    others: int = 100


def measure_pairs(
    path: Path,
    data: Path,
    out: Path,
    targets: Sequence[str] = (),
    size: PairsSize | None = None,
) -> None:
    """Write a model file with the numbers of all pairs, and its index if it has one.

    Args:
        path: a model file.
        data: the labelled folder that the model was trained on.
        out: the model file to write; any but that of the shipped model.
        targets: only what goes to these styles is measured, and the other pairs stay; all if it is
            empty.
        size: how much is measured.

    Raises:
        ModelFileError: if there is no such model.
        CorpusError: if there is no such folder or no music in it.
        UsageError: if `out` is the shipped model or cannot be written, or the model lacks one of
            the targets.
    """
    model, index = checkpoint.load_model(path), originality.beside(path)
    splits = corpus.split(corpus.load_folder(data))
    model_files.write(out, with_pairs(model, splits, index, targets=targets, size=size))
    if index is not None:
        originality.save_index(out, index._replace(model=originality.fingerprint(out)))


def with_pairs(
    model: Model,
    splits: Split,
    index: NgramIndex | None,
    *,
    targets: Sequence[str] = (),
    size: PairsSize | None = None,
) -> Model:
    """Measure pairs and print them.

    Args:
        model: the model.
        splits: of the folder that it was trained on.
        index: of its training set, see `originality.beside`.
        targets: only what goes to these styles is measured, and the other pairs stay; all if it is
            empty.
        size: how much is measured.

    Returns:
        The model with the numbers among its metrics.
    """
    size = size or PairsSize()
    train, test = (_by_root(model, tunes) for tunes in (splits.train, splits.test))
    evaluators = _fit(train, size)
    real = {
        name: _shares(evaluators, melodies, name)["accuracy"]
        for name, melodies in test.items()
        if melodies
    }
    wanted = list(targets) or sorted(real)
    for target in wanted:
        model.style(target)
    metrics = dict(model.header.metrics or {})
    pairs: list[dict[str, Any]] = [
        pair for pair in metrics.get("pairs", []) if pair["to"] not in wanted
    ]
    for source in sorted(real):
        sources = _different(test[source], size.tunes)
        others = _different([*test[source], *train[source]], size.others, sources)
        for target in (name for name in wanted if name != source):
            found = _measure(model, index, evaluators, sources, others, target)
            facts = {"from": source, "to": target, "tunes": len(sources), "real": real[target]}
            pairs.append({**facts, **found})
            print(pairs[-1], flush=True)
    pairs.sort(key=lambda pair: (pair["from"], pair["to"]))
    return checkpoint.with_metrics(model, {**metrics, "pairs": pairs})


def _by_root(model: Model, tunes: Sequence[LabelledMelody]) -> Melodies:
    """Melodies by root style, in an order that is always the same; long ones are cut."""
    roots = {entry.name: entry.parent for entry in model.header.styles}
    found: Melodies = {name: [] for name in sorted({*roots.values()})}
    ordered = [tunes[k] for k in np.random.default_rng(0).permutation(len(tunes))]
    for tune in ordered:
        if tune.style in roots and len(tune.melody.notes) >= _LEAST_NOTES:
            found[roots[tune.style]].append(tune.melody.slice(0, min(tune.melody.bars, _BARS)))
    return found


def _different(melodies: Sequence[Melody], most: int, known: Sequence[Melody] = ()) -> list[Melody]:
    """The first melodies that are, in any key, neither a known tune nor one of those before."""
    found: list[Melody] = []
    for melody in melodies:
        if len(found) == most:
            break
        keys = [melody.transpose(step) for step in range(-6, 6)]
        if all(
            pitch_class_distance(tune, key) >= _SAME for tune in [*known, *found] for key in keys
        ):
            found.append(melody)
    return found


def _fit(train: Melodies, size: PairsSize) -> dict[str, Evaluator]:
    """Evaluators of all root styles: the forest of the evaluation kit, and a linear one."""
    windows = {
        name: [part for melody in melodies for part in features.windows(melody, _QUARTERS, most=2)][
            : size.windows
        ]
        for name, melodies in train.items()
    }
    labels = [name for name, parts in windows.items() for _ in parts]
    seen = features.extract([part for parts in windows.values() for part in parts])
    linear = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced")
    )
    return {
        "accuracy": style.fit(seen, labels).predicted,
        "linear": linear.fit(seen, labels).predict,
    }


def _measure(
    model: Model,
    index: NgramIndex | None,
    evaluators: dict[str, Evaluator],
    sources: list[Melody],
    others: list[Melody],
    target: str,
) -> dict[str, float]:
    """Style accuracy of transfers to a style, and the share of sources that are found first."""
    outputs = [
        transfer.transfer(model, melody, target, seed=number, training=index).melody
        for number, melody in enumerate(sources)
    ]
    ranks = np.asarray(content.retrieval([*sources, *others], outputs, range(len(outputs))).ranks)
    return {**_shares(evaluators, outputs, target), "top1": round(float(np.mean(ranks == 1)), 3)}


def _shares(
    evaluators: dict[str, Evaluator], melodies: Sequence[Melody], target: str
) -> dict[str, float]:
    """Share of melodies that each evaluator classifies as the target."""
    seen = features.extract([features.excerpt(melody, _QUARTERS) for melody in melodies])
    return {
        name: round(float(np.mean(np.asarray(evaluator(seen)) == target)), 3)
        for name, evaluator in evaluators.items()
    }
