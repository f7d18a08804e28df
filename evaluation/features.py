"""Interpretable features of a melody, in two families: pitch and rhythm.

Features are invariant to transposition. Each is a mean or a share, so that short and long melodies
can be compared. They still depend a little on length, because a short melody has fewer different
notes: compare windows of like length, see `windows`.

Conventions: melodies without notes are refused; times are in quarter notes.
"""

from collections.abc import Sequence

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody

from .inputs import check_melodies

__all__ = [
    "FAMILIES",
    "NAMES",
    "PITCH_NAMES",
    "RHYTHM_NAMES",
    "columns",
    "excerpt",
    "extract",
    "windows",
]

_IOI_EDGES = np.array([0.2, 0.29, 0.4, 0.55, 0.7, 0.8, 1.2, 1.8, 2.5, 3.5])
_POSITIONS = (0, 4, 6, 8, 12, 16, 18, 20)
_LARGEST = 12

PITCH_NAMES = (
    *(f"interval {step:+d}" for step in range(-_LARGEST, _LARGEST + 1)),
    *(f"degree {degree}" for degree in range(12)),
    *(
        "mean interval",
        "leaps",
        "steps",
        "turns",
        "range",
        "pitch spread",
        "pitch-class entropy",
        "interval entropy",
    ),
    *("pitch kinds per note", "chromatic runs", "longest one-way run"),
)
RHYTHM_NAMES = (
    *(f"advance class {k}" for k in range(len(_IOI_EDGES) + 1)),
    *(f"onset at {ticks}/24" for ticks in _POSITIONS),
    "onset elsewhere",
    *(
        "advance entropy",
        "same advance again",
        "notes per quarter",
        "silence",
        "rests per note",
        "legato",
    ),
    *(
        "syncopation",
        "onset positions",
        "sounding share mean",
        "sounding share spread",
        "beats without onset",
    ),
)
NAMES = PITCH_NAMES + RHYTHM_NAMES
"""Names of all features, in the order of the columns of `extract`."""

FAMILIES = ("all", "pitch", "rhythm")
"""Families of features, see `columns`."""


def extract(melodies: Sequence[Melody]) -> np.ndarray:
    """Compute the features of each melody.

    Args:
        melodies: the melodies.

    Returns:
        float64, shape (melodies, len(NAMES)).

    Raises:
        ValueError: if there are no melodies or one has no notes.

    Example:
        >>> scale = Melody.from_array(np.array([(24 * i, 24, 60 + i) for i in range(5)]))
        >>> values = extract([scale])
        >>> values.shape == (1, len(NAMES)), values[0, NAMES.index("mean interval")].item()
        (True, 1.0)
    """
    check_melodies(melodies)
    return np.stack(
        [np.r_[_pitch_features(melody), _rhythm_features(melody)] for melody in melodies]
    )


def columns(family: str) -> slice:
    """The columns of a family of features.

    Args:
        family: "all", "pitch" or "rhythm".

    Returns:
        A slice of the columns of `extract`.

    Raises:
        ValueError: for any other family.

    Example:
        >>> len(NAMES[columns("pitch")]) == len(PITCH_NAMES)
        True
    """
    if family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}, got {family!r}")
    first = len(PITCH_NAMES) if family == "rhythm" else 0
    return slice(first, len(PITCH_NAMES) if family == "pitch" else len(NAMES))


def excerpt(melody: Melody, quarters: float, seed: int = 0, *, least: int = 12) -> Melody:
    """Cut one window out of a melody, see `windows`.

    Args:
        melody: the melody.
        quarters: length of the window.
        seed: of the choice.
        least: a window must have as many notes.

    Returns:
        The window; the melody itself where no window has enough notes.
    """
    found = windows(melody, quarters, most=1, seed=seed, least=least)
    return found[0] if found else melody


def windows(
    melody: Melody, quarters: float, *, most: int, seed: int = 0, least: int = 12
) -> list[Melody]:
    """Cut windows that do not overlap out of a melody.

    Args:
        melody: the melody. If it is not longer than a window, it is the only window.
        quarters: length of a window, rounded to whole bars.
        most: how many windows to choose at random.
        seed: of the choice.
        least: windows with fewer notes are left out.

    Returns:
        The windows in order.

    Example:
        >>> scale = Melody.from_array(np.array([(24 * i, 24, 60 + i) for i in range(32)]))
        >>> [window.bars for window in windows(scale, 8, most=3, least=4)]
        [2, 2, 2]
    """
    bars = max(round(quarters * TICKS_PER_QUARTER / melody.metre.bar), 1)
    if melody.bars <= bars:
        return [melody] if len(melody.notes) >= least else []
    rng = np.random.default_rng([seed, melody.bars, len(melody.notes)])
    offset = int(rng.integers(melody.bars % bars + 1))
    starts = np.arange(offset, melody.bars - bars + 1, bars)
    lines, onsets = melody.bar_lines, melody.array[:, 0]
    counts = np.searchsorted(onsets, lines[starts + bars]) - np.searchsorted(onsets, lines[starts])
    chosen = np.sort(rng.permutation(starts[counts >= least])[:most])
    return [melody.slice(int(start), int(start) + bars) for start in chosen]


