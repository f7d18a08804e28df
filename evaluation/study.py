"""From melodies to a report: scores the rows and gathers what the pictures need.

compare: a system, its ceiling and its cheats on one task.
compare_files: sources and outputs alone, where there are no real melodies to compare with.
sweep: the trade-off curve of a system with dials; dial_effects: how well each dial does its own work.
cycle_strength: how far transfers move and return.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stylernn.melody import Melody

from . import content, control, features, music, style
from .baselines import System
from .benchmark import WINDOW_BARS, Task, cheats, joint, real_row, run, score, summarise
from .inputs import check_pairs
from .report import row, verdict
from .statistics import Estimate, bootstrap

__all__ = ["Say", "compare", "compare_files", "cycle_strength", "dial_effects", "sweep"]

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
    trade_off: Sequence[Mapping[str, Any]] = (),
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """The report of a system on a task.

    Args:
        task: from `benchmark.prepare`.
        outputs: output i was made from source i.
        name: of the system's row.
        further: more systems as rows, such as a model without its skeleton; they are no cheats.
        trade_off: from `sweep`.
        say: progress.

    Returns:
        The keys of a report but `facts`.
    """
    say(name)
    measured = {name: ("system", score(task, outputs))}
    say("real melodies")
    measured["real melodies"] = ("ceiling", real_row(task))
    for kind, systems in (("ablation", further or {}), ("baseline", cheats(task))):
        for label, system in systems.items():
            say(label)
            measured[label] = (kind, score(task, run(system, task), copies=False))
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
        "dials": {effect: list(value) for effect, value in dial_effects(trade_off).items()} if trade_off else {},
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
) -> list[dict[str, Any]]:
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
            likely = task.evaluators[0].of(task.target, features.extract(_excerpts(task, outputs)))
            found = content.retrieval(candidates, outputs, range(len(outputs)))
            points.append(
                {
                    "preserve": preserve,
                    "strength": strength,
                    "style": float(likely.mean()),
                    "content": float(found.reciprocal.mean()),
                    "top1": float(found.top1.mean()),
                    "styles": np.round(likely, 4).tolist(),
                    "contents": np.round(found.reciprocal, 4).tolist(),
                }
            )
    return points


def dial_effects(points: Sequence[Mapping[str, Any]]) -> dict[str, Estimate]:
    """Rank correlation of each dial with what it should move and, as cross-talk, with what it should not.

    Args:
        points: from `sweep`. Each dial is followed at every setting of the other.

    Returns:
        Estimates by name, such as "strength on style" and "strength on content (cross-talk)".
    """
    effects = {}
    for dial, held, moved in (("strength", "preserve", "styles"), ("preserve", "strength", "contents")):
        settings = sorted({point[held] for point in points})
        lines = [[point for point in points if point[held] == setting] for setting in settings]
        if min(len(line) for line in lines) < 2:
            continue
        for measured in ("styles", "contents"):
            rho = [
                control.rank_correlation([p[dial] for p in line], np.array([p[measured] for p in line]).T)
                for line in lines
            ]
            name = f"{dial} on {measured[:-1]}" + ("" if measured == moved else " (cross-talk)")
            effects[name] = bootstrap(np.concatenate(rho), list(range(len(rho[0]))) * len(rho))
    return effects


def cycle_strength(task: Task, outputs: Sequence[Melody], returned: Sequence[Melody]) -> Estimate:
    """Strength of the transfer in the sense of Brunner et al. (2018), for outputs that were transferred back.

    Args:
        task: with a known source style.
        outputs: output i was made from source i.
        returned: the outputs transferred back to the source style.

    Raises:
        ValueError: if the source style is unknown.
    """
    if task.source_style is None:
        raise ValueError("strength needs the style of the sources")
    before, there, back = (
        task.evaluators[0].of(task.source_style, features.extract(_excerpts(task, group)))
        for group in (task.sources, outputs, returned)
    )
    return bootstrap([style.strength(before[i : i + 1], there[i : i + 1], back[i : i + 1]) for i in range(len(before))])


def _excerpts(task: Task, melodies: Sequence[Melody]) -> list[Melody]:
    """The windows on which style is judged."""
    return [features.excerpt(melody, WINDOW_BARS, task.seed, least=8) for melody in melodies]


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
        "sources": _excerpts(task, task.sources),
        "outputs": _excerpts(task, outputs),
    }
    heard = [evaluator.predicted(features.extract(melodies)) for melodies in groups.values()]
    matrix = [[float(np.mean(each == name)) for name in evaluator.styles] for each in heard]
    return {"styles": evaluator.styles, "rows": list(groups), "matrix": matrix}


def _distributions(task: Task, outputs: Sequence[Melody]) -> dict[str, dict[str, list[float]]]:
    groups = {
        "real": task.real_features,
        "output": features.extract(_excerpts(task, outputs)),
        "source": features.extract(_excerpts(task, task.sources)),
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
