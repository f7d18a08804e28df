"""What the settings of a system do, and how far its transfers move and return.

sweep: style and content at several values of each setting.
setting_effects: how each setting correlates with style and content.
cycle_strength: how far transfers there and back move and return.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from stylernn.music.melody import Melody

from . import content, control, features, style
from .baselines import System
from .benchmark import Progress, run
from .statistics import Estimate, bootstrap, estimate, resampled_means
from .task import Task, excerpts

__all__ = ["cycle_strength", "setting_effects", "sweep"]


def sweep(
    task: Task,
    system: Callable[[str, float], System],
    settings: Mapping[str, Sequence[float]],
    *,
    count: int = 40,
    progress: Progress = lambda _: None,
) -> list[dict[str, Any]]:
    """Measure style and content at several values of one setting at a time.

    Args:
        task: from `task.prepare`.
        system: makes the system with a setting, by name, at a value.
        settings: the values of each setting by its name.
        count: how many sources, the first ones of the task.
        progress: called after each output.

    Returns:
        One dictionary a value: `name` and `value` of the setting, the means `style` (P(target)),
        `content` (mean reciprocal rank) and `top1`, and the lists `styles` and `contents` with one
        number a source.
    """
    few = replace(task, sources=task.sources[:count])
    candidates = [*task.sources, *task.distractors]
    points = []
    for name, levels in settings.items():
        for value in levels:
            outputs = run(system(name, value), few, progress=partial(progress, f"{name} {value:g}"))
            likely = task.evaluators[0].of(task.target, features.extract(excerpts(task, outputs)))
            found = content.retrieval(candidates, outputs, range(len(outputs)))
            points.append(
                {
                    "name": name,
                    "value": value,
                    "style": float(likely.mean()),
                    "content": float(found.reciprocal.mean()),
                    "top1": float(found.top1.mean()),
                    "styles": np.round(likely, 4).tolist(),
                    "contents": np.round(found.reciprocal, 4).tolist(),
                }
            )
    return points


def setting_effects(points: Sequence[Mapping[str, Any]]) -> dict[str, Estimate]:
    """Spearman's rho of each setting with what it should change and, as cross-talk, with what not.

    The rho of a setting is that of its values with the means over tunes; its interval comes from
    resampling tunes. "Within tunes" is the mean of the rho of every tune. It is lower where a tune
    is at the ceiling at all values.

    Args:
        points: from `sweep`.

    Returns:
        Estimates by name, such as "strength on style" and "strength on content (cross-talk)".
    """
    effects = {}
    for setting, moved in (("strength", "styles"), ("preserve", "contents")):
        line = [point for point in points if point["name"] == setting]
        levels = [point["value"] for point in line]
        for measured in ("styles", "contents") if len(line) > 1 else ():
            values = np.array([point[measured] for point in line]).T
            means = np.stack([resampled_means(column) for column in values.T], axis=1)
            rho = control.rank_correlation(levels, values.mean(axis=0)[None])[0]
            name = f"{setting} on {measured[:-1]}" + ("" if measured == moved else " (cross-talk)")
            effects[name] = estimate(rho, control.rank_correlation(levels, means))
            effects[f"{name}, within tunes"] = bootstrap(control.rank_correlation(levels, values))
    return effects


def cycle_strength(task: Task, outputs: Sequence[Melody], returned: Sequence[Melody]) -> Estimate:
    """Strength of transfers there and back, see `style.strength`.

    Args:
        task: with known source styles.
        outputs: output i was made from source i; the first ones suffice.
        returned: the same outputs, transferred back to the styles of their sources.

    Returns:
        The mean strength, from -1 to 1, with a 95 % interval.

    Raises:
        ValueError: if the style of a source is unknown.

    Reference:
        Brunner et al. (2018), Symbolic music genre transfer with CycleGAN, ICTAI, section IV.
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
