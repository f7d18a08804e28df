"""The benchmark: one direction of transfer, its data, and a row of numbers for any system.

Conventions: style and realism are measured on windows of 16 bars, because statistics of a long and of a short melody
differ whatever the style; content, originality and music on whole melodies. Real melodies for comparison are held out.
A row keeps one value an output; `summarise` makes means with intervals of them, resampled by source tune.

    Task: everything that does not depend on the system.
    prepare: build a task from labelled melodies.
    run, score: apply a system, measure its outputs.
    cheats: systems that stand beside it in every table.
    joint: one number that none of the cheats wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stylernn.melody import Melody

from . import baselines, bits, content, features, music, originality, realism, style
from .inputs import check_melodies, check_pairs
from .statistics import Estimate, bootstrap

__all__ = ["WINDOW_BARS", "Labelled", "Task", "cheats", "joint", "prepare", "real_row", "run", "score", "summarise"]

Labelled = Mapping[str, Sequence[Melody]]
"""Melodies by style."""

WINDOW_BARS = 16
"""Length of the windows on which style and realism are measured."""

_WINDOWS_PER_TUNE = 4
_POOL = 400
_LEAST_REAL = 10


@dataclass(frozen=True)
class Task:
    """One direction of transfer; made by `prepare`.

    Args:
        source_style: style of the sources, None where it is unknown.
        target: style of the outputs.
        sources: what is transferred.
        distractors: more melodies of the source style, for retrieval to choose from.
        real: windows of held-out real melodies of the target style, with the tune that each is from.
        more_real: the same from other tunes, for the row of real melodies.
        pool: training melodies of the target style, for cheats.
        evaluators: one a family of features.
        ceilings: recall per style on held-out real melodies for each family.
        training: index of everything that a system may have copied.
        note_model: n-gram model of the target style.
        seed: of every random choice.
    """

    source_style: str | None
    target: str
    sources: tuple[Melody, ...]
    distractors: tuple[Melody, ...]
    real: tuple[tuple[Melody, ...], tuple[int, ...]]
    more_real: tuple[tuple[Melody, ...], tuple[int, ...]]
    pool: tuple[Melody, ...]
    evaluators: tuple[style.Evaluator, ...]
    ceilings: Mapping[str, Mapping[str, float]]
    training: originality.Index
    note_model: bits.NoteModel
    seed: int = 0
    real_features: np.ndarray = field(default_factory=lambda: np.zeros((0, len(features.NAMES))))


def prepare(
    train: Labelled,
    held_out: Labelled,
    target: str,
    *,
    source_style: str | None = None,
    sources: Sequence[Melody] | None = None,
    count: int = 100,
    seed: int = 0,
) -> Task:
    """Build a task.

    Args:
        train: melodies for the evaluators, the originality index and the cheats; two styles or more.
        held_out: melodies that no system has seen; must hold the target style.
        target: style to transfer to.
        source_style: style whose held-out melodies are the sources, unless `sources` are given.
        sources: the sources themselves.
        count: how many held-out melodies to take as sources.
        seed: of every random choice.

    Raises:
        ValueError: if a style is missing or has too few melodies.
    """
    if target not in train or len(held_out.get(target, ())) < _LEAST_REAL:
        known = ", ".join(sorted(set(train) & set(held_out)))
        raise ValueError(
            f"the target needs training and {_LEAST_REAL} held-out melodies; {target!r} is none of {known}"
        )
    rng = np.random.default_rng(seed)
    rest: list[Melody] = []
    if sources is None:
        if not source_style or not held_out.get(source_style):
            raise ValueError(f"there are no held-out melodies of the source style {source_style!r}")
        candidates = [m for m in held_out[source_style] if len(m.notes) >= 2 * originality.COPY_NOTES]
        mixed = [candidates[i] for i in rng.permutation(len(candidates))]
        sources, rest = mixed[:count], mixed[count : 3 * count]
    check_melodies(sources, "sources")
    evaluators, ceilings = _evaluators(train, held_out, seed)
    tunes = [held_out[target][i] for i in rng.permutation(len(held_out[target]))]
    half = len(tunes) // 2
    real, more_real = _windowed(tunes[:half], seed), _windowed(tunes[half:], seed)
    return Task(
        source_style=source_style,
        target=target,
        sources=tuple(sources),
        distractors=tuple(rest),
        real=real,
        more_real=more_real,
        pool=tuple(train[target][i] for i in rng.permutation(len(train[target]))[:_POOL]),
        evaluators=evaluators,
        ceilings=ceilings,
        training=originality.index([melody for melodies in train.values() for melody in melodies]),
        note_model=bits.fit(train[target], "ppm"),
        seed=seed,
        real_features=features.extract(real[0]),
    )


def run(system: baselines.System, task: Task, *, progress: Callable[[], None] = lambda: None) -> list[Melody]:
    """Transfer every source; output i has seed `task.seed + i`."""
    outputs = []
    for number, source in enumerate(task.sources):
        outputs.append(system(source, task.seed + number))
        progress()
    return outputs


def score(task: Task, outputs: Sequence[Melody], *, copies: bool = True) -> dict[str, np.ndarray]:
    """Measure one system.

    Args:
        task: what was to be done.
        outputs: output i was made from source i.
        copies: also measure originality, which takes the longest.

    Returns:
        Arrays by name, of shape (outputs,) but for `c2st_*` (one value a window) and `frechet_ratio`, `overlap`,
        `profile_pitch` and `profile_rhythm` (one value).
    """
    check_pairs(task.sources, outputs)
    values = content.evaluate(task.sources, outputs, task.distractors)
    pieces = [features.excerpt(melody, WINDOW_BARS, task.seed, least=8) for melody in outputs]
    sources = [features.excerpt(melody, WINDOW_BARS, task.seed, least=8) for melody in task.sources]
    measured = features.extract(pieces)
    values |= style.evaluate(measured, task.target, task.evaluators, task.source_style)
    values |= _realism(task, pieces, measured, features.extract(sources))
    values |= {f"music_{name}": column for name, column in music.evaluate(outputs).items()}
    values |= bits.evaluate(task.note_model, outputs)
    if copies:
        values |= originality.evaluate(outputs, task.training, task.sources)
    return values


def real_row(task: Task) -> dict[str, np.ndarray]:
    """The ceiling: held-out real melodies of the target style, measured like outputs; content is undefined."""
    melodies, _ = task.more_real
    measured = features.extract(melodies)
    sources = features.extract([features.excerpt(melody, WINDOW_BARS, task.seed, least=8) for melody in task.sources])
    values = style.evaluate(measured, task.target, task.evaluators, task.source_style)
    values |= _realism(task, melodies, measured, sources, task.more_real[1])
    # Two halves of forty tunes differ by chance; several halvings say what the test reads where there is no difference.
    every = np.concatenate([task.real_features, measured])
    tunes = [f"a{i}" for i in task.real[1]] + [f"b{i}" for i in task.more_real[1]]
    for family in features.FAMILIES:
        values[f"c2st_{family}"] = realism.c2st_null(every, tunes, family, seed=task.seed)
    values |= {f"music_{name}": column for name, column in music.evaluate(melodies).items()}
    values |= bits.evaluate(task.note_model, melodies)
    return values | originality.evaluate(melodies, task.training)


def cheats(task: Task) -> dict[str, baselines.System]:
    """The baselines that need no trained model, by the name of their row."""
    return {
        "identity": baselines.identity,
        "pitch shuffle": baselines.pitch_shuffle,
        "rule-based jazzifier": baselines.jazzify,
        "random real tune": baselines.random_real(task.pool),
        "nearest training tune": baselines.nearest_real(task.pool[:100]),
        "Markov-3 over the skeleton": baselines.markov_over_skeleton(task.pool),
    }


def summarise(values: Mapping[str, np.ndarray], clusters: Sequence[object] | None = None) -> dict[str, Estimate]:
    """Means with 95 % intervals; measures with one value an output are resampled by `clusters`."""
    size = len(clusters) if clusters is not None else -1
    return {
        name: bootstrap(column, clusters if len(column) == size else None) for name, column in sorted(values.items())
    }


def joint(row: Mapping[str, Estimate]) -> float:
    """Geometric mean of P(target), mean reciprocal rank and realism 2 (1 - C2ST) clipped to 0..1.

    A copy of the source has no style, a real tune no content, a rule-based disguise no realism.
    """
    realistic = float(np.clip(2 * (1 - row["c2st_all"].value), 0, 1))
    return float(np.cbrt(row["probability_all"].value * row["reciprocal_rank"].value * realistic))


def _evaluators(
    train: Labelled, held_out: Labelled, seed: int
) -> tuple[tuple[style.Evaluator, ...], dict[str, dict[str, float]]]:
    known = [name for name, melodies in train.items() if len(melodies) >= 5]
    fitted, labels = _labelled(train, known, seed)
    unseen, truth = _labelled(held_out, known, seed)
    evaluators = tuple(style.fit(fitted, labels, family, seed=seed) for family in features.FAMILIES)
    return evaluators, {each.family: style.accuracy(each, unseen, truth) for each in evaluators}


def _labelled(melodies: Labelled, styles: Sequence[str], seed: int) -> tuple[np.ndarray, list[str]]:
    """Features of one window of each melody of the styles, with labels; at most 1,000 a style."""
    pieces: list[Melody] = []
    labels: list[str] = []
    for name in styles:
        for melody in melodies.get(name, ())[:1000]:
            pieces += (found := features.windows(melody, WINDOW_BARS, most=1, seed=seed, least=8))
            labels += [name] * len(found)
    return features.extract(pieces), labels


def _windowed(tunes: Sequence[Melody], seed: int) -> tuple[tuple[Melody, ...], tuple[int, ...]]:
    found = [features.windows(tune, WINDOW_BARS, most=_WINDOWS_PER_TUNE, seed=seed, least=8) for tune in tunes]
    return tuple(w for group in found for w in group), tuple(i for i, group in enumerate(found) for _ in group)


def _realism(
    task: Task,
    pieces: Sequence[Melody],
    measured: np.ndarray,
    sources: np.ndarray,
    tunes: Sequence[int] | None = None,
) -> dict[str, np.ndarray]:
    """Two-sample tests, Fréchet ratio, overlap area and style profiles against the held-out real windows."""
    real, of_tune = task.real
    owners = range(len(pieces)) if tunes is None else tunes
    groups = ([f"real {i}" for i in of_tune], [f"output {i}" for i in owners])
    values: dict[str, np.ndarray] = {}
    if min(len(real), len(pieces)) >= _LEAST_REAL:
        for family in features.FAMILIES:
            values[f"c2st_{family}"] = realism.c2st(task.real_features, measured, family, groups=groups, seed=task.seed)
        ratio = realism.frechet_ratio(task.real_features, measured, sources, seed=task.seed)
        areas = [area for area, _ in realism.overlap(real, pieces, seed=task.seed).values()]
        values |= {"frechet_ratio": np.array([ratio]), "overlap": np.array([np.mean(areas)])}
    pitch, rhythm = style.profile_cosine(pieces, real)
    return values | {"profile_pitch": np.array([pitch]), "profile_rhythm": np.array([rhythm])}
