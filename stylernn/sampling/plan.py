"""A plan: all that is settled about a melody before its first note is drawn."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stylernn.representation.analysis import Analysis
from stylernn.representation.event_codec import BeatGrid
from stylernn.representation.examples import Condition
from stylernn.sampling.constraints import FREE, Constraints
from stylernn.sampling.tilt import Tilt

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What to compose.

    Args:
        analysis: of the tune: beats, key and register; its notes do not count.
        grid: its beats, in bars as the style counts them, see `metre_mapping.regroup_bars`.
        condition: what the network is shown: style, skeleton, map of repetitions, attributes.
        constraints: what may not be drawn freely.
        section: about so many bars are chosen at a time, where there is a choice.
        chroma: pitch classes around each beat of the tune, see `chroma.around`; shape (beats, 12).
        tilt: of the style, see `tilt.of_style`; by default none.
        dotted: share of dotted notes, see `attributes.dotted`; None if it does not matter.
    """

    analysis: Analysis
    grid: BeatGrid
    condition: Condition
    constraints: Constraints = FREE
    section: int = 8
    chroma: np.ndarray | None = None
    tilt: Tilt | None = None
    dotted: float | None = None

    @property
    def sections(self) -> list[range]:
        """Stretches of about `section` bars that are chosen one after another.

        They are counted from the first full bar; a pickup belongs to the first, a short rest of
        bars to the last.
        """
        frame = self.analysis.events.frame
        starts = [*range(int(frame.pickup > 0), frame.bars, self.section)]
        if len(starts) > 1 and frame.bars - starts[-1] <= self.section // 2:
            starts.pop()
        edges = [0, *starts[1:], frame.bars]
        return [range(first, last) for first, last in pairwise(edges)]
