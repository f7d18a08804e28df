"""Features and the evaluator: invariances, separable and equal sets, hand-computed strength."""

import numpy as np
import pytest
from evaluation_melodies import ornate, plain, tune
from stylernn.evaluation import features, style


@pytest.fixture(scope="module")
def training():
    melodies = [plain(i) for i in range(40)] + [ornate(i) for i in range(40)]
    return features.extract(melodies), ["plain"] * 40 + ["ornate"] * 40


def test_features_are_finite_named_and_invariant_to_transposition():
    melodies = [plain(0), ornate(0), tune((0, 24, 60)), tune((0, 24, 60), (24, 24, 61))]
    values = features.extract(melodies)
    assert values.shape == (4, len(features.NAMES))
    assert np.isfinite(values).all()
    np.testing.assert_allclose(
        features.extract([melody.transpose(5) for melody in melodies]), values
    )


def test_features_by_hand():
    (row,) = features.extract([tune((0, 24, 60), (24, 12, 62), (48, 24, 72))])
    value = dict(zip(features.NAMES, row, strict=True))
    assert value["interval +2"] == 0.5
    assert value["mean interval"] == 6
    assert value["leaps"] == 0.5
    assert value["range"] == 12
    assert value["notes per quarter"] == 1
    assert value["silence"] == pytest.approx(12 / 72)
    assert value["onset at 0/24"] == 1


def test_families_split_the_columns():
    row = np.arange(len(features.NAMES))
    joined = np.r_[row[features.columns("pitch")], row[features.columns("rhythm")]]
    np.testing.assert_array_equal(joined, row[features.columns("all")])
    with pytest.raises(ValueError, match="family must be one of"):
        features.columns("harmony")


def test_an_excerpt_is_a_window_of_the_melody():
    melody = plain(0, bars=30)
    part = features.excerpt(melody, 32, seed=3)
    assert part.bars == 8
    assert part == features.excerpt(melody, 32, seed=3)
    assert features.excerpt(melody, 120) is melody


@pytest.mark.parametrize("family", features.FAMILIES)
def test_the_evaluator_tells_styles_apart_and_knows_when_it_cannot(training, family):
    evaluator = style.fit(*training, family)
    held = features.extract([plain(i) for i in range(50, 70)] + [ornate(i) for i in range(50, 70)])
    labels = ["plain"] * 20 + ["ornate"] * 20
    assert style.accuracy(evaluator, held, labels)["balanced"] > 0.95
    np.testing.assert_allclose(evaluator.probabilities(held).sum(axis=1), 1)
    np.testing.assert_allclose(style.confusion(evaluator, held, labels).sum(axis=1), 1)


def test_probabilities_are_calibrated_on_labels_of_chance(training):
    values, _ = training
    rng = np.random.default_rng(0)
    evaluator = style.fit(values, rng.permutation(["a"] * 40 + ["b"] * 40))
    assert (
        np.abs(evaluator.of("a", features.extract([plain(i) for i in range(90, 110)])) - 0.5).mean()
        < 0.2
    )


def test_strength_by_hand():
    # S_AB = ((.9 - .2) + (.8 - .2)) / 2 for the first tune and ((1 - 1) + (1 - 1)) / 2 for the
    # second.
    assert style.strength([0.9, 1.0], [0.2, 1.0], [0.8, 1.0]) == pytest.approx(0.65 / 2)
    assert style.strength([1.0], [0.0], [1.0]) == 1
    with pytest.raises(ValueError, match="shapes must agree"):
        style.strength([1.0], [0.0, 0.0], [1.0])


def test_profiles_of_the_same_set_agree_and_of_other_styles_do_not():
    plains, ornates = [plain(i) for i in range(8)], [ornate(i) for i in range(8)]
    assert style.profile_cosine(plains, plains) == pytest.approx((1, 1))
    assert style.profile_cosine(
        plains, [melody.transpose(4) for melody in plains]
    ) == pytest.approx((1, 1))
    more = style.profile_cosine(plains, [plain(i) for i in range(8, 16)])
    fewer = style.profile_cosine(plains, ornates)
    assert more[0] > 0.95 > fewer[0]
    assert more[1] > 0.95 > fewer[1]


def test_evaluate_counts_hits(training):
    evaluators = [style.fit(*training, family) for family in ("all", "pitch")]
    values = style.evaluate(
        features.extract([ornate(99), plain(99)]), "ornate", evaluators, ["plain", "plain"]
    )
    np.testing.assert_array_equal(values["accuracy_all"], [1, 0])
    np.testing.assert_array_equal(values["binary_pitch"], [1, 0])


def test_too_little_data_and_unknown_styles_are_refused(training):
    with pytest.raises(ValueError, match="2 styles with 5 melodies each"):
        style.fit(training[0][:6], ["a"] * 5 + ["b"])
    evaluator = style.fit(*training)
    with pytest.raises(ValueError, match="knows ornate, plain, got 'jazz'"):
        evaluator.of("jazz", training[0])
