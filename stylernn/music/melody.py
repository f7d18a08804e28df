"""A melody on an integer time grid, the data type that all parts of stylernn exchange.

Time is counted in ticks, 24 to a quarter note, from the start of bar 0. A pickup is right-aligned
in bar 0, so that every bar line of the score is a bar line here. All classes are immutable.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, starmap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stylernn.music.key import Chord, Key

__all__ = ["TICKS_PER_QUARTER", "Chord", "Key", "Melody", "TimeSignature", "Note"]

TICKS_PER_QUARTER = 24
_MAX_PITCH = 127


class Note(NamedTuple):
    """One note.

    Args:
        onset: in ticks.
        duration: in ticks.
        pitch: a MIDI number; 60 is middle C.
    """

    onset: int
    duration: int
    pitch: int

    @property
    def end(self) -> int:
        """The tick at which the note ends."""
        return self.onset + self.duration


class TimeSignature(NamedTuple):
    """A time signature.

    Args:
        numerator: number of units in a bar.
        denominator: the unit as a part of a whole note.
    """

    numerator: int = 4
    denominator: int = 4

    @property
    def bar(self) -> int:
        """Length of a bar in ticks."""
        return self.numerator * 4 * TICKS_PER_QUARTER // self.denominator

    @property
    def is_compound(self) -> bool:
        """Whether three units make a beat, as in 6/8."""
        return self.denominator >= 8 and self.numerator % 3 == 0

    @property
    def beat(self) -> int:
        """Length of the beat in ticks: a dotted quarter in 6/8, a quarter in 4/4 and in 2/2.

        The last beat of an irregular bar may be shorter.
        """
        unit = 4 * TICKS_PER_QUARTER // self.denominator
        return 3 * unit if self.is_compound else TICKS_PER_QUARTER

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, repr=False)
class Melody:
    """A monophonic melody with its metre, key and tempo.

    Args:
        notes: in order of onset, not overlapping.
        metres: (tick, metre) pairs, the first at tick 0. Each starts a bar and may shorten the bar
            before it, as where a repeated strain begins with a pickup.
        key: the notated key, or None where the source does not say.
        tempo: quarter notes per minute.
        pickup: length in ticks of the incomplete bar 0; 0 where the melody starts with a full bar.
        end: where the melody ends, in ticks; rounded up to a bar line at or after the last note.
        title: the tune's name.
        chords: chord symbols of the source, in order of onset.

    Raises:
        ValueError: if one of these conditions does not hold.

    Example:
        >>> tune = Melody((Note(72, 24, 67), Note(96, 96, 72)), pickup=24)
        >>> tune.bars, tune.end
        (2, 192)
    """

    notes: tuple[Note, ...]
    metres: tuple[tuple[int, TimeSignature], ...] = ((0, TimeSignature()),)
    key: Key | None = None
    tempo: float = 120.0
    pickup: int = 0
    end: int = 0
    title: str = ""
    chords: tuple[Chord, ...] = ()

    def __repr__(self) -> str:
        title = f"{self.title!r}, " if self.title else ""
        return f"<Melody {title}{self.bars} bars of {self.metre}, {len(self.array)} notes>"

    def __post_init__(self) -> None:
        _check_notes(self.notes)
        _check_metres(self.metres)
        if not 0 < self.tempo < float("inf"):
            raise ValueError(
                f"tempo must be a positive number of quarters per minute, got {self.tempo}"
            )
        if not 0 <= self.pickup < max(self.metres[0][1].bar, 1):
            raise ValueError(f"pickup must be shorter than the first bar, got {self.pickup} ticks")
        last = max(self.end, self.notes[-1].end if self.notes else 0)
        object.__setattr__(self, "end", int(_last_bar_line(self.metres, last)))

    @classmethod
    def from_array(cls, array: np.ndarray, *, end: int = 0, **attributes: object) -> "Melody":
        """Build a melody from an array of notes.

        The `Note`s are made when `notes` is first read, because a corpus can be read and stored as
        arrays alone.

        Args:
            array: integers below 2**31, shape (notes, 3): onset and duration in ticks, pitch.
            end: as in `Melody`.
            attributes: the other arguments of `Melody`.

        Returns:
            A melody that equals the one made from the same notes.

        Raises:
            ValueError: if a condition of `Melody` does not hold.

        Example:
            >>> Melody.from_array(np.array([[0, 24, 60]])).notes
            (Note(onset=0, duration=24, pitch=60),)
        """
        rows = np.array(array, dtype=np.int32, order="C").reshape(-1, 3)
        if _is_wrong(rows):
            _check_notes(starmap(Note, rows.tolist()))
        last = int(rows[-1, 0] + rows[-1, 1]) if len(rows) else 0
        melody = cls((), end=max(end, last), **attributes)  # type: ignore[arg-type]
        del melody.__dict__["notes"]
        melody.__dict__["array"] = rows
        return melody

    if not TYPE_CHECKING:  # a type checker must see `notes` as an ordinary field

        def __getattr__(self, name: str) -> tuple[Note, ...]:
            """Make the notes of a melody that was built from an array."""
            if name != "notes" or "array" not in self.__dict__:
                raise AttributeError(f"a melody has no {name}", name=name, obj=self)
            notes = self.__dict__["notes"] = tuple(starmap(Note, self.array.tolist()))
            return notes

    @cached_property
    def array(self) -> np.ndarray:
        """The notes as an int32 array of shape (notes, 3): onset, duration, pitch."""
        return np.array(self.notes, dtype=np.int32).reshape(-1, 3)

    @cached_property
    def bar_lines(self) -> np.ndarray:
        """Ticks of all bar lines, including 0 and `end`; int64, shape (bars + 1,)."""
        return _bar_lines(self.metres, self.end)

    @property
    def bars(self) -> int:
        """Number of bars, including the pickup bar."""
        return len(self.bar_lines) - 1

    @property
    def metre(self) -> TimeSignature:
        """The metre that most of the melody is in, by duration."""
        spans: dict[TimeSignature, int] = {}
        for (start, metre), stop in zip(
            self.metres, [t for t, _ in self.metres[1:]] + [self.end], strict=True
        ):
            spans[metre] = spans.get(metre, 0) + stop - start
        return max(spans, key=lambda metre: spans[metre])

    def metre_at(self, tick: int) -> TimeSignature:
        """Find the metre at a tick.

        Args:
            tick: 0 or later.

        Returns:
            The last metre that starts at the tick or before it.

        Example:
            >>> waltz = Melody((), metres=((0, TimeSignature()), (96, TimeSignature(3, 4))))
            >>> str(waltz.metre_at(95)), str(waltz.metre_at(96))
            ('4/4', '3/4')
        """
        return [metre for start, metre in self.metres if start <= tick][-1]

    def sounding_at(self, ticks: np.ndarray) -> np.ndarray:
        """Find the note that sounds at each tick.

        Args:
            ticks: integers of any shape.

        Returns:
            Indices of notes, -1 in a rest; int64, shape of `ticks`.

        Example:
            >>> tune = Melody((Note(0, 24, 60), Note(48, 24, 62)))
            >>> tune.sounding_at(np.array([0, 23, 24, 48])).tolist()
            [0, 0, -1, 1]
        """
        onset, end = self.array[:, 0], np.append(self.array[:, 0] + self.array[:, 1], 0)
        note = np.searchsorted(onset, ticks, side="right") - 1
        return np.where((note >= 0) & (ticks < end[note]), note, -1)

    def transpose(self, semitones: int) -> "Melody":
        """Transpose the melody, its key and its chord symbols.

        Args:
            semitones: upwards; negative for downwards.

        Returns:
            A new melody; the key has the signature of fewest accidentals.

        Raises:
            ValueError: if a pitch would leave the range 0 to 127.

        Example:
            >>> Melody((Note(0, 24, 60),), key=Key(0)).transpose(2).key
            Key(fifths=2, mode='major')
        """
        notes = tuple(note._replace(pitch=note.pitch + semitones) for note in self.notes)
        before = self.key or Key(0)
        after = before.transposed(semitones) if semitones else before
        chords = tuple(chord.transposed(after.fifths - before.fifths) for chord in self.chords)
        return replace(self, notes=notes, key=self.key and after, chords=chords)

    def slice(self, first: int, last: int) -> "Melody":
        """Take bars out of the melody; notes are cut at the edges.

        A last bar that the next change of metre shortens becomes a full bar with rest at its end.

        Args:
            first: number of the first bar, counted from 0.
            last: number of the bar after the last one.

        Returns:
            A new melody that starts at tick 0.

        Raises:
            ValueError: if the melody has no such bars.

        Example:
            >>> Melody((Note(72, 48, 60),)).slice(1, 2).notes
            (Note(onset=0, duration=24, pitch=60),)
        """
        if not 0 <= first < last <= self.bars:
            raise ValueError(f"bars must lie in 0..{self.bars}, got {first}..{last}")
        start, stop = int(self.bar_lines[first]), int(self.bar_lines[last])
        notes = tuple(
            Note(max(n.onset, start) - start, min(n.end, stop) - max(n.onset, start), n.pitch)
            for n in self.notes
            if n.onset < stop and n.end > start
        )
        changes = tuple((tick - start, metre) for tick, metre in self.metres if start < tick < stop)
        chords = tuple(
            chord._replace(onset=chord.onset - start)
            for chord in self.chords
            if start <= chord.onset < stop
        )
        return replace(
            self,
            notes=notes,
            metres=((0, self.metre_at(start)), *changes),
            pickup=self.pickup if first == 0 else 0,
            end=stop - start,
            chords=chords,
        )


def _is_wrong(rows: np.ndarray) -> bool:
    """Whether `_check_notes` would raise for an array of shape (notes, 3)."""
    onset, duration, pitch = rows.T
    end = np.add(onset, duration, dtype=np.int64)
    wrong = (onset[:1] < 0, end <= onset, pitch & ~_MAX_PITCH, onset[1:] < end[:-1])
    return any(map(np.count_nonzero, wrong))


def _check_notes(notes: Iterable[Note]) -> None:
    """Raise a ValueError unless the notes are possible, in order and without overlaps."""
    free, before = 0, None
    for note in notes:
        onset, duration, pitch = note
        if onset < 0 or duration < 1 or not 0 <= pitch <= _MAX_PITCH:
            raise ValueError(
                f"a note needs onset >= 0, duration >= 1 and pitch in 0..{_MAX_PITCH}, got {note}"
            )
        if onset < free:
            raise ValueError(
                f"notes must be in order and must not overlap, got {before} before {note}"
            )
        free, before = onset + duration, note


def _check_metres(metres: tuple[tuple[int, TimeSignature], ...]) -> None:
    """Raise a ValueError unless the metres are possible and in order."""
    if not metres or metres[0][0] != 0:
        raise ValueError("metres must begin with one at tick 0")
    for _, metre in metres:
        if metre.numerator < 1 or metre.denominator not in (1, 2, 4, 8, 16, 32):
            raise ValueError(
                f"a metre needs a positive numerator over 1, 2, 4, 8, 16 or 32, got {metre}"
            )
    for (start, _), (tick, _) in pairwise(metres):
        if tick <= start:
            raise ValueError(
                f"metres must be in order of time, got a change at tick {tick} after tick {start}"
            )


def _bar_lines(metres: tuple[tuple[int, TimeSignature], ...], end: int) -> np.ndarray:
    """Bar lines from 0 to the first one at or after `end`, at least one bar."""
    stops = [tick for tick, _ in metres[1:]] + [_last_bar_line(metres, end) + 1]
    return np.concatenate(
        [
            np.arange(start, stop, metre.bar)
            for (start, metre), stop in zip(metres, stops, strict=True)
        ]
    )


def _last_bar_line(metres: tuple[tuple[int, TimeSignature], ...], end: int) -> int:
    """The first bar line at or after `end`, at least one bar after the last change of metre."""
    start, metre = metres[-1]
    return start + metre.bar * max(-(-(end - start) // metre.bar), 1)
