"""The benchmark: a row of numbers for a system on a task, for real melodies and for baselines.

Conventions: style and realism are measured on windows (`task.excerpts`); content, originality,
music and registered metrics on whole outputs. Real melodies are held out and always measured on
windows. A row keeps every value with the name of its source tune; `summarise` makes means of them,
with intervals by resampling source tunes.

    run, score: apply a system, measure its outputs; `together` joins the rows of several seeds.
    real_row, cheat_row: rows of real melodies and of baselines, kept on disk.
    joint: one number that no baseline wins.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from stylernn.music.melody import Melody

from . import (
    baselines,
    bits,
    content,
    features,
    metrics,
    music,
    originality,
    overlap,
    realism,
    style,
)
from .cache import remembered
from .inputs import check_pairs
from .statistics import Estimate, bootstrap
from .task import LEAST_REAL, Task, excerpts, spread

__all__ = [
    "CHEATS",
    "Column",
    "Row",
    "Progress",
    "cheat_row",
    "joint",
    "joint_of",
    "real_row",
    "run",
    "score",
    "summarise",
    "together",
]

_COMPOUND = ("6/8", "9/8", "12/8")


class Column(NamedTuple):
    """Values of one metric.

    Args:
        values: float64, shape (n,).
        owners: the cluster of each value, such as its source tune; texts, shape (n,).
    """

    values: np.ndarray
    owners: np.ndarray


Row = Mapping[str, Column]
"""Columns by the name of their metric."""

Progress = Callable[[str], None]
"""A callback for a progress bar: it is called after each step with the name of what was done."""


def run(
    system: baselines.System,
    task: Task,
    *,
    seed: int | None = None,
    progress: Callable[[], None] = lambda: None,
) -> list[Melody]:
    """Apply a system to every source of a task.

    Args:
        system: the system under test.
        task: from `task.prepare`.
        seed: output i is made with `seed + i`; by default the task's own seed.
        progress: called after each output.

    Returns:
        One output a source, in the same order.
    """
    outputs = []
    for number, source in enumerate(task.sources):
        outputs.append(system(source, (task.seed if seed is None else seed) + number))
        progress()
    return outputs


def score(task: Task, outputs: Sequence[Melody]) -> Row:
    """Measure the outputs of one system.

    Args:
        task: from `task.prepare`.
        outputs: output i was made from source i.

    Returns:
        Columns with one value an output. The exceptions are `c2st_*` and `window_*` with one value
        a window, `top1_compound` with one for each source in 6/8, 9/8 or 12/8, and `frechet_ratio`,
        `overlap`, `profile_pitch` and `profile_rhythm` with one value in all.

    Raises:
        ValueError: if outputs and sources differ in number, or an output has no notes.
    """
    check_pairs(task.sources, outputs)
    values = content.evaluate(task.sources, outputs, task.distractors)
    cut = excerpts(task, outputs)
    measured = features.extract(cut)
    values |= style.evaluate(measured, task.target, task.evaluators, task.origins)
    values |= bits.evaluate(task.note_model, outputs)
    values |= originality.evaluate(outputs, task.training, task.sources)
    values |= metrics.measure(outputs, task.sources)
    owners = np.array([f"source {number}" for number in range(len(outputs))])
    columns = {name: Column(column, owners) for name, column in values.items()}
    compound = np.array([str(source.metre) in _COMPOUND for source in task.sources])
    if "top1" in values and compound.any():
        columns["top1_compound"] = Column(values["top1"][compound], owners[compound])
    windows, of_output = spread(task, outputs)
    columns |= _music("music", outputs, owners) | _music("window", windows, owners[of_output])
    return columns | _realism(task, cut, measured, owners.tolist())


def together(rows: Sequence[Row]) -> Row:
    """Join the rows of several seeds on one task.

    Args:
        rows: from `score`, one a seed.

    Returns:
        One row; outputs of the same source tune are one cluster.
    """
    joined = {}
    for name in rows[0]:
        parts = [row[name] for row in rows if name in row]
        joined[name] = Column(*(np.concatenate(halves) for halves in zip(*parts, strict=True)))
    return joined


def real_row(task: Task) -> Row:
    """Measure held-out real melodies of the target style like outputs: the ceiling of the table.

    Args:
        task: from `task.prepare`.

    Returns:
        A row without metrics of content, which need a source.
    """
    return _kept(task, "real melodies", lambda: _measure_real(task))


def cheat_row(task: Task, name: str) -> Row:
    """Measure one of the baselines.

    Args:
        task: from `task.prepare`.
        name: a key of `CHEATS`.

    Returns:
        Its row.
    """
    return _kept(task, name, lambda: score(task, run(CHEATS[name](task), task)))


CHEATS: Mapping[str, Callable[[Task], baselines.System]] = {
    "identity": lambda task: baselines.identity,
    "pitch shuffle": lambda task: baselines.pitch_shuffle,
    "rule-based jazzifier": lambda task: baselines.jazzify,
    "random real tune": lambda task: baselines.random_real(task.pool),
    "nearest training tune": lambda task: baselines.nearest_real(task.pool[:100]),
    "Markov-3 over the skeleton": lambda task: baselines.markov_over_skeleton(task.pool),
}
"""Factories of the baselines that need no trained model, by the name of their row."""


def summarise(row: Row) -> dict[str, Estimate]:
    """Means of a row with 95 % intervals.

    Args:
        row: from `score`.

    Returns:
        Estimates by metric, sorted by name; clusters of values are resampled as wholes.

    Example:
        >>> row = {"edit": Column(np.array([0.2, 0.4]), np.array(["source 0", "source 0"]))}
        >>> print(summarise(row)["edit"])
        0.300 [0.300, 0.300]
    """
    return {name: bootstrap(*column) for name, column in sorted(row.items())}


def joint(row: Mapping[str, Estimate]) -> float:
    """Geometric mean of P(target), mean reciprocal rank and realism, 2 (1 - C2ST) clipped to 0..1.

    A copy of the source fails in style, a real tune in content, and a rule in realism.

    Args:
        row: with estimates of `probability_all`, `reciprocal_rank` and `c2st_all`.

    Returns:
        The joint score, from 0 to 1.

    Example:
        >>> values = {"probability_all": 0.5, "reciprocal_rank": 0.5, "c2st_all": 0.75}
        >>> round(joint({name: Estimate(value, 0, 1) for name, value in values.items()}), 3)
        0.5
    """
    return float(
        joint_of(*(row[name].value for name in ("probability_all", "reciprocal_rank", "c2st_all")))
    )


def joint_of(
    probability: np.ndarray | float, reciprocal: np.ndarray | float, accuracy: np.ndarray | float
) -> np.ndarray:
    """The joint score of numbers or of arrays of resamples.

    Args:
        probability: P(target).
        reciprocal: mean reciprocal rank.
        accuracy: accuracy of the two-sample test.

    Returns:
        float64, of the common shape of the arguments.
    """
    return np.cbrt(probability * reciprocal * np.clip(2 * (1 - accuracy), 0, 1))


def _measure_real(task: Task) -> Row:
    """The row of the second half of the held-out real melodies."""
    melodies, of_tune = task.more_real
    measured = features.extract(melodies)
    owners = [f"tune {i}" for i in of_tune]
    origins = task.origins and [task.origins[i % len(task.origins)] for i in range(len(melodies))]
    values = style.evaluate(measured, task.target, task.evaluators, origins)
    values |= bits.evaluate(task.note_model, melodies)
    values |= originality.evaluate(melodies, task.training)
    values |= metrics.measure(melodies)
    columns = {name: Column(column, np.array(owners)) for name, column in values.items()}
    columns |= _music("music", melodies, np.array(owners)) | _music(
        "window", melodies, np.array(owners)
    )
    columns |= _realism(task, melodies, measured, owners)
    # Two halves of forty tunes differ by chance; several random halvings estimate the accuracy
    # without a difference.
    every = np.concatenate([task.real_features, measured])
    tunes = [f"a{i}" for i in task.real[1]] + [f"b{i}" for i in of_tune]
    families = features.FAMILIES if len(set(tunes)) >= 2 * LEAST_REAL else ()
    return columns | {
        f"c2st_{family}": Column(*realism.c2st_null(every, tunes, family, seed=task.seed))
        for family in families
    }


def _kept(task: Task, name: str, measure: Callable[[], Row]) -> Row:
    """A row that depends on no model, from disk if it was measured before."""

    def flat() -> dict[str, np.ndarray]:
        return {
            f"{key}:{part}": array
            for key, column in measure().items()
            for part, array in column._asdict().items()
        }

    own = metrics.fingerprint()
    arrays = flat() if own is None else remembered((task.digest, name, own), flat)
    keys = dict.fromkeys(key.rpartition(":")[0] for key in arrays)
    return {key: Column(*(arrays[f"{key}:{part}"] for part in Column._fields)) for key in keys}


def _music(kind: str, melodies: Sequence[Melody], owners: np.ndarray) -> dict[str, Column]:
    """Descriptors of whole melodies (`music_*`) or of windows of like length (`window_*`)."""
    return {
        f"{kind}_{name}": Column(column, owners)
        for name, column in music.evaluate(melodies).items()
    }


def _realism(
    task: Task, cut: Sequence[Melody], measured: np.ndarray, owners: Sequence[str]
) -> dict[str, Column]:
    """Two-sample tests, Fréchet ratio, overlap area and style profiles against real windows."""
    real, of_tune = task.real
    groups = ([f"real {i}" for i in of_tune], owners)
    columns: dict[str, Column] = {}
    single: dict[str, float] = {}
    if min(len(real), len(cut)) >= LEAST_REAL:
        for family in features.FAMILIES:
            answers = realism.c2st(
                task.real_features, measured, family, groups=groups, seed=task.seed
            )
            columns[f"c2st_{family}"] = Column(*answers)
        sources = features.extract(excerpts(task, task.sources))
        single["frechet_ratio"] = realism.frechet_ratio(
            task.real_features, measured, sources, seed=task.seed
        )
        areas = [area for area, _ in overlap.overlap(real, cut, seed=task.seed).values()]
        single["overlap"] = float(np.mean(areas))
    single["profile_pitch"], single["profile_rhythm"] = style.profile_cosine(cut, real)
    whole = np.array(["all"])
    return columns | {name: Column(np.array([value]), whole) for name, value in single.items()}
