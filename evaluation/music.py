"""Music: the descriptors that textbooks ask for, one number a melody.

Conventions: none of these is good when high. Each is read beside the same number for real melodies of the style.

Metrics:
    fluency: mean |interval|, share of leaps and of steps.
    rhythm stability: entropy of inter-onset intervals, groove consistency, share of onsets off the grid.
    form: share of four-note figures that come again within 8 bars.
    breath: notes per quarter, share of silence, longest rest.
    closure: does it end on the tonic triad, long, and on a strong beat?

References:
    Dong et al. (2020), MusPy, ISMIR: groove consistency, there computed from bars cut at the wrong places and with one
    term too few, so that two identical bars score .875; here the number of comparisons is the number of bar pairs.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from stylernn.music import key_estimation
from stylernn.music.melody import TICKS_PER_QUARTER, Melody
from stylernn.music.similarity import repetition

from .inputs import check_melodies

__all__ = [
    "DESCRIPTORS",
    "closure",
    "evaluate",
    "groove_consistency",
    "onset_entropy",
    "repetition",
]

_LEAP = 7
_GRID = (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3)


def onset_entropy(melody: Melody) -> float:
    """Entropy of the inter-onset intervals in bits; 0 for a steady pulse."""
    _, counts = np.unique(np.diff(melody.array[:, 0]), return_counts=True)
    shares = counts / max(counts.sum(), 1)
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def groove_consistency(melody: Melody) -> float:
    """One minus the mean share of sixteenths and triplets at which neighbouring bars differ in having an onset.

    Bars of different length are compared over the longer one's places. A melody of one bar is 1.
    """
    patterns = _bar_patterns(melody)
    if len(patterns) < 2:
        return 1.0
    lengths = np.diff(melody.bar_lines)
    differences = [
        len(a ^ b) / _places_in(int(max(lengths[i], lengths[i + 1])))
        for i, (a, b) in enumerate(pairwise(patterns))
    ]
    return float(1 - np.mean(differences))


def closure(melody: Melody) -> tuple[float, float, float]:
    """Whether the last note is of the tonic triad, is long (at least the mean length), and stands on a strong beat.

    Strong are the first beat of a bar and, where the number of beats is even, that in the middle.
    """
    key, last = key_estimation.estimate(melody), melody.notes[-1]
    third = 4 if key.mode == "major" else 3
    in_triad = (last.pitch - key.tonic) % 12 in (0, third, 7)
    bar = int(melody.bar_lines[np.searchsorted(melody.bar_lines, last.onset, side="right") - 1])
    metre = melody.metre_at(bar)
    strong = metre.bar // 2 if metre.bar // metre.beat % 2 == 0 else metre.bar
    on_strong = (last.onset - bar) % strong == 0
    return float(in_triad), float(last.duration >= melody.array[:, 1].mean()), float(on_strong)


def evaluate(melodies: Sequence[Melody]) -> dict[str, np.ndarray]:
    """All descriptors; a dictionary of arrays of shape (melodies,)."""
    check_melodies(melodies)
    values = {
        name: np.array([function(melody) for melody in melodies])
        for name, function in DESCRIPTORS.items()
    }
    endings = np.array([closure(melody) for melody in melodies])
    return {
        **values,
        "ends_in_triad": endings[:, 0],
        "ends_long": endings[:, 1],
        "ends_on_strong_beat": endings[:, 2],
    }


def _bar_patterns(melody: Melody) -> list[frozenset[int]]:
    bars = np.searchsorted(melody.bar_lines, melody.array[:, 0], side="right") - 1
    places = melody.array[:, 0] - melody.bar_lines[bars]
    return [frozenset(places[bars == bar].tolist()) for bar in range(melody.bars)]


def _places_in(length: int) -> int:
    """Number of places of a sixteenth or a triplet in a bar: six a quarter."""
    return max(length * 6 // TICKS_PER_QUARTER, 1)


def _intervals(melody: Melody) -> np.ndarray:
    steps = np.abs(np.diff(melody.array[:, 2]))
    return steps if len(steps) else np.zeros(1)


def _span(melody: Melody) -> int:
    return max(melody.notes[-1].end - melody.notes[0].onset, 1)


def _rests(melody: Melody) -> np.ndarray:
    gaps = melody.array[1:, 0] - melody.array[:-1, 0] - melody.array[:-1, 1]
    return gaps if len(gaps) else np.zeros(1)


def _off_grid(melody: Melody) -> float:
    place = melody.array[:, 0] % TICKS_PER_QUARTER
    return float(np.mean(np.all([place % unit != 0 for unit in _GRID], axis=0)))


DESCRIPTORS = {
    "mean_interval": lambda m: float(_intervals(m).mean()),
    "leaps": lambda m: float(np.mean(_intervals(m) > _LEAP)),
    "steps": lambda m: float(np.mean((_intervals(m) > 0) & (_intervals(m) <= 2))),
    "range": lambda m: float(np.ptp(m.array[:, 2])),
    "onset_entropy": onset_entropy,
    "groove_consistency": groove_consistency,
    "off_grid": _off_grid,
    "repetition": repetition,
    "density": lambda m: len(m.notes) * TICKS_PER_QUARTER / _span(m),
    "silence": lambda m: float(_rests(m).sum() / _span(m)),
    "longest_rest": lambda m: float(_rests(m).max() / TICKS_PER_QUARTER),
}
"""Descriptors by name; rests and density in quarter notes."""
