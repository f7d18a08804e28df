"""Scores to melodies and back: MusicXML, ABC and Humdrum **kern; music21 reads, and writes MusicXML.

A *part* is what the file lists as one, counted from 0.

Reading
    Pitches sound as written for the instrument. Repeats are not expanded. Grace notes are dropped, tied notes merged;
    of a chord the top note is taken, of several voices in a bar the highest. Of a collection of ABC tunes `read` takes
    the first, `parse_all` all.
Choice of the melody
    By the rule of `intake` over all parts, or over the staves of a part that is asked for.
Bars
    A short first bar is right-aligned in bar 0. Two neighbouring short bars that make one bar together,
    as around a repeat sign, are one bar. After any other bar of odd length the metre starts anew.
"""

import io
import os
import re
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from music21 import chord, converter, harmony, instrument, key, meter, note, stream, tempo, tie

from stylernn import limits
from stylernn.atomic import replacing
from stylernn.engraving import abc_text, kern_text
from stylernn.errors import FileFormatError, StylernnError
from stylernn.intake import LONGEST_BAR, assemble, check_note_count, find_melody, skyline
from stylernn.interrupts import OutOfTimeError, time_limit
from stylernn.melody import TICKS_PER_QUARTER, Chord, Key, Melody, Metre
from stylernn.musicxml import musicxml
from stylernn.unpacking import FORMATS, abc_segments, find_part, pack, tune_texts

__all__ = ["parse_all", "read", "write"]


_SECONDS_PER_MEGABYTE = 20
_SHOWN = 200  # characters of an error of music21
_TEMPOS = (0.01, 100_000.0)  # what a MIDI file can say, in whole microseconds a quarter


class _Line(NamedTuple):
    """What one part contributes: its notes on the grid, the metre at each bar line, chord symbols; and its score."""

    name: str
    notes: np.ndarray
    metres: list[tuple[int, Metre]]
    chords: list[Chord]
    key: Key | None
    tempo: float
    title: str


def read(path: str | os.PathLike[str], *, track: int | None = None) -> Melody:
    """Read the melody of a score.

    Args:
        path: a .musicxml, .xml, .mxl, .abc or .krn file.
        track: the part to read; by default the melody by the module's rule.

    Raises:
        FileFormatError: if the file is not such a score or has no melody within the limits of `intake`.
        UsageError: if `track` names no part of the file.
    """
    return _melody(path, tune_texts(path, track)[0], track)


def parse_all(path: str | os.PathLike[str], *, part: str | int | None = None) -> tuple[list[Melody], list[str]]:
    """Read every tune of a file, leaving out the broken ones.

    Args:
        path: as for `read`.
        part: the part to read, by index or name; by default the melody by the module's rule.

    Returns:
        The melodies, and one line on each tune that could not be read.

    Raises:
        FileFormatError: if the file as a whole cannot be read.
    """
    melodies: list[Melody] = []
    problems: list[str] = []
    for text in tune_texts(path, part):
        try:
            melodies.append(_melody(path, text, part))
        except StylernnError as error:
            number = re.search(r"^X:\s*(\S+)", text, re.MULTILINE)
            problems.append(f"tune {number[1]}: {error.found or error.problem}" if number else str(error))
    return melodies, problems


def write(melody: Melody, path: str | os.PathLike[str]) -> None:
    """Write a melody as a score, in the format that the ending of `path` says.

    Chord symbols are left out of **kern, and of MusicXML where it has no name for them.

    Args:
        melody: what to write.
        path: replaced as a whole; .musicxml, .xml, .mxl, .abc or .krn.
    """
    ending = Path(path).suffix.lower()
    if FORMATS[ending] == "musicxml":
        data = musicxml(melody)
    else:
        data = (abc_text if ending == ".abc" else kern_text)(melody).encode()
    with replacing(path) as draft:
        draft.write_bytes(pack(data) if ending == ".mxl" else data)


