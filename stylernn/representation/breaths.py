"""Where a line breathes: rests at the ends of phrases.

A jazz solo is silent for a fifth of its time, in contiguous breaths; a folk tune for a fiftieth.
Told to keep a tune's structural notes, one a beat, the model plays through. So part of what the
tune lacks in silence is planned: the last beats of some phrases fall silent.
"""

from dataclasses import replace

import numpy as np

from stylernn.music.melody import Melody
from stylernn.representation.event_codec import BeatGrid, Events

__all__ = ["hushed", "plan", "rests", "silence"]

_PHRASES = (8, 4)  # bars, those that are served first first
_BEFORE = 3  # beats at the end of a phrase
_BEYOND = 1  # beats of the next one, after the longer phrases


def silence(melody: Melody, least: int = 0) -> float:
    """Share of the time from the first onset to the last release in which nothing sounds.

    Args:
        melody: with notes or without.
        least: gaps that are shorter, in ticks, are articulation and count as sound.
    """
    if not melody.notes:
        return 0.0
    return rests(melody, least) / max(melody.notes[-1].end - melody.notes[0].onset, 1)


def rests(melody: Melody, least: int = 0, bars: range | None = None) -> int:
    """That time in ticks, in these bars with their edges, or in all.

    The other arguments are as for `silence`.
    """
    lines = melody.bar_lines[[bars.start, bars.stop] if bars else [0, -1]]
    onset, end = melody.array[:, 0], melody.array[:, 0] + melody.array[:, 1]
    gaps = np.minimum(onset[1:], lines[1]) - np.maximum(end[:-1], lines[0])
    return int(gaps[gaps >= least].sum())


def plan(events: Events, grid: BeatGrid, share: float) -> np.ndarray:
    """Choose the beats that fall silent: the last three, but not the first, of bars that end eight
    bars, then four.

    Few long breaths are more like a player than many short ones, so after eight bars the next beat
    is silent too. The last bar sounds. Where the tune begins with a pickup its phrases do too, so
    they end a pickup earlier.

    Args:
        events: the tune.
        grid: its beats, in bars as the style counts them.
        share: of the beats that are to be silent, 0 to 1; there may not be room for so many.

    Returns:
        bool, shape (beats,).
    """
    bars = np.arange(len(grid.first) - 2) + 1 - int(events.frame.pickup > 0)
    whole = [(bars > 0) & (bars % phrase == 0) for phrase in _PHRASES]
    upbeat = -(-events.frame.pickup // int(grid.unit[0]))
    beats: list[int] = []
    for ends, beyond in ((whole[0], _BEYOND), (whole[1] & ~whole[0], 0)):
        for end in np.flatnonzero(ends):
            stop = int(grid.first[end + 1]) - upbeat
            beats += [*range(stop - 1, max(int(grid.first[end]) + 1, stop - _BEFORE) - 1, -1)]
            beats += range(stop, stop + beyond)
    chosen = np.zeros(grid.beats, bool)
    chosen[beats[: round(share * grid.beats)]] = True
    return chosen


def hushed(melody: Melody, grid: BeatGrid, silent: np.ndarray) -> Melody:
    """The melody without what rings into silent beats; notes that begin there stay."""
    starts = grid.start[:-1][silent & ~np.append(False, silent[:-1])]
    if not len(starts):
        return melody
    onsets, ends = melody.array[:, 0], melody.array[:, 0] + melody.array[:, 1]
    following = np.append(starts, ends.max(initial=0))[
        np.searchsorted(starts, onsets, side="right")
    ]
    cut = np.minimum(ends, np.maximum(following, onsets + 1)) - onsets
    notes = (
        note._replace(duration=int(length)) for note, length in zip(melody.notes, cut, strict=True)
    )
    return replace(melody, notes=tuple(notes))
