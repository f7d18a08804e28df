"""Overlap: whether outputs are as far from real melodies as real melodies are from each other.

Conventions: the first argument is a set of real melodies of the target style, the second the
outputs. An overlap area of 1 and a Kullback-Leibler divergence of 0 are ideal.

Metrics:
    overlap: overlap area and divergence for each feature of `FEATURES`.
    overlap_of_distances: the same of two samples of distances.

References:
    Yang & Lerch (2020), On the evaluation of generative models in music, Neural Computing and
        Applications 32. Their code evaluates the two densities on two different grids; here both
        are evaluated on one.
"""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist, pdist
from scipy.stats import gaussian_kde

from stylernn.music.melody import TICKS_PER_QUARTER, Melody

from .inputs import check_melodies

__all__ = ["FEATURES", "overlap", "overlap_of_distances"]

_GRID = 1000
_LENGTHS = np.array([1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 36, 48, 72, 96]) / TICKS_PER_QUARTER


def overlap(
    real: Sequence[Melody], outputs: Sequence[Melody], *, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Compare the distances within the real set with those from it to the outputs.

    Args:
        real: real melodies, at least 5.
        outputs: outputs, at least 5. The larger set is cut to the size of the smaller one.
        seed: of the cut.

    Returns:
        Overlap area from 0 to 1 and KL divergence in nats, by the name of the feature.

    Raises:
        ValueError: if a set has fewer than 5 melodies or a melody has no notes.

    Reference:
        Yang & Lerch (2020), sections 3.2 and 3.3.
    """
    check_melodies(real, "real", least=5)
    check_melodies(outputs, "outputs", least=5)
    rng = np.random.default_rng(seed)
    size = min(len(real), len(outputs))
    real = [real[i] for i in rng.permutation(len(real))[:size]]
    outputs = [outputs[i] for i in rng.permutation(len(outputs))[:size]]
    values = {}
    for name, function in FEATURES.items():
        a, b = (
            np.stack([np.atleast_1d(function(melody)).ravel() for melody in side])
            for side in (real, outputs)
        )
        values[name] = overlap_of_distances(pdist(a), cdist(a, b).ravel())
    return values


def overlap_of_distances(intra: np.ndarray, inter: np.ndarray) -> tuple[float, float]:
    """Overlap area and KL divergence of the densities of two samples of distances.

    Both densities (Gaussian kernels, Scott's rule) are evaluated on one grid that reaches three
    bandwidths beyond the samples.

    Args:
        intra: distances within the real set, shape (n,).
        inter: distances from it to the outputs, shape (m,).

    Returns:
        Overlap area from 0 to 1 and KL(intra || inter) in nats.

    Raises:
        ValueError: if a sample has fewer than 2 distances.

    Example:
        >>> area, divergence = overlap_of_distances(np.arange(9), np.arange(9))
        >>> round(area, 3), round(divergence, 3)
        (1.0, 0.0)
    """
    samples = [np.asarray(values, dtype=float) for values in (intra, inter)]
    if min(map(len, samples)) < 2:
        raise ValueError("each sample needs 2 distances")
    spread = np.concatenate(samples).std()
    if spread < 1e-12:
        return 1.0, 0.0
    # The kernel of a sample without spread is undefined, so it gets a thousandth of the common
    # spread.
    jitter = np.linspace(-1, 1, max(map(len, samples))) * spread * 1e-3
    samples = [
        values + jitter[: len(values)] if values.std() < 1e-9 * spread else values
        for values in samples
    ]
    kernels = [gaussian_kde(values) for values in samples]
    margin = 3 * max(float(np.sqrt(kernel.covariance[0, 0])) for kernel in kernels)
    grid = np.linspace(
        min(map(np.min, samples)) - margin, max(map(np.max, samples)) + margin, _GRID
    )
    step = grid[1] - grid[0]
    p, q = (np.maximum(kernel(grid), 1e-12) for kernel in kernels)
    p, q = p / (p.sum() * step), q / (q.sum() * step)
    return float(np.minimum(p, q).sum() * step), float((p * np.log(p / q)).sum() * step)


def _advances(melody: Melody) -> np.ndarray:
    """Inter-onset intervals in quarters."""
    return np.diff(melody.array[:, 0]) / TICKS_PER_QUARTER


def _length_classes(melody: Melody) -> np.ndarray:
    """Number of the nearest of the 15 note lengths, for each note."""
    return np.abs(melody.array[:, 1:2] / TICKS_PER_QUARTER - _LENGTHS).argmin(axis=1)


def _transitions(symbols: np.ndarray, kinds: int) -> np.ndarray:
    """Shares of all transitions; shape (kinds, kinds)."""
    counts = np.zeros((kinds, kinds))
    np.add.at(counts, (symbols[:-1], symbols[1:]), 1)
    return counts / max(len(symbols) - 1, 1)


def _mean_or_zero(values: np.ndarray) -> np.ndarray:
    """The mean, 0 for no values."""
    return np.mean(values) if len(values) else np.zeros(())


FEATURES = {
    "pitch count": lambda m: np.array(len(np.unique(m.array[:, 2]))),
    "pitch-class histogram": lambda m: np.bincount(m.array[:, 2] % 12, minlength=12) / len(m.notes),
    "pitch-class transitions": lambda m: _transitions(m.array[:, 2] % 12, 12),
    "pitch range": lambda m: np.ptp(m.array[:, 2]),
    "mean interval": lambda m: _mean_or_zero(np.abs(np.diff(m.array[:, 2]))),
    "note count": lambda m: np.array(len(m.notes)),
    "mean advance": lambda m: _mean_or_zero(_advances(m)),
    "note-length histogram": lambda m: (
        np.bincount(_length_classes(m), minlength=len(_LENGTHS)) / len(m.notes)
    ),
    "note-length transitions": lambda m: _transitions(_length_classes(m), len(_LENGTHS)),
    "pitches per bar": lambda m: np.array(len(np.unique(m.array[:, 2])) / m.bars),
    "notes per bar": lambda m: np.array(len(m.notes) / m.bars),
}
"""Features of Yang & Lerch (2020), table 1, each a function of a melody."""
