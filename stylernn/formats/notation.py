"""A melody as a page of music: bars of notes and rests that can be written as single symbols, and their spelling.

The writers of all score formats start from here. Notes are cut at bar lines, and where no single symbol lasts as long
as they do; the pieces are tied.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

from stylernn.music.melody import Key, Melody, TimeSignature

__all__ = ["Bar", "Symbol", "is_low", "layout", "spell"]

_PLAIN = (
    144,
    96,
    72,
    48,
    36,
    24,
    18,
    12,
    9,
    6,
    3,
)  # ticks of plain and dotted values, whole to 32nd
_THIRDS = (32, 16, 8, 4, 2, 1)  # ticks of the same values in triplets
_FIFTHS = "FCGDAEB"
_LOW = 55  # a melody around the G below middle C or lower hangs on ledger lines in the treble clef
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Symbol(NamedTuple):
    """A note or rest on the page.

    Args:
        onset: in ticks from the start of the melody.
        ticks: how long, always the length of a plain, dotted or triplet value.
        pitch: MIDI number, None for a rest.
        continues: tied from the symbol before.
        goes_on: tied to the symbol after.
    """

    onset: int
    ticks: int
    pitch: int | None
    continues: bool = False
    goes_on: bool = False

    @property
    def in_triplet(self) -> bool:
        return self.ticks in _THIRDS


class Bar(NamedTuple):
    """A bar on the page.

    Args:
        number: as counted by musicians: 0 for a pickup, then from 1.
        onset: in ticks; for a pickup that of its first written symbol.
        metre: in force.
        changes_metre: whether a time signature stands at its start.
        symbols: fill the bar without gaps.
    """

    number: int
    onset: int
    metre: TimeSignature
    changes_metre: bool
    symbols: tuple[Symbol, ...]


def is_low(melody: Melody) -> bool:
    """Whether a melody is written in the bass clef."""
    pitches = sorted(note.pitch for note in melody.notes)
    return bool(pitches) and pitches[len(pitches) // 2] <= _LOW


def layout(melody: Melody, cuts: Collection[int] = ()) -> list[Bar]:
    """Lay a melody out in bars; a pickup bar is written without the rest before it.

    A pickup in which the melody starts earlier than its first bar says is longer, by whole beats.

    Args:
        melody: what to lay out.
        cuts: ticks at which a symbol has to begin, so that something can be written there.
    """
    lines = melody.bar_lines.tolist()
    if melody.pickup and melody.notes:
        start, onset, beat = (
            lines[1] - melody.pickup,
            melody.notes[0].onset,
            melody.metres[0][1].beat,
        )
        lines[0] = max(start if onset >= start else onset // beat * beat, 0)
    first = 0 if lines[0] else 1
    changes, metre = dict(melody.metres), melody.metres[0][1]
    spans = _spans(melody, lines[0])
    bars: list[Bar] = []
    for number, (start, stop) in enumerate(pairwise(lines), first):
        before, metre = metre, changes.get(start, metre)
        symbols: list[Symbol] = []
        inside = [cut for cut in cuts if start < cut < stop]
        while spans and spans[-1][0] < stop:
            onset, end, pitch, continues = spans.pop()
            limit = min((cut for cut in inside if cut > onset), default=stop)
            if end > limit:
                spans.append((limit, end, pitch, pitch is not None))
            symbols += _symbols(
                onset, min(end, limit), pitch, start, metre.beat, (continues, end > limit)
            )
        bars.append(Bar(number, start, metre, number == first or metre != before, tuple(symbols)))
    return bars


def spell(pitch: int, key: Key | None) -> tuple[str, int, int]:
    """Step, alteration and octave of a pitch, as a musician writes it in a key: F sharp, not G flat, in D major.

    Of the names of a pitch class, the one that lies within four fifths below to seven above the signature is taken
    (in minor three and eight, for the raised sixth and seventh degree); without a key that of C major.

    Args:
        pitch: a MIDI number.
        key: in force.

    Returns:
        Step "A" to "G", alteration in semitones, octave (middle C is in octave 4).
    """
    fifths, mode = key or Key(0)
    lowest = fifths - (3 if mode == "minor" else 4)
    place = lowest + (7 * pitch - lowest) % 12  # on the line of fifths, C = 0
    step, alter = _FIFTHS[(place + 1) % 7], (place + 1) // 7
    return step, alter, (pitch - alter - _NATURALS[step]) // 12 - 1


def _spans(melody: Melody, start: int) -> list[tuple[int, int, int | None, bool]]:
    """Notes and the rests between them as (onset, end, pitch, continues), the last first."""
    spans: list[tuple[int, int, int | None, bool]] = []
    for onset, duration, pitch in melody.notes:
        if onset > start:
            spans.append((start, onset, None, False))
        start = onset + duration
        spans.append((onset, start, pitch, False))
    if start < melody.end:
        spans.append((start, melody.end, None, False))
    return spans[::-1]


def _symbols(
    onset: int, end: int, pitch: int | None, bar: int, beat: int, tied: tuple[bool, bool]
) -> Iterator[Symbol]:
    """What lies within one bar of a note or rest, as symbols tied to each other and, by `tied`, to its other bars."""
    continues, goes_on = tied
    while onset < end:
        ticks = _value((onset - bar) % beat, end - onset, beat)
        more = onset + ticks < end
        yield Symbol(onset, ticks, pitch, continues, pitch is not None and (more or goes_on))
        onset, continues = onset + ticks, pitch is not None


def _value(place: int, ticks: int, beat: int) -> int:
    """Length of the first symbol for `ticks` that start at a place in the beat.

    One symbol where there is one; else up to the next beat; else the longest that is made of whole beats or, within a
    beat, that leaves a rest of the same kind (plain or triplet).
    """
    if ticks in _PLAIN or ticks in _THIRDS:
        return ticks
    room = beat - place
    if place and ticks > room:
        return _value(place, room, beat)
    if ticks > beat:
        return next(
            value for value in _PLAIN if value <= ticks and (value % beat == 0 or value < beat)
        )
    return next(value for value in (_THIRDS if ticks % 3 else _PLAIN) if value <= ticks)