def _melody(path: str | os.PathLike[str], text: str, part: str | int | None) -> Melody:
    parts = [read for read in _parsed(path, text, part) if len(read.notes)]
    if not parts:
        check_note_count(path, 0)
    line = parts[find_melody([read.name for read in parts], [read.notes for read in parts])]
    check_note_count(path, len(line.notes))
    notes = skyline(line.notes)
    check_note_count(path, len(notes))
    return assemble(
        path, notes, line.metres, key=line.key, tempo=line.tempo, title=line.title.strip(), chords=line.chords
    )


def _parsed(path: str | os.PathLike[str], text: str, part: str | int | None) -> list[_Line]:
    """What music21 finds in the parts that may be the melody; all its work is done here, within the time limit."""
    kind = FORMATS[Path(path).suffix.lower()]
    seconds = limits.current().seconds + _SECONDS_PER_MEGABYTE * len(text) / 1e6
    try:
        # music21 warns of engraving faults that do not matter here, in the proper way and by writing.
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()), time_limit(seconds):
            warnings.simplefilter("ignore")
            score = _abc_score(text) if kind == "abc" else converter.parseData(text, format=kind)
            parts = _parts(score)
            if part is not None and kind != "musicxml":
                parts = [parts[find_part(path, [p.partName or "" for p in parts], part)]]
            return [_line(p, score) for p in parts]
    except StylernnError:
        raise
    except OutOfTimeError:
        remedy = f"Save only the melody's part. {limits.VARIABLE}=seconds=N raises the limit."
        expected = f"at most {seconds:.0f} seconds of computing"
        raise FileFormatError(f"{path} takes too long to read", expected=expected, remedy=remedy) from None
    except Exception as error:  # music21 raises whatever it stumbles over
        raise FileFormatError(
            f"{path} is damaged",
            expected="a score that music21 can read",
            found=f"{type(error).__name__}: {error}"[:_SHOWN],
        ) from error


def _abc_score(text: str) -> stream.Score:
    """One tune of ABC; music21 overlooks changes of metre after a bar line, so each metre's bars are parsed alone."""
    segments = [converter.parseData(segment, format="abc") for segment in abc_segments(text)]
    if len(segments) == 1:
        return segments[0]
    part = stream.Part()
    for segment in segments:
        measures = _measures(segment.parts[0])
        before, after = part[note.NotRest].last(), measures[0][note.NotRest].first()
        if before and after and _is_tied(before, "start"):
            after.tie = tie.Tie("continue" if after.tie else "stop")
        part.append(measures)
    score = stream.Score([part])
    score.metadata = segments[0].metadata
    return score


def _measures(part: stream.Part) -> list[stream.Measure]:
    measures = list(part.getElementsByClass(stream.Measure))
    return measures or list(part.makeMeasures().getElementsByClass(stream.Measure))


def _parts(score: stream.Stream) -> list[stream.Part]:
    """Parts of a score at sounding pitch."""
    if isinstance(score, stream.Opus):
        score = score.scores[0]
    parts = list(score.parts) or [score]
    for part in parts:
        if any(player.transposition for player in part.recurse().getElementsByClass(instrument.Instrument)):
            part.toSoundingPitch(inPlace=True)
    return parts


def _line(part: stream.Part, score: stream.Stream) -> _Line:
    measures = _measures(part)
    metres, shift = _bars(measures)
    chords = [
        Chord(_ticks(measure.offset + symbol.offset) + shift, _symbol(symbol))
        for measure in measures
        for symbol in measure.getElementsByClass(harmony.Harmony)
    ]
    notes = _notes(measures)
    notes[:, 0] += shift
    title = (score.metadata and score.metadata.bestTitle) or ""
    named = [chord for chord in chords if chord.symbol]
    return _Line(getattr(part, "partName", None) or "", notes, metres, named, _key(part), _tempo(score), title)


def _ticks(quarters: float | Fraction) -> int:
    return round(quarters * TICKS_PER_QUARTER)


