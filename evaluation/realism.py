"""Realism: whether outputs can be distinguished from real melodies of the target style.

Conventions: the first argument is a set of real melodies of the target style, the second the
outputs. Both are feature arrays from `features.extract`. Sets of unequal size bias every distance
here, so the larger one is cut to the size of the smaller one.

Metrics:
    c2st: accuracy of a classifier that separates the sets; .50 is ideal.
    c2st_null: the accuracy between two halves of the real set.
    frechet_ratio: Fréchet distance of the outputs over that of the sources; 0 is ideal, 1 means no
        improvement.

References:
    Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, ICLR.
    Dowson & Landau (1982), The Fréchet distance between multivariate normal distributions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from .features import FAMILIES, columns

__all__ = [
    "Answers",
    "c2st",
    "c2st_null",
    "evaluate",
    "frechet_distance",
    "frechet_interval",
    "frechet_ratio",
]

_TREES = 64
_FOLDS = 5
_COMPONENTS = 20


class Answers(NamedTuple):
    """Results of a two-sample test for each melody of both sets.

    Args:
        right: 1 where the melody was classified correctly, else 0; the mean is the accuracy;
            float64, shape (n,).
        owners: the group that each melody belongs to, for intervals; texts, shape (n,).
    """

    right: np.ndarray
    owners: np.ndarray


def c2st(
    real: np.ndarray,
    outputs: np.ndarray,
    family: str = "all",
    *,
    groups: tuple[Sequence[object], Sequence[object]] | None = None,
    seed: int = 0,
) -> Answers:
    """Classifier two-sample test by a random forest in five-fold cross-validation.

    Args:
        real: features of real melodies, shape (n, features).
        outputs: features of outputs, shape (m, features).
        family: features that the classifier sees.
        groups: the group of each melody of both sets, such as the tune that a window is from. A
            group is never in two folds. By default each melody is its own group.
        seed: of the folds, the forest and the cut to equal size.

    Returns:
        The results for the melodies of both sets, real ones first.

    Raises:
        ValueError: if a set has fewer than 10 melodies.

    Reference:
        Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, ICLR.
    """
    if min(len(real), len(outputs)) < 2 * _FOLDS:
        raise ValueError(
            f"a two-sample test needs {2 * _FOLDS} melodies a side, "
            f"got {len(real)} and {len(outputs)}"
        )
    rng = np.random.default_rng(seed)
    size = min(len(real), len(outputs))
    chosen = [np.sort(rng.permutation(len(side))[:size]) for side in (real, outputs)]
    x = np.concatenate([side[rows] for side, rows in zip((real, outputs), chosen, strict=True)])[
        :, columns(family)
    ]
    y = np.repeat([0, 1], size)
    named = groups or (
        [f"real {i}" for i in range(len(real))],
        [f"output {i}" for i in range(len(outputs))],
    )
    owners = np.array([named[side][row] for side in (0, 1) for row in chosen[side]], dtype=str)
    labels = np.unique(owners, return_inverse=True)[1]
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    forest = RandomForestClassifier(_TREES, min_samples_leaf=2, random_state=seed)
    return Answers(
        (cross_val_predict(forest, x, y, cv=folds, groups=labels) == y).astype(float), owners
    )


def c2st_null(
    real: np.ndarray,
    groups: Sequence[object],
    family: str = "all",
    *,
    halvings: int = 5,
    seed: int = 0,
) -> Answers:
    """The same test between random halves of one set: the accuracy that an ideal system would have.

    Args:
        real: features of real melodies, shape (n, features).
        groups: the tune that each is from; a tune is never in both halves.
        family: features that the classifier sees.
        halvings: how many random halvings; their results are pooled.
        seed: of the halvings.

    Returns:
        The results of all halvings; the mean is near .50.

    Raises:
        ValueError: if a half has fewer than 10 melodies.
    """
    names = np.unique(np.array(groups, dtype=str), return_inverse=True)[1]
    answers = []
    for number in range(halvings):
        side = np.random.default_rng([seed, number]).permutation(names.max() + 1)[names] % 2 == 1
        split = (names[side].tolist(), names[~side].tolist())
        answers.append(c2st(real[side], real[~side], family, groups=split, seed=seed + number))
    return Answers(*(np.concatenate(parts) for parts in zip(*answers, strict=True)))


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Squared Fréchet distance of the normal distributions fitted to two samples.

    It is |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) for means m and covariances C.

    Args:
        a: shape (n, features).
        b: shape (m, features).

    Returns:
        The squared distance.

    Raises:
        ValueError: if a sample has fewer than 2 rows.

    Example:
        >>> sample = np.array([[0.0], [1.0], [2.0]])
        >>> round(frechet_distance(sample, sample + 3), 6)
        9.0

    Reference:
        Dowson & Landau (1982), The Fréchet distance between multivariate normal distributions.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError(f"a Fréchet distance needs 2 items a side, got {len(a)} and {len(b)}")
    gap = a.mean(axis=0) - b.mean(axis=0)
    left, right = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    # The root of the product has the trace of the root of its symmetric form, which may be
    # singular.
    scale, axes = np.linalg.eigh(left)
    half = (axes * np.sqrt(np.maximum(scale, 0))) @ axes.T
    root = np.sqrt(np.maximum(np.linalg.eigvalsh(half @ right @ half), 0)).sum()
    return float(max(gap @ gap + np.trace(left + right) - 2 * root, 0.0))


def frechet_ratio(
    real: np.ndarray, outputs: np.ndarray, sources: np.ndarray, *, seed: int = 0
) -> float:
    """F(outputs, real) / F(sources, real) on the principal components of z-scored features.

    The bias of small samples, estimated between halves of the real set, is subtracted from both
    distances. So real melodies are near 0 whatever their number.

    Args:
        real: features of real melodies, at least 10.
        outputs: features of outputs, at least 5.
        sources: features of sources, at least 5.
        seed: of the random samples.

    Returns:
        The ratio, 0 or more.

    Raises:
        ValueError: if there are too few melodies.
    """
    rng = np.random.default_rng(seed)
    size = min(len(real) // 2, len(outputs), len(sources))
    if size < 5:
        raise ValueError("a Fréchet ratio needs 10 real melodies, 5 outputs and 5 sources")
    scale = real.std(axis=0)
    kept = scale > 1e-9
    z = [
        (side[:, kept] - real[:, kept].mean(axis=0)) / scale[kept]
        for side in (real, outputs, sources)
    ]
    # With more directions than the sample allows the covariance would be noise.
    _, _, axes = np.linalg.svd(
        np.concatenate(z) - np.concatenate(z).mean(axis=0), full_matrices=False
    )
    a, b, c = (np.clip(side, -8, 8) @ axes[: min(_COMPONENTS, size // 3)].T for side in z)
    draws = []
    for _ in range(8):
        halves = rng.permutation(len(a))
        half, other = a[halves[:size]], a[halves[size : 2 * size]]
        b_rows, c_rows = rng.permutation(len(b))[:size], rng.permutation(len(c))[:size]
        draws.append([frechet_distance(half, side) for side in (other, b[b_rows], c[c_rows])])
    floor, output, source = np.mean(draws, axis=0)
    return float(max(output - floor, 0) / max(source - floor, 1e-9))


def frechet_interval(
    real: np.ndarray,
    outputs: np.ndarray,
    sources: np.ndarray,
    owners: Sequence[int],
    *,
    draws: int = 60,
    seed: int = 0,
) -> tuple[float, float]:
    """A 95 % interval of `frechet_ratio`: 1.96 bootstrap standard errors on both sides.

    Outputs are resampled by source tune. The percentiles of the resamples would be too high: a
    resample repeats melodies and so has less spread than the set that it is drawn from.

    Args:
        real: features of real melodies.
        outputs: features of outputs.
        sources: features of the source of each output.
        owners: number of the source tune of each output.
        draws: number of resamples.
        seed: of the resampling.

    Returns:
        The lower and the upper limit.

    Raises:
        ValueError: if there are too few melodies.
    """
    rng = np.random.default_rng(seed)
    names = np.unique(np.asarray(owners))
    members = [np.flatnonzero(np.asarray(owners) == name) for name in names]
    ratios = []
    for number in range(draws):
        rows = np.concatenate([members[i] for i in rng.integers(len(names), size=len(names))])
        again = rng.integers(len(real), size=len(real))
        ratios.append(frechet_ratio(real[again], outputs[rows], sources[rows], seed=seed + number))
    middle, error = frechet_ratio(real, outputs, sources, seed=seed), float(np.std(ratios, ddof=1))
    return max(middle - 1.96 * error, 0.0), middle + 1.96 * error


def evaluate(
    real: np.ndarray, outputs: np.ndarray, sources: np.ndarray | None = None, *, seed: int = 0
) -> dict[str, np.ndarray | float]:
    """All metrics of realism.

    Args:
        real: features of real melodies, at least 10.
        outputs: features of outputs, at least 10.
        sources: features of sources, for the Fréchet ratio.
        seed: of all random choices.

    Returns:
        `c2st_all`, `c2st_pitch` and `c2st_rhythm`, float64 arrays with 1 for each melody of both
        sets that was classified correctly, else 0; with sources also `frechet_ratio`.

    Raises:
        ValueError: if there are too few melodies.
    """
    values: dict[str, np.ndarray | float] = {
        f"c2st_{family}": c2st(real, outputs, family, seed=seed).right for family in FAMILIES
    }
    if sources is not None:
        values["frechet_ratio"] = frechet_ratio(real, outputs, sources, seed=seed)
    return values
