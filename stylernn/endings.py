"""How a melody ends: whether it closes, and letting it close."""

from dataclasses import replace

import numpy as np

from stylernn.melody import Melody
from stylernn.tonality import Tonality

__all__ = ["closing", "on_tonic", "rung_out"]


def closing(melody: Melody, tonality: Tonality) -> float:
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


def on_tonic(melody: Melody, tonality: Tonality) -> Melody:
    """The melody with its last note moved to the nearest tonic, down rather than up where both are as near."""
    if not melody.notes:
        return melody
    *before, last = melody.notes
    up = (tonality.tonic - last.pitch) % 12
    return replace(melody, notes=(*before, last._replace(pitch=last.pitch + (up if up < 6 else up - 12))))


def rung_out(melody: Melody) -> Melody:
    """The melody with a last note that rings on for a half bar at least, as far as its bar lasts."""
    if not melody.notes:
        return melody
    *before, last = melody.notes
    start, stop = melody.bar_lines[np.searchsorted(melody.bar_lines, last.onset, side="right") + np.array([-1, 0])]
    least = max(melody.metre_at(int(start)).bar // 2, melody.metre_at(int(start)).beat)
    duration = max(last.duration, min(least, int(stop) - last.onset))
    return replace(melody, notes=(*before, last._replace(duration=duration)))
