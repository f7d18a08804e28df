"""Limits of the options of transfer and generation, for the command line and for Python."""

from stylernn.errors import UsageError

__all__ = ["LIMITS", "check_option"]

LIMITS: dict[str, tuple[float, float | None]] = {
    "bars": (1, 512),
    "candidates": (1, 1024),
    "count": (1, 1000),
    "density": (-1, 1),
    "max_copy": (12, None),
    "preserve": (0, 1),
    "seed": (0, 2**32 - 1),
    "strength": (0, 10),
    "temperature": (0.05, 5),
    "tempo": (20, 400),
    "track": (0, None),
    "variations": (1, 64),
}
"""Lowest and highest value of each option; None where there is no highest."""


def check_option(name: str, value: float | None) -> None:
    """Check that a value is within the limits of an option.

    Args:
        name: one of `LIMITS`.
        value: what is asked for; None is an option that was not given.

    Raises:
        UsageError: if the value lies outside the limits, or is no number.

    Example:
        >>> check_option("bars", 16)
        >>> check_option("bars", 0)
        Traceback (most recent call last):
        stylernn.errors.UsageError: bars is out of range; expected a number from 1 to 512; found 0
    """
    if value is None:
        return
    low, high = LIMITS[name]
    if not low <= value <= (float("inf") if high is None else high):
        expected = f"a number from {low}" + ("" if high is None else f" to {high}")
        raise UsageError(f"{name} is out of range", expected=expected, found=str(value))
