"""What a melody is like, in some ninety numbers: what the critic and the classifier in a model file go by.

Most are shares: of scale degrees, intervals, advances and lengths; then entropies, range, rests, figures that return.
Times are in beats, so that a jig and a march can be compared. The evaluation kit has features of its own and knows
nothing of these.
"""

from collections.abc import Sequence

import numpy as np

from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import TICKS_PER_QUARTER, Melody

__all__ = ["DESCRIPTORS", "describe", "describe_sections", "mean_of_sections", "sections"]

_QUARTERS = 64
_FEWEST = 8
_LARGEST = 12
_LENGTHS = np.array(
    [0.15, 0.3, 0.45, 0.6, 0.7, 0.9, 1.2, 1.7, 2.5, 4.5]
)  # edges between classes, in beats
_PLACES = (0, 1 / 2, 1 / 4, 3 / 4, 1 / 3, 2 / 3, 1 / 6, 5 / 6)

DESCRIPTORS = (
    *(f"degree {degree}" for degree in range(12)),
    *(f"interval {step:+d}" for step in range(-_LARGEST, _LARGEST + 1)),
    *(f"advance class {k}" for k in range(len(_LENGTHS) + 1)),
    *(f"length class {k}" for k in range(len(_LENGTHS) + 1)),
    *(f"onset at {place:.2f}" for place in _PLACES),
    *(
        "degree entropy",
        "interval entropy",
        "advance entropy",
        "range",
        "pitch spread",
        "leaps",
        "steps",
        "turns",
    ),
    *(
        "chromatic runs",
        "density",
        "silence",
        "breaths",
        "long breaths",
        "longest breath",
        "held over the beat",
    ),
    *("same advance again", "figures that return", "rhythms that return"),
)


def describe_sections(melody: Melody, tonality: Tonality) -> np.ndarray:
    """The descriptors of each section of a melody with notes; float64, shape (sections, len(DESCRIPTORS))."""
    return np.stack([describe(part, tonality) for part in sections(melody)])


def mean_of_sections(values: np.ndarray, described: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of each melody; float64, shape (melodies,).

    Args:
        values: of all sections, (sections,).
        described: the melodies that they are of, see `describe_sections`.
    """
    ends = np.cumsum([len(rows) for rows in described])[:-1]
    return np.array([part.mean() for part in np.split(values, ends)])


def sections(melody: Melody) -> list[Melody]:
    """Stretches of some 64 quarters in whole bars, the rest left out; the melody itself if it has no full one.

    Many descriptors depend on length, so that only stretches of like length can be compared.
    """
    bars = max(round(_QUARTERS * TICKS_PER_QUARTER / melody.metre.bar), 1)
    parts = [melody.slice(start, start + bars) for start in range(0, melody.bars - bars + 1, bars)]
    return [part for part in parts if len(part.notes) >= _FEWEST] or [melody]


def describe(melody: Melody, tonality: Tonality) -> np.ndarray:
    """The descriptors of a melody with notes, most of them shares; float64, shape (len(DESCRIPTORS),)."""
    onset, duration, pitch = melody.array[:, :3].astype(np.float64).T
    beat = melody.metre.beat
    steps, advance = np.diff(pitch), np.diff(onset) / beat
    breath = np.maximum(advance - duration[:-1] / beat, 0)
    place = onset % beat / beat
    span = max(float(onset[-1] + duration[-1] - onset[0]) / beat, 1.0)
    degrees = _shares(
        np.bincount((pitch.astype(int) - tonality.tonic) % 12, weights=duration, minlength=12)
    )
    intervals = _counts(
        np.clip(steps, -_LARGEST, _LARGEST).astype(int) + _LARGEST, 2 * _LARGEST + 1
    )
    advances = _counts(np.digitize(advance, _LENGTHS), len(_LENGTHS) + 1)
    lengths = _counts(np.digitize(duration / beat, _LENGTHS), len(_LENGTHS) + 1)
    sizes, moving = np.abs(steps), np.sign(steps[steps != 0])
    rest = [
        *(
            _entropy(degrees),
            _entropy(intervals),
            _entropy(advances),
            np.ptp(pitch) / 12,
            pitch.std() / 6,
        ),
        *(_mean(sizes > 7), _mean((sizes > 0) & (sizes <= 2)), _mean(moving[1:] != moving[:-1])),
        *(
            _mean((sizes[1:] == 1) & (steps[1:] == steps[:-1])),
            len(pitch) / span,
            breath.sum() / span,
        ),
        *(_mean(breath > 0.4), _mean(breath > 1.9), breath.max(initial=0.0)),
        *(_mean((place != 0) & (place + duration / beat > 1)), _mean(advance[1:] == advance[:-1])),
        *(_returning(steps), _returning(advance)),
    ]
    return np.r_[
        degrees, intervals, advances, lengths, [_mean(np.isclose(place, p)) for p in _PLACES], rest
    ]


def _returning(values: np.ndarray) -> float:
    """Share of figures of three values running that came before."""
    figures = list(zip(values[:-2], values[1:-1], values[2:], strict=True))
    return 1 - len(set(figures)) / max(len(figures), 1)


def _counts(classes: np.ndarray, count: int) -> np.ndarray:
    return _shares(np.bincount(classes, minlength=count))


def _shares(weights: np.ndarray) -> np.ndarray:
    return weights / max(weights.sum(), 1e-9)


def _entropy(shares: np.ndarray) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else 0.0
