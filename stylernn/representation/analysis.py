"""Everything that later stages ask of a tune, worked out from its notes once.

An `Analysis` is made when a tune is read and is passed on from there: planning, sampling and
reranking take from it what they need to know about the notes. What only some of them need is worked
out when it is first asked for, and kept.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stylernn.music.key_estimation import Tonality, estimate, median_pitch
from stylernn.music.melody import Melody
from stylernn.representation import skeleton as sk
from stylernn.representation.event_codec import Events, encode
from stylernn.representation.skeleton import Skeleton

__all__ = ["Analysis", "analyse"]


@dataclass(frozen=True)
class Analysis:
    """A tune as later stages see it.

    Args:
        melody: the tune.
        events: its notes as events on its beat grid.
        tonality: its key.
        median_pitch: its register, a MIDI number.
    """

    melody: Melody
    events: Events
    tonality: Tonality
    median_pitch: int

    @property
    def pickup(self) -> int:
        """1 if bar 0 is a pickup, else 0."""
        return int(self.events.frame.pickup > 0)

    @cached_property
    def repeats(self) -> np.ndarray:
        """For each bar an earlier bar that it repeats, or -1; int32, shape (bars,)."""
        return sk.repetitions(self.events)

    @cached_property
    def skeletons(self) -> tuple[Skeleton, ...]:
        """The structural notes at each of the `skeleton.LEVELS`."""
        return tuple(self.skeleton(level) for level in sk.LEVELS)

    def skeleton(self, level: str, scale: np.ndarray | None = None) -> Skeleton:
        """The structural notes at one level of reduction.

        Args:
            level: one of `skeleton.LEVELS`.
            scale: pitch classes, shape (n,); notes outside of it are left out before the reduction.

        Returns:
            The skeleton; the same object for the same arguments.
        """
        key = level, None if scale is None else tuple(scale.tolist())
        if key not in self._skeletons:
            events = self.events if scale is None else sk.in_scale(self.events, scale)
            self._skeletons[key] = sk.reduce(events, level, self.tonality)
        return self._skeletons[key]

    @cached_property
    def _skeletons(self) -> dict[tuple[str, tuple[int, ...] | None], Skeleton]:
        return {}


def analyse(melody: Melody) -> Analysis:
    """Analyse a tune: its events, key and register now, the rest when it is asked for.

    Args:
        melody: with at least one note.

    Returns:
        The analysis.

    Raises:
        ValueError: if the melody has no notes.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> scale = [60, 62, 64, 65, 67, 69, 71, 72]
        >>> tune = Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(scale)))
        >>> analysis = analyse(tune)
        >>> analysis.tonality.tonic, analysis.tonality.mode, analysis.median_pitch
        (0, 'major', 66)
        >>> len(analysis.skeleton("bar").time)
        2
    """
    return Analysis(melody, encode(melody), estimate(melody), median_pitch(melody))
