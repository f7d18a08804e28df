"""How a melody ends: whether it closes, and making it close."""

from dataclasses import replace

import numpy as np

from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody
from stylernn.representation.event_codec import LOWEST, PITCHES, Events

__all__ = ["cadence", "closure", "nearest_tonic", "on_tonic", "final_leap"]

_FOURTH = 5


def closure(melody: Melody, tonality: Tonality) -> float:
    """How well a melody closes, 0 to 1: on the tonic triad, on a strong beat, with a note of a beat or more.

    One that falls silent before its last bar does not close at all.
    """
    if not melody.notes or melody.notes[-1].end <= melody.bar_lines[-2]:
        return 0.0
    last = melody.notes[-1]
    bar = int(melody.bar_lines[np.searchsorted(melody.bar_lines, last.onset, side="right") - 1])
    metre = melody.metre_at(bar)
    third = 4 if tonality.mode == "major" else 3
    in_triad = (last.pitch - tonality.tonic) % 12 in (0, third, 7)
    strong = (last.onset - bar) % max(metre.beat, metre.bar // 2) == 0
    return (in_triad + strong + (last.duration >= metre.beat)) / 3


def cadence(events: Events, tonality: Tonality, pitch: int) -> tuple[int, int] | None:
    """Where a melody over these beats is to close, and on what: time code and pitch of its last note.

    That is where the tune closes, if its last note stands on a strong beat of the last bar; else, or where there is no
    tune yet, it is the last bar's first beat. The pitch, a MIDI number less LOWEST, is the member of the tonic triad
    nearest to a given one. A melody of a single bar has none.
    """
    grid = events.grid
    if len(grid.first) < 3:
        return None
    first, beats = int(grid.first[-2]), int(grid.first[-1] - grid.first[-2])
    last = int(events.time[events.pitch < PITCHES].max(initial=-1))
    strong = (16 * first, 16 * (first + beats // 2)) if beats % 2 == 0 else (16 * first,)
    triad = (tonality.tonic + np.array([0, 4 if tonality.mode == "major" else 3, 7]) - LOWEST) % 12
    near = np.array([p for p in range(PITCHES) if p % 12 in triad])
    return last if last in strong else strong[0], int(near[np.argmin(np.abs(near - pitch))])


def final_leap(melody: Melody) -> int:
    """By how many semitones a melody leaps to its last note, beyond a fourth."""
    leap = abs(melody.notes[-1].pitch - melody.notes[-2].pitch) if len(melody.notes) > 1 else 0
    return max(leap - _FOURTH, 0)


def on_tonic(melody: Melody, tonality: Tonality) -> Melody:
    """The melody with its last note moved to the nearest tonic."""
    if not melody.notes:
        return melody
    *before, last = melody.notes
    return replace(
        melody, notes=(*before, last._replace(pitch=nearest_tonic(last.pitch, tonality)))
    )


def nearest_tonic(pitch: int, tonality: Tonality) -> int:
    """The tonic that is nearest to a pitch, below rather than above it where both are as near; MIDI numbers."""
    return pitch + (tonality.tonic - pitch + 6) % 12 - 6
