"""Notation of a melody: bars of notes and rests, each of a writable length, and their spelling.

The writers of all score formats use this module. Notes are cut at bar lines, and where no single
symbol has their length; the parts are tied.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

from stylernn.music.melody import Key, Melody, TimeSignature

__all__ = ["Bar", "Symbol", "is_low", "layout", "spell"]

_PLAIN = (144, 96, 72, 48, 36, 24, 18, 12, 9, 6, 3)  # ticks, dotted whole note to 32nd
_THIRDS = (32, 16, 8, 4, 2, 1)  # ticks of triplet values, half note to 64th
_FIFTHS = "FCGDAEB"
_LOW = 55  # the G below middle C; melodies around it need many ledger lines in the treble clef
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Symbol(NamedTuple):
    """A written note or rest.

    Args:
        onset: in ticks from the start of the melody.
        ticks: the length of a plain, dotted or triplet value.
        pitch: a MIDI number, None for a rest.
        continues: whether it is tied to the symbol before.
        goes_on: whether it is tied to the symbol after.
    """

    onset: int
    ticks: int
    pitch: int | None
    continues: bool = False
    goes_on: bool = False

    @property
    def in_triplet(self) -> bool:
        """Whether the symbol is written as part of a triplet."""
        return self.ticks in _THIRDS


class Bar(NamedTuple):
    """A written bar.

    Args:
        number: 0 for a pickup, then from 1.
        onset: in ticks; of a pickup, that of its first written symbol.
        metre: the time signature in force.
        changes_metre: whether the time signature is written at its start.
        symbols: notes and rests that fill the bar without gaps.
    """

    number: int
    onset: int
    metre: TimeSignature
    changes_metre: bool
    symbols: tuple[Symbol, ...]


def is_low(melody: Melody) -> bool:
    """Decide whether a melody is written in the bass clef.

    Args:
        melody: the tune.

    Returns:
        True if its median pitch is the G below middle C or lower; False without notes.

    Example:
        >>> from stylernn.music.melody import Note
        >>> is_low(Melody((Note(0, 24, 48),))), is_low(Melody((Note(0, 24, 60),)))
        (True, False)
    """
    pitches = sorted(note.pitch for note in melody.notes)
    return bool(pitches) and pitches[len(pitches) // 2] <= _LOW


def layout(melody: Melody, cuts: Collection[int] = ()) -> list[Bar]:
    """Divide a melody into written bars; a pickup bar is written without the rest before it.

    If the melody starts before its pickup, the written pickup is longer by whole beats.

    Args:
        melody: what to write.
        cuts: ticks at which a symbol has to begin, as where a chord symbol is written.

    Returns:
        The bars in order.

    Example:
        >>> from stylernn.music.melody import Note
        >>> bars = layout(Melody((Note(0, 120, 60),)))
        >>> [[(symbol.ticks, symbol.pitch) for symbol in bar.symbols] for bar in bars]
        [[(96, 60)], [(24, 60), (72, None)]]
    """
    lines = melody.bar_lines.tolist()
    if melody.pickup and melody.notes:
        start = lines[1] - melody.pickup
        onset, beat = melody.notes[0].onset, melody.metres[0][1].beat
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
    """Spell a pitch in a key: F sharp, not G flat, in D major.

    The spelling lies from four fifths below the signature to seven above it on the line of fifths.
    In minor it lies from three below to eight above, because of the raised sixth and seventh
    degrees. Without a key, the spelling is that in C major.

    Args:
        pitch: a MIDI number.
        key: the key in force, or None.

    Returns:
        The step "A" to "G", the alteration in semitones (sharps are positive), and the octave
        (middle C is in octave 4).

    Example:
        >>> spell(66, Key(2)), spell(66, Key(-4))
        (('F', 1, 4), ('G', -1, 4))
    """
    fifths, mode = key or Key(0)
    lowest = fifths - (3 if mode == "minor" else 4)
    position = lowest + (7 * pitch - lowest) % 12  # on the line of fifths, C = 0
    step, alter = _FIFTHS[(position + 1) % 7], (position + 1) // 7
    return step, alter, (pitch - alter - _NATURALS[step]) // 12 - 1


def _spans(melody: Melody, start: int) -> list[tuple[int, int, int | None, bool]]:
    """Notes and the rests between them as (onset, end, pitch, continues), in reverse order."""
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
    """Symbols for a note or rest within one bar; `tied` says whether other bars continue it."""
    continues, goes_on = tied
    while onset < end:
        ticks = _value((onset - bar) % beat, end - onset, beat)
        more = onset + ticks < end
        yield Symbol(onset, ticks, pitch, continues, pitch is not None and (more or goes_on))
        onset, continues = onset + ticks, pitch is not None


def _value(position: int, ticks: int, beat: int) -> int:
    """Length of the first symbol for `ticks` that start at a position in the beat.

    A single symbol where there is one; else up to the next beat; else the longest that consists of
    whole beats or, within a beat, that leaves a remainder of the same kind (plain or triplet).
    """
    if ticks in _PLAIN or ticks in _THIRDS:
        return ticks
    room = beat - position
    if position and ticks > room:
        return _value(position, room, beat)
    if ticks > beat:
        return next(
            value for value in _PLAIN if value <= ticks and (value % beat == 0 or value < beat)
        )
    return next(value for value in (_THIRDS if ticks % 3 else _PLAIN) if value <= ticks)
