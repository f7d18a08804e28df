"""What may not be drawn freely: forced events, closed beats, rests and the range of pitches.

`Constraints` says it in beats and bars of a melody. `Constraints.compiled` turns it into arrays for the
sampler's program, which asks them at every step which onsets and which pitches are left. What makes a
sequence of events a melody at all is the grammar, see `features.allowed_onsets` and `loss.mask_pitch`.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.representation.arrays import PAD_TIME
from stylernn.representation.copy_memory import ONSETS
from stylernn.representation.event_codec import END, LEGATO, PITCHES, BeatGrid, Events

__all__ = ["FREE", "CompiledConstraints", "Constraints", "ForcedEvent"]

Array = jax.Array | np.ndarray
"""numpy arrays outside the compiled program, jax arrays inside."""

_NEVER = -1e9
_OCTAVE = 12


class ForcedEvent(NamedTuple):
    """The next forced event of every candidate, each int32, shape (candidates,).

    Args:
        time: its time code, PAD_TIME where there is none.
        pitch: MIDI number less LOWEST.
        duration: index into DURATIONS.
    """

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array


class CompiledConstraints(NamedTuple):
    """Constraints as the sampler's program reads them.

    Args:
        time: time codes of the forced events, rising, filled up with PAD_TIME; int32, shape (events,).
        pitch: of the same events, MIDI numbers less LOWEST.
        duration: of the same events, indices into DURATIONS.
        closed: beats in which no event but a forced one can begin; bool, shape (beats,).
        lowest: lowest pitch that may be drawn, a MIDI number less LOWEST; float32, shape ().
        highest: highest such pitch.
    """

    time: Array
    pitch: Array
    duration: Array
    closed: Array
    lowest: Array | np.float32
    highest: Array | np.float32

    def next_forced_event(self, before: jax.Array) -> ForcedEvent:
        """The forced events that come next.

        Args:
            before: time codes of the latest events, shape (candidates,).
        """
        size = self.time.shape[0]
        after = (self.time[None, :] <= before[:, None]).sum(axis=1)
        index = jnp.minimum(after, size - 1)
        time, pitch, duration = map(jnp.asarray, (self.time, self.pitch, self.duration))
        return ForcedEvent(
            jnp.where(after < size, time[index], PAD_TIME),
            pitch[index],
            duration[index],
        )

    def allowed_onsets(self, before: jax.Array, until: jax.Array) -> jax.Array:
        """Which onset classes are left after an event of one candidate.

        None past the next forced event is; in closed beats only that event is, or a REST that
        bridges many of them.

        Args:
            before: time code of the latest event, shape ().
            until: time code of the next forced event, shape ().

        Returns:
            bool, shape (ONSETS,).
        """
        ahead, position = jnp.divmod(jnp.arange(ONSETS), 16)
        beat = (before >> 4) + ahead
        code = 16 * beat + position
        closed = jnp.asarray(self.closed)[jnp.clip(beat, 0, self.closed.shape[0] - 1)]
        bridges = (ahead == ONSETS // 16 - 1) & (position == 0)
        return (code <= until) & (~closed | (code == until) | bridges)

    def mask_pitches(self, logits: jax.Array) -> jax.Array:
        """Rule out pitches outside the range; the class after the pitches, REST, stays.

        Args:
            logits: of pitches and REST, shape (candidates, PITCHES + 1).
        """
        pitch = jnp.arange(PITCHES + 1)
        outside = (pitch < self.lowest) | ((pitch > self.highest) & (pitch < PITCHES))
        return jnp.where(outside, _NEVER, logits)


@dataclass(frozen=True)
class Constraints:
    """What of a melody is fixed before it is drawn.

    Args:
        given: events of a melody over the same beats, which stay in the locked bars.
        locked: numbers of the bars that take their notes from there.
        silent: beats that are rests unless their bar is locked; bool, shape (beats,).
        cadence: time code and pitch (less LOWEST) of the last note, unless its bar is locked.
        lowest: lowest pitch that may be drawn, a MIDI number less LOWEST.
        highest: highest such pitch.
    """

    given: Events | None = None
    locked: frozenset[int] = frozenset()
    silent: np.ndarray | None = None
    cadence: tuple[int, int] | None = None
    lowest: int = 0
    highest: int = PITCHES - 1

    def within(self, lowest: int, highest: int) -> "Constraints":
        """The constraints with pitches in a further range as well.

        Args:
            lowest: a MIDI number less LOWEST.
            highest: another one.

        Returns:
            Unchanged constraints where the two ranges have less than an octave in common.
        """
        low, high = max(lowest, self.lowest), min(highest, self.highest)
        return replace(self, lowest=low, highest=high) if high - low >= _OCTAVE else self

    def locked_beats(self, grid: BeatGrid) -> np.ndarray:
        """Beats of the locked bars.

        Args:
            grid: of the melody, in its own bars.

        Returns:
            bool, shape (beats,).
        """
        bars = np.arange(len(grid.first) - 1)
        return np.repeat(np.isin(bars, list(self.locked)), np.diff(grid.first))

    def rests(self, grid: BeatGrid) -> np.ndarray:
        """Beats that are to be silent, none of them in a locked bar.

        Args:
            grid: of the melody, in its own bars.

        Returns:
            bool, shape (beats,).
        """
        silent = np.zeros(grid.beats, bool) if self.silent is None else self.silent
        return silent & ~self.locked_beats(grid)

    def compiled(self, grid: BeatGrid, events: int, beats: int) -> CompiledConstraints:
        """The constraints as arrays of given sizes.

        Args:
            grid: of the melody, in its own bars.
            events: size of the arrays of forced events.
            beats: size of the array of closed beats.
        """
        locked = self.locked_beats(grid)
        columns = np.zeros((3, events), np.int32)
        columns[0] = PAD_TIME
        if self.given is not None:
            beat = np.minimum(self.given.time // 16, len(locked) - 1)
            kept = np.flatnonzero((self.given.pitch != END) & locked[beat])[:events]
            forced = np.stack([self.given.time, self.given.pitch, self.given.duration])
            columns[:, : len(kept)] = forced[:, kept]
        closed = np.zeros(beats, bool)
        closed[: len(locked)] = locked | self.rests(grid)
        if self.cadence is not None and not locked[-1]:
            columns[:, (columns[0] < PAD_TIME).sum()] = [*self.cadence, LEGATO]
            closed[self.cadence[0] // 16 : len(locked)] = True
        time, pitch, duration = columns
        lowest, highest = np.float32(self.lowest), np.float32(self.highest)
        return CompiledConstraints(time, pitch, duration, closed, lowest, highest)


FREE = Constraints()
"""Nothing is fixed."""
