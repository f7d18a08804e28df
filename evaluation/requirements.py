"""Requirements: what a transfer must reach before it is called good, as a table, held against a report.

The bars stand here and nowhere else; no measure and no verdict knows them. A bar is held against the mean, and the
interval is printed beside it. `stylernn evaluate transfer --check` prints the table and fails where a bar is missed.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from .calibration import Check

__all__ = ["REQUIREMENTS", "Requirement", "check"]

_TOLERANCE = 0.12


class Requirement(NamedTuple):
    """A measure of the system's row, the least and the most that it may be."""

    name: str
    measure: str
    least: float | None = None
    most: float | None = None


def _near_real(name: str) -> Requirement:
    return Requirement(
        f"{name} ÷ real", f"ratio_{name.replace(' ', '_')}", 1 - _TOLERANCE, 1 + _TOLERANCE
    )


_COMMON = (
    Requirement("pitch alone: target, not source", "binary_pitch", 0.90),
    Requirement("source found in 6/8, 9/8, 12/8", "top1_compound", 0.75),
    Requirement("chroma similarity", "chroma", 0.60),
    Requirement("Fréchet ratio to source", "frechet_ratio", most=0.25),
    Requirement("repeated figures ÷ real", "ratio_repetition", 0.6),
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
"""By target style; any other target has `_OTHER`."""

_OTHER = (
    Requirement("style accuracy", "accuracy_all", 0.85),
    Requirement("source found first", "top1", 0.80),
)
_DIALS = {"strength on style": 0.9, "preserve on content": 0.9}


def check(report: Mapping[str, Any], target: str) -> list[Check]:
    """Hold a report of `study.compare` against the requirements of its target style.

    Returns:
        One check a requirement; what was not measured is left out, such as compound metres where there are none.
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
    dials = report.get("dials", {})
    turned = [
        (Requirement(f"rho of {name}", name, least), dials[name])
        for name, least in _DIALS.items()
        if name in dials
    ]
    return checks + [_held(*each) for each in turned]


def _held(required: Requirement, found: list[float]) -> Check:
    value, low, high = found
    above = required.least is None or value >= required.least
    below = required.most is None or value <= required.most
    bars = [
        f"{sign} {bar:.2f}"
        for sign, bar in ((">=", required.least), ("<=", required.most))
        if bar is not None
    ]
    return Check(
        required.name, value, f"{' and '.join(bars)} [{low:.3f}, {high:.3f}]", above and below
    )
