"""Statistics: intervals, p-values and the number of judgements that a claim needs.

Conventions: intervals are of 95 % by default. Whole clusters (source tunes) are resampled, because
several outputs of one tune are not independent.

References:
    Efron & Tibshirani (1993), An introduction to the bootstrap, chapters 8 and 13.
    Davison & Hinkley (1997), Bootstrap methods and their application, section 4.4 (p-values).
    Holm (1979), A simple sequentially rejective multiple test procedure.
    Clopper & Pearson (1934), The use of confidence or fiducial limits.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import beta, binom, binomtest

__all__ = [
    "Estimate",
    "binomial_interval",
    "bootstrap",
    "estimate",
    "exact_p",
    "holm",
    "judgements_needed",
    "one_sided_p",
    "resampled_means",
]

_DRAWS = 2000
_MOST_JUDGEMENTS = 5000


class Estimate(NamedTuple):
    """A value with its interval.

    Args:
        value: the estimate, such as a mean.
        low: lower limit.
        high: upper limit.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    values: Sequence[float] | np.ndarray,
    clusters: Sequence[object] | np.ndarray | None = None,
    *,
    level: float = 0.95,
    draws: int = _DRAWS,
    seed: int = 0,
) -> Estimate:
    """Mean and percentile interval by resampling whole clusters.

    Args:
        values: one a judgement, output or tune; shape (n,).
        clusters: what each value belongs to, such as its source tune; by default every value is its
            own cluster.
        level: coverage of the interval.
        draws: number of resamples.
        seed: of the resampling.

    Returns:
        The mean of all values with its interval.

    Raises:
        ValueError: if there are no values or the lengths differ.

    Example:
        >>> print(bootstrap([0.0, 1.0, 0.0, 1.0], ["a", "a", "b", "b"]))
        0.500 [0.500, 0.500]

    Reference:
        Efron & Tibshirani (1993), An introduction to the bootstrap, chapter 13.
    """
    means = resampled_means(values, clusters, draws=draws, seed=seed)
    return estimate(float(np.mean(values)), means, level=level)


def resampled_means(
    values: Sequence[float] | np.ndarray,
    clusters: Sequence[object] | np.ndarray | None = None,
    *,
    draws: int = _DRAWS,
    seed: int = 0,
) -> np.ndarray:
    """Means of resamples of whole clusters, from which all intervals and tests here are made.

    With the same seed, the means of two metrics of the same clusters come from the same resamples,
    so that their ratio or product can be formed draw by draw.

    Args:
        values: one a judgement, output or tune; shape (n,).
        clusters: what each value belongs to; by default every value is its own cluster.
        draws: number of resamples.
        seed: of the resampling.

    Returns:
        float64, shape (draws,).

    Raises:
        ValueError: if there are no values or the lengths differ.

    Example:
        >>> resampled_means([1.0, 1.0, 1.0], draws=4).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError(
            f"values must be one row of numbers, at least one, got shape {values.shape}"
        )
    names = np.arange(len(values)) if clusters is None else np.asarray(clusters)
    if len(names) != len(values):
        raise ValueError(
            f"clusters must name one cluster for each of {len(values)} values, got {len(names)}"
        )
    _, member = np.unique(names, return_inverse=True)
    sums, sizes = np.bincount(member, weights=values), np.bincount(member)
    chosen = np.random.default_rng(seed).integers(len(sums), size=(draws, len(sums)))
    return sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)


def estimate(value: float, draws: np.ndarray, *, level: float = 0.95) -> Estimate:
    """A value with the percentile interval of its resamples.

    Args:
        value: the estimate.
        draws: the same of each resample; shape (draws,).
        level: coverage of the interval.

    Returns:
        The value with its interval.

    Example:
        >>> print(estimate(0.5, np.linspace(0, 1, 101), level=0.9))
        0.500 [0.050, 0.950]
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(value), float(low), float(high))


def one_sided_p(draws: np.ndarray, threshold: float) -> float:
    """p-value of the claim that a quantity lies above a threshold.

    It is the share of resamples that do not, with 1 added to both counts.

    Args:
        draws: the quantity in each resample; shape (draws,).
        threshold: the value to exceed.

    Returns:
        The p-value.

    Example:
        >>> one_sided_p(np.array([0.1, 0.2, 0.3, -0.1]), 0)
        0.4

    Reference:
        Davison & Hinkley (1997), Bootstrap methods and their application, section 4.4.
    """
    return float((1 + np.sum(np.asarray(draws) <= threshold)) / (1 + len(draws)))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjust p-values by Holm's procedure.

    Args:
        p_values: p-values of all claims, in any order.

    Returns:
        Adjusted p-values in the same order; float64, shape (n,).

    Raises:
        ValueError: if they are not one row of numbers from 0 to 1.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]

    Reference:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or (len(p) and not 0 <= p.min() <= p.max() <= 1):
        raise ValueError("p-values must be one row of numbers from 0 to 1")
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def binomial_interval(hits: int, trials: int, *, level: float = 0.95) -> Estimate:
    """A share with its exact interval.

    Args:
        hits: how many trials were successful.
        trials: how many there were.
        level: coverage of the interval.

    Returns:
        The share with its interval.

    Raises:
        ValueError: unless 0 <= hits <= trials and there is a trial.

    Example:
        >>> print(binomial_interval(8, 10))
        0.800 [0.444, 0.975]

    Reference:
        Clopper & Pearson (1934), The use of confidence or fiducial limits.
    """
    if not 0 <= hits <= trials or trials < 1:
        raise ValueError(
            f"hits must lie in 0..trials with at least one trial, got {hits} of {trials}"
        )
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return Estimate(hits / trials, low, high)


def exact_p(hits: int, trials: int, chance: float = 0.5) -> float:
    """Two-sided exact binomial p-value.

    Args:
        hits: how many trials were successful.
        trials: how many there were.
        chance: the share of hits under the null hypothesis.

    Returns:
        The p-value.

    Example:
        >>> round(exact_p(8, 10), 4)
        0.1094
    """
    return float(binomtest(hits, trials, chance).pvalue)


def judgements_needed(
    share: float, chance: float = 0.5, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """The least number of independent judgements with which an exact two-sided test finds a share.

    The critical region holds at most alpha / 2 of chance in each tail. Power does not rise steadily
    with the number; this is the first number that reaches it.

    Args:
        share: the true share of hits, such as .65 for a preference of 65 %.
        chance: the share under the null hypothesis: 1/2 for a paired choice, 1/3 for three styles.
        alpha: level of the test.
        power: probability that the test finds the share.

    Returns:
        The number of judgements.

    Raises:
        ValueError: if the share is not above chance, or is so near that thousands would be needed.

    Example:
        >>> judgements_needed(0.65)
        90
    """
    if not 0 < chance < share <= 1:
        raise ValueError(f"share must lie above chance, got {share} and {chance}")
    n = np.arange(2, _MOST_JUDGEMENTS + 1)
    least = binom.isf(alpha / 2, n, chance) + 1
    enough = np.flatnonzero(binom.sf(least - 1, n, share) >= power)
    if not len(enough):
        raise ValueError(
            f"more than {_MOST_JUDGEMENTS} judgements would be needed to tell {share} from {chance}"
        )
    return int(n[enough[0]])
