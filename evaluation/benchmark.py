"""The benchmark: one direction of transfer, its data, and a row of numbers for any system.

Conventions: style and realism are measured on windows of 64 quarters, because statistics of a long and of a short
melody differ whatever the style; content, originality and music on whole melodies. Real melodies for comparison are
held out. A row keeps its values with what they belong to; `summarise` makes means with intervals of them, resampled
by source tune.

    Task: everything that does not depend on the system.
    prepare: build a task from labelled melodies.
    run, score: apply a system, measure its outputs; `together` joins the rows of several seeds.
    real_row, cheat_row: what stands beside every system; kept on disk.
    joint: one number that none of the cheats wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from stylernn.melody import Melody

from . import baselines, bits, content, features, music, originality, realism, style
from .cache import digest, remembered
from .inputs import check_melodies, check_pairs
from .statistics import Estimate, bootstrap

__all__ = [
    "CHEATS",
    "WINDOW_QUARTERS",
    "Column",
    "Labelled",
    "Row",
    "Task",
    "cheat_row",
    "excerpts",
    "joint",
    "joint_of",
    "prepare",
    "real_row",
    "run",
    "score",
    "summarise",
    "together",
]

Labelled = Mapping[str, Sequence[Melody]]
"""Melodies by style."""

WINDOW_QUARTERS = 64
"""Length of the windows on which style and realism are measured: sixteen bars of 4/4, thirty-two of 2/4."""

_WINDOWS_PER_TUNE = 4
_MOST_REAL = 120
_MOST_FITTED = 400
_OTHERS = 200
_POOL = 400
_LEAST_REAL = 10
_COMPOUND = ("6/8", "9/8", "12/8")


class Column(NamedTuple):
    """Values of one measure and, for each, the name of what it belongs to, such as its source tune."""

    values: np.ndarray
    owners: np.ndarray


Row = Mapping[str, Column]
"""Columns by measure."""


@dataclass(frozen=True)
class Task:
    """One direction of transfer; made by `prepare`.

    Args:
        target: style of the outputs.
        sources: what is transferred.
        origins: the style of each source; empty where it is unknown.
        distractors: more melodies of the sources' styles, for retrieval to choose from.
        real: windows of held-out real melodies of the target style, with the tune that each is from.
        more_real: the same from other tunes, for the row of real melodies.
        pool: training melodies of the target style, for cheats.
        evaluators: one a family of features.
        ceilings: recall per style on held-out real melodies for each family.
        training: index of everything that a system may have copied.
        note_model: n-gram model of the target style.
        digest: names all of this.
        seed: of every random choice.
        real_features: of the windows of `real`.
    """

    target: str
    sources: tuple[Melody, ...]
    origins: tuple[str, ...]
    distractors: tuple[Melody, ...]
    real: tuple[tuple[Melody, ...], tuple[int, ...]]
    more_real: tuple[tuple[Melody, ...], tuple[int, ...]]
    pool: tuple[Melody, ...]
    evaluators: tuple[style.Evaluator, ...]
    ceilings: Mapping[str, Mapping[str, float]]
    training: originality.Index
    note_model: bits.NoteModel
    digest: str
    seed: int = 0
    real_features: np.ndarray = field(default_factory=lambda: np.zeros((0, len(features.NAMES))))


def prepare(
    train: Labelled,
    held_out: Labelled,
    target: str,
    *,
    source_styles: Sequence[str] = (),
    sources: Sequence[Melody] | None = None,
    count: int = 100,
    seed: int = 0,
) -> Task:
    """Build a task.

    Args:
        train: melodies for the evaluators, the originality index and the cheats; two styles or more.
        held_out: melodies that no system has seen; must hold the target style.
        target: style to transfer to.
        source_styles: styles whose held-out melodies are the sources, in equal parts, unless `sources` are given.
        sources: the sources themselves.
        count: how many held-out melodies to take as sources, of all styles together.
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
    origins: list[str] = []
    if sources is None:
        sources, origins, rest = _sources(train, held_out, source_styles, count, rng)
    check_melodies(sources, "sources")
    named = [(name, digest(melodies)) for part in (train, held_out) for name, melodies in sorted(part.items())]
    evaluators, ceilings = _evaluators(train, held_out, named, seed)
    mixed = [held_out[target][i] for i in rng.permutation(len(held_out[target]))]
    tunes = _in_like_metres(mixed, sources)[: 2 * _MOST_REAL]
    half = len(tunes) // 2
    real, more_real = _windowed(tunes[:half], seed), _windowed(tunes[half:], seed)
    return Task(
        target=target,
        sources=tuple(sources),
        origins=tuple(origins),
        distractors=tuple(rest),
        real=real,
        more_real=more_real,
        pool=tuple(train[target][i] for i in rng.permutation(len(train[target]))[:_POOL]),
        evaluators=evaluators,
        ceilings=ceilings,
        training=originality.index([melody for melodies in train.values() for melody in melodies]),
        note_model=bits.fit(train[target], "ppm"),
        digest=repr((named, target, digest(sources), digest(rest), tuple(origins), seed)),
        seed=seed,
        real_features=features.extract(real[0]),
    )


