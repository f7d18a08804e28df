"""From melodies to a report: measures all rows and collects the data of the pictures.

standing: starts the rows of real melodies and of baselines.
begin: starts the row of one run of a system.
compare: the report of a system, with real melodies, baselines and ablations, on one task.
compare_files: the report of sources and outputs alone, without real melodies.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, ParamSpec, TypeVar

import numpy as np

from stylernn.music.melody import Melody

from . import claims, content, features, metrics, music, realism
from .benchmark import (
    CHEATS,
    Column,
    Progress,
    Row,
    cheat_row,
    joint,
    real_row,
    score,
    summarise,
    together,
)
from .inputs import check_pairs
from .report import row
from .statistics import bootstrap, estimate, resampled_means
from .sweeps import setting_effects
from .task import Task, excerpts

__all__ = [
    "RATIOS",
    "Waiting",
    "begin",
    "compare",
    "compare_files",
    "standing",
    "start",
]

Waiting = Callable[[], Row]
"""A function that waits for a row that is being measured, and returns it."""

RATIOS = ("density", "silence", "longest_rest", "off_grid", "repetition")
"""Descriptors that a report divides by those of real music, on windows of like length."""

_EXAMPLES = 6
_EXAMPLE_BARS = 8
_SHOWN = (
    *(
        "mean interval",
        "leaps",
        "turns",
        "range",
        "pitch-class entropy",
        "interval entropy",
        "chromatic runs",
    ),
    *("notes per quarter", "silence", "advance entropy", "legato", "syncopation"),
)

Given = ParamSpec("Given")
Result = TypeVar("Result")


def start(
    pool: Executor | None,
    function: Callable[Given, Result],
    *given: Given.args,
    **named: Given.kwargs,
) -> Callable[[], Result]:
    """Start a function in another process.

    Args:
        pool: the processes; without them the function runs when its result is asked for.
        function: what to run; it must be possible to pickle it.
        given: its arguments.
        named: its keyword arguments.

    Returns:
        A function that waits for the result.

    Example:
        >>> start(None, max, 2, 3)()
        3
    """
    return (
        pool.submit(function, *given, **named).result
        if pool
        else partial(function, *given, **named)
    )


def begin(task: Task, outputs: Sequence[Melody], pool: Executor | None = None) -> Waiting:
    """Start `benchmark.score` for one run.

    Args:
        task: from `task.prepare`.
        outputs: output i was made from source i.
        pool: where to measure, see `start`.

    Returns:
        A function that waits for the row.
    """
    return start(pool, score, task, outputs)


def standing(task: Task, pool: Executor | None = None) -> dict[str, Waiting]:
    """Start the rows of real melodies and of the baselines.

    Args:
        task: from `task.prepare`.
        pool: where to measure, see `start`.

    Returns:
        Functions that wait for the rows, by name.
    """
    rows = {"real melodies": start(pool, real_row, task)}
    return rows | {name: start(pool, cheat_row, task, name) for name in CHEATS}


def compare(
    task: Task,
    runs: Sequence[Sequence[Melody]],
    *,
    name: str = "outputs",
    scores: Sequence[Waiting] = (),
    further: Mapping[str, Sequence[Waiting]] | None = None,
    beside: Mapping[str, Waiting] | None = None,
    trade_off: Sequence[Mapping[str, Any]] = (),
    pool: Executor | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Make the report of a system on a task.

    Args:
        task: from `task.prepare`.
        runs: the outputs of each seed; output i of each was made from source i.
        name: of the system's row.
        scores: the row of each run, from `begin`, if it was started already.
        further: rows of ablations by name, from `begin`, such as a model without its skeleton.
        beside: from `standing`, if it was started already.
        trade_off: from `sweeps.sweep`.
        pool: where to measure rows, besides this process.
        progress: called after each row.

    Returns:
        All keys of a report except `facts`, see `report`.
    """
    others = beside or standing(task, pool)
    begun = {name: scores or [begin(task, outputs, pool) for outputs in runs], **(further or {})}
    measured: dict[str, Row] = {}
    by_seed: list[Row] = []
    for label, waiting in begun.items():
        parts = [_reported(progress, label, wait()) for wait in waiting]
        measured[label] = together(parts)
        by_seed = by_seed or parts
    measured |= {label: _reported(progress, label, wait()) for label, wait in others.items()}
    kinds = dict.fromkeys(further or {}, "ablation") | {name: "system", "real melodies": "ceiling"}
    real, own = measured["real melodies"], measured[name]
    reference = _reference(task)
    rows = [
        _row(label, kinds.get(label, "baseline"), values, reference)
        for label, values in measured.items()
    ]
    if "frechet_ratio" in own:
        rows[0]["values"]["frechet_ratio"][1:] = _frechet_interval(task, runs)
    cheats = {label: measured[label] for label in CHEATS}
    made = claims.claims(own, real, cheats, task.origins, len(task.sources) + len(task.distractors))
    band = bootstrap(*real["window_notes"])
    return {
        "title": f"{name}: {' + '.join(dict.fromkeys(task.origins)) or 'files'} → {task.target}",
        "verdict": claims.corrected(made),
        "rows": sorted(rows, key=lambda each: _ORDER.index(each["kind"])),
        "seeds": [{key: value.value for key, value in summarise(part).items()} for part in by_seed],
        "ceilings": task.ceilings,
        "trade_off": list(trade_off),
        "settings": {effect: list(value) for effect, value in setting_effects(trade_off).items()}
        if trade_off
        else {},
        "confusion": _confusion(task, runs[0]),
        "distributions": _distributions(task, runs[0]),
        "originality": {
            "real": real["window_notes"].values.tolist(),
            "outputs": own["window_notes"].values.tolist(),
            "interval": [band.low, band.high],
        },
        "examples": _examples(task.sources, runs[0]),
    }


