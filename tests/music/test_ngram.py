"""The n-gram baselines: hand-computed probabilities, laws, and a comparison with a plain count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylernn.music import ngram
from stylernn.music.ngram import Viewpoint


def _sequence(values):
    return np.array(values).reshape(-1, 1)


LAST_TWO = Viewpoint(0, 4, ((0, 2), (0, 1)))


def test_order_zero_is_discounted_counts_plus_uniform():
    symbols = np.array([0, 0, 0, 0, 1])
    model = ngram.fit(np.zeros((5, 0), dtype=int), symbols, 4)
    # One symbol occurs once and one four times: n1 = 1, and n2 = n3 = n4 = 1 by convention. So the
    # base is 1/3, and the discounts are 1 - 2/3 = 1/3 and 3 - 4/3 = 5/3.
    left = 1 / 3 + 5 / 3
    expected = np.array([4 - 5 / 3 + left / 4, 1 - 1 / 3 + left / 4, left / 4, left / 4]) / 5
    np.testing.assert_allclose(model.distribution(np.zeros((1, 0), dtype=int))[0], expected)


def test_lower_orders_count_contexts_and_not_occurrences():
    # 1 follows only 0, but often; 2 follows two different symbols. After an unknown context 2 must
    # be more likely.
    sequence = np.array([0, 1] * 10 + [0, 2, 3, 2])
    contexts, symbols = sequence[:-1, None], sequence[1:]
    model = ngram.fit(contexts, symbols, 5)
    unseen = model.distribution(np.array([[4]]))[0]
    assert unseen[2] > unseen[1]


def test_contexts_reach_back_and_pad_the_start():
    viewpoint = Viewpoint(0, 9, ((1, 0), (0, 2), (0, 1)))
    events = np.array([[1, 5], [2, 6], [3, 7]])
    expected = [[5, -1, -1], [6, -1, 1], [7, 1, 2]]
    np.testing.assert_array_equal(ngram.contexts_of(events, viewpoint), expected)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40),
    st.lists(st.integers(0, 3), min_size=1, max_size=20),
)
def test_distributions_sum_to_one_and_never_vanish(training, test):
    (model,) = ngram.fit_viewpoints([_sequence(training)], [LAST_TWO])
    probability = model.distribution(ngram.contexts_of(_sequence(test), LAST_TWO))
    assert probability.min() > 0
    np.testing.assert_allclose(probability.sum(axis=1), 1)


def test_bits_agree_with_the_distribution():
    rng = np.random.default_rng(0)
    training, test = _sequence(rng.integers(0, 4, 300)), _sequence(rng.integers(0, 4, 50))
    models = ngram.fit_viewpoints([training], [LAST_TWO])
    probability = models[0].distribution(ngram.contexts_of(test, LAST_TWO))
    bits = ngram.viewpoint_bits(models, [LAST_TWO], test)
    np.testing.assert_allclose(bits[:, 0], -np.log2(probability[np.arange(50), test[:, 0]]))


def test_a_periodic_sequence_becomes_predictable():
    training = [_sequence([0, 1, 2, 3] * 50)]
    models = ngram.fit_viewpoints(training, [LAST_TWO])
    assert ngram.viewpoint_bits(models, [LAST_TWO], training[0])[2:].mean() < 0.1


def test_noise_costs_the_entropy_of_its_source():
    rng = np.random.default_rng(1)
    models = ngram.fit_viewpoints([_sequence(rng.integers(0, 4, 20_000))], [LAST_TWO])
    bits = ngram.viewpoint_bits(models, [LAST_TWO], _sequence(rng.integers(0, 4, 5_000)))
    assert 1.99 < bits.mean() < 2.02


def test_the_short_term_model_learns_a_motif_of_the_piece():
    rng = np.random.default_rng(2)
    models = ngram.fit_viewpoints([_sequence(rng.integers(0, 4, 2_000))], [LAST_TWO])
    piece = _sequence([0, 3, 1, 1, 2, 0, 2, 3] * 12)
    fixed = ngram.viewpoint_bits(models, [LAST_TWO], piece)
    learning = ngram.viewpoint_bits(models, [LAST_TWO], piece, adaptive=True)
    assert learning.mean() < fixed.mean() - 0.3
    np.testing.assert_allclose(learning[:3], fixed[:3])


def test_the_short_term_model_does_not_see_the_future():
    rng = np.random.default_rng(3)
    models = ngram.fit_viewpoints([_sequence(rng.integers(0, 4, 200))], [LAST_TWO])
    piece = _sequence(rng.integers(0, 4, 60))
    whole = ngram.viewpoint_bits(models, [LAST_TWO], piece, adaptive=True)
    np.testing.assert_allclose(
        ngram.viewpoint_bits(models, [LAST_TWO], piece[:30], adaptive=True), whole[:30]
    )


def test_note_streams_look_only_at_what_is_known():
    known_before = {0: set(), 1: {0, 3}, 2: {0, 3}}
    for viewpoint in ngram.note_viewpoints(3, (10, 10, 10)):
        present = {column for column, lag in viewpoint.context if lag == 0}
        assert present <= known_before[viewpoint.column]
        assert max(lag for _, lag in viewpoint.context) == 3


@pytest.mark.parametrize("symbols", [[0, 4], [-1, 0], [[0], [1]]])
def test_symbols_outside_the_alphabet_are_refused(symbols):
    with pytest.raises(ValueError, match=r"0\.\.3"):
        ngram.fit(np.zeros((2, 1), dtype=int), np.array(symbols), 4)


def test_contexts_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match="contexts must have shape"):
        ngram.fit(np.zeros((3, 1), dtype=int), np.array([0, 1]), 4)
