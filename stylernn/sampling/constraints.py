"""What may not be drawn freely: forced events, closed beats, rests and the pitch range.

`Constraints` states it in beats and bars of a melody, for those who plan one. There are four kinds:

Locked bars
    Their events are copied from a given melody.
Rests
    In some beats no note begins, and notes before them end there.
Cadence
    Time and pitch of the last note are fixed.
Pitch range
    Pitches outside of it are not drawn.

`Constraints.compiled` turns them into the arrays of `CompiledConstraints`, for the sampler's
program. It has an ascending list of *forced events*, which are copied when their time comes, and
*closed beats*, in which no other event can begin. Each step asks it which onsets and which pitches
are allowed.

A second set of rules decides which sequences of events are melodies at all: the grammar, see
`features.allowed_onsets` and `loss.mask_pitch`. It holds for every melody and needs no plan.
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
    """The next forced event of every candidate; int32, shape (candidates,).

    Args:
        time: its time code; PAD_TIME where there is none.
        pitch: MIDI number less LOWEST.
        duration: index into DURATIONS.
    """

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array


class CompiledConstraints(NamedTuple):
    """Constraints as the sampler's program reads them.

    Args:
        time: time codes of the forced events, ascending, padded with PAD_TIME; int32, shape
            (events,).
        pitch: of the same events, MIDI numbers less LOWEST; int32, shape (events,).
        duration: of the same events, indices into DURATIONS; int32, shape (events,).
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
        """Find the forced event that comes next for every candidate.

        Args:
            before: time codes of the latest events, shape (candidates,).

        Returns:
            The first forced event after each of them.

        Example:
            >>> from stylernn.music.melody import Melody, Note
            >>> from stylernn.representation.event_codec import encode
            >>> given = encode(Melody((Note(0, 96, 60), Note(96, 96, 62))))
            >>> compiled = Constraints(given, frozenset({1})).compiled(given.grid, 8, 8)
            >>> compiled.next_forced_event(jnp.array([0, 64])).time.tolist() == [64, PAD_TIME]
            True
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
        """Find the onset classes that are allowed after an event of one candidate.

        No onset after the next forced event is allowed. In a closed beat only that event is
        allowed, or a REST, which bridges many closed beats.

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
        """Rule out pitches outside the pitch range.

        Args:
            logits: of pitches and, as the last class, REST; shape (candidates, PITCHES + 1).

        Returns:
            The logits, of the same shape; -1e9 for pitches outside the range. REST is unchanged.
        """
        pitch = jnp.arange(PITCHES + 1)
        outside = (pitch < self.lowest) | ((pitch > self.highest) & (pitch < PITCHES))
        return jnp.where(outside, _NEVER, logits)


@dataclass(frozen=True)
class Constraints:
    """What is fixed of a melody before it is drawn.

    Args:
        given: events of a melody over the same beats, from which locked bars are copied.
        locked: numbers of the locked bars, from 0.
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
        """Restrict the pitch range to what it has in common with another one.

        Args:
            lowest: lowest pitch of the other range, a MIDI number less LOWEST.
            highest: its highest pitch.

        Returns:
            Constraints with the common range, or unchanged ones if it is less than an octave.

        Example:
            >>> common = Constraints(lowest=30, highest=60).within(40, 80)
            >>> common.lowest, common.highest
            (40, 60)
            >>> common.within(50, 80) == common
            True
        """
        low, high = max(lowest, self.lowest), min(highest, self.highest)
        return replace(self, lowest=low, highest=high) if high - low >= _OCTAVE else self

    def locked_beats(self, grid: BeatGrid) -> np.ndarray:
        """Find the beats of the locked bars.

        Args:
            grid: of the melody, in its own bars.

        Returns:
            bool, shape (beats,).

        Example:
            >>> from stylernn.music.melody import Melody
            >>> grid = BeatGrid.of(Melody((), end=192))
            >>> Constraints(locked=frozenset({1})).locked_beats(grid).astype(int).tolist()
            [0, 0, 0, 0, 1, 1, 1, 1]
        """
        bars = np.arange(len(grid.first) - 1)
        return np.repeat(np.isin(bars, list(self.locked)), np.diff(grid.first))

    def rests(self, grid: BeatGrid) -> np.ndarray:
        """Find the beats that are rests: those of `silent` that are in no locked bar.

        Args:
            grid: of the melody, in its own bars.

        Returns:
            bool, shape (beats,).

        Example:
            >>> from stylernn.music.melody import Melody
            >>> grid = BeatGrid.of(Melody((), end=192))
            >>> silent = np.array([0, 0, 1, 1, 0, 0, 1, 1], bool)
            >>> fixed = Constraints(locked=frozenset({1}), silent=silent)
            >>> fixed.rests(grid).astype(int).tolist()
            [0, 0, 1, 1, 0, 0, 0, 0]
        """
        silent = np.zeros(grid.beats, bool) if self.silent is None else self.silent
        return silent & ~self.locked_beats(grid)

    def compiled(self, grid: BeatGrid, events: int, beats: int) -> CompiledConstraints:
        """Write the constraints as arrays of given sizes.

        Args:
            grid: of the melody, in its own bars.
            events: size of the arrays of forced events.
            beats: size of the array of closed beats.

        Returns:
            Arrays for the sampler's program.

        Example:
            >>> from stylernn.music.melody import Melody, Note
            >>> from stylernn.representation.event_codec import LOWEST, encode
            >>> given = encode(Melody((Note(0, 96, 60), Note(96, 96, 62))))
            >>> compiled = Constraints(given, frozenset({1})).compiled(given.grid, 2, 10)
            >>> compiled.time[:1].tolist(), (compiled.pitch[:1] + LOWEST).tolist()
            ([64], [62])
            >>> compiled.closed.astype(int).tolist()
            [0, 0, 0, 0, 1, 1, 1, 1, 0, 0]
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
