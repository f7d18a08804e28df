"""Control attributes: classes of hand-made tunes, draws, and what the pretrained model does."""

from dataclasses import replace

import numpy as np
import pytest

from stylernn.generation import generate
from stylernn.model import checkpoint
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Key, Melody, Note, TimeSignature
from stylernn.representation import batching
from stylernn.representation.attributes import (
    ATTRIBUTES,
    CLASSES,
    PREFIX,
    adrift,
    control_attributes,
    dotted,
    drawn,
    mixed,
    pitch_range,
    rows,
    unknown,
)
from stylernn.representation.event_codec import BeatGrid
from stylernn.representation.examples import prepare
from stylernn.sampling import candidates
from stylernn.sampling.run import SamplingConfig

C_MAJOR = Tonality(0, "major")
SCALE = Melody(
    tuple(Note(24 * k, 24, 60 + step) for k, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12)))
)
JIG = Melody(tuple(Note(12 * k, 12, 60 + k % 5) for k in range(24)), ((0, TimeSignature(6, 8)),))


def kept(
    melody: Melody, dotted: float = 0.0
) -> tuple[TimeSignature, np.ndarray, tuple[int, int], float]:
    return (
        melody.metre,
        control_attributes(melody, C_MAJOR),
        pitch_range(melody.array[:, 2], 64),
        dotted,
    )


def classes_of(melody: Melody) -> dict[str, int]:
    return dict(zip(ATTRIBUTES, control_attributes(melody, C_MAJOR).tolist(), strict=True))


def test_a_scale_by_hand() -> None:
    found = classes_of(SCALE)
    assert found["steps"] == found["same advance again"] == CLASSES - 1
    assert all(
        found[name] == 1 for name in ("turns", "leaps", "interval +0", "silence", "longest breath")
    )
    assert found["density"] == 3  # one note a beat, between .95 and 1.1


def test_rests_by_hand() -> None:
    found = classes_of(Melody((Note(0, 12, 60), Note(24, 12, 62), Note(96, 48, 64))))
    assert found["silence"] == CLASSES - 1
    assert found["longest breath"] == 5  # two and a half beats


def test_transposition_changes_nothing() -> None:
    moved = Melody(tuple(note._replace(pitch=note.pitch + 3) for note in SCALE.notes))
    np.testing.assert_array_equal(
        control_attributes(moved, Tonality(3, "major")), control_attributes(SCALE, C_MAJOR)
    )


def test_nothing_is_known_of_a_note() -> None:
    np.testing.assert_array_equal(
        control_attributes(Melody((Note(0, 24, 60),)), C_MAJOR), unknown()
    )


def test_a_few_tunes_of_each_metre_are_kept() -> None:
    found = rows([kept(SCALE)] * 150 + [kept(JIG)] * 150)
    assert found.shape == (200, 5 + len(ATTRIBUTES))
    assert {tuple(row[:2]) for row in found} == {(4, 0), (2, 1)}
    classes = found[:, 2:-3]
    assert classes.min() >= 1
    assert classes.max() < CLASSES


def test_rows_that_are_kept_represent_all() -> None:
    """Shares of metres, of dotted tunes and of those that rest are as in all, but for rounding."""
    rng = np.random.default_rng(0)
    silences = iter(rng.permutation(np.arange(2000) % 8 + 1))
    silent = ATTRIBUTES.index("silence")
    tunes = []
    for melody, share, count in ((SCALE, 0.0, 1370), (SCALE, 0.3, 30), (JIG, 0.0, 600)):
        for _ in range(count):
            known = control_attributes(melody, C_MAJOR)
            known[silent] = next(silences)
            tunes.append((melody.metre, known, pitch_range(melody.array[:, 2], 64), share))
    found = rows([tunes[k] for k in rng.permutation(len(tunes))])
    assert len(found) == 200
    assert [(found[:, 0] == 4).sum(), (found[:, -1] > 0).sum()] == [140, 3]
    np.testing.assert_allclose(
        np.bincount(found[:, 2 + silent].astype(int), minlength=9)[1:], 25, atol=3
    )


