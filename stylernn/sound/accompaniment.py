"""Bass and chords under a melody, in the rhythm of its style.

Four figures do for all styles: a walking bass with off-beat chords for jazz; bass and chord in turns for dances and
rags; broken chords for classical music; held chords for hymns. Chords keep to one octave, so that tones which two of
them share stay where they are.
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
_COMPING = (
    (0, 36),
    (36, 84),
    (12, 60),
    (24, 72),
    (36,),
)  # ticks in a bar; the first is the Charleston


class Accompaniment(NamedTuple):
    """Two players: notes of the bass and of the chords, and their General MIDI instruments."""

    bass: list[Played]
    chords: list[Played]
    bass_instrument: str
    chord_instrument: str


class _Span(NamedTuple):
    """A stretch of one bar with one chord: ticks, beat, the chord and the one after it."""

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
        melody: with chord symbols, or plain chords are inferred.
        style: decides figure and instruments.
        tempo: quarter notes a minute; by default the melody's.
        straight: do not swing.
        seed: the same seed gives the same accompaniment.
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
    """Bars, from the first full one on, divided where chords change; what has no chord is left out."""
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
    """A bass note on every beat, the last one a half tone from the next chord; chords off the beat."""
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
    for place in rhythm if span.beat == TICKS_PER_QUARTER else (0,):
        tick = span.bar + place
        if span.start <= tick < span.stop:
            yield from _chord(
                span, tick, min(tick + (30 if place == 0 else 10), span.stop), rootless=True
            )


def _alternating(
    span: _Span, before: int, random: np.random.Generator
) -> Iterator[tuple[bool, Note]]:
    """Root and fifth in turns where a strong beat is, chords on the others; in compound metres within each beat."""
    waltz = (span.stop - span.start) // span.beat == 3
    compound = span.beat > TICKS_PER_QUARTER
    unit = (
        span.beat // 3
        if compound
        else TICKS_PER_QUARTER // 2
        if span.stop - span.start <= 48
        else TICKS_PER_QUARTER
    )
    strong = 3 * unit if waltz or compound else 2 * unit
    for tick in range(span.start, span.stop, unit):
        place = (tick - span.start) % strong
        if place == 0:
            fifth = (
                (tick - span.start) // strong
            ) % 2 == 1 and span.harmony.bass == span.harmony.pitches[0]
            wanted = span.harmony.pitches[2] if fifth else span.harmony.bass
            yield True, Note(tick, min(unit, span.stop - tick), _in_octave(wanted, _LOWEST_BASS))
        elif not (compound and place == unit):
            yield from _chord(span, tick, min(tick + unit // 2, span.stop))


def _broken(span: _Span, before: int, random: np.random.Generator) -> Iterator[tuple[bool, Note]]:
    """The bass held, the chord broken in eighths: low, high, middle, high."""
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
    """The chord as long as it lasts in its bar."""
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
    """All tones of a chord at once; the root is left to the bass where there are enough others."""
    pitches = span.harmony.pitches[1 if rootless and len(span.harmony.pitches) > 3 else 0 :]
    for pitch in pitches:
        yield False, Note(start, max(stop - start, 1), _in_octave(pitch, _LOWEST_CHORD))


def _in_octave(pitch_class: int, lowest: int) -> int:
    return lowest + (pitch_class - lowest) % 12


def _nearest(pitch_class: int, before: int) -> int:
    """The pitch nearest to the one before, within the range of a walking bass."""
    pitch = before + (pitch_class - before + 6) % 12 - 6
    return (
        pitch + 12 if pitch < _LOWEST_BASS - 2 else pitch - 12 if pitch > _HIGHEST_WALK else pitch
    )


def _played(melody: Melody, notes: list[Note], tempo: float, swing: float) -> list[Played]:
    """Notes in seconds, with the rhythm section's swing, beats a little louder than what lies between."""
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
