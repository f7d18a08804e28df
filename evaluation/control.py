"""Control and diversity: whether a setting changes what it should, and only that.

Conventions: a setting, such as strength or preserve, is tried at several values on the same tunes.
Measurements have shape (tunes, values).

Metrics:
    rank_correlation: Spearman's rho of value and measurement for each tune; 1 is ideal. The same
        number for a measurement that the setting should not change is its cross-talk; 0 is ideal.
    monotone: share of tunes whose measurement never falls by more than a tolerance as the value
        rises.
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
    """Spearman's rho of value and measurement within each tune.

    Args:
        settings: values of the setting, shape (values,), at least two different.
        measurements: shape (tunes, values).

    Returns:
        float64, shape (tunes,); 0 where the measurement of a tune never changes.

    Raises:
        ValueError: if the shapes do not agree, or there are no two different values.

    Example:
        >>> rank_correlation([0.0, 0.5, 1.0], np.array([[1, 2, 3], [3, 2, 1], [1, 1, 1]])).tolist()
        [1.0, -1.0, 0.0]
    """
    levels, values = _checked(settings, measurements)
    x = rankdata(levels) - (len(levels) + 1) / 2
    y = rankdata(values, axis=1) - (len(levels) + 1) / 2
    scale = np.sqrt((x**2).sum() * (y**2).sum(axis=1))
    return np.where(scale > 0, (y @ x) / np.maximum(scale, 1e-12), 0.0)


def monotone(
    settings: Sequence[float], measurements: np.ndarray, *, tolerance: float = 0.0
) -> np.ndarray:
    """Whether the measurement of each tune never falls as the value rises.

    Args:
        settings: values of the setting, shape (values,), at least two different.
        measurements: shape (tunes, values).
        tolerance: a step down by as much does not count as a fall.

    Returns:
        float64, shape (tunes,); 1 for yes, 0 for no.

    Raises:
        ValueError: if the shapes do not agree, or there are no two different values.

    Example:
        >>> monotone([1.0, 2.0, 3.0], np.array([[1, 2, 3], [1, 3, 2]])).tolist()
        [1.0, 0.0]
    """
    levels, values = _checked(settings, measurements)
    steps = np.diff(values[:, np.argsort(levels, kind="stable")], axis=1)
    return np.all(steps >= -tolerance, axis=1).astype(float)


def diversity(variations: Sequence[Melody]) -> float:
    """Mean over pairs of melodies of one minus their edit similarity.

    Args:
        variations: results of several seeds, at least two.

    Returns:
        From 0, where all melodies are the same, to 1.

    Raises:
        ValueError: if there are fewer than two melodies.

    Example:
        >>> tune = Melody.from_array(np.array([(0, 24, 60), (24, 24, 62)]))
        >>> diversity([tune, tune])
        0.0
    """
    check_melodies(variations, "variations", least=2)
    return float(np.mean([1 - edit_similarity(a, b) for a, b in combinations(variations, 2)]))


def evaluate(
    settings: Sequence[float], moved: str, measurements: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Control of a setting over what it should change, and cross-talk on all other measurements.

    Args:
        settings: values of the setting.
        moved: name of the measurement that should rise with it.
        measurements: arrays of shape (tunes, values) by name.

    Returns:
        float64 arrays of shape (tunes,): `rho`, `monotone`, and `cross_talk_<name>` for every other
        measurement.

    Raises:
        ValueError: if nothing was measured under the name `moved`.
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
    """Both as arrays of floats, if their shapes agree."""
    levels, values = np.asarray(settings, dtype=float), np.asarray(measurements, dtype=float)
    if levels.ndim != 1 or len(np.unique(levels)) < 2:
        raise ValueError(f"settings must be one row with two different values, got {settings}")
    if values.ndim != 2 or values.shape[1] != len(levels):
        raise ValueError(f"measurements must have shape (tunes, {len(levels)}), got {values.shape}")
    return levels, values
