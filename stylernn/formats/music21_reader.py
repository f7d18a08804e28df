"""Conversion of music21 scores to notes on the grid, metres, chord symbols, key and tempo."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from music21 import chord, harmony, instrument, key, meter, note, stream, tempo

from stylernn.formats.melody_extraction import LONGEST_BAR
from stylernn.music.melody import TICKS_PER_QUARTER, Chord, Key, TimeSignature

__all__ = ["Line", "is_tied", "line", "measures", "parts"]

_TEMPOS = (0.01, 100_000.0)  # quarters a minute that a MIDI file can express


class Line(NamedTuple):
    """The contents of one part of a score.

    Args:
        name: of the part, often empty.
        notes: int64, shape (notes, 3): onset and duration in ticks, pitch.
        metres: (tick, metre) pairs, one for each bar.
        chords: chord symbols in order of onset.
        key: the notated key, None if there is none.
        tempo: the first tempo of the score in quarters a minute, 120 if there is none.
        title: of the score, often empty.
    """

    name: str
    notes: np.ndarray
    metres: list[tuple[int, TimeSignature]]
    chords: list[Chord]
    key: Key | None
    tempo: float
    title: str


def parts(score: stream.Stream) -> list[stream.Part]:
    """List the parts of a score at sounding pitch.

    Args:
        score: of a collection, the first score is used; transposing parts are changed in place.

    Returns:
        The parts; the score itself if it has none.
    """
    if isinstance(score, stream.Opus):
        score = score.scores[0]
    found = list(score.parts) or [score]
    for part in found:
        if any(
            player.transposition
            for player in part.recurse().getElementsByClass(instrument.Instrument)
        ):
            part.toSoundingPitch(inPlace=True)
    return found


def measures(part: stream.Part) -> list[stream.Measure]:
    """List the measures of a part; they are made if the file has none.

    Args:
        part: a part of a score.

    Returns:
        The measures in order.
    """
    written = list(part.getElementsByClass(stream.Measure))
    return written or list(part.makeMeasures().getElementsByClass(stream.Measure))


def line(part: stream.Part, score: stream.Stream) -> Line:
    """Convert a part to the grid.

    Args:
        part: from `parts`.
        score: the score of the part, for title and tempo.

    Returns:
        The contents of the part.

    Raises:
        ValueError: if a time signature has no beats or more than 255.
    """
    bars = measures(part)
    metres, shift = _bars(bars)
    chords = [
        Chord(_ticks(measure.offset + symbol.offset) + shift, _symbol(symbol))
        for measure in bars
        for symbol in measure.getElementsByClass(harmony.Harmony)
    ]
    notes = _notes(bars)
    notes[:, 0] += shift
    title = (score.metadata and score.metadata.bestTitle) or ""
    named = [chord for chord in chords if chord.symbol]
    return Line(
        getattr(part, "partName", None) or "",
        notes,
        metres,
        named,
        _key(part),
        _tempo(score),
        title,
    )


def _ticks(quarters: float | Fraction) -> int:
    """Quarters as ticks, rounded."""
    return round(quarters * TICKS_PER_QUARTER)


def _bars(measures: Sequence[stream.Measure]) -> tuple[list[tuple[int, TimeSignature]], int]:
    """The metres as in `Line`, and the ticks of rest that complete a short first bar."""
    lines = [_ticks(measure.offset) for measure in measures]
    lines.append(_ticks(measures[-1].offset + measures[-1].duration.quarterLength))
    metre, shift, open_half = TimeSignature(), 0, 0
    metres: list[tuple[int, TimeSignature]] = []
    for measure, start, stop in zip(measures, lines, lines[1:], strict=False):
        before, metre = metre, _metre(measure.timeSignature) if measure.timeSignature else metre
        length = stop - start
        if not metres and 0 < length < metre.bar and len(measures) > 1:
            shift = metre.bar - length
            metres.append((0, metre))
        elif open_half and metre == before and open_half + length == metre.bar:
            open_half = 0
        elif length:
            metres.append((start + shift if metres else 0, metre))
            open_half = length if length < metre.bar else 0
    return metres or [(0, metre)], shift


def _metre(sign: meter.TimeSignature) -> TimeSignature:
    """A time signature; one with another denominator, such as 7/64, becomes a number of 32nds."""
    metre = TimeSignature(sign.numerator, sign.denominator)
    if sign.denominator not in (1, 2, 4, 8, 16, 32):
        metre = TimeSignature(max(round(sign.barDuration.quarterLength * 8), 1), 32)
    if not 0 < metre.numerator <= LONGEST_BAR:
        raise ValueError(f"a metre of {sign.ratioString}")
    return metre


def _notes(measures: Sequence[stream.Measure]) -> np.ndarray:
    """Notes of the highest voice of each measure, int64, shape (notes, 3); tied ones are merged."""
    rows: list[list[int]] = []
    tied: dict[int, list[int]] = {}
    for measure in measures:
        for start, element in _highest_voice(measure):
            top = max(getattr(element, "notes", [element]), key=lambda each: each.pitch.ps)
            onset = _ticks(measure.offset + start)
            end = _ticks(measure.offset + start + element.duration.quarterLength)
            number = top.pitch.midi
            held = tied.pop(number, None)
            if held is None or held[0] + held[1] != onset or not is_tied(top, "stop"):
                held = [onset, 0, number]
                rows.append(held)
            held[1] = max(end - held[0], 1)
            if is_tied(top, "start"):
                tied[number] = held
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def is_tied(sung: note.NotRest, end: str) -> bool:
    """Tell whether a tie starts or ends at a note.

    Args:
        sung: a note or chord.
        end: "start" or "stop".

    Returns:
        True also for a note in the middle of a tie.
    """
    return sung.tie is not None and sung.tie.type in (end, "continue")


def _highest_voice(measure: stream.Measure) -> list[tuple[Fraction | float, note.NotRest]]:
    """Notes and chords of the voice of highest mean pitch, with their offsets in the measure."""
    voices: list[tuple[float, int, list[tuple[Fraction | float, note.NotRest]]]] = []
    for voice in (measure, *measure.voices):
        shift = 0 if voice is measure else voice.offset
        sung = [
            (shift + element.offset, element)
            for element in voice.getElementsByClass((note.Note, chord.Chord))
            if element.duration.quarterLength > 0
            and not isinstance(element, harmony.Harmony)
            and element.pitches
        ]
        if sung:
            height = float(np.mean([max(p.ps for p in element.pitches) for _, element in sung]))
            voices.append((height, -len(voices), sung))
    return max(voices)[2] if voices else []


def _symbol(sign: harmony.Harmony) -> str:
    """A chord symbol with "b" for flats, where music21 writes "-"."""
    if isinstance(sign, harmony.NoChord):
        return "N.C."
    return re.sub(r" (?:add|alter) (?=[#b])", "", re.sub(r"(?<=[A-G])-", "b", sign.figure or ""))


def _key(part: stream.Part) -> Key | None:
    """The notated key of a part; None if it has none or an impossible one."""
    signs = part.recurse()
    sign = (
        signs.getElementsByClass(key.Key).first()
        or signs.getElementsByClass(key.KeySignature).first()
    )
    if sign is None or sign.sharps is None or abs(sign.sharps) > 7:
        return None
    return Key(
        sign.sharps, "minor" if getattr(sign, "mode", None) in ("minor", "aeolian") else "major"
    )


def _tempo(score: stream.Stream) -> float:
    """The first possible tempo of a score in quarters a minute, 120 if there is none."""
    for mark in score.recurse().getElementsByClass(tempo.MetronomeMark):
        quarters = mark.getQuarterBPM()
        if quarters and _TEMPOS[0] <= quarters <= _TEMPOS[1]:
            return round(float(quarters), 2)
    return 120.0