def test_a_tune_in_the_same_metre_is_drawn() -> None:
    arrays = {f"{PREFIX}dance": rows([kept(SCALE)] * 6 + [kept(JIG)] * 6)}
    for melody in (SCALE, JIG):
        grid = BeatGrid.of(melody)
        found = [drawn(arrays, "dance", grid, seed) for seed in range(20)]
        assert {tuple(each.attributes) for each in found} == {
            tuple(control_attributes(melody, C_MAJOR))
        }
        assert {each.pitch_range for each in found} == {pitch_range(melody.array[:, 2], 64)}


def test_any_tune_is_drawn_where_too_few_are_in_the_same_metre() -> None:
    arrays = {f"{PREFIX}dance": rows([kept(SCALE)] * 6 + [kept(JIG)] * 2)}
    found = {tuple(drawn(arrays, "dance", BeatGrid.of(JIG), seed).attributes) for seed in range(50)}
    assert len(found) == 2


@pytest.mark.parametrize("first", [0, 7, 2**31])
def test_seeds_that_follow_each_other_draw_all_that_a_style_has(first: int) -> None:
    known = rows([kept(SCALE)] * 8)
    silence = 2 + ATTRIBUTES.index("silence")
    known[:, silence] = [3, 1, 8, 5, 7, 2, 6, 4]  # the order in which they are kept does not matter
    grid = BeatGrid.of(SCALE)
    for start in range(first, first + 64):
        found = [
            drawn({f"{PREFIX}dance": known}, "dance", grid, seed)
            for seed in range(start, start + 8)
        ]
        drawn_levels = np.bincount(
            [each.attributes[ATTRIBUTES.index("silence")] for each in found], minlength=9
        )[1:]
        assert drawn_levels[:4].sum() in (3, 4, 5)
        assert (drawn_levels <= 2).all()


def test_dotted_dances_are_drawn_as_often_as_there_are() -> None:
    known = rows([kept(SCALE, share) for share in (0.0, 0.3, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0)])
    known[:, 2 + ATTRIBUTES.index("silence")] = [3, 1, 8, 5, 7, 2, 6, 4]
    grid = BeatGrid.of(SCALE)
    for start in range(64):
        found = [
            drawn({f"{PREFIX}dance": known}, "dance", grid, seed, dance=True)
            for seed in range(start, start + 8)
        ]
        assert sum(each.dotted > 0 for each in found) in (1, 2, 3)


def test_nothing_is_drawn_of_an_unknown_style() -> None:
    found = drawn({}, "dance", BeatGrid.of(SCALE), 0)
    np.testing.assert_array_equal(found.attributes, unknown())
    assert found.pitch_range is None


@pytest.mark.parametrize(("lacking", "edges"), [(1, pitch_range(SCALE.array[:, 2], 64)), (3, None)])
def test_early_files_know_less(lacking: int, edges: tuple[int, int] | None) -> None:
    arrays = {f"{PREFIX}dance": rows([kept(SCALE)] * 6)[:, :-lacking]}
    found = drawn(arrays, "dance", BeatGrid.of(SCALE), 0, dance=True)
    np.testing.assert_array_equal(found.attributes, control_attributes(SCALE, C_MAJOR))
    assert found[1:] == (edges, None, 0.0)
    both = mixed(
        arrays | {f"{PREFIX}new": rows([kept(SCALE)] * 6)}, {"dance": 0.5, "new": 0.5}, "both"
    )
    assert np.isnan(both[f"{PREFIX}both"][:, -1]).sum() == 100
    found = {drawn(both, "both", BeatGrid.of(SCALE), seed, dance=True)[2:] for seed in range(8)}
    assert found == {(None, 0.0), (0.0, 0.0)}