def _bars(measures: Sequence[stream.Measure]) -> tuple[list[tuple[int, Metre]], int]:
    """The metre at each bar line, and the ticks of rest that fill up a short bar 0."""
    lines = [_ticks(measure.offset) for measure in measures]
    lines.append(_ticks(measures[-1].offset + measures[-1].duration.quarterLength))
    metre, shift, open_half = Metre(), 0, 0
    metres: list[tuple[int, Metre]] = []
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


def _metre(sign: meter.TimeSignature) -> Metre:
    """A metre; one that the grid does not know, such as 7/64, becomes a number of 32nds."""
    metre = Metre(sign.numerator, sign.denominator)
    if sign.denominator not in (1, 2, 4, 8, 16, 32):
        metre = Metre(max(round(sign.barDuration.quarterLength * 8), 1), 32)
    if not 0 < metre.numerator <= LONGEST_BAR:
        raise ValueError(f"a metre of {sign.ratioString}")
    return metre


def _notes(measures: Sequence[stream.Measure]) -> np.ndarray:
    """Notes of the highest voice of each measure, int64 of shape (notes, 3); tied ones are merged."""
    rows: list[list[int]] = []
    tied: dict[int, list[int]] = {}
    for measure in measures:
        for start, element in _highest_voice(measure):
            top = max(getattr(element, "notes", [element]), key=lambda each: each.pitch.ps)
            onset = _ticks(measure.offset + start)
            end = _ticks(measure.offset + start + element.duration.quarterLength)
            number = top.pitch.midi
            held = tied.pop(number, None)
            if held is None or held[0] + held[1] != onset or not _is_tied(top, "stop"):
                held = [onset, 0, number]
                rows.append(held)
            held[1] = max(end - held[0], 1)
            if _is_tied(top, "start"):
                tied[number] = held
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _is_tied(sung: note.NotRest, end: str) -> bool:
    """Whether a tie starts ("start") or ends ("stop") at a note."""
    return sung.tie is not None and sung.tie.type in (end, "continue")


def _highest_voice(measure: stream.Measure) -> list[tuple[Fraction | float, note.NotRest]]:
    """Notes and chords, with their offsets in the measure, of the voice of highest mean pitch."""
    voices: list[tuple[float, int, list[tuple[Fraction | float, note.NotRest]]]] = []
    for voice in (measure, *measure.voices):
        shift = 0 if voice is measure else voice.offset
        sung = [
            (shift + element.offset, element)
            for element in voice.getElementsByClass((note.Note, chord.Chord))
            if element.duration.quarterLength > 0 and not isinstance(element, harmony.Harmony) and element.pitches
        ]
        if sung:
            height = float(np.mean([max(p.ps for p in element.pitches) for _, element in sung]))
            voices.append((height, -len(voices), sung))
    return max(voices)[2] if voices else []


def _symbol(sign: harmony.Harmony) -> str:
    """A chord symbol with "b" for flats, which are "-" in music21."""
    if isinstance(sign, harmony.NoChord):
        return "N.C."
    return re.sub(r" (?:add|alter) (?=[#b])", "", re.sub(r"(?<=[A-G])-", "b", sign.figure or ""))


def _key(part: stream.Part) -> Key | None:
    signs = part.recurse()
    sign = signs.getElementsByClass(key.Key).first() or signs.getElementsByClass(key.KeySignature).first()
    if sign is None or sign.sharps is None or abs(sign.sharps) > 7:
        return None
    return Key(sign.sharps, "minor" if getattr(sign, "mode", None) in ("minor", "aeolian") else "major")


def _tempo(score: stream.Stream) -> float:
    for mark in score.recurse().getElementsByClass(tempo.MetronomeMark):
        quarters = mark.getQuarterBPM()
        if quarters and _TEMPOS[0] <= quarters <= _TEMPOS[1]:
            return round(float(quarters), 2)
    return 120.0
