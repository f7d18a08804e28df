"""Writer of MusicXML, by music21: with ties, tuplets, beams, and spelling by the key."""

import re
from fractions import Fraction

from music21 import bar as barline
from music21 import clef, harmony, key, metadata, meter, note, pitch, stream, tempo, tie
from music21.exceptions21 import Music21Exception
from music21.musicxml.m21ToXml import GeneralObjectExporter
from music21.stream.makeNotation import makeTupletBrackets

from stylernn.formats.notation import Bar, is_low, layout, spell
from stylernn.music.melody import TICKS_PER_QUARTER, Key, Melody

__all__ = ["musicxml"]

_RANDOM_NAME = re.compile(rb"\bP[0-9a-f]{32}\b")  # music21 gives a part a random identifier
_DATE = re.compile(rb"\s*<encoding-date>.*?</encoding-date>")


def musicxml(melody: Melody) -> bytes:
    """Write a melody as MusicXML, with beams and tuplet brackets.

    Chord symbols that music21 does not know are left out.

    Args:
        melody: what to write.

    Returns:
        The document; the same melody gives the same bytes.

    Example:
        >>> from stylernn.music.melody import Note
        >>> document = musicxml(Melody((Note(0, 24, 66), Note(24, 72, 67)), key=Key(1)))
        >>> b"<fifths>1</fifths>" in document, document.count(b"<note>")
        (True, 2)
    """
    bars = layout(melody)
    part = stream.Part([_measure(bar, melody) for bar in bars], id="melody")
    first = part.getElementsByClass(stream.Measure).first()
    first.insert(0, clef.BassClef() if is_low(melody) else clef.TrebleClef())
    if melody.key:
        first.insert(0, key.KeySignature(melody.key.fifths).asKey(melody.key.mode))
    first.insert(0, tempo.MetronomeMark(number=melody.tempo))
    is_pickup = bars[0].number == 0
    first.paddingLeft = (
        first.barDuration.quarterLength - first.duration.quarterLength if is_pickup else 0
    )
    part.getElementsByClass(stream.Measure).last().rightBarline = barline.Barline("final")
    for measure in part.getElementsByClass(stream.Measure):
        makeTupletBrackets(measure, inPlace=True)
    part.makeBeams(inPlace=True, setStemDirections=False)  # an engraving program chooses stems
    part.makeAccidentals(inPlace=True)
    # Before makeAccidentals, the tones of the chord symbols would add naturals to the notes.
    for bar, measure in zip(bars, part.getElementsByClass(stream.Measure), strict=True):
        _add_chords(measure, bar, melody)
    score = stream.Score([part])
    score.metadata = metadata.Metadata(title=melody.title)
    exporter = GeneralObjectExporter()
    exporter.makeNotation = False  # it would change the bars
    return _RANDOM_NAME.sub(b"P1", _DATE.sub(b"", exporter.parse(score)))


def _measure(bar: Bar, melody: Melody) -> stream.Measure:
    """A measure with the notes and rests of a bar."""
    measure = stream.Measure(number=bar.number)
    if bar.changes_metre:
        measure.insert(0, meter.TimeSignature(str(bar.metre)))
    if bar.number == 0:
        measure.showNumber = stream.enums.ShowNumber.NEVER
    for symbol in bar.symbols:
        element = (
            note.Rest() if symbol.pitch is None else note.Note(_pitch(symbol.pitch, melody.key))
        )
        element.duration.quarterLength = Fraction(symbol.ticks, TICKS_PER_QUARTER)
        if symbol.continues:
            element.tie = tie.Tie("continue" if symbol.goes_on else "stop")
        elif symbol.goes_on:
            element.tie = tie.Tie("start")
        measure.insert(Fraction(symbol.onset - bar.onset, TICKS_PER_QUARTER), element)
    return measure


def _add_chords(measure: stream.Measure, bar: Bar, melody: Melody) -> None:
    """Add the chord symbols of a bar to its measure."""
    end = bar.onset + sum(symbol.ticks for symbol in bar.symbols)
    for named in melody.chords:
        if bar.onset <= named.onset < end and (sign := _harmony(named.symbol)) is not None:
            measure.insert(Fraction(named.onset - bar.onset, TICKS_PER_QUARTER), sign)


def _pitch(number: int, signature: Key | None) -> pitch.Pitch:
    """A MIDI number as a pitch of music21, spelt by the key."""
    step, alter, octave = spell(number, signature)
    return pitch.Pitch(step=step, accidental=alter or None, octave=octave)


def _harmony(symbol: str) -> harmony.Harmony | None:
    """A chord symbol as an object of music21, or None if it does not know the symbol.

    music21 writes "-" for a flat, which means minor here, and "M9" for "maj9".
    """
    if symbol.replace(".", "") == "NC":
        return harmony.NoChord()
    figure = re.sub(r"(?<=[A-G])b", "♭", symbol).replace("-", "m").replace("♭", "-")
    figure = re.sub(r"maj(?=9|1[13])", "M", re.sub(r"(?<!ma)j7", "maj7", figure))
    try:
        sign = harmony.ChordSymbol(figure)
    except (ValueError, LookupError, Music21Exception):
        return None
    return sign if sign.pitches else None
