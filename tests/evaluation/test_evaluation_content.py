"""Content: hand-computed values, perfect copies, invariances, cheats, malformed input."""

import numpy as np
import pytest
from evaluation_melodies import ornate, plain, tune
from hypothesis import given, settings
from hypothesis import strategies as st
from stylernn.evaluation import baselines, content

from stylernn.music import similarity
from stylernn.music.melody import Melody

SCALE = tune((0, 24, 60), (24, 24, 62), (48, 24, 64), (72, 24, 65))
PAIRWISE = [
    lambda a, b: content.chroma_similarity(a, b)[0],
    lambda a, b: content.chroma_similarity(a, b)[1],
    content.skeleton_recall,
    content.contour_correlation,
    content.edit_similarity,
    content.grooving_similarity,
]


@pytest.mark.parametrize("metric", PAIRWISE)
@pytest.mark.parametrize("melody", [plain(0), ornate(0), SCALE, tune((0, 24, 60))])
def test_a_perfect_copy_is_one(metric, melody):
    assert metric(melody, melody) == pytest.approx(1) or len(melody.notes) == 1


@pytest.mark.parametrize("metric", PAIRWISE)
def test_values_are_bounded_and_lower_for_another_tune(metric):
    value = metric(plain(0), ornate(1))
    assert -1 <= value < 0.8


def test_chroma_by_hand():
    # One quarter of C against one quarter of C and one of D: the first window is (C, C + D) and the
    # second (-, D).
    value, best = content.chroma_similarity(tune((0, 24, 60)), tune((0, 24, 60), (24, 24, 62)))
    assert value == pytest.approx((1 / np.sqrt(2) + 0) / 2)
    assert best == pytest.approx(value)


def test_chroma_ignores_octaves_and_the_best_of_twelve_ignores_transposition():
    melody = plain(3)
    assert content.chroma_similarity(melody, melody.transpose(12))[0] == pytest.approx(1)
    moved, best = content.chroma_similarity(melody, melody.transpose(6))
    assert moved < 0.5
    assert best == pytest.approx(1)


def test_chroma_ignores_padding():
    longer = Melody(SCALE.notes, end=SCALE.end + 960)
    assert content.chroma_similarity(SCALE, longer)[0] == pytest.approx(1)


def test_skeleton_recall_by_hand():
    # The output has the right pitch class an octave up at beat 1, a rest at 2, a wrong note at 3,
    # the right one at 4.
    output = tune((0, 24, 72), (48, 24, 66), (72, 24, 65))
    assert content.skeleton_recall(SCALE, output) == pytest.approx(2 / 4)


def test_contour_correlation_by_hand():
    rising, falling = tune((0, 24, 60), (24, 24, 64)), tune((0, 24, 64), (24, 24, 60))
    assert content.contour_correlation(rising, falling) == pytest.approx(-1)
    assert content.contour_correlation(rising, rising.transpose(7)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "abc", 0), ("flaw", "lawn", 2)],
)
def test_edit_distance_by_hand(a, b, distance):
    assert content.edit_distance([*map(ord, a)], [*map(ord, b)]) == distance


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_edit_distance_agrees_with_the_textbook_table(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = min(
                table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + (x != y)
            )
    assert content.edit_distance(a, b) == table[-1, -1]


def test_edit_similarity_by_hand():
    # Tokens (+2, 24), (+2, 24), (+1, 24) against (+2, 24), (+3, 24), (+1, 24) after one changed
    # pitch pair.
    output = tune((0, 24, 60), (24, 24, 62), (48, 24, 65), (72, 24, 66))
    assert content.edit_similarity(SCALE, output) == pytest.approx(2 / 3)


def test_grooving_similarity_by_hand():
    # Bar 1: onsets {0, 24} and {0}; bar 2: onsets in one melody only.
    a, b = tune((0, 24, 60), (24, 24, 60), (96, 24, 60)), tune((0, 48, 60))
    assert content.grooving_similarity(a, b) == pytest.approx((1 / np.sqrt(2) + 0) / 2)


def test_retrieval_finds_copies_in_any_key_and_octave():
    sources = [plain(i) for i in range(20)]
    outputs = [
        melody.transpose(shift)
        for melody, shift in zip(sources, [-12, -5, 0, 3, 7] * 4, strict=True)
    ]
    found = content.retrieval(sources, outputs, range(20))
    np.testing.assert_array_equal(found.ranks, 1)


def test_retrieval_survives_ornaments_and_not_a_shuffle():
    sources = [plain(i, bars=32) for i in range(40)]
    jazzed = [baselines.jazzify(melody, i) for i, melody in enumerate(sources)]
    shuffled = [baselines.pitch_shuffle(melody, i) for i, melody in enumerate(sources)]
    assert content.retrieval(sources, jazzed, range(40)).top1.mean() > 0.9
    assert content.retrieval(sources, shuffled, range(40)).top1.mean() < 0.3


def test_retrieval_shares_the_rank_among_equals():
    sources = [plain(0), plain(0), plain(1)]
    found = content.retrieval(sources, [plain(0)], [1])
    assert found.ranks[0] == 1.5
    assert found.top1[0] == 0


def test_evaluate_gives_one_value_a_pair():
    sources = [plain(i) for i in range(3)]
    values = content.evaluate(sources, sources, [ornate(0)])
    assert set(values) == {
        *(
            "top1",
            "reciprocal_rank",
            "chroma",
            "chroma_best",
            "skeleton_recall",
            "contour",
            "edit",
            "groove",
        )
    }
    for value in values.values():
        np.testing.assert_allclose(value, np.ones(3))


@pytest.mark.parametrize(
    ("sources", "outputs", "message"),
    [
        ([], [], "sources must hold at least 1"),
        ([SCALE], [SCALE, SCALE], "pairs, got 1 and 2"),
        ([SCALE], [Melody(())], r"outputs\[0\] \(untitled\) has no notes"),
        ([SCALE], ["tune.mid"], r"outputs\[0\] must be a Melody, got str"),
    ],
)
def test_malformed_input_is_refused(sources, outputs, message):
    with pytest.raises(ValueError, match=message):
        content.evaluate(sources, outputs)


def test_retrieval_wants_every_source_among_the_candidates():
    with pytest.raises(ValueError, match="one of 2 candidates"):
        content.retrieval([SCALE, plain(0)], [SCALE], [2])


def test_heaviest_note_of_a_span_by_hand():
    melody = tune((0, 6, 60), (6, 18, 61), (36, 12, 62), (48, 24, 63))
    np.testing.assert_array_equal(
        similarity.longest_note_per_span(melody, np.array([0, 24, 48, 60, 72, 96])),
        [1, 2, 3, 3, -1],
    )
