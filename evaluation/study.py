"""From melodies to a report: scores the rows and gathers what the pictures need.

compare: a system, its ceiling and its cheats on one task.
compare_files: sources and outputs alone, where there are no real melodies to compare with.
sweep: the trade-off curve of a system with dials.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stylernn.melody import Melody

from . import content, features, music, style
from .baselines import System
from .benchmark import Task, cheats, joint, real_row, run, score, summarise
from .inputs import check_pairs
from .report import row, verdict
from .statistics import Estimate, bootstrap

__all__ = ["Say", "compare", "compare_files", "sweep"]

Say = Callable[[str], None]
"""Told what is being done, for a progress line."""

_EXAMPLES = 6
_EXAMPLE_BARS = 8
_SHOWN = (
    *("mean interval", "leaps", "turns", "range", "pitch-class entropy", "interval entropy", "chromatic runs"),
    *("notes per quarter", "silence", "advance entropy", "legato", "syncopation"),
)


def compare(
    task: Task,
    outputs: Sequence[Melody],
    *,
    name: str = "outputs",
    further: Mapping[str, System] | None = None,
    trade_off: Sequence[Mapping[str, float]] = (),
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """The report of a system on a task.

    Args:
        task: from `benchmark.prepare`.
        outputs: output i was made from source i.
        name: of the system's row.
        further: more systems as rows, such as a model without its skeleton, besides the built-in cheats.
        trade_off: from `sweep`.
        say: progress.

    Returns:
        The keys of a report but `facts`.
    """
    say(name)
    measured = {name: ("system", score(task, outputs))}
    say("real melodies")
    measured["real melodies"] = ("ceiling", real_row(task))
    for label, system in {**(further or {}), **cheats(task)}.items():
        say(label)
        measured[label] = ("baseline", score(task, run(system, task), copies=False))
    rows = [_row(label, kind, values, len(task.sources)) for label, (kind, values) in measured.items()]
    human, own = measured["real melodies"][1], measured[name][1]
    band = bootstrap(human["window_notes"])
    direction = f"{task.source_style or 'files'} → {task.target}"
    return {
        "title": f"{name}: {direction}",
        "verdict": verdict(rows, len(task.sources) + len(task.distractors)),
        "rows": rows,
        "ceilings": task.ceilings,
        "trade_off": list(trade_off),
        "confusion": _confusion(task, outputs),
        "distributions": _distributions(task, outputs),
        "originality": {
            "real": human["window_notes"].tolist(),
            "outputs": own["window_notes"].tolist(),
            "interval": [band.low, band.high],
        },
        "examples": _examples(task.sources, outputs),
    }


def compare_files(sources: Sequence[Melody], outputs: Sequence[Melody], *, name: str = "outputs") -> dict[str, Any]:
    """The report of pairs without real melodies: content and music."""
    check_pairs(sources, outputs)
    values = content.evaluate(sources, outputs) | _music(outputs)
    rows = [
        row(name, "system", summarise(values, range(len(outputs)))),
        row("the sources themselves", "baseline", summarise(content.evaluate(sources, sources) | _music(sources))),
    ]
    return {
        "title": f"{name}: content only",
        "verdict": verdict(rows, len(sources)),
        "rows": rows,
        "examples": _examples(sources, outputs),
    }


def sweep(
    task: Task,
    system: Callable[[float, float], System],
    preserves: Sequence[float],
    strengths: Sequence[float],
    *,
    count: int = 25,
    say: Say = lambda _: None,
) -> list[dict[str, float]]:
    """Style and content over the dials, on the first `count` sources.

    Args:
        task: from `benchmark.prepare`.
        system: gives the system at a value of (preserve, strength).
        preserves: values of the first dial.
        strengths: values of the second dial.
        count: how many sources.
        say: progress.
    """
    candidates = [*task.sources, *task.distractors]
    points = []
    for strength in strengths:
        for preserve in preserves:
            say(f"preserve {preserve:g}, strength {strength:g}")
            chosen = system(preserve, strength)
            outputs = [chosen(source, task.seed + i) for i, source in enumerate(task.sources[:count])]
            pieces = [features.excerpt(melody, 16, task.seed, least=8) for melody in outputs]
            likely = style.evaluate(features.extract(pieces), task.target, task.evaluators[:1])["probability_all"]
            found = content.retrieval(candidates, outputs, range(len(outputs)))
            points.append(
                {
                    "preserve": preserve,
                    "strength": strength,
                    "style": float(likely.mean()),
                    "content": float(found.reciprocal.mean()),
                    "top1": float(found.top1.mean()),
                }
            )
    return points


def _row(name: str, kind: str, values: Mapping[str, np.ndarray], sources: int) -> dict[str, Any]:
    summary = summarise(values, range(sources))
    if {"reciprocal_rank", "probability_all", "c2st_all"} <= set(summary):
        value = joint(summary)
        summary["joint"] = Estimate(value, value, value)
    return row(name, kind, summary)


def _music(melodies: Sequence[Melody]) -> dict[str, np.ndarray]:
    return {f"music_{name}": values for name, values in music.evaluate(melodies).items()}


def _confusion(task: Task, outputs: Sequence[Melody]) -> dict[str, Any]:
    """What held-out real melodies of the target, the sources and the outputs are heard as."""
    evaluator = task.evaluators[0]
    groups = {
        f"real {task.target}": list(task.more_real[0]),
        "sources": [features.excerpt(melody, 16, task.seed, least=8) for melody in task.sources],
        "outputs": [features.excerpt(melody, 16, task.seed, least=8) for melody in outputs],
    }
    heard = [evaluator.predicted(features.extract(melodies)) for melodies in groups.values()]
    matrix = [[float(np.mean(each == name)) for name in evaluator.styles] for each in heard]
    return {"styles": evaluator.styles, "rows": list(groups), "matrix": matrix}


def _distributions(task: Task, outputs: Sequence[Melody]) -> dict[str, dict[str, list[float]]]:
    groups = {
        "real": task.real_features,
        "output": features.extract([features.excerpt(melody, 16, task.seed, least=8) for melody in outputs]),
        "source": features.extract([features.excerpt(melody, 16, task.seed, least=8) for melody in task.sources]),
    }
    places = {name: features.NAMES.index(name) for name in _SHOWN}
    return {
        name: {group: np.round(values[:, place], 4).tolist() for group, values in groups.items()}
        for name, place in places.items()
    }


def _examples(sources: Sequence[Melody], outputs: Sequence[Melody]) -> list[dict[str, Any]]:
    """The first six pairs, never chosen by hand, cut to their first full bars."""
    examples = []
    for number, (source, output) in enumerate(list(zip(sources, outputs, strict=True))[:_EXAMPLES], start=1):
        lines = source.bar_lines[: _EXAMPLE_BARS + 1]
        kept = [melody.array[melody.array[:, 0] < lines[-1]] for melody in (source, output)]
        if all(len(notes) for notes in kept):
            title = source.title or f"pair {number}"
            shown = {"source": kept[0].tolist(), "output": kept[1].tolist(), "bar_lines": lines.tolist()}
            examples.append({"title": title, **shown})
    return examples
