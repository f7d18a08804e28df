"""Requirements: the values that a transfer must reach for each known target style.

No metric and no verdict depends on these thresholds. A threshold is compared with the mean; the
interval is printed beside it. `stylernn evaluate transfer --check` prints the table and fails if a
requirement is not met.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from .calibration import Check

__all__ = ["CALIBRATED_ON", "REQUIREMENTS", "Requirement", "check"]

CALIBRATED_ON = ("folk", "jazz")
"""Source and target style that the thresholds of `calibration` hold for."""

_TOLERANCE = 0.12


class Requirement(NamedTuple):
    """The range that a metric of the system's row must lie in.

    Args:
        name: what is required, in words.
        measure: name of the metric.
        least: lower threshold, if there is one.
        most: upper threshold, if there is one.
    """

    name: str
    measure: str
    least: float | None = None
    most: float | None = None


def _near_real(name: str) -> Requirement:
    """A descriptor must be close to that of real music."""
    return Requirement(
        f"{name} ÷ real", f"ratio_{name.replace(' ', '_')}", 1 - _TOLERANCE, 1 + _TOLERANCE
    )


_COMMON = (
    Requirement("pitch alone: target, not source", "binary_pitch", 0.90),
    Requirement("source found in 6/8, 9/8, 12/8", "top1_compound", 0.75),
    Requirement("chroma similarity", "chroma", 0.60),
    Requirement("Fréchet ratio to source", "frechet_ratio", most=0.25),
    Requirement("repeated note n-grams ÷ real", "ratio_repetition", 0.6),
    *map(_near_real, ("density", "silence", "longest rest", "off grid")),
    Requirement("ends in the tonic triad", "music_ends_in_triad", 0.9),
    Requirement("ends long", "music_ends_long", 0.9),
    Requirement("ends on a strong beat", "music_ends_on_strong_beat", 0.9),
)

REQUIREMENTS: Mapping[str, tuple[Requirement, ...]] = {
    "jazz": (
        Requirement("style accuracy", "accuracy_all", 0.95),
        Requirement("source found first", "top1", 0.88),
        Requirement("mean reciprocal rank", "reciprocal_rank", 0.92),
        Requirement("two-sample test", "c2st_all", most=0.72),
        Requirement("two-sample test, pitch", "c2st_pitch", most=0.68),
        Requirement("two-sample test, rhythm", "c2st_rhythm", most=0.68),
        *_COMMON,
    ),
    "celtic": (
        Requirement("style accuracy", "accuracy_all", 0.92),
        Requirement("source found first", "top1", 0.85),
        Requirement("mean reciprocal rank", "reciprocal_rank", 0.90),
        Requirement("two-sample test", "c2st_all", most=0.75),
        Requirement("two-sample test, pitch", "c2st_pitch", most=0.70),
        Requirement("two-sample test, rhythm", "c2st_rhythm", most=0.70),
        *_COMMON,
    ),
}
"""Requirements by target style; those of any other target are `_OTHER`."""

_OTHER = (
    Requirement("style accuracy", "accuracy_all", 0.85),
    Requirement("source found first", "top1", 0.80),
)
_EFFECTS = {"strength on style": 0.9, "preserve on content": 0.9}


def check(report: Mapping[str, Any], target: str) -> list[Check]:
    """Compare a report with the requirements of its target style.

    Args:
        report: from `study.compare`.
        target: the style that was transferred to.

    Returns:
        One check a requirement. What was not measured is left out, such as compound metres where
        there are none.
    """
    system = report["rows"][0]["values"]
    real: dict[str, list[float]] = next(
        (r["values"] for r in report["rows"] if r["kind"] == "ceiling"), {}
    )
    wanted = list(REQUIREMENTS.get(target, _OTHER))
    if "copied" in real:
        wanted.append(
            Requirement("copies of 12 notes, human rate", "copied", most=real["copied"][0])
        )
    cheats = [row["values"] for row in report["rows"] if row["kind"] == "baseline"]
    if joint := [values["joint"][0] for values in cheats if "joint" in values]:
        wanted.append(Requirement("joint score, best baseline", "joint", max(joint)))
    checks = [_held(each, system[each.measure]) for each in wanted if each.measure in system]
    effects = report.get("settings", {})
    wanted_effects = [
        (Requirement(f"rho of {name}", name, least), effects[name])
        for name, least in _EFFECTS.items()
        if name in effects
    ]
    return checks + [_held(*each) for each in wanted_effects]


def _held(required: Requirement, found: list[float]) -> Check:
    """A requirement compared with [mean, low, high]."""
    value, low, high = found
    above = required.least is None or value >= required.least
    below = required.most is None or value <= required.most
    thresholds = [
        f"{sign} {threshold:.2f}"
        for sign, threshold in ((">=", required.least), ("<=", required.most))
        if threshold is not None
    ]
    return Check(
        required.name, value, f"{' and '.join(thresholds)} [{low:.3f}, {high:.3f}]", above and below
    )