def run(
    system: baselines.System, task: Task, *, seed: int | None = None, progress: Callable[[], None] = lambda: None
) -> list[Melody]:
    """Transfer every source; output i has seed `seed + i`, by default from the task's own seed on."""
    outputs = []
    for number, source in enumerate(task.sources):
        outputs.append(system(source, (task.seed if seed is None else seed) + number))
        progress()
    return outputs


def score(task: Task, outputs: Sequence[Melody]) -> Row:
    """Measure one system.

    Args:
        task: what was to be done.
        outputs: output i was made from source i.

    Returns:
        Columns with one value an output, but for `c2st_*` (one value a window), `top1_compound` (one a source in 6/8,
        9/8 or 12/8), and `frechet_ratio`, `overlap`, `profile_pitch` and `profile_rhythm` (one value).
    """
    check_pairs(task.sources, outputs)
    values = content.evaluate(task.sources, outputs, task.distractors)
    pieces = excerpts(task, outputs)
    measured = features.extract(pieces)
    values |= style.evaluate(measured, task.target, task.evaluators, task.origins)
    values |= _music(outputs, pieces) | bits.evaluate(task.note_model, outputs)
    values |= originality.evaluate(outputs, task.training, task.sources)
    owners = np.array([f"source {number}" for number in range(len(outputs))])
    columns = {name: Column(column, owners) for name, column in values.items()}
    compound = np.array([str(source.metre) in _COMPOUND for source in task.sources])
    if "top1" in values and compound.any():
        columns["top1_compound"] = Column(values["top1"][compound], owners[compound])
    return columns | _realism(task, pieces, measured, owners.tolist())


def excerpts(task: Task, melodies: Sequence[Melody]) -> list[Melody]:
    """The windows on which style is judged."""
    return [features.excerpt(melody, WINDOW_QUARTERS, task.seed, least=8) for melody in melodies]


def together(rows: Sequence[Row]) -> Row:
    """One row of the rows of several seeds on one task; outputs of one source belong together."""
    joined = {}
    for name in rows[0]:
        parts = [row[name] for row in rows if name in row]
        joined[name] = Column(*(np.concatenate(halves) for halves in zip(*parts, strict=True)))
    return joined


def real_row(task: Task) -> Row:
    """The ceiling: held-out real melodies of the target style, measured like outputs; content is undefined."""
    return _kept(task, "real melodies", lambda: _measure_real(task))


def cheat_row(task: Task, name: str) -> Row:
    """The row of one of `CHEATS`."""
    return _kept(task, name, lambda: score(task, run(CHEATS[name](task), task)))


