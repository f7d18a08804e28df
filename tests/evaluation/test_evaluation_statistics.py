"""Statistics: known intervals, corrections and powers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stylernn.evaluation import statistics


@pytest.mark.parametrize(
    ("share", "chance", "judgements"),
    [
        (0.6, 1 / 2, 199),
        (0.65, 1 / 2, 90),
        (0.7, 1 / 2, 49),
        (0.75, 1 / 2, 30),
        (0.5, 1 / 3, 68),
        (0.6, 1 / 3, 26),
    ],
)
def test_judgements_needed_are_the_published_numbers(share, chance, judgements):
    assert statistics.judgements_needed(share, chance) == judgements


def test_a_share_at_or_below_chance_cannot_be_found():
    with pytest.raises(ValueError, match="above chance"):
        statistics.judgements_needed(0.5)
    with pytest.raises(ValueError, match="more than 5000"):
        statistics.judgements_needed(0.501)


def test_binomial_interval_by_table():
    # Clopper and Pearson for 5 of 10 and the rule of three for none of 20.
    assert statistics.binomial_interval(5, 10) == pytest.approx((0.5, 0.1871, 0.8129), abs=1e-4)
    assert statistics.binomial_interval(0, 20) == pytest.approx((0, 0, 0.1684), abs=1e-4)
    assert statistics.binomial_interval(20, 20) == pytest.approx((1, 0.8316, 1), abs=1e-4)
    with pytest.raises(ValueError, match="3 of 2"):
        statistics.binomial_interval(3, 2)


def test_exact_p_by_hand():
    assert statistics.exact_p(10, 10) == pytest.approx(2 / 1024)


def test_holm_by_hand():
    np.testing.assert_allclose(statistics.holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    with pytest.raises(ValueError, match="0 to 1"):
        statistics.holm([0.5, 1.5])


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_and_keeps_the_order(p):
    adjusted = statistics.holm(p)
    assert np.all(adjusted >= np.array(p))
    assert np.all(np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0)


def test_bootstrap_covers_the_truth():
    rng = np.random.default_rng(0)
    hits = sum(
        low <= 0.0 <= high
        for low, high in (
            statistics.bootstrap(rng.normal(size=40), draws=400, seed=i)[1:] for i in range(200)
        )
    )
    assert 0.88 <= hits / 200 <= 0.99


def test_clusters_widen_the_interval():
    values = np.repeat(np.random.default_rng(0).normal(size=20), 10)
    free, clustered = (
        statistics.bootstrap(values),
        statistics.bootstrap(values, np.repeat(np.arange(20), 10)),
    )
    assert clustered.value == free.value
    assert clustered.high - clustered.low > 2 * (free.high - free.low)


def test_two_measures_of_the_same_clusters_are_resampled_alike():
    clusters = ["a", "a", "b", "c"]
    notes, bits = np.array([1.0, 3, 2, 4]), np.array([2.0, 6, 4, 8])
    ratio = statistics.resampled_means(bits, clusters) / statistics.resampled_means(notes, clusters)
    np.testing.assert_allclose(ratio, 2)


def test_one_sided_p_by_hand():
    assert statistics.one_sided_p(np.array([0.1, 0.2, 0.3, 0.4]), 0.2) == pytest.approx(3 / 5)
    assert statistics.one_sided_p(np.ones(99), 0) == pytest.approx(1 / 100)


def test_p_values_of_no_effect_are_even():
    rng = np.random.default_rng(0)
    found = [
        statistics.one_sided_p(
            statistics.resampled_means(rng.normal(size=40), draws=200, seed=i), 0
        )
        for i in range(300)
    ]
    assert 0.02 < np.mean(np.array(found) < 0.05) < 0.10


def test_bootstrap_refuses_nothing_and_misfits():
    with pytest.raises(ValueError, match="at least one"):
        statistics.bootstrap([])
    with pytest.raises(ValueError, match="each of 2 values, got 1"):
        statistics.bootstrap([1, 2], [1])
