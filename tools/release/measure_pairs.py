"""How well each style turns into each other one: `python -m tools.release.measure_pairs DATA_FOLDER`, for `stylernn styles`.

Held-out tunes of every root style of the model in the box go to every other one, at the default settings. An evaluator
that is fitted to real melodies of the training split says whether the result is in the style, and of how much of the
held-out real music it says so; retrieval among 100 others of the source's style says whether it is still the tune. No
two of these are the same tune, as several settings of one chorale would be.
`linear` is what an evaluator of another kind says, a logistic regression, since the model's own classifier is a forest
as the evaluator is. The numbers are written into the model's header, and the index of the training set's figures is
bound to the file anew.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from stylernn.evaluation import content, features, style

from stylernn import corpus
from stylernn.generation import transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.music.similarity import pitch_class_distance
from stylernn.reranking import originality
from stylernn.reranking.originality import NgramIndex
from stylernn.system.paths import bundled_model

QUARTERS, FITTED, OTHERS, BARS, LEAST_NOTES = 64, 400, 100, 64, 24
SAME = 1.0
"""Distance of pitch classes, in semitones, under which two melodies are one tune; others are 1.4 apart or more."""

Melodies = dict[str, list[Melody]]
Ear = Callable[[np.ndarray], Sequence[str]]
"""The styles of melodies, by their features."""


def main() -> None:
    """Measure all pairs, print them, write them down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "-n",
        type=int,
        default=20,
        help="Tunes a pair; of five, a single miss would be one too many.",
    )
    parser.add_argument(
        "--to",
        action="append",
        help="Measure only what goes to these styles, and keep the other pairs.",
    )
    arguments = parser.parse_args()
    path = bundled_model()
    model = checkpoint.load_model(path)
    figures = originality.beside(path)
    splits = corpus.split(corpus.load_folder(arguments.data))
    train, test = (by_root(model, tunes) for tunes in (splits.train, splits.test))
    ears = fit(train)
    real = {name: heard(ears, melodies, name)["accuracy"] for name, melodies in test.items()}
    targets = arguments.to or sorted(test)
    pairs = [
        pair for pair in (model.header.metrics or {}).get("pairs", []) if pair["to"] not in targets
    ]
    for source in sorted(test):
        sources = different(test[source], arguments.n)
        others = different([*test[source], *train[source]], OTHERS, sources)
        for target in (name for name in targets if name != source):
            found = measured(model, figures, ears, sources, others, target)
            pairs.append(
                {"from": source, "to": target, "tunes": len(sources), "real": real[target], **found}
            )
            print(pairs[-1], flush=True)
    pairs.sort(key=lambda pair: (pair["from"], pair["to"]))
    metrics = {**(model.header.metrics or {}), "pairs": pairs}
    checkpoint.save_model(path, checkpoint.with_metrics(model, metrics), dtype="float16")
    if figures is not None:
        originality.save_index(path, figures._replace(model=originality.fingerprint(path)))


def by_root(model: Model, tunes: Sequence[corpus.LabelledMelody]) -> Melodies:
    """Melodies by root style, in an order that depends on nothing but the tunes; long ones are cut."""
    roots = {entry.name: entry.parent for entry in model.header.styles}
    found: Melodies = {name: [] for name in sorted({*roots.values()})}
    ordered = [tunes[k] for k in np.random.default_rng(0).permutation(len(tunes))]
    for tune in ordered:
        if tune.style in roots and len(tune.melody.notes) >= LEAST_NOTES:
            found[roots[tune.style]].append(tune.melody.slice(0, min(tune.melody.bars, BARS)))
    return found


def different(melodies: Sequence[Melody], most: int, known: Sequence[Melody] = ()) -> list[Melody]:
    """The first melodies that are, in any key, neither a known tune nor one of those before."""
    found: list[Melody] = []
    for melody in melodies:
        if len(found) == most:
            break
        keys = [melody.transpose(step) for step in range(-6, 6)]
        if all(
            pitch_class_distance(tune, key) >= SAME for tune in [*known, *found] for key in keys
        ):
            found.append(melody)
    return found


def fit(train: Melodies) -> dict[str, Ear]:
    """Evaluators of all root styles: the kit's forest, and a linear one."""
    windows = {
        name: [part for melody in melodies for part in features.windows(melody, QUARTERS, most=2)][
            :FITTED
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


def measured(
    model: Model,
    figures: NgramIndex | None,
    ears: dict[str, Ear],
    sources: list[Melody],
    others: list[Melody],
    target: str,
) -> dict[str, float]:
    """Style accuracy, and share of sources found first, of transfers to a style."""
    outputs = [
        transfer.transfer(model, melody, target, seed=number, training=figures).melody
        for number, melody in enumerate(sources)
    ]
    ranks = np.asarray(content.retrieval([*sources, *others], outputs, range(len(outputs))).ranks)
    return {**heard(ears, outputs, target), "top1": round(float(np.mean(ranks == 1)), 3)}


def heard(ears: dict[str, Ear], melodies: Sequence[Melody], target: str) -> dict[str, float]:
    """Share of melodies that each evaluator hears as the target."""
    seen = features.extract([features.excerpt(melody, QUARTERS) for melody in melodies])
    return {
        name: round(float(np.mean(np.asarray(ear(seen)) == target)), 3)
        for name, ear in ears.items()
    }


if __name__ == "__main__":
    main()
