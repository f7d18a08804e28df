"""Calibration: what the instrument says of real music and of cheats, against what it must say.

A metric is believed only where it puts real music at its ideal and every cheat below it.
"""

from collections.abc import Callable
from typing import NamedTuple

from . import benchmark
from .study import Say

__all__ = ["Check", "check"]


class Check(NamedTuple):
    """One requirement: what was measured, its value, what is wanted and whether it is met."""

    name: str
    value: float
    wanted: str
    met: bool


def check(task: benchmark.Task, *, say: Say = lambda _: None) -> list[Check]:
    """Measure the floors and ceilings of a task.

    Real against real: two-sample accuracy .45 to .55, overlap area over .93, Fréchet ratio under .05. Identity: the
    source is always found, style accuracy under .1. The rule-based jazzifier: style accuracy over .9 and two-sample
    accuracy over .9. The joint score of every cheat stays under .5.
    """
    say("real melodies")
    real = benchmark.summarise(benchmark.real_row(task))
    rows = {}
    for name, system in benchmark.cheats(task).items():
        say(name)
        outputs = benchmark.run(system, task)
        rows[name] = benchmark.summarise(benchmark.score(task, outputs, copies=False), range(len(outputs)))
    same, rule = rows["identity"], rows["rule-based jazzifier"]
    checks = [
        _check(
            "real against real: two-sample accuracy", real["c2st_all"].value, ".45 to .55", lambda x: 0.45 <= x <= 0.55
        ),
        _check("real against real: overlap area", real["overlap"].value, "over .93", lambda x: x > 0.93),
        _check("real against real: Fréchet ratio", real["frechet_ratio"].value, "under .05", lambda x: x < 0.05),
        _check("identity: source found", same["top1"].value, "1", lambda x: x == 1),
        _check("identity: style accuracy", same["accuracy_all"].value, "under .1", lambda x: x < 0.1),
        _check("rule-based jazzifier: style accuracy", rule["accuracy_all"].value, "over .9", lambda x: x > 0.9),
        _check("rule-based jazzifier: two-sample accuracy", rule["c2st_all"].value, "over .9", lambda x: x > 0.9),
    ]
    for name, row in rows.items():
        checks.append(_check(f"{name}: joint score", benchmark.joint(row), "under .5", lambda x: x < 0.5))
    return checks


def _check(name: str, value: float, wanted: str, met: Callable[[float], bool]) -> Check:
    return Check(name, value, wanted, met(value))
