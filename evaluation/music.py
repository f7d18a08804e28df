"""Music: descriptors of melody, rhythm, form and ending, one number a melody.

Conventions: higher is not better. Compare each number with that of real melodies of the target
style.

Metrics:
    fluency: mean absolute interval and pitch range in semitones, share of leaps and of steps.
    rhythm stability: entropy of inter-onset intervals, groove consistency, share of onsets off the
        grid.
    form: share of four-note n-grams that occurred in the 8 bars before.
    density and rests: notes per quarter, share of silence, longest rest.
    closure: whether the melody ends on the tonic triad, with a long note, and on a strong beat.

References:
    Dong et al. (2020), MusPy, ISMIR: groove consistency. MusPy cuts bars at wrong positions and
        leaves out one term, so that two identical bars score .875. Here the number of comparisons
        is the number of pairs of bars.
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
    """Entropy of the inter-onset intervals.

    Args:
        melody: the tune.

    Returns:
        Bits; 0 for a steady pulse.

    Example:
        >>> onset_entropy(Melody.from_array(np.array([(0, 12, 60), (12, 24, 62), (36, 24, 64)])))
        1.0
    """
    _, counts = np.unique(np.diff(melody.array[:, 0]), return_counts=True)
    shares = counts / max(counts.sum(), 1)
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def groove_consistency(melody: Melody) -> float:
    """One minus the mean share of positions at which one of two neighbouring bars has an onset.

    A quarter has six positions: its sixteenths and triplets. Bars of different length are compared
    over the positions of the longer one.

    Args:
        melody: the tune.

    Returns:
        From 0 to 1; 1 for a melody of one bar.

    Example:
        >>> groove_consistency(Melody.from_array(np.array([(0, 24, 60), (96, 24, 62)])))
        1.0
    """
    patterns = _bar_patterns(melody)
    if len(patterns) < 2:
        return 1.0
    lengths = np.diff(melody.bar_lines)
    differences = [
        len(a ^ b) / _positions_in(int(max(lengths[i], lengths[i + 1])))
        for i, (a, b) in enumerate(pairwise(patterns))
    ]
    return float(1 - np.mean(differences))


def closure(melody: Melody) -> tuple[float, float, float]:
    """Whether a melody ends on the tonic triad, with a long note, and on a strong beat.

    The key is estimated. A note is long if it has at least the mean duration. Strong are the first
    beat of a bar and, if the number of beats is even, the middle one.

    Args:
        melody: the tune.

    Returns:
        Three numbers, each 1 for yes or 0 for no.

    Example:
        >>> scale = [(24 * i, 24, p) for i, p in enumerate((60, 62, 64, 65, 67, 65, 62, 59))]
        >>> closure(Melody.from_array(np.array([*scale, (192, 96, 60)])))
        (1.0, 1.0, 1.0)
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
    """All descriptors of each melody.

    Args:
        melodies: the melodies.

    Returns:
        float64 arrays of shape (melodies,): those of `DESCRIPTORS`, `ends_in_triad`, `ends_long`
        and `ends_on_strong_beat`.

    Raises:
        ValueError: if there are no melodies or one has no notes.
    """
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
    """Onsets of each bar, in ticks from the bar line."""
    bars = np.searchsorted(melody.bar_lines, melody.array[:, 0], side="right") - 1
    positions = melody.array[:, 0] - melody.bar_lines[bars]
    return [frozenset(positions[bars == bar].tolist()) for bar in range(melody.bars)]


def _positions_in(length: int) -> int:
    """Number of positions of sixteenths and triplets in a bar: six a quarter."""
    return max(length * 6 // TICKS_PER_QUARTER, 1)


def _intervals(melody: Melody) -> np.ndarray:
    """Absolute intervals in semitones; one 0 for a single note."""
    steps = np.abs(np.diff(melody.array[:, 2]))
    return steps if len(steps) else np.zeros(1)


def _span(melody: Melody) -> int:
    """Ticks from the first onset to the last end."""
    return max(melody.notes[-1].end - melody.notes[0].onset, 1)


def _rests(melody: Melody) -> np.ndarray:
    """Ticks between each note and the next; one 0 for a single note."""
    gaps = melody.array[1:, 0] - melody.array[:-1, 0] - melody.array[:-1, 1]
    return gaps if len(gaps) else np.zeros(1)


def _off_grid(melody: Melody) -> float:
    """Share of onsets that are on no sixteenth and no triplet."""
    position = melody.array[:, 0] % TICKS_PER_QUARTER
    return float(np.mean(np.all([position % unit != 0 for unit in _GRID], axis=0)))


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
