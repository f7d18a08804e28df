"""A plan: everything that is decided about a melody before its first note is drawn.

Transfer makes a plan from a tune (`generation.planning`), generation makes one from an empty melody
(`generation.generate`). `candidates.compose` samples melodies for a plan. The plan says which beats
and bars there are, what the network is conditioned on, what is fixed, and, where the better of
several candidates is chosen, in which sections of the melody.
"""

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
        analysis: of the tune. Its beats, key and median pitch are used, but not its notes.
        grid: its beats, in bars as the style counts them, see `metre_mapping.regroup_bars`.
        condition: what the network is conditioned on: style, skeleton, map of repetitions and
            control attributes.
        constraints: what may not be drawn freely.
        section: number of bars of a section, see `sections`.
        chroma: pitch classes around each beat of the tune, see `chroma.around`; shape (beats, 12).
        tilt: logit bias of the style, see `tilt.of_style`; by default none.
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
        """The sections of about `section` bars that are chosen one after another.

        Sections are counted from the first full bar. A pickup belongs to the first section. If
        `section // 2` bars or fewer are left over at the end, they belong to the last one.

        Example:
            >>> from stylernn.music.melody import Melody, Note
            >>> from stylernn.representation.analysis import analyse
            >>> tune = analyse(Melody((Note(0, 96, 60),), end=20 * 96))
            >>> condition = Condition(0, 0, tune.skeleton("beat"), tune.repeats)
            >>> Plan(tune, tune.events.grid, condition).sections
            [range(0, 8), range(8, 20)]
        """
        frame = self.analysis.events.frame
        starts = [*range(int(frame.pickup > 0), frame.bars, self.section)]
        if len(starts) > 1 and frame.bars - starts[-1] <= self.section // 2:
            starts.pop()
        edges = [0, *starts[1:], frame.bars]
        return [range(first, last) for first, last in pairwise(edges)]