CHEATS: Mapping[str, Callable[[Task], baselines.System]] = {
    "identity": lambda task: baselines.identity,
    "pitch shuffle": lambda task: baselines.pitch_shuffle,
    "rule-based jazzifier": lambda task: baselines.jazzify,
    "random real tune": lambda task: baselines.random_real(task.pool),
    "nearest training tune": lambda task: baselines.nearest_real(task.pool[:100]),
    "Markov-3 over the skeleton": lambda task: baselines.markov_over_skeleton(task.pool),
}
"""What makes the baselines that need no trained model, by the name of their row."""


def summarise(row: Row) -> dict[str, Estimate]:
    """Means with 95 % intervals, resampled by what the values belong to."""
    return {name: bootstrap(*column) for name, column in sorted(row.items())}


def joint(row: Mapping[str, Estimate]) -> float:
    """Geometric mean of P(target), mean reciprocal rank and realism 2 (1 - C2ST) clipped to 0..1.

    A copy of the source has no style, a real tune no content, a rule-based disguise no realism.
    """
    return float(joint_of(*(row[name].value for name in ("probability_all", "reciprocal_rank", "c2st_all"))))


def joint_of(
    probability: np.ndarray | float, reciprocal: np.ndarray | float, accuracy: np.ndarray | float
) -> np.ndarray:
    """The joint score of P(target), mean reciprocal rank and accuracy of the two-sample test."""
    return np.cbrt(probability * reciprocal * np.clip(2 * (1 - accuracy), 0, 1))


