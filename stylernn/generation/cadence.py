"""Cadences: how well a melody closes, where a new one shall close, and moving its last note.

A melody is said to close if its last note belongs to the tonic triad, begins on a strong beat and
is not short. `closure` measures this. `cadence` finds time and pitch of a last note that closes, to
be forced when the melody is drawn. `on_tonic` moves the last note of a finished melody.
"""

from dataclasses import replace

import numpy as np

from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody
from stylernn.representation.event_codec import LOWEST, PITCHES, Events

__all__ = ["cadence", "closure", "nearest_tonic", "on_tonic", "final_leap"]

_FOURTH = 5  # semitones


def closure(melody: Melody, tonality: Tonality) -> float:
    """Measure how well a melody closes.

    Args:
        melody: the melody.
        tonality: its key.

    Returns:
        From 0 to 1: a third each if the last note belongs to the tonic triad, begins on a strong
        beat, and lasts for a beat or more; 0 if it ends before the last bar.

    Example:
        >>> from stylernn.music.melody import Note
        >>> c_major = Tonality(0, "major")
        >>> closure(Melody((Note(0, 48, 67), Note(48, 48, 60))), c_major)
        1.0
        >>> round(closure(Melody((Note(0, 84, 67), Note(84, 12, 60))), c_major), 2)
        0.33
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
    """Choose time and pitch of the last note of a melody that is to be drawn.

    It begins where the last note of the tune begins, if that is a strong beat of the last bar; in
    all other cases it begins with the last bar.

    Args:
        events: the tune, or no events over the beats of the melody.
        tonality: its key.
        pitch: a MIDI number less LOWEST that the last note shall be near.

    Returns:
        Time code of the last note; and its pitch, the member of the tonic triad nearest to `pitch`,
        less LOWEST. None for a melody of a single bar.

    Example:
        >>> from stylernn.music.melody import Note
        >>> from stylernn.representation.event_codec import encode
        >>> tune = encode(Melody((Note(0, 96, 64), Note(96, 48, 62), Note(144, 48, 60))))
        >>> time, pitch = cadence(tune, Tonality(0, "major"), 62 - LOWEST)
        >>> time // 16, pitch + LOWEST  # beat and MIDI number
        (6, 60)
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
    """Measure by how much the leap to the last note exceeds a fourth.

    Args:
        melody: the melody.

    Returns:
        In semitones; 0 for a smaller leap, or for fewer than two notes.

    Example:
        >>> from stylernn.music.melody import Note
        >>> final_leap(Melody((Note(0, 24, 72), Note(24, 24, 60))))
        7
    """
    leap = abs(melody.notes[-1].pitch - melody.notes[-2].pitch) if len(melody.notes) > 1 else 0
    return max(leap - _FOURTH, 0)


def on_tonic(melody: Melody, tonality: Tonality) -> Melody:
    """Move the last note of a melody to the nearest tonic.

    Args:
        melody: the melody.
        tonality: its key.

    Returns:
        The melody; unchanged if it has no notes.

    Example:
        >>> from stylernn.music.melody import Note
        >>> melody = Melody((Note(0, 24, 64), Note(24, 24, 62)))
        >>> [note.pitch for note in on_tonic(melody, Tonality(0, "major")).notes]
        [64, 60]
    """
    if not melody.notes:
        return melody
    *before, last = melody.notes
    return replace(
        melody, notes=(*before, last._replace(pitch=nearest_tonic(last.pitch, tonality)))
    )


def nearest_tonic(pitch: int, tonality: Tonality) -> int:
    """Find the tonic nearest to a pitch.

    Args:
        pitch: a MIDI number.
        tonality: the key.

    Returns:
        A MIDI number; of two that are equally near, the lower one.

    Example:
        >>> [nearest_tonic(pitch, Tonality(0, "major")) for pitch in (62, 66, 67)]
        [60, 60, 72]
    """
    return pitch + (tonality.tonic - pitch + 6) % 12 - 6
