"""How well styles turn into each other, as it was measured once and stands in the model's header."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from stylernn.corpus.styles import Style

__all__ = ["Pair", "caution", "into", "measured"]

_ARRIVES, _STAYS = 0.85, 0.8  # what is asked of a pair


class Pair(NamedTuple):
    """How well held-out tunes of one style turned into another, as `tools/release/measure_pairs.py` measured it.

    Args:
        source, target: names of root styles.
        tunes: how many were tried.
        accuracy: share of the results that an evaluator hears as the target.
        top1: share of the sources that their result finds again, first among some hundred.
        real: share of real held-out music of the target that the same evaluator hears as it; None if not measured.
    """

    source: str
    target: str
    tunes: int
    accuracy: float
    top1: float
    real: float | None = None

    @property
    def works(self) -> bool:
        """Whether it arrives in the style, and is still the tune, most of the time."""
        return self.accuracy >= _ARRIVES and self.top1 >= _STAYS


def measured(metrics: Mapping[str, Any] | None) -> list[Pair]:
    """The measured pairs of a model's header, none where nobody measured any."""
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
    """The measured pairs whose target is a root style of this name."""
    return [pair for pair in measured(metrics) if pair.target == target]


def caution(metrics: Mapping[str, Any] | None, style: Style) -> str:
    """What to tell a user who asks for a style that tunes of most other styles do not reach well; else nothing."""
    tried = into(metrics, style.parent)
    works = [pair.source for pair in tried if pair.works]
    if 2 * len(works) >= len(tried):
        return ""
    reached = f"only from {', '.join(works)}" if works else "from no other style"
    return f"{style.name} was reached well {reached}, of {len(tried)} that were tried (stylernn styles --pairs)"