def _sources(
    train: Labelled, held_out: Labelled, styles: Sequence[str], count: int, rng: np.random.Generator
) -> tuple[list[Melody], list[str], list[Melody]]:
    """Sources in equal parts of their styles, the style of each, and 200 others that retrieval may take for them.

    Where a style has too few held-out melodies, training melodies are among the others.
    """
    if not styles or not all(held_out.get(name) for name in styles):
        raise ValueError(f"there are no held-out melodies of the source style {' or '.join(styles) or None!r}")
    chosen: list[Melody] = []
    origins: list[str] = []
    others: list[Melody] = []
    for number, name in enumerate(styles):
        share, fill = ((total + number) // len(styles) for total in (count, _OTHERS))
        unseen, seen = (
            [melody for melody in part.get(name, ()) if len(melody.notes) >= 2 * originality.COPY_NOTES]
            for part in (held_out, train)
        )
        mixed = [unseen[i] for i in rng.permutation(len(unseen))]
        more = [seen[i] for i in rng.permutation(len(seen))[:fill]]
        chosen += mixed[:share]
        origins += [name] * len(mixed[:share])
        others += (mixed[share:] + more)[:fill]
    return chosen, origins, others


def _measure_real(task: Task) -> Row:
    melodies, of_tune = task.more_real
    measured = features.extract(melodies)
    owners = [f"tune {i}" for i in of_tune]
    origins = task.origins and [task.origins[i % len(task.origins)] for i in range(len(melodies))]
    values = style.evaluate(measured, task.target, task.evaluators, origins)
    values |= _music(melodies, melodies) | bits.evaluate(task.note_model, melodies)
    values |= originality.evaluate(melodies, task.training)
    columns = {name: Column(column, np.array(owners)) for name, column in values.items()}
    columns |= _realism(task, melodies, measured, owners)
    # Two halves of forty tunes differ by chance; several halvings say what the test reads where there is no difference.
    every = np.concatenate([task.real_features, measured])
    tunes = [f"a{i}" for i in task.real[1]] + [f"b{i}" for i in of_tune]
    families = features.FAMILIES if len(set(tunes)) >= 2 * _LEAST_REAL else ()
    return columns | {
        f"c2st_{family}": Column(*realism.c2st_null(every, tunes, family, seed=task.seed)) for family in families
    }


def _kept(task: Task, name: str, measure: Callable[[], Row]) -> Row:
    """A row that does not depend on any model, from the disk where it has been measured before."""

    def flat() -> dict[str, np.ndarray]:
        return {f"{key}:{part}": array for key, column in measure().items() for part, array in column._asdict().items()}

    arrays = remembered((task.digest, name), flat)
    keys = dict.fromkeys(key.rpartition(":")[0] for key in arrays)
    return {key: Column(*(arrays[f"{key}:{part}"] for part in Column._fields)) for key in keys}


def _music(melodies: Sequence[Melody], pieces: Sequence[Melody]) -> dict[str, np.ndarray]:
    """Descriptors of whole melodies and, as `window_*`, those that depend on length of windows of like length."""
    whole = {f"music_{name}": column for name, column in music.evaluate(melodies).items()}
    return whole | {f"window_{name}": column for name, column in music.evaluate(pieces).items()}


def _evaluators(
    train: Labelled, held_out: Labelled, named: Sequence[tuple[str, str]], seed: int
) -> tuple[tuple[style.Evaluator, ...], dict[str, dict[str, float]]]:
    known = [name for name, melodies in train.items() if len(melodies) >= 5]
    (fitted, labels), (unseen, truth) = (
        _labelled(part, known, seed, (side, named)) for side, part in (("train", train), ("held out", held_out))
    )
    evaluators = tuple(style.fit(fitted, labels, family, seed=seed) for family in features.FAMILIES)
    return evaluators, {each.family: style.accuracy(each, unseen, truth) for each in evaluators}


def _labelled(
    melodies: Labelled, styles: Sequence[str], seed: int, facts: tuple[object, ...]
) -> tuple[np.ndarray, list[str]]:
    """Features of one window of each melody of the styles, with labels; a like number of each style at most."""

    def extracted() -> dict[str, np.ndarray]:
        pieces: list[Melody] = []
        labels: list[str] = []
        for name in styles:
            own = melodies.get(name, ())
            for i in np.random.default_rng(seed).permutation(len(own))[:_MOST_FITTED]:
                pieces += (found := features.windows(own[i], WINDOW_QUARTERS, most=1, seed=seed, least=8))
                labels += [name] * len(found)
        return {"features": features.extract(pieces), "labels": np.array(labels)}

    arrays = remembered(("labelled", facts, tuple(styles), seed), extracted)
    return arrays["features"], arrays["labels"].tolist()


def _in_like_metres(tunes: Sequence[Melody], sources: Sequence[Melody]) -> Sequence[Melody]:
    """Real tunes in simple time alone where no source is compound: a transfer keeps the metre, and jigs would tell the
    real from the made. All of them where too few are left.
    """
    if any(source.metre.is_compound for source in sources):
        return tunes
    simple = [tune for tune in tunes if not tune.metre.is_compound]
    return simple if len(simple) >= 2 * _LEAST_REAL else tunes


def _windowed(tunes: Sequence[Melody], seed: int) -> tuple[tuple[Melody, ...], tuple[int, ...]]:
    found = [features.windows(tune, WINDOW_QUARTERS, most=_WINDOWS_PER_TUNE, seed=seed, least=8) for tune in tunes]
    return tuple(w for group in found for w in group), tuple(i for i, group in enumerate(found) for _ in group)


def _realism(task: Task, pieces: Sequence[Melody], measured: np.ndarray, owners: Sequence[str]) -> dict[str, Column]:
    """Two-sample tests, Fréchet ratio, overlap area and style profiles against the held-out real windows."""
    real, of_tune = task.real
    groups = ([f"real {i}" for i in of_tune], owners)
    columns: dict[str, Column] = {}
    single: dict[str, float] = {}
    if min(len(real), len(pieces)) >= _LEAST_REAL:
        for family in features.FAMILIES:
            answers = realism.c2st(task.real_features, measured, family, groups=groups, seed=task.seed)
            columns[f"c2st_{family}"] = Column(*answers)
        sources = features.extract(excerpts(task, task.sources))
        single["frechet_ratio"] = realism.frechet_ratio(task.real_features, measured, sources, seed=task.seed)
        areas = [area for area, _ in realism.overlap(real, pieces, seed=task.seed).values()]
        single["overlap"] = float(np.mean(areas))
    single["profile_pitch"], single["profile_rhythm"] = style.profile_cosine(pieces, real)
    whole = np.array(["all"])
    return columns | {name: Column(np.array([value]), whole) for name, value in single.items()}