def _pitch_features(melody: Melody) -> np.ndarray:
    """The features of `PITCH_NAMES`."""
    pitch, weight = melody.array[:, 2].astype(np.int64), melody.array[:, 1]
    steps = np.diff(pitch)
    sizes = np.abs(steps)
    histogram = _shares(
        np.bincount(np.clip(steps, -_LARGEST, _LARGEST) + _LARGEST, minlength=2 * _LARGEST + 1)
    )
    profile = _shares(np.bincount(pitch % 12, weights=weight, minlength=12))
    moving = np.sign(steps[steps != 0])
    turns = _mean(moving[1:] != moving[:-1])
    chromatic = _mean((steps[1:] == steps[:-1]) & (sizes[1:] == 1))
    scalars = [
        _mean(np.minimum(sizes, 24)),
        _mean(sizes > 7),
        _mean((sizes > 0) & (sizes <= 2)),
        turns,
        np.ptp(pitch),
        pitch.std(),
        _entropy(profile),
        _entropy(histogram),
        len(np.unique(pitch)) / len(pitch),
        chromatic,
        _longest_run(moving) / max(len(moving), 1),
    ]
    return np.r_[histogram, np.roll(profile, -_centre(profile, int(pitch[-1]))), scalars]


def _rhythm_features(melody: Melody) -> np.ndarray:
    """The features of `RHYTHM_NAMES`."""
    onset, duration = melody.array[:, 0].astype(np.int64), melody.array[:, 1].astype(np.int64)
    advance = np.diff(onset)
    quarters = advance / TICKS_PER_QUARTER
    classes = np.digitize(quarters, _IOI_EDGES)
    histogram = _shares(np.bincount(classes, minlength=len(_IOI_EDGES) + 1))
    position = onset % TICKS_PER_QUARTER
    at = np.array([np.mean(position == ticks) for ticks in _POSITIONS])
    span = max(int(onset[-1] + duration[-1] - onset[0]), 1)
    rests = advance - duration[:-1]
    share = duration[:-1] / np.maximum(advance, 1)
    beats = max(span // TICKS_PER_QUARTER, 1)
    off_beat = position[:-1] != 0
    # A note that begins between two quarters and sounds over the next one.
    syncopated = off_beat & (position[:-1] + duration[:-1] > TICKS_PER_QUARTER)
    scalars = [
        _entropy(histogram),
        _mean(advance[1:] == advance[:-1]),
        len(onset) * TICKS_PER_QUARTER / span,
        float(rests.sum() / span),
        _mean(rests >= TICKS_PER_QUARTER // 2),
        _mean(rests <= 1),
        _mean(syncopated),
        len(np.unique(position)) / TICKS_PER_QUARTER,
        _mean(share),
        float(share.std()) if len(share) else 0.0,
        1 - min(len(np.unique(onset // TICKS_PER_QUARTER)) / beats, 1),
    ]
    return np.r_[histogram, at, 1 - at.sum(), scalars]


def _centre(profile: np.ndarray, last: int) -> int:
    """The root of the major scale that fits a pitch-class profile best.

    Of roots that fit equally well, the first at or above the last note's pitch class.
    """
    scale = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11)) + 0.5 * np.isin(np.arange(12), (0, 4, 7))
    roots = (last + np.arange(12)) % 12
    return int(roots[np.argmax(np.round([np.roll(profile, -root) @ scale for root in roots], 9))])


def _longest_run(values: np.ndarray) -> int:
    """Length of the longest run of equal values."""
    changes = (
        np.flatnonzero(np.r_[True, values[1:] != values[:-1], True]) if len(values) else np.zeros(1)
    )
    return int(np.diff(changes).max()) if len(changes) > 1 else 0


def _shares(counts: np.ndarray) -> np.ndarray:
    """Counts over their sum."""
    return counts / max(counts.sum(), 1)


def _entropy(shares: np.ndarray) -> float:
    """Entropy in bits."""
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())


def _mean(values: np.ndarray) -> float:
    """The mean, 0 for no values."""
    return float(values.mean()) if len(values) else 0.0
