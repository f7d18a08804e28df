"""Melody <-> arrays of note events.

An event is (time, pitch, duration). Time is a **time code**, `16 * beat + position`: the felt beat counted from the start
of the melody (a dotted quarter in 6/8) and one of sixteen places within it, as fractions of the beat. So the thirds of
a jig's beat and of a swung quarter are the same places, and an error in one onset cannot shift those that follow.
A duration is LEGATO (until the next onset, as nine notes in ten are) or one of a few lengths in ticks; what remains
before the next onset is a rest. Rests longer than `MAX_AHEAD - 1` beats are bridged by events whose pitch is REST.
The last event, END, stands on the closing bar line.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note

__all__ = [
    "DURATIONS",
    "END",
    "HIGHEST",
    "LEGATO",
    "LOWEST",
    "MAX_AHEAD",
    "PITCHES",
    "POSITIONS",
    "REST",
    "BeatGrid",
    "Events",
    "decode",
    "encode",
    "is_between",
    "moved",
    "quantise",
]

# Fractions of a beat at which a note can begin, in 24ths.
POSITIONS = np.array([0, 2, 3, 4, 6, 8, 9, 10, 12, 14, 15, 16, 18, 20, 21, 22])
_SIXTEENTH, _TRIPLET = TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3
_COARSE = np.array([0, 6, 8, 12, 16, 18])
MAX_AHEAD = 16

LOWEST, HIGHEST = 21, 108
PITCHES = HIGHEST - LOWEST + 1
REST, END = PITCHES, PITCHES + 1

LEGATO = 0
# Lengths in ticks of a note that ends before the next begins; index 0 stands for LEGATO.
DURATIONS = np.array(
    [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 36]
    + [42, 48, 60, 72, 84, 96, 108, 120, 132, 144, 168, 192, 240, 288, 384]
)
_PERFORMED = 0.1
_GRACE = 2


@dataclass(frozen=True)
class BeatGrid:
    """The beats of a melody.

    Args:
        start: tick of each beat and of the closing bar line, shape (beats + 1,).
        unit: length of the felt beat in ticks, shape (beats + 1,).
        bar: index of each beat's bar, shape (beats + 1,).
        first: index of the first beat of each bar and of the closing bar line, shape (bars + 1,).
    """

    start: np.ndarray
    unit: np.ndarray
    bar: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, melody: Melody) -> "BeatGrid":
        """Lay out the beats; each bar begins with a beat, so the last one of an irregular bar may be cut short."""
        lines = melody.bar_lines
        units = [melody.metre_at(int(line)).beat for line in lines[:-1]]
        starts = [np.arange(*line, unit) for line, unit in zip(pairwise(lines), units, strict=True)]
        counts = [len(beats) for beats in starts]
        return cls(
            np.concatenate([*starts, lines[-1:]]),
            np.append(np.repeat(units, counts), units[-1]),
            np.repeat(np.arange(len(lines)), [*counts, 1]),
            np.append(0, np.cumsum(counts)),
        )

    @property
    def beats(self) -> int:
        return len(self.start) - 1

    @cached_property
    def ticks(self) -> np.ndarray:
        """Tick of every time code, shape (16 * (beats + 1),); -1 where the place is not on the tick grid."""
        offset = POSITIONS * self.unit[:, None]
        ticks = self.start[:, None] + offset // 24
        following = np.append(self.start[1:], self.start[-1] + 1)
        return np.where((offset % 24 == 0) & (ticks < following[:, None]), ticks, -1).ravel()


@dataclass(frozen=True)
class Events:
    """A melody as arrays.

    Args:
        time: time codes, increasing, the last one END's; int32, shape (events,).
        pitch: MIDI number less LOWEST, REST or END; int32, shape (events,).
        duration: index into DURATIONS; int32, shape (events,).
        grid: the beats that the time codes count.
        frame: the melody's attributes (metres, key, tempo ...), without its notes.
    """

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    grid: BeatGrid
    frame: Melody


def encode(melody: Melody) -> Events:
    """Turn a melody into events, quantising it on the way.

    Raises:
        ValueError: if the melody has no notes.
    """
    if not melody.notes:
        raise ValueError("a melody without notes cannot be encoded")
    melody = quantise(melody)
    grid = BeatGrid.of(melody)
    notes = melody.array
    on_grid = np.flatnonzero(grid.ticks >= 0)
    code = on_grid[np.searchsorted(grid.ticks[on_grid], notes[:, 0])]
    gap = np.diff(np.append(notes[:, 0], melody.end))
    duration = np.where(notes[:, 1] == gap, LEGATO, np.searchsorted(DURATIONS[1:], notes[:, 1]) + 1)
    columns = _bridge(
        np.append(code, 16 * grid.beats),
        np.append(notes[:, 2] - LOWEST, END),
        np.append(duration, LEGATO),
    )
    time, pitch, duration = (column.astype(np.int32) for column in columns)
    return Events(time, pitch, duration, grid, replace(melody, notes=()))


def decode(events: Events) -> Melody:
    """Turn events back into a melody; a duration that runs into the next onset is cut there."""
    sounding = events.pitch < PITCHES
    onset = events.grid.ticks[events.time[sounding]]
    gap = np.diff(np.append(onset, events.frame.end))
    # LEGATO reaches over bridging rests too: an absolute length keeps the silence after it.
    length = np.where(
        events.duration[sounding] == LEGATO, gap, DURATIONS[events.duration[sounding]]
    )
    notes = np.stack([onset, np.minimum(length, gap), events.pitch[sounding] + LOWEST], axis=1)
    return replace(events.frame, notes=tuple(Note(*map(int, row)) for row in notes))


def quantise(melody: Melody) -> Melody:
    """Move a melody onto the codec's vocabulary: its places, lengths and pitch range.

    Onsets go to the nearest place of their beat, in a performance (over 10 % of the notes off the places, grace notes
    not counted) to the nearest quarter or third of a beat, because transcription noise would otherwise be learnt. Of
    two notes on one place the longer stays, of two alike the nearer. Lengths go to the nearest one known; a note that
    ends a tick before the next onset is held until there. Pitches outside LOWEST..HIGHEST are folded by octaves.
    Applied twice it changes nothing more.
    """
    ticks = BeatGrid.of(melody).ticks.reshape(-1, 16)
    ticks = np.where(ticks < melody.end, ticks, -1)
    written, length = melody.array[:, 0], melody.array[:, 1]
    onset = _snap(written, ticks[ticks >= 0])
    if np.sum((onset != written) & (length > _GRACE)) > _PERFORMED * len(onset):
        coarse = ticks[:, np.isin(POSITIONS, _COARSE)]
        onset = _snap(written, coarse[coarse >= 0])
    best_first = np.lexsort((np.abs(onset - written), -length, onset))
    kept = best_first[np.append(True, np.diff(onset[best_first]) > 0)]
    notes = melody.array[kept]
    notes[:, 0] = onset[kept]
    gap = np.diff(np.append(notes[:, 0], melody.end))
    length = DURATIONS[1:][np.abs(DURATIONS[1:] - notes[:, 1:2]).argmin(axis=1)]
    notes[:, 1] = np.where(np.maximum(length, notes[:, 1]) >= gap - 1, gap, length)
    pitch = notes[:, 2]
    pitch = np.where(pitch < LOWEST, LOWEST + (pitch - LOWEST) % 12, pitch)
    notes[:, 2] = np.where(pitch > HIGHEST, HIGHEST - 11 + (pitch - HIGHEST - 1) % 12, pitch)
    return replace(melody, notes=tuple(Note(*map(int, row)) for row in notes))


def is_between(ticks: np.ndarray) -> np.ndarray:
    """Which ticks, counted from a beat, are neither a sixteenth nor a triplet; bool, the shape of `ticks`."""
    return (ticks % _SIXTEENTH != 0) & (ticks % _TRIPLET != 0)


def moved(melody: Melody) -> float:
    """Share of a melody's notes that `quantise` drops, moves, changes in pitch, or in length by over a tick."""
    after = {note.onset: note for note in quantise(melody).notes}
    kept = sum(
        (other := after.get(note.onset)) is not None
        and other.pitch == note.pitch
        and abs(other.duration - note.duration) <= 1
        for note in melody.notes
    )
    return 1.0 - kept / len(melody.notes)


def _snap(ticks: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Nearest allowed tick, the earlier of two."""
    right = np.searchsorted(allowed, ticks).clip(1, len(allowed) - 1)
    left = allowed[right - 1]
    return np.where(ticks - left <= allowed[right] - ticks, left, allowed[right])


def _bridge(
    time: np.ndarray, pitch: np.ndarray, duration: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Insert REST events so that no event lies MAX_AHEAD or more beats after the one before it."""
    beat = time // 16
    gaps = np.diff(np.append(-1, beat))  # START stands one beat before the melody
    inserts = [
        (i, b)
        for i in np.flatnonzero(gaps >= MAX_AHEAD)
        for b in range(beat[i] - gaps[i] + 15, beat[i], 15)
    ]
    if not inserts:
        return time, pitch, duration
    where, beats = np.array(inserts).T
    return (
        np.insert(time, where, 16 * beats),
        np.insert(pitch, where, REST),
        np.insert(duration, where, LEGATO),
    )
