"""How well transfers between two styles work.

`tools/release/measure_pairs.py` measures it for every ordered pair of root styles of a model, with
held-out tunes, and stores it in the header of the model file. This module reads it from there. A
pair works if most results are classified as the target and most can be matched with their source.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from stylernn.corpus.styles import Style

__all__ = ["Pair", "caution", "into", "measured"]

# Set by hand: the accuracy and the top-1 from which on a pair is said to work.
_LEAST_ACCURACY = 0.85
_LEAST_TOP1 = 0.8


class Pair(NamedTuple):
    """How well held-out tunes of one style were transferred into another.

    Args:
        source: name of the root style of the tunes.
        target: name of the root style that they were transferred into.
        tunes: number of tunes.
        accuracy: share of the results that the evaluator classifies as the target.
        top1: share of the results that are more similar to their own source than to any of about a
            hundred other tunes.
        real: share of real held-out tunes of the target that the same evaluator classifies as the
            target; None if it was not measured.
    """

    source: str
    target: str
    tunes: int
    accuracy: float
    top1: float
    real: float | None = None

    @property
    def works(self) -> bool:
        """Whether most results are in the target style and similar to their source."""
        return self.accuracy >= _LEAST_ACCURACY and self.top1 >= _LEAST_TOP1


def measured(metrics: Mapping[str, Any] | None) -> list[Pair]:
    """Read the measured pairs of a model.

    Args:
        metrics: of the model's header; None if it has none.

    Returns:
        The pairs; none if none were measured.

    Example:
        >>> entry = {"from": "jazz", "to": "celtic", "tunes": 80, "accuracy": 0.9, "top1": 0.7}
        >>> measured({"pairs": [entry]})[0].works
        False
        >>> measured(None)
        []
    """
    return [
        Pair(
            entry["from"],
            entry["to"],
            entry["tunes"],
            entry["accuracy"],
            entry["top1"],
            entry.get("real"),
        )
        for entry in (metrics or {}).get("pairs", [])
    ]


def into(metrics: Mapping[str, Any] | None, target: str) -> list[Pair]:
    """Read the measured pairs of one target style.

    Args:
        metrics: of the model's header; None if it has none.
        target: name of a root style.

    Returns:
        The pairs whose target it is.
    """
    return [pair for pair in measured(metrics) if pair.target == target]


def caution(metrics: Mapping[str, Any] | None, style: Style) -> str:
    """Word a warning for a style that transfers from most other styles do not reach well.

    Args:
        metrics: of the model's header; None if it has none.
        style: the target that a user asks for.

    Returns:
        The warning; an empty text if at least half of the measured pairs work.

    Example:
        >>> entry = {"from": "jazz", "to": "celtic", "tunes": 80, "accuracy": 0.9, "top1": 0.7}
        >>> caution({"pairs": [entry]}, Style("celtic", "celtic")).partition(" (")[0]
        'celtic was reached well from no other style, of 1 that were tried'
    """
    tried = into(metrics, style.parent)
    works = [pair.source for pair in tried if pair.works]
    if 2 * len(works) >= len(tried):
        return ""
    reached = f"only from {', '.join(works)}" if works else "from no other style"
    return (
        f"{style.name} was reached well {reached}, of {len(tried)} that were tried "
        "(stylernn styles --pairs)"
    )
