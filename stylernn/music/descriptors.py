"""A melody as a vector of 85 numbers, which the scorers in a model file compare.

Most of the numbers are shares: of scale degrees, intervals, advances and lengths. The others are
entropies, pitch range, rests and the repetition of note n-grams. Times are in beats, so that a jig
and a march can be compared. The evaluation has descriptors of its own and does not use these.
"""

from collections.abc import Sequence

import numpy as np

from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import TICKS_PER_QUARTER, Melody

__all__ = ["DESCRIPTORS", "describe", "describe_sections", "mean_of_sections", "sections"]

_SECTION_QUARTERS = 64
_MIN_NOTES = 8  # of a section
_MAX_INTERVAL = 12  # semitones; larger intervals count as this one
# Edges between the classes of advances and lengths, in beats.
_EDGES = np.array([0.15, 0.3, 0.45, 0.6, 0.7, 0.9, 1.2, 1.7, 2.5, 4.5])
_POSITIONS = (0, 1 / 2, 1 / 4, 3 / 4, 1 / 3, 2 / 3, 1 / 6, 5 / 6)  # in the beat

# Model files contain some of these names, so the names cannot change.
DESCRIPTORS = (
    *(f"degree {degree}" for degree in range(12)),
    *(f"interval {step:+d}" for step in range(-_MAX_INTERVAL, _MAX_INTERVAL + 1)),
    *(f"advance class {k}" for k in range(len(_EDGES) + 1)),
    *(f"length class {k}" for k in range(len(_EDGES) + 1)),
    *(f"onset at {position:.2f}" for position in _POSITIONS),
    "degree entropy",
    "interval entropy",
    "advance entropy",
    "range",
    "pitch spread",
    "leaps",
    "steps",
    "turns",
    "chromatic runs",
    "density",
    "silence",
    "breaths",
    "long breaths",
    "longest breath",
    "held over the beat",
    "same advance again",
    "figures that return",
    "rhythms that return",
)
"""Names of the descriptors, in the order of the columns.

An advance is the time from one onset to the next.

- `degree` 0 to 11: share of the sounding time, in semitones above the tonic.
- `interval` -12 to +12: share of the intervals, in semitones.
- `advance class`, `length class`: shares of advances and of note lengths, by 11 classes in beats.
- `onset at`: share of the notes that start at this position in the beat.
- `entropy`: of the shares above, in bits.
- `range` in octaves; `pitch spread`, the standard deviation in half octaves.
- `leaps`, `steps`: shares of intervals above 7 semitones, and of 1 or 2 semitones.
- `turns`: share of changes of direction between successive moving intervals.
- `chromatic runs`: share of pairs of equal semitone steps.
- `density`: notes a beat. `silence`: share of the time that is rest.
- `breaths`, `long breaths`: shares of notes followed by a rest above 0.4 and 1.9 beats;
  `longest breath`: the longest rest in beats.
- `held over the beat`: share of notes that start off the beat and sound into the next beat.
- `same advance again`: share of advances that equal the one before.
- `figures that return`, `rhythms that return`: shares of trigrams of intervals and of advances that
  occurred before.
"""


def describe_sections(melody: Melody, tonality: Tonality) -> np.ndarray:
    """Compute the descriptors of each section of a melody.

    Args:
        melody: the tune, with at least one note.
        tonality: its tonic and mode.

    Returns:
        float64, shape (sections, 85); see `sections` and `DESCRIPTORS`.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> tune = Melody(tuple(Note(24 * k, 24, 60 + k % 5) for k in range(128)))
        >>> describe_sections(tune, Tonality(0, "major")).shape
        (2, 85)
    """
    return np.stack([describe(part, tonality) for part in sections(melody)])


def mean_of_sections(values: np.ndarray, described: Sequence[np.ndarray]) -> np.ndarray:
    """Average the values of sections over each melody.

    Args:
        values: one value a section, those of all melodies in a row, shape (sections,).
        described: one array a melody, as `describe_sections` returns it; only its length is used.

    Returns:
        float64, shape (melodies,).

    Example:
        >>> rows = [np.zeros((2, 85)), np.zeros((1, 85))]
        >>> mean_of_sections(np.array([1.0, 3.0, 5.0]), rows).tolist()
        [2.0, 5.0]
    """
    ends = np.cumsum([len(rows) for rows in described])[:-1]
    return np.array([part.mean() for part in np.split(values, ends)])


