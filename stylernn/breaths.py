"""Where a line breathes: rests at the ends of phrases.

A jazz solo is silent for a fifth of its time, in contiguous breaths; a folk tune for a fiftieth. Told to keep a tune's
structural notes, one a beat, the model plays through. So part of what the tune lacks in silence is planned: the last
beats of phrases, and beats on which the tune itself only holds a note, fall silent.
"""

from dataclasses import replace

import numpy as np

from stylernn.codec import PITCHES, BeatGrid, Events
from stylernn.melody import Melody

__all__ = ["hushed", "plan", "silence"]

_PHRASE, _HALF_PHRASE = 4, 2  # bars
_GOLDEN = 0.618


def silence(melody: Melody) -> float:
    """Share of the time from the first onset to the last release in which nothing sounds."""
    if not melody.notes:
        return 0.0
    onset, duration = melody.array[:, 0], melody.array[:, 1]
    gaps = onset[1:] - onset[:-1] - duration[:-1]
    return float(gaps.sum() / max(melody.notes[-1].end - melody.notes[0].onset, 1))


def plan(events: Events, grid: BeatGrid, share: float) -> np.ndarray:
    """Choose the beats that fall silent.

    A beat is the better to breathe on the closer it is to the end of four bars, or of two; one on which the tune holds
    a note is better than any on which it begins one. The first beat and the last bar sound. Equals are taken scattered
    over the tune.

    Args:
        events: the tune.
        grid: its beats, in bars as the style counts them.
        share: of the beats that are to be silent, 0 to 1.

    Returns:
        bool, shape (beats,).
    """
    beats = grid.beats
    begun = np.bincount(events.time[events.pitch < PITCHES] // 16, minlength=beats)[:beats] > 0
    bar = grid.bar[:beats] - int(events.frame.pickup > 0)
    to_go = grid.first[grid.bar[:beats] + 1] - 1 - np.arange(beats)
    ends, ends_half = (bar + 1) % _PHRASE == 0, (bar + 1) % _HALF_PHRASE == 0
    worth = np.select(
        [to_go == 0, to_go == 1], [np.where(ends, 1.0, 0.6 * ends_half), np.where(ends, 0.5, 0.1 * ends_half)]
    )
    worth = np.where(bar >= 0, worth, 0.0) + 1.2 * ~begun
    worth[0] = 0.0
    worth[grid.first[-2] :] = 0.0
    order = np.lexsort((_GOLDEN * np.arange(beats) % 1, -worth))
    chosen = np.zeros(beats, bool)
    chosen[order[: round(share * beats)]] = True
    return chosen & (worth > 0)


def hushed(melody: Melody, grid: BeatGrid, silent: np.ndarray) -> Melody:
    """The melody without what rings into silent beats; notes that begin there stay."""
    starts = grid.start[:-1][silent & ~np.append(False, silent[:-1])]
    if not len(starts):
        return melody
    onsets, ends = melody.array[:, 0], melody.array[:, 0] + melody.array[:, 1]
    following = np.append(starts, ends.max(initial=0))[np.searchsorted(starts, onsets, side="right")]
    cut = np.minimum(ends, np.maximum(following, onsets + 1)) - onsets
    notes = (note._replace(duration=int(length)) for note, length in zip(melody.notes, cut, strict=True))
    return replace(melody, notes=tuple(notes))
