"""Music, control, diversity, bits per note and baselines: hand-computed values and laws."""

import numpy as np
import pytest
from evaluation_melodies import ornate, plain, tune
from stylernn.evaluation import baselines, bits, control, music

from stylernn.music.melody import Key, Melody, TimeSignature

STEADY = Melody.from_array(np.array([(24 * i, 24, 60 + i % 3) for i in range(16)]))


def _muspy_groove_consistency(melody):
    """The published code's formula: bars counted, but one comparison fewer made."""
    bars, length = melody.bars, 96
    patterns = np.zeros((bars, length), dtype=bool)
    onsets = melody.array[:, 0]
    patterns[onsets // length, onsets % length] = True
    differences = np.logical_xor(patterns[:-1], patterns[1:]).sum()
    return 1 - differences / (length * bars)


def test_groove_consistency_by_hand():
    # Bar 2 has one onset where bar 1 has two: they differ at one of the 24 places of a bar.
    melody = tune((0, 24, 60), (24, 24, 60), (96, 24, 60))
    assert music.groove_consistency(melody) == pytest.approx(1 - 1 / 24)
    assert music.groove_consistency(STEADY) == 1


def test_the_reference_divides_by_bars_and_not_by_comparisons():
    opposite = tune((0, 12, 60), (108, 12, 60))
    by_reference = 1 - (1 - _muspy_groove_consistency(opposite)) * opposite.bars / (
        opposite.bars - 1
    )
    assert _muspy_groove_consistency(opposite) != pytest.approx(by_reference)
    # Two onsets of 24 places differ; the number of places is that of the grid, not of ticks.
    assert music.groove_consistency(opposite) == pytest.approx(1 - 2 / 24)


def test_groove_consistency_uses_the_melodys_own_bars():
    waltz = Melody.from_array(
        np.array([(72 * b + o, 12, 60) for b in range(4) for o in (0, 24, 60)]),
        metres=((0, TimeSignature(3, 4)),),
    )
    assert music.groove_consistency(waltz) == 1


def test_onset_entropy_by_hand():
    assert music.onset_entropy(STEADY) == 0
    assert music.onset_entropy(tune((0, 24, 60), (24, 12, 60), (36, 12, 60))) == pytest.approx(1)


def test_repetition_by_hand():
    figure = [60, 62, 64, 60]
    pitches = [*figure, 67, 66, 61, 55, *figure]
    melody = Melody.from_array(np.array([(24 * i, 24, p) for i, p in enumerate(pitches)]))
    # Of nine figures of four notes only the last was heard before.
    assert music.repetition(melody) == pytest.approx(1 / 9)
    assert music.repetition(tune((0, 24, 60))) == 0


def test_a_trill_does_not_repeat_itself_by_overlap():
    assert (
        music.repetition(Melody.from_array(np.array([(24 * i, 24, 60 + i % 2) for i in range(5)])))
        == 0
    )


def test_closing_by_hand():
    good = tune((0, 24, 64), (24, 24, 62), (48, 48, 60), key=Key(0))
    assert music.closure(good) == (1, 1, 1)
    bad = tune((0, 24, 60), (24, 48, 64), (72, 24, 67), (84 + 12, 24, 60), (126, 6, 62), key=Key(0))
    assert music.closure(bad) == (0, 0, 0)


def test_descriptors_by_hand():
    values = music.evaluate([tune((0, 24, 60), (24, 12, 62), (60, 12, 72), (77, 19, 72))])
    expected = {
        "mean_interval": 4,
        "leaps": 1 / 3,
        "steps": 1 / 3,
        "range": 12,
        "off_grid": 1 / 4,
        "density": 1,
    }
    for name, value in expected.items():
        assert values[name][0] == pytest.approx(value), name
    assert values["silence"][0] == pytest.approx((24 + 5) / 96)
    assert values["longest_rest"][0] == 1


def test_rank_correlation_by_hand():
    rho = control.rank_correlation(
        [1, 2, 3], np.array([[1, 2, 3], [3, 2, 1], [2, 1, 3], [5, 5, 5]])
    )
    np.testing.assert_allclose(rho, [1, -1, 0.5, 0])


def test_monotone_allows_a_tolerance_and_sorts_the_values():
    values = np.array([[0.3, 0.1, 0.2], [0.1, 0.3, 0.25]])
    np.testing.assert_array_equal(control.monotone([3, 1, 2], values), [1, 0])
    np.testing.assert_array_equal(control.monotone([1, 2, 3], values[1:], tolerance=0.1), [1])


def test_control_separates_what_moves_from_cross_talk():
    rng = np.random.default_rng(0)
    levels = np.linspace(0, 1, 8)
    result = control.evaluate(
        levels,
        "style",
        {"style": levels + 0.01 * rng.random((50, 8)), "content": rng.random((50, 8))},
    )
    assert result["rho"].mean() == 1
    assert abs(result["cross_talk_content"].mean()) < 0.15
    with pytest.raises(ValueError, match="under the name 'nothing'"):
        control.evaluate(levels, "nothing", {"style": np.zeros((1, 8))})
    with pytest.raises(ValueError, match=r"shape \(tunes, 8\)"):
        control.rank_correlation(levels, np.zeros((3, 7)))


def test_diversity_is_nothing_for_copies_and_much_for_strangers():
    assert control.diversity([plain(0), plain(0), plain(0)]) == 0
    assert control.diversity([plain(0), plain(1), ornate(0)]) > 0.5


@pytest.mark.parametrize("kind", bits.KINDS)
def test_bits_are_lower_for_the_style_that_was_learnt(kind):
    model = bits.fit([plain(i) for i in range(60)], kind)
    own = bits.evaluate(model, [plain(i) for i in range(60, 70)])
    other = bits.evaluate(model, [ornate(i) for i in range(10)])
    assert own["bits"].mean() < 4 < other["bits"].mean()
    np.testing.assert_allclose(
        own["bits"], own["bits_onset"] + own["bits_pitch"] + own["bits_duration"]
    )
    assert bits.bits(model, plain(0)).shape == (len(plain(0).notes), 3)


def test_bits_do_not_depend_on_transposition_but_for_the_first_note():
    model = bits.fit([plain(i) for i in range(20)])
    np.testing.assert_allclose(
        bits.bits(model, plain(30))[1:, 0], bits.bits(model, plain(30).transpose(3))[1:, 0]
    )
    with pytest.raises(ValueError, match="kind must be one of"):
        bits.fit([plain(0)], "markov4")


POOL = [ornate(i) for i in range(30)]
SYSTEMS = {
    "identity": baselines.identity,
    "pitch shuffle": baselines.pitch_shuffle,
    "jazzifier": baselines.jazzify,
    "random real": baselines.random_real(POOL),
    "nearest real": baselines.nearest_real(POOL),
    "markov": baselines.markov_over_skeleton(POOL),
}


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize(
    "melody", [plain(0), ornate(40), tune((0, 24, 60)), tune((5, 1, 0), (6, 1, 127), (7, 3, 0))]
)
def test_every_baseline_writes_a_melody_and_repeats_itself(name, melody):
    output = SYSTEMS[name](melody, 7)
    assert output.notes
    assert output == SYSTEMS[name](melody, 7)


def test_baselines_do_what_they_say():
    melody = plain(0)
    shuffled = baselines.pitch_shuffle(melody, 0)
    np.testing.assert_array_equal(shuffled.array[:, :2], melody.array[:, :2])
    assert sorted(shuffled.array[:, 2]) == sorted(melody.array[:, 2])
    assert baselines.random_real(POOL)(melody, 0) in POOL
    assert baselines.nearest_real(POOL)(POOL[3], 0) == POOL[3]
    jazzed = baselines.jazzify(melody, 0)
    assert set(jazzed.array[:, 0] % 24) <= {0, 6, 16, 20, 22, 18, 8, 12}
    assert len(jazzed.notes) > len(melody.notes)
