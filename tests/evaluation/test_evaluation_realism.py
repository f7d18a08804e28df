"""Realism: equal and unequal sets, hand-computed distances, the error of the reference code."""

import numpy as np
import pytest
from evaluation_melodies import ornate, plain
from scipy.stats import gaussian_kde
from stylernn.evaluation import features, realism
from stylernn.evaluation.overlap import FEATURES, overlap, overlap_of_distances


def _reference_kl_and_overlap(a, b):
    """The computation of mgeval: each density on its own grid of 1000 points."""
    grid_a, grid_b = np.linspace(a.min(), a.max(), 1000), np.linspace(b.min(), b.max(), 1000)
    p, q = gaussian_kde(a)(grid_a), gaussian_kde(b)(grid_b)
    return float(np.sum(p / p.sum() * np.log((p / p.sum()) / (q / q.sum()))))


def test_the_reference_calls_distant_distributions_alike_and_ours_does_not():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 500), rng.normal(20, 1, 500)
    assert _reference_kl_and_overlap(a, b) < 0.2
    area, divergence = overlap_of_distances(a, b)
    assert area < 1e-3
    assert divergence > 10


def test_overlap_of_two_normals_is_the_known_value():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 20_000), rng.normal(1, 1, 20_000)
    area, divergence = overlap_of_distances(a, b)
    assert area == pytest.approx(0.617, abs=0.02)  # 2 Phi(-1/2)
    assert divergence == pytest.approx(0.5, abs=0.05)  # 1^2 / 2


def test_overlap_of_a_sample_with_itself_is_one():
    values = np.random.default_rng(2).normal(size=100)
    assert overlap_of_distances(values, values) == pytest.approx((1, 0))
    assert overlap_of_distances(np.ones(5), np.ones(7)) == (1.0, 0.0)


def test_overlap_is_high_for_one_style_and_lower_for_two():
    real = [plain(i) for i in range(40)]
    same = overlap(real, [plain(i) for i in range(40, 80)])
    other = overlap(real, [ornate(i) for i in range(40)])
    assert set(same) == set(FEATURES)
    assert np.mean([area for area, _ in same.values()]) > 0.9
    assert np.mean([area for area, _ in other.values()]) < 0.7


def test_a_two_sample_test_is_blind_to_equals_and_sees_others():
    a, b = (features.extract([plain(i) for i in range(start, start + 60)]) for start in (0, 60))
    c = features.extract([ornate(i) for i in range(60)])
    assert 0.35 < realism.c2st(a, b).right.mean() < 0.65
    for family in features.FAMILIES:
        assert realism.c2st(a, c, family).right.mean() > 0.95


def test_a_two_sample_test_keeps_groups_together():
    # Ten tunes, each six times on both sides: a forest that knew a tune from training could tell
    # its label.
    rng = np.random.default_rng(0)
    tunes = rng.normal(size=(20, len(features.NAMES)))
    a, b = np.repeat(tunes[:10], 6, axis=0), np.repeat(tunes[10:], 6, axis=0)
    names = (np.repeat(np.arange(10), 6), np.repeat(np.arange(10, 20), 6))
    assert realism.c2st(a, b).right.mean() > 0.95
    assert realism.c2st(a, b, groups=names).right.mean() < 0.8


def test_frechet_distance_by_hand():
    rng = np.random.default_rng(0)
    sample = rng.normal(size=(500, 3))
    assert realism.frechet_distance(sample, sample) == pytest.approx(0, abs=1e-6)
    assert realism.frechet_distance(sample, sample + [3, 4, 0]) == pytest.approx(25)
    # Doubling the spread: tr(C + 4 C - 4 C) = tr C.
    centred = sample - sample.mean(axis=0)
    assert realism.frechet_distance(centred, 2 * centred) == pytest.approx(
        np.trace(np.cov(sample.T))
    )


def test_frechet_ratio_is_zero_for_real_and_one_for_the_source():
    real = features.extract([ornate(i) for i in range(80)])
    more = features.extract([ornate(i) for i in range(80, 140)])
    source = features.extract([plain(i) for i in range(60)])
    assert realism.frechet_ratio(real, more, source) < 0.05
    assert realism.frechet_ratio(real, source, source) == pytest.approx(1, abs=0.05)


def test_small_samples_are_refused():
    few = features.extract([plain(i) for i in range(4)])
    with pytest.raises(ValueError, match="needs 10 melodies a side, got 4 and 4"):
        realism.c2st(few, few)
    with pytest.raises(ValueError, match="needs 10 real melodies"):
        realism.frechet_ratio(few, few, few)
    with pytest.raises(ValueError, match="at least 5 melodies"):
        overlap([plain(0)], [plain(1)])