def compare_files(
    sources: Sequence[Melody], outputs: Sequence[Melody], *, name: str = "outputs"
) -> dict[str, Any]:
    """Make the report of pairs without real melodies: content, music and registered metrics.

    Args:
        sources: the sources.
        outputs: output i was made from source i.
        name: of the row of the outputs.

    Returns:
        `title`, `verdict`, `rows` and `examples` of a report.

    Raises:
        ValueError: if sources and outputs differ in number, or a melody has no notes.
    """
    check_pairs(sources, outputs)
    owners = np.array([f"source {number}" for number in range(len(outputs))])
    own, same = (
        {
            key: Column(values, owners)
            for key, values in (
                content.evaluate(sources, group) | _music(group) | metrics.measure(group, sources)
            ).items()
        }
        for group in (outputs, sources)
    )
    return {
        "title": f"{name}: content only",
        "verdict": claims.corrected(claims.claims(own, None, {}, (), len(sources))),
        "rows": [
            row(name, "system", summarise(own)),
            row("the sources themselves", "baseline", summarise(same)),
        ],
        "examples": _examples(sources, outputs),
    }


_ORDER = ("system", "ceiling", "ablation", "baseline")


def _reported(progress: Progress, what: str, result: Result) -> Result:
    """The result, after a call of the callback."""
    progress(what)
    return result


def _reference(task: Task) -> dict[str, Column]:
    """Descriptors of all held-out real windows, the denominators of ratios."""
    windows, of_tune = task.every_real
    measured, owners = music.evaluate(windows), np.array([f"tune {i}" for i in of_tune])
    return {name: Column(measured[name], owners) for name in RATIOS}


def _row(name: str, kind: str, measured: Row, reference: Mapping[str, Column]) -> dict[str, Any]:
    """A row of the report, with the joint score and the ratios to real music."""
    summary = summarise(measured)
    if {"reciprocal_rank", "probability_all", "c2st_all"} <= set(summary):
        parts = [measured[key] for key in ("probability_all", "reciprocal_rank", "c2st_all")]
        summary["joint"] = estimate(joint(summary), claims.joint_draws(*parts))
    for key, real in reference.items():
        ours, theirs = measured[f"window_{key}"], real
        if theirs.values.mean() > 0:
            draws = resampled_means(*ours) / np.maximum(resampled_means(*theirs, seed=1), 1e-9)
            summary[f"ratio_{key}"] = estimate(ours.values.mean() / theirs.values.mean(), draws)
    return row(name, kind, summary)


def _frechet_interval(task: Task, runs: Sequence[Sequence[Melody]]) -> list[float]:
    """The interval of the Fréchet ratio over the outputs of all seeds."""
    measured = np.concatenate([features.extract(excerpts(task, outputs)) for outputs in runs])
    sources = np.tile(features.extract(excerpts(task, task.sources)), (len(runs), 1))
    owners = np.tile(np.arange(len(task.sources)), len(runs))
    return list(
        realism.frechet_interval(
            task.real_features, measured, sources, owners.tolist(), seed=task.seed
        )
    )


def _music(melodies: Sequence[Melody]) -> dict[str, np.ndarray]:
    """The descriptors of `music` under the names of their columns."""
    return {f"music_{name}": values for name, values in music.evaluate(melodies).items()}


def _confusion(task: Task, outputs: Sequence[Melody]) -> dict[str, Any]:
    """Classification of real melodies of the target style, of sources and of outputs."""
    evaluator = task.evaluators[0]
    groups = {
        f"real {task.target}": task.more_real[0],
        "sources": excerpts(task, task.sources),
        "outputs": excerpts(task, outputs),
    }
    predicted = [evaluator.predicted(features.extract(melodies)) for melodies in groups.values()]
    matrix = [[float(np.mean(each == name)) for name in evaluator.styles] for each in predicted]
    return {"styles": evaluator.styles, "rows": list(groups), "matrix": matrix}


def _distributions(task: Task, outputs: Sequence[Melody]) -> dict[str, dict[str, list[float]]]:
    """Values of some features for real melodies, outputs and sources."""
    groups = {
        "real": task.real_features,
        "output": features.extract(excerpts(task, outputs)),
        "source": features.extract(excerpts(task, task.sources)),
    }
    numbers = {name: features.NAMES.index(name) for name in _SHOWN}
    return {
        name: {group: np.round(values[:, number], 4).tolist() for group, values in groups.items()}
        for name, number in numbers.items()
    }


def _examples(sources: Sequence[Melody], outputs: Sequence[Melody]) -> list[dict[str, Any]]:
    """The first six pairs, which nobody selects, cut to their first bars."""
    examples = []
    for number, (source, output) in enumerate(
        list(zip(sources, outputs, strict=True))[:_EXAMPLES], start=1
    ):
        lines = source.bar_lines[: _EXAMPLE_BARS + 1]
        kept = [melody.array[melody.array[:, 0] < lines[-1]] for melody in (source, output)]
        if all(len(notes) for notes in kept):
            title = source.title or f"pair {number}"
            shown = {
                "source": kept[0].tolist(),
                "output": kept[1].tolist(),
                "bar_lines": lines.tolist(),
                "first_bar": 0 if source.pickup else 1,
            }
            examples.append({"title": title, **shown})
    return examples
