"""Accompaniment of a melody with bass and chords, in the rhythm of its style.

Every style uses one of four figures: "walking", a walking bass with off-beat chords; "alternating",
bass notes and chords in turn; "broken", broken chords; "sustained", chords that last. Figure and
instruments of each style stand in its folder of the catalogue, see `stylernn.system.style_data`.
Chords keep to one octave, so that tones which two of them share do not move.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from stylernn.errors import UsageError
from stylernn.music.harmony import Harmony, harmonies
from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note
from stylernn.sound.performance import Played, manner, seconds
from stylernn.system import style_data

__all__ = ["Accompaniment", "accompany"]

_LOWEST_CHORD, _LOWEST_BASS = 53, 33
_HIGHEST_WALK = 52
_VELOCITY = 70
# Rhythms of the off-beat chords, in ticks from the bar line; the first is the Charleston.
_COMPING = ((0, 36), (36, 84), (12, 60), (24, 72), (36,))


class Accompaniment(NamedTuple):
    """The parts of two players.

    Args:
        bass: notes of the bass.
        chords: notes of the chords.
        bass_instrument: General MIDI name.
        chord_instrument: General MIDI name.
    """

    bass: list[Played]
    chords: list[Played]
    bass_instrument: str
    chord_instrument: str


class _Span(NamedTuple):
    """A part of one bar with one chord: its ticks, the beat, the chord and the next chord."""

    start: int
    stop: int
    beat: int
    bar: int
    harmony: Harmony
    following: Harmony


_Figure = Callable[[_Span, int, np.random.Generator], Iterator[tuple[bool, Note]]]


def accompany(
    melody: Melody,
    style: str = "",
    *,
    tempo: float | None = None,
    straight: bool = False,
    seed: int = 0,
) -> Accompaniment:
    """Accompany a melody.

    Args:
        melody: the tune; if it has no chord symbols, triads are estimated from its notes.
        style: label of the style, which decides the figure and the instruments.
        tempo: quarter notes a minute; by default the melody's.
        straight: do not swing.
        seed: the same seed gives the same accompaniment.

    Returns:
        Notes and instruments of bass and chords.

    Raises:
        UsageError: if the file of the style cannot be used or names an unknown figure.

    Example:
        >>> from stylernn.music.melody import Chord
        >>> tune = Melody((Note(0, 96, 76),), chords=(Chord(0, "C"),), tempo=60)
        >>> band = accompany(tune, "hymn")
        >>> [note.pitch % 12 for note in band.bass]
        [0]
        >>> [note.onset for note in band.chords]
        [0.0, 0.0, 0.0]
    """
    chosen = style_data.accompaniment(style.lower())
    figure = _figure(chosen["figure"], style)
    random = np.random.default_rng(seed)
    parts: tuple[list[Note], list[Note]] = ([], [])
    before = _LOWEST_BASS + 7
    for span in _spans(melody, harmonies(melody, sevenths=figure is _walking)):
        for is_bass, note in figure(span, before, random):
            parts[0 if is_bass else 1].append(note)
            before = note.pitch if is_bass else before
    tempo = tempo or melody.tempo
    swing = 0.0 if straight else manner(style).swing
    bass, chords = (_played(melody, part, tempo, swing) for part in parts)
    return Accompaniment(bass, chords, chosen["bass"], chosen["chords"])


def _spans(melody: Melody, chords: list[Harmony]) -> Iterator[_Span]:
    """Bars from the first full one on, divided where chords change and without rests of chords."""
    lines = melody.bar_lines.tolist()
    first = lines[1] if melody.pickup else 0
    onsets = [chord.onset for chord in chords]
    edges = sorted(tick for tick in {*lines, *onsets} if first <= tick <= melody.end)
    for start, stop in pairwise(edges):
        current = int(np.searchsorted(onsets, start, side="right")) - 1
        if current < 0 or not chords[current].pitches:
            continue
        after = int(np.searchsorted(onsets, stop, side="right")) - 1
        following = chords[after] if chords[after].pitches else chords[current]
        bar = int(melody.bar_lines[np.searchsorted(melody.bar_lines, start, side="right") - 1])
        yield _Span(start, stop, melody.metre_at(start).beat, bar, chords[current], following)


def _walking(span: _Span, before: int, random: np.random.Generator) -> Iterator[tuple[bool, Note]]:
    """A bass note on every beat, the last a semitone from the next chord; chords off the beat."""
    beats = range(span.start, span.stop, span.beat)
    tones = [span.harmony.bass, *span.harmony.pitches[2:3], *span.harmony.pitches[1:2]]
    pitch = before
    for number, tick in enumerate(beats):
        wanted = tones[number % len(tones)]
        if number and number == len(beats) - 1 and span.following != span.harmony:
            wanted = span.following.bass + int(random.choice((-1, 1)))
        pitch = _nearest(wanted, pitch)
        yield True, Note(tick, min(span.beat, span.stop - tick), pitch)
    rhythm = _COMPING[int(random.integers(len(_COMPING)))]
    for position in rhythm if span.beat == TICKS_PER_QUARTER else (0,):
        tick = span.bar + position
        if span.start <= tick < span.stop:
            length = 30 if position == 0 else 10
            yield from _chord(span, tick, min(tick + length, span.stop), rootless=True)


def _alternating(
    span: _Span, before: int, random: np.random.Generator
) -> Iterator[tuple[bool, Note]]:
    """Root and fifth in turn on strong beats, chords on the others; compound metres by the beat."""
    length = span.stop - span.start
    waltz = length // span.beat == 3
    compound = span.beat > TICKS_PER_QUARTER
    if compound:
        unit = span.beat // 3
    else:
        unit = TICKS_PER_QUARTER // 2 if length <= 48 else TICKS_PER_QUARTER
    strong = 3 * unit if waltz or compound else 2 * unit
    for tick in range(span.start, span.stop, unit):
        number, position = divmod(tick - span.start, strong)
        if position == 0:
            fifth = number % 2 == 1 and span.harmony.bass == span.harmony.pitches[0]
            wanted = span.harmony.pitches[2] if fifth else span.harmony.bass
            yield True, Note(tick, min(unit, span.stop - tick), _in_octave(wanted, _LOWEST_BASS))
        elif not (compound and position == unit):
            yield from _chord(span, tick, min(tick + unit // 2, span.stop))


def _broken(span: _Span, before: int, random: np.random.Generator) -> Iterator[tuple[bool, Note]]:
    """A sustained bass note, and the chord broken in eighths: low, high, middle, high."""
    yield (
        True,
        Note(span.start, span.stop - span.start, _in_octave(span.harmony.bass, _LOWEST_BASS + 3)),
    )
    tones = sorted(_in_octave(pitch, _LOWEST_CHORD) for pitch in span.harmony.pitches[:3])
    order = (0, 1, 2) if span.beat > TICKS_PER_QUARTER else (0, 2, 1, 2)
    unit = TICKS_PER_QUARTER // 2
    for number, tick in enumerate(range(span.start, span.stop, unit)):
        yield False, Note(tick, min(unit, span.stop - tick), tones[order[number % len(order)]])


def _sustained(
    span: _Span, before: int, random: np.random.Generator
) -> Iterator[tuple[bool, Note]]:
    """Bass and chord for as long as the chord lasts in its bar."""
    yield (
        True,
        Note(span.start, span.stop - span.start, _in_octave(span.harmony.bass, _LOWEST_BASS + 3)),
    )
    yield from _chord(span, span.start, span.stop)


_FIGURES: Mapping[str, _Figure] = {
    "walking": _walking,
    "alternating": _alternating,
    "broken": _broken,
    "sustained": _sustained,
}


def _figure(name: str, style: str) -> _Figure:
    """The figure of that name."""
    if name not in _FIGURES:
        raise UsageError(
            f"unknown figure {name!r} in the accompaniment of style {style!r}",
            expected=f"one of {', '.join(_FIGURES)}",
        )
    return _FIGURES[name]


def _chord(
    span: _Span, start: int, stop: int, *, rootless: bool = False
) -> Iterator[tuple[bool, Note]]:
    """All tones of a chord together; a rootless chord of four tones leaves the root to the bass."""
    pitches = span.harmony.pitches[1 if rootless and len(span.harmony.pitches) > 3 else 0 :]
    for pitch in pitches:
        yield False, Note(start, max(stop - start, 1), _in_octave(pitch, _LOWEST_CHORD))


def _in_octave(pitch_class: int, lowest: int) -> int:
    """The MIDI pitch of a pitch class in the octave from `lowest` on."""
    return lowest + (pitch_class - lowest) % 12


def _nearest(pitch_class: int, before: int) -> int:
    """The MIDI pitch nearest to the one before, within the range of a walking bass."""
    pitch = before + (pitch_class - before + 6) % 12 - 6
    if pitch < _LOWEST_BASS - 2:
        return pitch + 12
    return pitch - 12 if pitch > _HIGHEST_WALK else pitch


def _played(melody: Melody, notes: list[Note], tempo: float, swing: float) -> list[Played]:
    """Notes in seconds, with the rhythm section's swing; those on bar lines are a little louder."""
    if not notes:
        return []
    onsets, durations, pitches = np.array(notes, dtype=np.int64).T
    starts = seconds(melody, onsets, tempo, swing=swing)
    lengths = 0.95 * (seconds(melody, onsets + durations, tempo, swing=swing) - starts)
    loud = np.where(np.isin(onsets, melody.bar_lines), _VELOCITY + 8, _VELOCITY)
    return [
        Played(*row)
        for row in zip(
            starts.tolist(), lengths.tolist(), pitches.tolist(), loud.tolist(), strict=True
        )
    ]
