"""Tilts: counts and odds by hand, whose tilt a style has, and that a model follows one."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stylernn.corpus.styles import Style, hold, improvised
from stylernn.generation import planning
from stylernn.model import checkpoint
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody, Note, TimeSignature
from stylernn.representation.analysis import analyse
from stylernn.representation.event_codec import (
    DURATIONS,
    LEGATO,
    LOWEST,
    MAX_AHEAD,
    PITCHES,
    POSITIONS,
)
from stylernn.sampling import candidates, guidance, tilt
from stylernn.sampling.run import SamplingConfig

C_MAJOR = Tonality(0, "major")


def line(*pitches: int) -> Melody:
    return Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(pitches)))


def test_counts_by_hand() -> None:
    found = tilt.counts(line(60, 62, 64, 64, 62, 74), C_MAJOR)
    assert found.degree[0].tolist() == [1, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    assert not found.degree[1].any()
    assert {k - 12: n for k, n in enumerate(found.interval.tolist()) if n} == {
        -2: 1,
        0: 1,
        2: 2,
        12: 1,
    }
    # Up once and on, up twice and back, down once and back; the repeated note is no move.
    assert found.turn.tolist() == [[1, 1], [0, 1], [0, 0], [0, 0]]
    assert not found.chromatic.any()


def test_chromatic_runs_by_hand() -> None:
    # Semitones followed by another in their direction: the first two; by something else: the
    # third, and that back.
    assert tilt.counts(line(60, 61, 62, 63, 62, 60), C_MAJOR).chromatic.tolist() == [[2, 2]]


def test_rests_and_onsets_off_the_grid_by_hand() -> None:
    # An eighth rest, a long one, a note a thirty-second late (so neither a sixteenth nor a
    # triplet), and one in time.
    notes = (
        Note(0, 12, 60),
        Note(24, 12, 62),
        Note(24 * 4, 24, 64),
        Note(24 * 5 + 3, 21, 65),
        Note(24 * 6, 24, 67),
    )
    found = tilt.counts(Melody(notes), C_MAJOR)
    assert (found.breath.tolist(), found.wait.tolist()) == ([[1, 2], [1, 1]], [[2, 1], [3, 0]])
    assert found.between.tolist() == [[2, 1], [1, 0]]


def test_onsets_between_the_places_of_a_grid_are_weighed() -> None:
    weights = tilt.unweighted()._replace(between=np.array([-2, 1], np.float32))
    simple, compound = (
        tilt.piece(weights, C_MAJOR, metre).onset
        for metre in (TimeSignature(4, 4), TimeSignature(6, 8))
    )
    in_simple, in_compound = simple[0], compound[0]  # after a note on the beat
    np.testing.assert_array_equal(simple[POSITIONS == 9], [-in_simple / 2], "after one between")
    assert POSITIONS[in_simple[16:32] < 0].tolist() == [2, 3, 4, 9, 10, 14, 15, 20, 21, 22]
    assert not in_compound[:16][np.isin(POSITIONS, (0, 4, 8, 12, 16, 20))].any(), (
        "the sixteenths of a jig"
    )


@pytest.mark.parametrize(
    ("metre", "position", "length", "is_quarter"),
    [
        (TimeSignature(4, 4), 0, 24, True),
        (TimeSignature(4, 4), 12, 12, True),
        (TimeSignature(4, 4), 0, 12, False),
        (TimeSignature(2, 4), 0, 12, True),
        (TimeSignature(2, 4), 0, 6, False),
        (TimeSignature(3, 4), 0, 12, False),
        (TimeSignature(3, 4), 0, 24, True),
        (TimeSignature(6, 8), 0, 36, True),
        (TimeSignature(6, 8), 16, 12, True),
        (TimeSignature(6, 8), 0, 24, False),
    ],
)
def test_rests_are_weighed_by_where_they_begin(
    metre: TimeSignature, position: int, length: int, is_quarter: bool
) -> None:
    weights = tilt.unweighted()._replace(breath=np.array([-1, 2], np.float32))
    found, where = (
        tilt.piece(weights, C_MAJOR, metre),
        np.array([POSITIONS.tolist().index(position)]),
    )
    added = np.asarray(guidance.ending(jnp.zeros((1, len(DURATIONS))), found, where))[0]
    assert added[DURATIONS.tolist().index(length)] == (2 if is_quarter else -1)
    assert added[LEGATO] == 0
    onset = position * metre.beat // 24
    rest = Melody((Note(onset, length, 60), Note(onset + length + 48, 24, 62)), ((0, metre),))
    assert tilt.counts(rest, C_MAJOR).breath[:, 1].tolist() == [not is_quarter, is_quarter]


def test_long_waits_are_weighed_after_a_note_that_has_ended() -> None:
    weights = tilt.unweighted()._replace(wait=np.array([-1, -2], np.float32))
    even, found = jnp.zeros((2, 16 * MAX_AHEAD)), tilt.piece(weights, C_MAJOR, TimeSignature())
    held, ended = np.asarray(guidance.timed(even, found, jnp.zeros(2, int), jnp.array([LEGATO, 3])))
    assert not held.any()
    assert ended[::16].tolist() == [0, 0, 0, -1, -1, *[-3] * (MAX_AHEAD - 5)]


def test_headings_by_hand() -> None:
    heading = jnp.zeros(1, jnp.int32)
    found = []
    for move in (2, 1, 0, 5, -1, -3, 4):
        heading = guidance.next_direction_run(heading, jnp.array([move]))
        found.append(int(heading[0]))
    assert found == [1, 2, 2, 3, -1, -2, 1]


def odds(found: tilt.Tilt, latest: int, before: int, heading: int) -> np.ndarray:
    """Log-probabilities of pitches and REST after a tilt of even odds."""
    even = jnp.zeros((1, PITCHES + 1))
    tilted = guidance.tilted(
        even, found, *(jnp.array([value]) for value in (latest, before, heading))
    )
    return np.asarray(jax.nn.log_softmax(tilted))[0]


def test_no_tilt_changes_nothing() -> None:
    np.testing.assert_allclose(odds(tilt.nothing(), 30, 28, 1), -np.log(PITCHES + 1), atol=1e-5)


@pytest.mark.parametrize("heading", [1, 2, 3, 4, 9, -2])
def test_turning_back_is_weighed_by_the_moves_before_it(heading: int) -> None:
    weights = tilt.unweighted()._replace(turn=np.array([-1.0, -2.0, -3.0, -4.0], np.float32))
    found = odds(tilt.piece(weights, C_MAJOR, TimeSignature()), 30, 28, heading)
    back, on = (30 - 5 * int(np.sign(heading)), 30 + 5 * int(np.sign(heading)))
    assert found[back] - found[on] == pytest.approx(-min(abs(heading), 4), abs=1e-4)
    assert found[PITCHES] == pytest.approx(-np.log(PITCHES + 1), abs=1e-5), (
        "the odds of a rest stay"
    )


def test_intervals_degrees_and_chromatic_runs_add_up() -> None:
    weights = tilt.unweighted()
    weights.interval[12 + 1], weights.degree[0, 0], weights.chromatic[0] = 0.5, 0.25, -2
    latest = 71 - LOWEST  # a semitone under the tonic
    found = odds(tilt.piece(weights, C_MAJOR, TimeSignature()), latest, latest - 1, 2)
    assert found[latest + 1] - found[latest - 5] == pytest.approx(0.5 + 0.25 - 2, abs=1e-4)
    found = odds(tilt.piece(weights, C_MAJOR, TimeSignature()), latest, latest + 1, -1)
    assert found[latest + 1] - found[latest - 5] == pytest.approx(0.5 + 0.25, abs=1e-4)


def test_degrees_follow_the_key() -> None:
    weights = tilt.unweighted()._replace(degree=np.arange(24, dtype=np.float32).reshape(2, 12))
    higher, plain = (
        tilt.piece(weights, Tonality(tonic, "minor"), TimeSignature()).pitch for tonic in (3, 0)
    )
    np.testing.assert_array_equal(higher[3:], plain[:-3])
    assert plain[(60 - LOWEST)] == 12


def test_a_child_has_the_tilt_of_its_parent() -> None:
    arrays = {
        f"{tilt.named('dance', False)}/{part}": np.ones_like(value)
        for part, value in tilt.unweighted()._asdict().items()
    }
    for style in (Style("dance", "dance"), Style("reel", "dance")):
        assert tilt.of_style(arrays, style, TimeSignature(4, 4), C_MAJOR).turn.all()
        assert not tilt.of_style(arrays, style, TimeSignature(6, 8), C_MAJOR).turn.any()
    assert not tilt.of_style(arrays, Style("song", "song"), TimeSignature(4, 4), C_MAJOR).turn.any()


def test_without_a_choice_nothing_makes_up_for_it() -> None:
    name = tilt.named("dance", compound=False)
    weights = {
        f"{name}/breath": [0.5, 1.5],
        f"{name}/turn": [1.0] * 4,
        f"{name}/{tilt.CHOSEN}breath": [0.25],
    }
    arrays = {key: np.array(values, np.float32) for key, values in weights.items()}
    chosen, alone = (
        tilt.of_style(arrays, Style("dance", "dance"), TimeSignature(), C_MAJOR, choice=choice)
        for choice in (True, False)
    )
    shorter = np.arange(len(DURATIONS)) != LEGATO
    np.testing.assert_allclose(
        chosen.breath - alone.breath, np.tile(0.25 * shorter, (len(POSITIONS), 1)), atol=1e-6
    )
    np.testing.assert_array_equal(chosen.turn, alone.turn)


def test_dances_have_all_weights_and_improvised_styles_two_in_the_bundled_model() -> None:
    model = checkpoint.load_model()
    for style in model.header.styles:
        found = tilt.of_style(model.arrays, style, TimeSignature(), C_MAJOR)
        weighed = {name for name, part in found._asdict().items() if part.any()}
        usual = set() if not improvised(style) else {"interval", "onset"}
        assert weighed == (set(found._fields) if hold(style) > 1 else usual)


def test_the_model_in_the_box_turns_less_where_turning_is_dear() -> None:
    model = checkpoint.load_model()
    tune = line(*(60 + 5 * (k % 2) + k % 3 for k in range(32)))
    plan = planning.draw_plan(model, analyse(tune), model.style("celtic"), 0)
    shares = []
    for dear in (0.0, -3.0):
        weights = tilt.unweighted()._replace(turn=np.full(4, dear, np.float32))
        asked = replace(plan, tilt=tilt.piece(weights, C_MAJOR, TimeSignature()))
        made = candidates.compose(model, asked, SamplingConfig(), 0, 8)
        turns = sum(tilt.counts(each.melody, C_MAJOR).turn for each in made)
        shares.append(turns[:, 1].sum() / turns.sum())
    assert shares[1] < shares[0] - 0.1


def test_the_model_in_the_box_breathes_more_where_breath_is_cheap() -> None:
    model = checkpoint.load_model()
    plan = planning.draw_plan(
        model, analyse(line(*(60 + 2 * (k % 5) for k in range(32)))), model.style("celtic"), 0
    )
    shares = []
    for cheap in (0.0, 5.0):
        weights = tilt.unweighted()._replace(breath=np.full(2, cheap, np.float32))
        made = candidates.compose(
            model,
            replace(plan, tilt=tilt.piece(weights, C_MAJOR, TimeSignature())),
            SamplingConfig(),
            0,
            8,
        )
        breaths = sum(tilt.counts(each.melody, C_MAJOR).breath for each in made)
        shares.append(breaths[0, 1] / breaths.sum())
    assert shares[1] > shares[0] + 0.05
