"""Calibration: whether the metrics give real music and baselines the values that they must.

A metric is trusted only if real music reaches its ideal value and no baseline does.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

__all__ = ["Check", "check"]


class Check(NamedTuple):
    """One requirement and its result.

    Args:
        name: what was measured.
        value: its value.
        wanted: the values that are accepted, in words.
        met: whether the value is one of them.
    """

    name: str
    value: float
    wanted: str
    met: bool


def check(rows: Sequence[dict[str, Any]]) -> list[Check]:
    """Compare the rows of a report with the values that a sound set of metrics must give.

    Real against real: two-sample accuracy .45 to .55, overlap area over .93, Fréchet ratio under
    .05. Identity: the source is always found, style accuracy under .1. The rule-based jazzifier:
    classified as the target rather than as its source in over .9 of the cases, and two-sample
    accuracy over .9. The joint score of every baseline is under .5.

    Args:
        rows: of a report made by `study.compare`.

    Returns:
        One check a requirement.

    Raises:
        KeyError: if a row or a metric is missing.
    """
    values = {
        row["name"]: {key: triple[0] for key, triple in row["values"].items()} for row in rows
    }
    real, same, rule = (
        values[name] for name in ("real melodies", "identity", "rule-based jazzifier")
    )
    checks = [
        _check(
            "real against real: two-sample accuracy",
            real["c2st_all"],
            ".45 to .55",
            lambda x: 0.45 <= x <= 0.55,
        ),
        _check("real against real: overlap area", real["overlap"], "over .93", lambda x: x > 0.93),
        _check(
            "real against real: Fréchet ratio",
            real["frechet_ratio"],
            "under .05",
            lambda x: x < 0.05,
        ),
        _check("identity: source found", same["top1"], "1", lambda x: x == 1),
        _check("identity: style accuracy", same["accuracy_all"], "under .1", lambda x: x < 0.1),
        _check(
            "rule-based jazzifier: target, not source",
            rule["binary_all"],
            "over .9",
            lambda x: x > 0.9,
        ),
        _check(
            "rule-based jazzifier: two-sample accuracy",
            rule["c2st_all"],
            "over .9",
            lambda x: x > 0.9,
        ),
    ]
    cheats = [row["name"] for row in rows if row["kind"] == "baseline"]
    joint = [
        _check(f"{name}: joint score", values[name]["joint"], "under .5", lambda x: x < 0.5)
        for name in cheats
    ]
    return checks + joint


def _check(name: str, value: float, wanted: str, met: Callable[[float], bool]) -> Check:
    """A check of a value by a condition."""
    return Check(name, value, wanted, met(value))