def sections(melody: Melody) -> list[Melody]:
    """Cut a melody into sections of about 64 quarters in whole bars.

    Many descriptors depend on the length, so only sections of similar length can be compared.

    Args:
        melody: the tune.

    Returns:
        The full sections that have at least 8 notes; an incomplete section at the end is left out.
        If there is no such section, the melody itself.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> tune = Melody(tuple(Note(24 * k, 24, 60) for k in range(150)))
        >>> [part.bars for part in sections(tune)]
        [16, 16]
    """
    bars = max(round(_SECTION_QUARTERS * TICKS_PER_QUARTER / melody.metre.bar), 1)
    parts = [melody.slice(start, start + bars) for start in range(0, melody.bars - bars + 1, bars)]
    return [part for part in parts if len(part.notes) >= _MIN_NOTES] or [melody]


def describe(melody: Melody, tonality: Tonality) -> np.ndarray:
    """Compute the descriptors of a melody as a whole.

    Args:
        melody: the tune, with at least one note.
        tonality: its tonic and mode.

    Returns:
        float64, shape (85,), in the order of `DESCRIPTORS`.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> pitches = (60, 62, 64, 60)
        >>> tune = Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(pitches)))
        >>> values = dict(zip(DESCRIPTORS, describe(tune, Tonality(0, "major")).tolist()))
        >>> values["degree 0"], values["density"]
        (0.5, 1.0)
    """
    onset, duration, pitch = melody.array[:, :3].astype(np.float64).T
    beat = melody.metre.beat
    steps, advance = np.diff(pitch), np.diff(onset) / beat
    degrees = _shares(
        np.bincount((pitch.astype(int) - tonality.tonic) % 12, weights=duration, minlength=12)
    )
    intervals = _counts(
        np.clip(steps, -_MAX_INTERVAL, _MAX_INTERVAL).astype(int) + _MAX_INTERVAL,
        2 * _MAX_INTERVAL + 1,
    )
    advances = _counts(np.digitize(advance, _EDGES), len(_EDGES) + 1)
    lengths = _counts(np.digitize(duration / beat, _EDGES), len(_EDGES) + 1)
    position = onset % beat / beat
    return np.r_[
        degrees,
        intervals,
        advances,
        lengths,
        [_mean(np.isclose(position, each)) for each in _POSITIONS],
        [_entropy(degrees), _entropy(intervals), _entropy(advances)],
        _pitch_statistics(pitch, steps),
        _rest_statistics(onset, duration, advance, beat),
        [_mean((position != 0) & (position + duration / beat > 1))],
        [_mean(advance[1:] == advance[:-1]), _repeated(steps), _repeated(advance)],
    ]


def _pitch_statistics(pitch: np.ndarray, steps: np.ndarray) -> list[float]:
    """The descriptors from "range" to "chromatic runs"."""
    sizes, moving = np.abs(steps), np.sign(steps[steps != 0])
    return [
        np.ptp(pitch) / 12,
        pitch.std() / 6,
        _mean(sizes > 7),
        _mean((sizes > 0) & (sizes <= 2)),
        _mean(moving[1:] != moving[:-1]),
        _mean((sizes[1:] == 1) & (steps[1:] == steps[:-1])),
    ]


def _rest_statistics(
    onset: np.ndarray, duration: np.ndarray, advance: np.ndarray, beat: int
) -> list[float]:
    """The descriptors from "density" to "longest breath"."""
    rest = np.maximum(advance - duration[:-1] / beat, 0)
    span = max(float(onset[-1] + duration[-1] - onset[0]) / beat, 1.0)
    return [
        len(onset) / span,
        rest.sum() / span,
        _mean(rest > 0.4),
        _mean(rest > 1.9),
        rest.max(initial=0.0),
    ]


def _repeated(values: np.ndarray) -> float:
    """Share of trigrams that occurred before."""
    trigrams = list(zip(values[:-2], values[1:-1], values[2:], strict=True))
    return 1 - len(set(trigrams)) / max(len(trigrams), 1)


def _counts(classes: np.ndarray, count: int) -> np.ndarray:
    """Share of each class, shape (count,)."""
    return _shares(np.bincount(classes, minlength=count))


def _shares(weights: np.ndarray) -> np.ndarray:
    """Weights divided by their sum; zeros where the sum is 0."""
    return weights / max(weights.sum(), 1e-9)


def _entropy(shares: np.ndarray) -> float:
    """Entropy in bits."""
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())


def _mean(values: np.ndarray) -> float:
    """Mean, 0 for no values."""
    return float(np.mean(values)) if len(values) else 0.0
