"""Melodies as arrays of note events, and back: what the network reads and writes.

A melody is a sequence of events. An event has three numbers, one for each head of the network:

time
    A **time code**, `16 * beat + position`. The beat is counted from the start of the melody; it is
    the beat that a listener counts, a quarter in 4/4 and a dotted quarter in 6/8. The position, 0
    to 15, is an index into `POSITIONS`, which are fractions of the beat: sixteenths and triplets,
    and the halves of both. Because positions are fractions, the eighths of 6/8 and the triplets of
    swung quarters have the same positions. Time codes are absolute, so an error in one onset does
    not shift the onsets after it.
pitch
    A MIDI number less `LOWEST`, from 0 to `PITCHES - 1`; or `REST`; or `END`.
duration
    An index into `DURATIONS`, which are lengths in ticks (24 a quarter). Index 0, `LEGATO`, means
    that the note lasts until the next onset, as nine notes in ten do. After a shorter note, the
    time up to the next onset is a rest, which needs no event of its own.

Two kinds of events are not notes. `END` is the last event; its time is the closing bar line. `REST`
occurs only in rests of `MAX_AHEAD` beats or more: the onset head can look less than that far ahead,
so such a rest is bridged by one `REST` for every 15 beats.

Not every melody can be written in this way. `encode` first moves a melody to the nearest one that
can, see `quantise`; of such a melody, `decode(encode(melody))` is an exact copy.

Example:
    A quarter, a rest of an eighth, an eighth and a half note, in one bar of 4/4:

    >>> from stylernn.music.melody import Melody, Note
    >>> tune = Melody((Note(0, 24, 60), Note(36, 12, 64), Note(48, 48, 67)))
    >>> events = encode(tune)
    >>> events.time.tolist()  # beat 0; the middle of beat 1; beat 2; the bar line
    [0, 24, 32, 64]
    >>> events.pitch.tolist()
    [39, 43, 46, 89]
    >>> events.duration.tolist()
    [16, 0, 0, 0]
    >>> int(DURATIONS[16])
    24
    >>> decode(events) == tune
    True
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

POSITIONS = np.array([0, 2, 3, 4, 6, 8, 9, 10, 12, 14, 15, 16, 18, 20, 21, 22])
"""Where in a beat a note can begin, in 24ths of the beat."""

_SIXTEENTH, _TRIPLET = TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3
_COARSE = np.array([0, 6, 8, 12, 16, 18])

MAX_AHEAD = 16
"""An event is less than so many beats after the one before it."""

LOWEST, HIGHEST = 21, 108
"""The lowest and the highest pitch, MIDI numbers: the keys of a piano."""

PITCHES = HIGHEST - LOWEST + 1
REST, END = PITCHES, PITCHES + 1

LEGATO = 0
"""The duration of a note that lasts until the next onset."""

DURATIONS = np.array(
    [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 36]
    + [42, 48, 60, 72, 84, 96, 108, 120, 132, 144, 168, 192, 240, 288, 384]
)
"""Lengths in ticks of a note that ends before the next begins; index 0 stands for LEGATO."""

_PERFORMED = 0.1  # share of notes off the grid, above which a melody is taken for a performance
_GRACE = 2  # ticks; notes this short are grace notes


@dataclass(frozen=True)
class BeatGrid:
    """The beats of a melody.

    Args:
        start: tick of each beat and of the closing bar line, shape (beats + 1,).
        unit: length of a whole beat in ticks, shape (beats + 1,).
        bar: index of each beat's bar, shape (beats + 1,).
        first: index of the first beat of each bar and of the closing bar line, shape (bars + 1,).
    """

    start: np.ndarray
    unit: np.ndarray
    bar: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, melody: Melody) -> "BeatGrid":
        """Find the beats of a melody.

        Args:
            melody: the tune. Each bar begins with a beat, so the last beat of an irregular bar may
                be shorter than the others.

        Returns:
            The grid.

        Example:
            >>> from stylernn.music.melody import TimeSignature
            >>> BeatGrid.of(Melody((Note(0, 36, 60),), ((0, TimeSignature(6, 8)),))).start.tolist()
            [0, 36, 72]
        """
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
        """Number of beats."""
        return len(self.start) - 1

    @cached_property
    def ticks(self) -> np.ndarray:
        """Tick of every time code, or -1 where no note can begin; shape (16 * (beats + 1),).

        Where the beat is not a quarter, some positions fall between two ticks. The positions after
        the end of a shortened beat are excluded too.
        """
        offset = POSITIONS * self.unit[:, None]
        ticks = self.start[:, None] + offset // 24
        following = np.append(self.start[1:], self.start[-1] + 1)
        return np.where((offset % 24 == 0) & (ticks < following[:, None]), ticks, -1).ravel()


@dataclass(frozen=True)
class Events:
    """A melody as arrays, see the module's docstring.

    Args:
        time: time codes, increasing, that of END last; int32, shape (events,).
        pitch: MIDI number less LOWEST, REST or END; int32, shape (events,).
        duration: index into DURATIONS; int32, shape (events,).
        grid: the beats that the time codes count.
        frame: the melody without its notes: metres, key, tempo and so on.
    """

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    grid: BeatGrid
    frame: Melody


def encode(melody: Melody) -> Events:
    """Turn a melody into events.

    Args:
        melody: the tune, with at least one note. It is quantised first, see `quantise`.

    Returns:
        The events, those of REST and END included.

    Raises:
        ValueError: if the melody has no notes.

    Example:
        >>> events = encode(Melody((Note(0, 96, 60), Note(96, 96, 62))))
        >>> list(zip(events.time.tolist(), events.pitch.tolist()))
        [(0, 39), (64, 41), (128, 89)]
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
    """Turn events back into a melody.

    Args:
        events: from `encode` or from the sampler. A duration that reaches beyond the next onset is
            cut there.

    Returns:
        The melody, with the metres, key and tempo of `events.frame`.

    Example:
        >>> tune = Melody((Note(0, 96, 60), Note(96, 96, 62)))
        >>> decode(encode(tune)) == tune
        True
    """
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
    """Move a melody to the positions, lengths and pitches that events can express.

    An onset moves to the nearest of the POSITIONS. In a performance it moves to the nearest quarter
    or third of a beat, because the network would learn the noise of the transcription otherwise. A
    melody counts as a performance where over 10 % of its notes, grace notes not counted, lie off
    the positions. Of two notes at one position the longer stays; of two of one length, the one that
    was nearer. A length becomes the nearest of the DURATIONS; a note that ends a tick before the
    next onset is prolonged to it. A pitch outside of LOWEST to HIGHEST moves by octaves.

    Args:
        melody: the tune.

    Returns:
        The quantised melody. Quantised again, it does not change.

    Example:
        >>> quantise(Melody((Note(0, 47, 60), Note(48, 25, 125)))).notes
        (Note(onset=0, duration=48, pitch=60), Note(onset=48, duration=24, pitch=101))
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
    """Find ticks that lie between the sixteenths and the triplets of a beat.

    Args:
        ticks: counted from a beat or from the start of the melody, any shape.

    Returns:
        True where a tick is neither a sixteenth nor a triplet; bool, the shape of `ticks`.

    Example:
        >>> is_between(np.array([0, 6, 8, 9])).tolist()
        [False, False, False, True]
    """
    return (ticks % _SIXTEENTH != 0) & (ticks % _TRIPLET != 0)


def moved(melody: Melody) -> float:
    """Measure how much of a melody `quantise` changes.

    Args:
        melody: the tune, with at least one note.

    Returns:
        The share of notes that are dropped, moved, changed in pitch, or changed in length by more
        than a tick; from 0 to 1.

    Example:
        >>> moved(Melody((Note(0, 24, 60), Note(25, 23, 62), Note(48, 24, 64), Note(72, 24, 65))))
        0.25
    """
    after = {note.onset: note for note in quantise(melody).notes}
    kept = sum(
        (other := after.get(note.onset)) is not None
        and other.pitch == note.pitch
        and abs(other.duration - note.duration) <= 1
        for note in melody.notes
    )
    return 1.0 - kept / len(melody.notes)


def _snap(ticks: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """The nearest allowed tick of each; of two that are as near, the earlier."""
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