def test_dotted_rhythm_keeps_to_the_beat_and_a_line_adrift_does_not() -> None:
    even, swung, slipped = (
        Melody(tuple(Note(24 * k + position, 2, 60) for k in range(8) for position in positions))
        for positions in ((0, 6, 8, 16), (0, 9, 12, 21), (3, 9, 15, 21))
    )
    assert [dotted(melody) for melody in (even, swung, slipped, Melody(()))] == [0, 16 / 31, 0, 0]
    assert [adrift(melody) for melody in (even, swung, slipped, Melody(()))] == [0, 0, 1, 0]


def test_a_tune_is_dotted_as_much_as_it_is_beside_others_of_the_style() -> None:
    arrays = {
        f"{PREFIX}dance": rows(
            [kept(SCALE, share) for share in (0.0, 0.0, 0.019, 0.019, 0.019, 0.057)]
        )
    }
    assert {drawn(arrays, "dance", BeatGrid.of(SCALE), seed)[2:] for seed in range(30)} == {
        (None, 0.0)
    }
    found = {drawn(arrays, "dance", BeatGrid.of(SCALE), seed, dance=True)[2:] for seed in range(30)}
    shares, more = np.array(sorted(found)).T
    np.testing.assert_allclose(shares, [0, 0.019, 0.057], atol=1e-6)
    np.testing.assert_allclose(
        more, [np.log(0.001 / 0.02), 0, 1], atol=1e-6
    )  # the last would be log 2.9


def test_a_pitch_range_is_an_octave_at_least() -> None:
    assert pitch_range(np.array([60, 64, 79]), 64) == (-4, 15)
    assert pitch_range(np.array([64, 66, 67]), 66) == (
        -6,
        6,
    )  # nine semitones more, four of them below


def test_a_mixture_has_tunes_of_both() -> None:
    arrays = {
        f"{PREFIX}{name}": np.full((count, 5 + len(ATTRIBUTES)), k, np.float32)
        for k, (name, count) in enumerate({"a": 200, "b": 13}.items(), 1)
    }
    found = mixed(arrays, {"a": 0.75, "b": 0.25}, "both")[f"{PREFIX}both"]
    assert [(found[:, 0] == k).sum() for k in (1, 2)] == [150, 50]
    assert (
        len(mixed(arrays | {f"{PREFIX}c": rows([])}, {"a": 0.5, "c": 0.5}, "both")[f"{PREFIX}both"])
        == 100
    )


def test_some_are_hidden_in_training() -> None:
    example = prepare(SCALE, 1, 1)
    batcher = batching.Batcher([example], batching.DataSettings(attributes=0.5), 1, 0)
    rng = np.random.default_rng(0)
    shown = np.array([batcher.condition(example, rng).attributes for _ in range(400)])
    assert (shown.sum(axis=1) == 0).mean() == pytest.approx(0.5, abs=0.08)
    assert (shown[shown.sum(axis=1) > 0] > 0).mean() == pytest.approx(0.8, abs=0.03)
    assert ((shown == 0) | (shown == example.attributes)).all()


@pytest.mark.parametrize("name", ["density", "silence", "steps"])
def test_the_model_follows_them(name: str) -> None:
    """Given the second or the last class of one attribute, it writes less or more of it."""
    model = checkpoint.load_model()
    index = model.style("classical")
    frame = Melody((), ((0, TimeSignature(4, 4)),), Key(0), 120.0, 0, 12 * 96, "")
    plan = generate._plan(frame, index, model.header.styles[index - 1], None)
    measured = []
    for value in (2, CLASSES - 1):
        asked = unknown()
        asked[ATTRIBUTES.index(name)] = value
        composed = replace(plan, condition=replace(plan.condition, attributes=asked))
        made = [
            candidate.melody
            for candidate in candidates.compose(model, composed, SamplingConfig(), 0, 8)
        ]
        measured.append(np.mean([classes_of(melody)[name] for melody in made]))
    assert measured[0] + 1 < measured[1]
