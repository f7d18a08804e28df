"""The benchmark: a row of numbers for any system on a task, and the rows that stand beside it.

Conventions: style and realism are measured on windows (`task.excerpts`), content, originality and music on whole
melodies. Real melodies for comparison are held out. A row keeps its values with what they belong to; `summarise` makes
means with intervals of them, resampled by source tune.

    run, score: apply a system, measure its outputs; `together` joins the rows of several seeds.
    real_row, cheat_row: what stands beside every system; kept on disk.
    joint: one number that none of the cheats wins.
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
    "Tell",
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
    """Values of one measure and, for each, the name of what it belongs to, such as its source tune."""

    values: np.ndarray
    owners: np.ndarray


Row = Mapping[str, Column]
"""Columns by measure."""

Tell = Callable[[str], None]
"""Told what has just been done, for a progress bar: one call a step."""


def run(
    system: baselines.System,
    task: Task,
    *,
    seed: int | None = None,
    progress: Callable[[], None] = lambda: None,
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
        Columns with one value an output, but for `c2st_*` and `window_*` (one value a window), `top1_compound` (one a
        source in 6/8, 9/8 or 12/8), and `frechet_ratio`, `overlap`, `profile_pitch` and `profile_rhythm` (one value).
    """
    check_pairs(task.sources, outputs)
    values = content.evaluate(task.sources, outputs, task.distractors)
    pieces = excerpts(task, outputs)
    measured = features.extract(pieces)
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
    return columns | _realism(task, pieces, measured, owners.tolist())


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
    return float(
        joint_of(*(row[name].value for name in ("probability_all", "reciprocal_rank", "c2st_all")))
    )


def joint_of(
    probability: np.ndarray | float, reciprocal: np.ndarray | float, accuracy: np.ndarray | float
) -> np.ndarray:
    """The joint score of P(target), mean reciprocal rank and accuracy of the two-sample test."""
    return np.cbrt(probability * reciprocal * np.clip(2 * (1 - accuracy), 0, 1))


def _measure_real(task: Task) -> Row:
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
    # Two halves of forty tunes differ by chance; several halvings say what the test reads where there is no difference.
    every = np.concatenate([task.real_features, measured])
    tunes = [f"a{i}" for i in task.real[1]] + [f"b{i}" for i in of_tune]
    families = features.FAMILIES if len(set(tunes)) >= 2 * LEAST_REAL else ()
    return columns | {
        f"c2st_{family}": Column(*realism.c2st_null(every, tunes, family, seed=task.seed))
        for family in families
    }


def _kept(task: Task, name: str, measure: Callable[[], Row]) -> Row:
    """A row that does not depend on any model, from the disk where it has been measured before."""

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
    """Descriptors of whole melodies (`music_*`) or, as they may depend on length, of windows (`window_*`)."""
    return {
        f"{kind}_{name}": Column(column, owners)
        for name, column in music.evaluate(melodies).items()
    }


def _realism(
    task: Task, pieces: Sequence[Melody], measured: np.ndarray, owners: Sequence[str]
) -> dict[str, Column]:
    """Two-sample tests, Fréchet ratio, overlap area and style profiles against the held-out real windows."""
    real, of_tune = task.real
    groups = ([f"real {i}" for i in of_tune], owners)
    columns: dict[str, Column] = {}
    single: dict[str, float] = {}
    if min(len(real), len(pieces)) >= LEAST_REAL:
        for family in features.FAMILIES:
            answers = realism.c2st(
                task.real_features, measured, family, groups=groups, seed=task.seed
            )
            columns[f"c2st_{family}"] = Column(*answers)
        sources = features.extract(excerpts(task, task.sources))
        single["frechet_ratio"] = realism.frechet_ratio(
            task.real_features, measured, sources, seed=task.seed
        )
        areas = [area for area, _ in overlap.overlap(real, pieces, seed=task.seed).values()]
        single["overlap"] = float(np.mean(areas))
    single["profile_pitch"], single["profile_rhythm"] = style.profile_cosine(pieces, real)
    whole = np.array(["all"])
    return columns | {name: Column(np.array([value]), whole) for name, value in single.items()}
