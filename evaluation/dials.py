"""What a system's dials do, and how far its transfers move and return.

sweep: the trade-off curve of a system with dials.
dial_effects: how well each dial does its own work.
cycle_strength: how far transfers move and return.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from stylernn.music.melody import Melody

from . import content, control, features, style
from .baselines import System
from .benchmark import Tell, run
from .statistics import Estimate, bootstrap, estimate, resampled_means
from .task import Task, excerpts

__all__ = ["cycle_strength", "dial_effects", "sweep"]


def sweep(
    task: Task,
    system: Callable[[str, float], System],
    dials: Mapping[str, Sequence[float]],
    *,
    count: int = 40,
    tell: Tell = lambda _: None,
) -> list[dict[str, Any]]:
    """Style and content as each dial is turned while the others rest, on the first `count` sources.

    Args:
        task: from `task.prepare`.
        system: gives the system with a dial, by name, at a value.
        dials: values of each dial.
        count: how many sources.
        tell: called after each output.
    """
    few, candidates = (
        replace(task, sources=task.sources[:count]),
        [*task.sources, *task.distractors],
    )
    points = []
    for dial, settings in dials.items():
        for setting in settings:
            outputs = run(system(dial, setting), few, progress=partial(tell, f"{dial} {setting:g}"))
            likely = task.evaluators[0].of(task.target, features.extract(excerpts(task, outputs)))
            found = content.retrieval(candidates, outputs, range(len(outputs)))
            points.append(
                {
                    "dial": dial,
                    "setting": setting,
                    "style": float(likely.mean()),
                    "content": float(found.reciprocal.mean()),
                    "top1": float(found.top1.mean()),
                    "styles": np.round(likely, 4).tolist(),
                    "contents": np.round(found.reciprocal, 4).tolist(),
                }
            )
    return points


def dial_effects(points: Sequence[Mapping[str, Any]]) -> dict[str, Estimate]:
    """Spearman's rho of each dial with what it should move and, as cross-talk, with what it should not.

    The rho of a dial is that of its settings with the means over tunes, its interval by resampling tunes; "within
    tunes" is the mean of the rho of every tune, which a tune at the ceiling at all settings lowers.

    Args:
        points: from `sweep`.

    Returns:
        Estimates by name, such as "strength on style" and "strength on content (cross-talk)".
    """
    effects = {}
    for dial, moved in (("strength", "styles"), ("preserve", "contents")):
        line = [point for point in points if point["dial"] == dial]
        settings = [point["setting"] for point in line]
        for measured in ("styles", "contents") if len(line) > 1 else ():
            values = np.array([point[measured] for point in line]).T
            means = np.stack([resampled_means(column) for column in values.T], axis=1)
            rho = control.rank_correlation(settings, values.mean(axis=0)[None])[0]
            name = f"{dial} on {measured[:-1]}" + ("" if measured == moved else " (cross-talk)")
            effects[name] = estimate(rho, control.rank_correlation(settings, means))
            effects[f"{name}, within tunes"] = bootstrap(control.rank_correlation(settings, values))
    return effects


def cycle_strength(task: Task, outputs: Sequence[Melody], returned: Sequence[Melody]) -> Estimate:
    """Strength of the transfer in the sense of Brunner et al. (2018), for outputs that were transferred back.

    Args:
        task: with known source styles.
        outputs: output i was made from source i; the first ones suffice.
        returned: the same outputs transferred back to the styles of their sources.

    Raises:
        ValueError: if the style of a source is unknown.
    """
    if not task.origins:
        raise ValueError("strength needs the style of the sources")
    evaluator, count = task.evaluators[0], len(returned)
    own = [evaluator.styles.index(origin) for origin in task.origins[:count]]
    before, there, back = (
        evaluator.probabilities(features.extract(excerpts(task, group[:count])))[
            np.arange(count), own
        ]
        for group in (task.sources, outputs, returned)
    )
    return bootstrap(
        [style.strength(before[i : i + 1], there[i : i + 1], back[i : i + 1]) for i in range(count)]
    )
