"""Control and diversity: whether the dials move what they should, and only that.

Conventions: a dial is tried at several settings on the same tunes; measurements have shape (tunes, settings).

Metrics:
    rank_correlation: mean over tunes of Spearman's rho of setting and measurement: 1 for a dial that works. The same
        number for a measurement that the dial should leave alone is its cross-talk: 0 is ideal.
    monotone: share of tunes whose measurement never falls by more than a tolerance as the setting rises.
    diversity: mean normalised edit distance of the outputs of several seeds.

References:
    Wu & Yang (2023), MuseMorphose, IEEE/ACM TASLP 31 (rho of attribute controls and between them).
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from stylernn.music.melody import Melody

from .content import edit_similarity
from .inputs import check_melodies

__all__ = ["diversity", "evaluate", "monotone", "rank_correlation"]


def rank_correlation(settings: Sequence[float], measurements: np.ndarray) -> np.ndarray:
    """Spearman's rho of setting and measurement within each tune, 0 where a tune does not react at all.

    Args:
        settings: values of the dial, shape (settings,), at least two different.
        measurements: shape (tunes, settings).

    Returns:
        float64, shape (tunes,).
    """
    dial, values = _checked(settings, measurements)
    x = rankdata(dial) - (len(dial) + 1) / 2
    y = rankdata(values, axis=1) - (len(dial) + 1) / 2
    scale = np.sqrt((x**2).sum() * (y**2).sum(axis=1))
    return np.where(scale > 0, (y @ x) / np.maximum(scale, 1e-12), 0.0)


def monotone(
    settings: Sequence[float], measurements: np.ndarray, *, tolerance: float = 0.0
) -> np.ndarray:
    """For each tune, 1 if the measurement never falls by more than `tolerance` as the setting rises."""
    dial, values = _checked(settings, measurements)
    steps = np.diff(values[:, np.argsort(dial, kind="stable")], axis=1)
    return np.all(steps >= -tolerance, axis=1).astype(float)


def diversity(variations: Sequence[Melody]) -> float:
    """Mean over pairs of one minus the edit similarity: 0 where all seeds give the same melody."""
    check_melodies(variations, "variations", least=2)
    return float(np.mean([1 - edit_similarity(a, b) for a, b in combinations(variations, 2)]))


def evaluate(
    settings: Sequence[float], moved: str, measurements: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Control of a dial over what it should move, and cross-talk on everything else that was measured.

    Args:
        settings: values of the dial.
        moved: name of the measurement that should rise with it.
        measurements: arrays of shape (tunes, settings) by name.

    Returns:
        Per tune: `rho`, `monotone`, and `cross_talk_<name>` for every other measurement.
    """
    if moved not in measurements:
        raise ValueError(
            f"nothing was measured under the name {moved!r}; there are {', '.join(measurements)}"
        )
    others = {
        f"cross_talk_{name}": rank_correlation(settings, values)
        for name, values in measurements.items()
        if name != moved
    }
    rho = rank_correlation(settings, measurements[moved])
    return {"rho": rho, "monotone": monotone(settings, measurements[moved]), **others}


def _checked(settings: Sequence[float], measurements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dial, values = np.asarray(settings, dtype=float), np.asarray(measurements, dtype=float)
    if dial.ndim != 1 or len(np.unique(dial)) < 2:
        raise ValueError(f"settings must be one row with two different values, got {settings}")
    if values.ndim != 2 or values.shape[1] != len(dial):
        raise ValueError(f"measurements must have shape (tunes, {len(dial)}), got {values.shape}")
    return dial, values
