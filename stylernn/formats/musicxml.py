"""A melody as a MusicXML document, through music21: ties, tuplets, beams and a spelling that knows the key."""

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

_CHANCE = re.compile(rb"\bP[0-9a-f]{32}\b")  # music21 draws the name of a part by lot
_DATE = re.compile(rb"\s*<encoding-date>.*?</encoding-date>")


def musicxml(melody: Melody) -> bytes:
    """A melody as MusicXML, beamed and with tuplet brackets."""
    bars = layout(melody)
    part = stream.Part([_measure(bar, melody) for bar in bars], id="melody")
    first = part.getElementsByClass(stream.Measure).first()
    first.insert(0, clef.BassClef() if is_low(melody) else clef.TrebleClef())
    if melody.key:
        first.insert(0, key.KeySignature(melody.key.fifths).asKey(melody.key.mode))
    first.insert(0, tempo.MetronomeMark(number=melody.tempo))
    first.paddingLeft = (
        first.barDuration.quarterLength - first.duration.quarterLength if bars[0].number == 0 else 0
    )
    part.getElementsByClass(stream.Measure).last().rightBarline = barline.Barline("final")
    for measure in part.getElementsByClass(stream.Measure):
        makeTupletBrackets(measure, inPlace=True)
    part.makeBeams(
        inPlace=True, setStemDirections=False
    )  # an engraver knows better, and finds room
    part.makeAccidentals(inPlace=True)
    for bar, measure in zip(bars, part.getElementsByClass(stream.Measure), strict=True):
        _add_chords(
            measure, bar, melody
        )  # last, or their tones would ask for naturals at the notes
    score = stream.Score([part])
    score.metadata = metadata.Metadata(title=melody.title)
    exporter = GeneralObjectExporter()
    exporter.makeNotation = False  # which would undo the bars
    return _CHANCE.sub(b"P1", _DATE.sub(b"", exporter.parse(score)))


def _measure(bar: Bar, melody: Melody) -> stream.Measure:
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
        if symbol.continues or symbol.goes_on:
            element.tie = tie.Tie(
                "continue"
                if symbol.continues and symbol.goes_on
                else "stop"
                if symbol.continues
                else "start"
            )
        measure.insert(Fraction(symbol.onset - bar.onset, TICKS_PER_QUARTER), element)
    return measure


def _add_chords(measure: stream.Measure, bar: Bar, melody: Melody) -> None:
    """Put the chord symbols of a bar over it."""
    end = bar.onset + sum(symbol.ticks for symbol in bar.symbols)
    for named in melody.chords:
        if bar.onset <= named.onset < end and (sign := _harmony(named.symbol)) is not None:
            measure.insert(Fraction(named.onset - bar.onset, TICKS_PER_QUARTER), sign)


def _pitch(number: int, signature: Key | None) -> pitch.Pitch:
    step, alter, octave = spell(number, signature)
    return pitch.Pitch(step=step, accidental=alter or None, octave=octave)


def _harmony(symbol: str) -> harmony.Harmony | None:
    """A chord symbol for music21, where it knows the name: "-" is minor here, but flat there, and "maj9" is "M9"."""
    if symbol.replace(".", "") == "NC":
        return harmony.NoChord()
    figure = re.sub(r"(?<=[A-G])b", "♭", symbol).replace("-", "m").replace("♭", "-")
    figure = re.sub(r"maj(?=9|1[13])", "M", re.sub(r"(?<!ma)j7", "maj7", figure))
    try:
        sign = harmony.ChordSymbol(figure)
    except (ValueError, LookupError, Music21Exception):
        return None
    return sign if sign.pitches else None
