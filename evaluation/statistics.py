"""Statistics: intervals, corrections and the number of judgements that a claim needs.

Conventions: intervals are 95 % unless said otherwise; resampling is by cluster (the source tune), because several
outputs from one tune are not independent.

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
    """A mean with its interval."""

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
    """Mean and percentile interval, resampling whole clusters.

    Args:
        values: one a judgement, output or tune; shape (n,).
        clusters: what each value belongs to, such as its source tune; by default every value is its own cluster.
        level: coverage of the interval.
        draws: resamples.
        seed: of the resampling.

    Raises:
        ValueError: if there are no values or the lengths differ.
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
    """Means of resamples of whole clusters, the material of every interval and test here; float64, shape (draws,).

    Means of two measures of the same clusters with the same seed come from the same resamples, so that functions of
    both (their ratio, their product) can be formed draw by draw.

    Raises:
        ValueError: as `bootstrap`.
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
    """A value with the percentile interval of its resamples."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(value), float(low), float(high))


def one_sided_p(draws: np.ndarray, bar: float) -> float:
    """p-value of the claim that a quantity lies above a bar: the share of its resamples that do not."""
    return float((1 + np.sum(np.asarray(draws) <= bar)) / (1 + len(draws)))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's adjusted p-values, in the order given; float64, shape (n,)."""
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or (len(p) and not 0 <= p.min() <= p.max() <= 1):
        raise ValueError("p-values must be one row of numbers from 0 to 1")
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def binomial_interval(hits: int, trials: int, *, level: float = 0.95) -> Estimate:
    """A share with its exact (Clopper-Pearson) interval.

    Raises:
        ValueError: unless 0 <= hits <= trials and there is a trial.
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
    """Two-sided exact binomial p-value against chance."""
    return float(binomtest(hits, trials, chance).pvalue)


def judgements_needed(
    share: float, chance: float = 0.5, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """The least number of independent judgements with which an exact two-sided test finds a true share.

    The critical region holds at most alpha / 2 of chance in each tail. Power is a sawtooth in the number; this is the
    first number that reaches it.

    Args:
        share: the true share of hits, such as .65 for a preference of 65 %.
        chance: the share under the null hypothesis: 1/2 for a paired choice, 1/3 for three styles.
        alpha: level of the test.
        power: chance of finding it.

    Raises:
        ValueError: if the share is not above chance, or is so near that thousands would be needed.
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
