"""How a written melody is played in a style: swing, accents, articulation, and timing that no machine has.

A score says less than a player does. What is added here is small, known from measurements of performances, and decided
by a seed; `straight` leaves it out. Times are in seconds from the start of bar 0.

References:
    Friberg & Sundström, Swing ratios and ensemble timing in jazz performance, Music Perception 19(3), 333-349 (2002).
    Friberg, Bresin & Sundberg, Overview of the KTH rule system for musical performance, Advances in Cognitive
    Psychology 2(2-3), 145-161 (2006): metrical accents, "high loud", motor noise.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody
from stylernn.system import style_data

__all__ = ["Manner", "Played", "manner", "perform", "seconds", "swing_ratio"]

_SHORT = 0.1  # seconds; the short note of a swung pair, at medium to fast tempi
_LARGEST_RATIO = 3.5
_LATEST = 0.05  # seconds; how far behind the beat a soloist plays where the swing ratio is largest
_VELOCITY = 80
_HIGH_LOUD = 8  # velocity an octave; 3 dB in the rule system
_OFF_BEAT = TICKS_PER_QUARTER // 2


class Played(NamedTuple):
    """A note as it sounds: onset and duration in seconds, MIDI pitch, MIDI velocity."""

    onset: float
    duration: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Manner:
    """How a style is played.

    Args:
        instrument: General MIDI name of the one that plays the melody.
        swing: share of the swing that jazz has at the same tempo, 0 to 1.
        legato: share of its written length that a note sounds.
        accents: velocity added on a downbeat, on another beat, and off the beat.
        looseness: standard deviation of onsets, in seconds.
    """

    instrument: str
    swing: float
    legato: float
    accents: tuple[int, int, int]
    looseness: float


def manner(style: str) -> Manner:
    """How a style is played, as its folder of the catalogue says.

    Args:
        style: its label, in upper or lower case. A style without a manner of its own has its parent's;
            one without a folder is played plainly on a piano.

    Returns:
        The manner.

    Raises:
        UsageError: if the file of the style cannot be used.

    Example:
        >>> manner("bebop").instrument
        'Tenor Sax'
        >>> manner("a label of your own").swing
        0.0
    """
    found = style_data.manner(style.lower())
    downbeat, beat, off = found["accents"]
    return Manner(
        instrument=found["instrument"],
        swing=float(found["swing"]),
        legato=float(found["legato"]),
        accents=(downbeat, beat, off),
        looseness=float(found["looseness"]),
    )


def swing_ratio(tempo: float) -> float:
    """Long to short of a swung pair of eighth notes in a rhythm section.

    The short note lasts a tenth of a second at medium and fast tempi: 3.5:1 up to 133 quarters a minute, 2:1 at 200,
    even from 300 on.

    Args:
        tempo: quarter notes a minute.

    Reference:
        Friberg & Sundström (2002): 3.5:1 at slow, 1:1 at fast tempi, the short note constant at about 100 ms.
    """
    return float(np.clip((60 / tempo - _SHORT) / _SHORT, 1.0, _LARGEST_RATIO))


def perform(
    melody: Melody,
    style: str = "",
    *,
    tempo: float | None = None,
    straight: bool = False,
    seed: int = 0,
) -> list[Played]:
    """Play a melody.

    Args:
        melody: what to play.
        style: decides the manner; see `manner`.
        tempo: quarter notes a minute; by default the melody's.
        straight: as written, every note as loud as the others.
        seed: the same seed gives the same performance.

    Returns:
        As many notes as the melody has, in its order, none longer than until the next.
    """
    tempo = tempo or melody.tempo
    style_manner = manner(style)
    onset, duration, pitch = melody.array.T.astype(np.int64)
    if straight or not len(onset):
        second = 60 / (tempo * TICKS_PER_QUARTER)
        return [
            Played(start * second, length * second, number, _VELOCITY)
            for start, length, number in zip(
                onset.tolist(), duration.tolist(), pitch.tolist(), strict=True
            )
        ]
    random = np.random.default_rng(seed)
    starts = seconds(melody, onset, tempo, swing=style_manner.swing, soloist=True)
    ends = seconds(melody, onset + duration, tempo, swing=style_manner.swing, soloist=True)
    noise = np.clip(random.normal(size=len(onset)), -2, 2) * style_manner.looseness
    room = np.diff(starts, prepend=0.0, append=np.inf)
    lengths = (ends - starts) * style_manner.legato
    starts = starts + np.clip(
        noise, -room[:-1] / 4, room[1:] / 4
    )  # a quarter of the way, so that none swaps its place
    lengths = np.minimum(lengths, np.diff(starts, append=np.inf))
    loud = (
        _VELOCITY
        + _accents(melody, onset, style_manner)
        + _HIGH_LOUD * (pitch - np.median(pitch)) / 12
    )
    loud = np.clip(np.rint(loud + random.normal(scale=2.0, size=len(onset))), 30, 120).astype(int)
    return [
        Played(*row)
        for row in zip(
            starts.tolist(), lengths.tolist(), pitch.tolist(), loud.tolist(), strict=True
        )
    ]


def seconds(
    melody: Melody, ticks: np.ndarray, tempo: float, *, swing: float = 0.0, soloist: bool = False
) -> np.ndarray:
    """When places of a melody sound.

    Only beats of a quarter that the melody divides in two are swung: triplets and sixteenths are played as written, and
    so are compound metres and what a change of metre cuts short.

    Args:
        melody: whose bars and beats count.
        ticks: the places, int64.
        tempo: quarter notes a minute.
        swing: share of the swing of jazz, 0 to 1.
        soloist: plays the beats of swung passages late, and the off-beats with the rhythm section.

    Returns:
        float64 seconds.
    """
    beat = 60 / tempo
    if swing == 0:
        return ticks * beat / TICKS_PER_QUARTER
    bars = np.searchsorted(melody.bar_lines, ticks, side="right") - 1
    place = (ticks - melody.bar_lines[np.maximum(bars, 0)]) % TICKS_PER_QUARTER
    start = ticks - place
    ratio = 1 + swing * (swing_ratio(tempo) - 1)
    late = _LATEST * (ratio - 1) / (_LARGEST_RATIO - 1) if soloist else 0.0
    played = np.interp(
        place / TICKS_PER_QUARTER, [0, 0.5, 1], [late, ratio / (1 + ratio) * beat, beat + late]
    )
    played = np.where(
        np.isin(start, _divided_in_two(melody)), played, place / TICKS_PER_QUARTER * beat + late
    )
    return start * beat / TICKS_PER_QUARTER + played


def _divided_in_two(melody: Melody) -> np.ndarray:
    """Starts of the quarter beats in which notes begin on the beat and its half only; int64 ticks."""
    lines = melody.bar_lines
    starts = [
        np.arange(start, stop - TICKS_PER_QUARTER + 1, TICKS_PER_QUARTER)
        for start, stop in zip(lines[:-1].tolist(), lines[1:].tolist(), strict=True)
        if melody.metre_at(start).beat == TICKS_PER_QUARTER
    ]
    beats = np.concatenate([*starts, np.zeros(0, np.int64)])
    onsets = melody.array[:, 0].astype(np.int64)
    bars = np.searchsorted(lines, onsets, side="right") - 1
    place = (onsets - lines[bars]) % TICKS_PER_QUARTER if len(onsets) else onsets
    return np.setdiff1d(beats, (onsets - place)[place % _OFF_BEAT > 0])


def _accents(melody: Melody, onsets: np.ndarray, played: Manner) -> np.ndarray:
    """Velocity that the places of notes in their bars add."""
    starts = melody.bar_lines[np.searchsorted(melody.bar_lines, onsets, side="right") - 1]
    beats = np.array([melody.metre_at(start).beat for start in starts.tolist()])
    downbeat, beat, off = played.accents
    return np.where(onsets == starts, downbeat, np.where((onsets - starts) % beats == 0, beat, off))
