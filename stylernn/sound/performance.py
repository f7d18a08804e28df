"""Performance of a written melody in a style: swing, accents, articulation and expressive timing.

The deviations from the score are small, follow measurements of performances, and depend on a seed;
the option `straight` leaves them out. Times are in seconds from the start of bar 0. The values of
each style stand in its folder of the catalogue, see `stylernn.system.style_data`.

References:
    Friberg & Sundström (2002), Swing ratios and ensemble timing in jazz performance, Music
    Perception
        19(3), 333-349.
    Friberg, Bresin & Sundberg (2006), Overview of the KTH rule system for musical performance,
        Advances in Cognitive Psychology 2(2-3), 145-161 (metrical accents, high loud, motor noise).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody
from stylernn.system import style_data

__all__ = ["Manner", "Played", "manner", "perform", "seconds", "swing_ratio"]

_SHORT = 0.1  # seconds; duration of the short note of a swung pair, at medium to fast tempi
_LARGEST_RATIO = 3.5
_LATEST = 0.05  # seconds; delay of a soloist behind the beat at the largest swing ratio
_VELOCITY = 80
_HIGH_LOUD = 8  # velocity added an octave; 3 dB in the rule system
_OFF_BEAT = TICKS_PER_QUARTER // 2


class Played(NamedTuple):
    """A note as it is played.

    Args:
        onset: seconds from the start of bar 0.
        duration: seconds.
        pitch: MIDI number.
        velocity: MIDI velocity, 1 to 127.
    """

    onset: float
    duration: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Manner:
    """How a style is played.

    Args:
        instrument: General MIDI name of the instrument that plays the melody.
        swing: share of the swing of jazz at the same tempo, 0 to 1.
        legato: share of its written duration that a note sounds.
        accents: MIDI velocity added on a downbeat, on another beat, and off the beat.
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
        style: its label, in upper or lower case. A style without a manner of its own has its
            parent's; one without a folder is played plainly on a piano.

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
    """The ratio of the long to the short note of a swung pair of eighths in a rhythm section.

    The short note lasts a tenth of a second at medium and fast tempi. The ratio is 3.5 up to 133
    quarters a minute and 1 from 300 on.

    Args:
        tempo: quarter notes a minute.

    Returns:
        A ratio from 1 to 3.5.

    Example:
        >>> round(swing_ratio(200), 3)
        2.0

    Reference:
        Friberg & Sundström (2002), Swing ratios and ensemble timing in jazz performance: 3.5:1 at
        slow and 1:1 at fast tempi, with a constant short note of about 100 ms.
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
    """Play a melody in the manner of a style.

    Args:
        melody: the tune.
        style: label of the style, see `manner`.
        tempo: quarter notes a minute; by default the melody's.
        straight: play it as written, with all notes equally loud.
        seed: the same seed gives the same performance.

    Returns:
        As many notes as the melody has, in its order; each ends before the next begins.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 24, 60), Note(24, 24, 62)))
        >>> perform(tune, tempo=120, straight=True)[1]
        Played(onset=0.5, duration=0.5, pitch=62, velocity=80)
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
    # No onset moves by more than a quarter of the way to the next, so the order stays the same.
    starts = starts + np.clip(noise, -room[:-1] / 4, room[1:] / 4)
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
    """The times at which positions of a melody sound.

    Only beats of a quarter note that the melody divides in two are swung. Triplets, sixteenths,
    compound metres and beats that a change of metre shortens are played as written.

    Args:
        melody: gives the bars and beats.
        ticks: positions in ticks, 24 a quarter; int64, shape (positions,).
        tempo: quarter notes a minute.
        swing: share of the swing of jazz, 0 to 1.
        soloist: play the beats of swung passages late, and the off-beats with the rhythm section.

    Returns:
        float64 seconds, shape (positions,).

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 12, 60), Note(12, 12, 62)))
        >>> seconds(tune, np.array([0, 12, 24]), 120).tolist()
        [0.0, 0.25, 0.5]
        >>> seconds(tune, np.array([0, 12, 24]), 200, swing=1.0).round(3).tolist()
        [0.0, 0.2, 0.3]
    """
    beat = 60 / tempo
    if swing == 0:
        return ticks * beat / TICKS_PER_QUARTER
    bars = np.searchsorted(melody.bar_lines, ticks, side="right") - 1
    position = (ticks - melody.bar_lines[np.maximum(bars, 0)]) % TICKS_PER_QUARTER
    start = ticks - position
    ratio = 1 + swing * (swing_ratio(tempo) - 1)
    late = _LATEST * (ratio - 1) / (_LARGEST_RATIO - 1) if soloist else 0.0
    share = position / TICKS_PER_QUARTER
    swung = np.interp(share, [0, 0.5, 1], [late, ratio / (1 + ratio) * beat, beat + late])
    played = np.where(np.isin(start, _divided_in_two(melody)), swung, share * beat + late)
    return start * beat / TICKS_PER_QUARTER + played


def _divided_in_two(melody: Melody) -> np.ndarray:
    """Starts of the quarter beats whose notes begin on the beat or its half only; int64 ticks."""
    lines = melody.bar_lines
    starts = [
        np.arange(start, stop - TICKS_PER_QUARTER + 1, TICKS_PER_QUARTER)
        for start, stop in zip(lines[:-1].tolist(), lines[1:].tolist(), strict=True)
        if melody.metre_at(start).beat == TICKS_PER_QUARTER
    ]
    beats = np.concatenate([*starts, np.zeros(0, np.int64)])
    onsets = melody.array[:, 0].astype(np.int64)
    bars = np.searchsorted(lines, onsets, side="right") - 1
    position = (onsets - lines[bars]) % TICKS_PER_QUARTER if len(onsets) else onsets
    return np.setdiff1d(beats, (onsets - position)[position % _OFF_BEAT > 0])


def _accents(melody: Melody, onsets: np.ndarray, played: Manner) -> np.ndarray:
    """Velocity added to each note for its position in the bar; shape (notes,)."""
    starts = melody.bar_lines[np.searchsorted(melody.bar_lines, onsets, side="right") - 1]
    beats = np.array([melody.metre_at(start).beat for start in starts.tolist()])
    downbeat, beat, off = played.accents
    return np.where(onsets == starts, downbeat, np.where((onsets - starts) % beats == 0, beat, off))
