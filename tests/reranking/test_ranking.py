"""The choice among candidates, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from stylernn.corpus.styles import Style
from stylernn.generation import planning
from stylernn.music.melody import Melody, Note
from stylernn.music.similarity import chroma_similarity, repetition
from stylernn.representation.analysis import analyse
from stylernn.reranking import ranking
from stylernn.reranking.ranking import Standards
from stylernn.sampling.plan import Plan

SCALE = (60, 62, 64, 65, 67, 65, 64, 62)
TUNE = Melody(tuple(Note(24 * k, 24, SCALE[k % 8]) for k in range(32)))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planning.make_plan(analyse(TUNE), Style("plain", "plain", pitch_range=(-12, 12)), 1)


def moved(melody: Melody, seed: int, share: float) -> Melody:
    """Some notes a semitone or so away."""
    rng = np.random.default_rng(seed)
    notes = tuple(
        n._replace(pitch=n.pitch + int(rng.choice([1, 6]) * (rng.random() < share)))
        for n in melody.notes
    )
    return replace(melody, notes=notes)


def chosen(
    plan: Plan,
    melodies: list[Melody],
    merits: list[float],
    heard: list[float] | None = None,
    standards: Standards = ranking.IMPROVISED,
    unlike: list[int] | None = None,
) -> Melody:
    style_margins = None if heard is None else np.array(heard)
    odd = None if unlike is None else np.array(unlike)
    forms = np.array([repetition(melody) for melody in melodies])
    found = ranking.ranked(
        melodies,
        plan,
        TUNE,
        style_margins,
        np.array(merits),
        forms,
        standards=standards,
        unlike=odd,
    )
    return melodies[found[0]]


def test_whoever_keeps_the_tune_and_is_in_the_style_comes_first(plan: Plan) -> None:
    strangers = [moved(TUNE, seed, 0.9) for seed in range(9)]
    assert chosen(plan, [*strangers, TUNE], [0.0] * 9 + [1.0]) == TUNE


def test_neither_the_tune_nor_the_style_alone_is_enough(plan: Plan) -> None:
    kept = [moved(TUNE, seed, 0.1 + 0.08 * seed) for seed in range(10)]
    merits = [float(seed) for seed in range(10)]
    assert chosen(plan, kept, merits) not in (kept[0], kept[-1])


def test_one_that_is_heard_in_the_style_beats_one_that_keeps_more_of_the_tune(plan: Plan) -> None:
    melodies = [moved(TUNE, seed, 0.1 + 0.08 * seed) for seed in range(8)]
    heard = [-0.5, -0.5, -0.5, -0.5, 0.1, -0.5, -0.5, -0.5]
    assert chosen(plan, melodies, [0.0] * 8, heard, ranking.COMPOSED) == melodies[4]


def test_a_style_that_is_held_weighs_the_tune_for_more(plan: Plan) -> None:
    melodies = [TUNE, *[moved(TUNE, seed, 0.5) for seed in range(5)]]
    heard = [0.0, 0.3, *[-0.5] * 4]
    loose, tight = (ranking.COMPOSED._replace(keeping=weight, hearing=4.0) for weight in (1.0, 2.0))
    assert chosen(plan, melodies, [0.0] * 6, heard, loose) == melodies[1]
    assert chosen(plan, melodies, [0.0] * 6, heard, tight) == TUNE


def test_a_style_weighs_more_than_all_else_until_it_is_clear(plan: Plan) -> None:
    melodies = [TUNE, *[moved(TUNE, seed, 0.5) for seed in range(5)]]
    merits, others = [1.0, *[0.0] * 5], [-0.5] * 4
    assert chosen(plan, melodies, merits, [0.0, 0.4, *others], ranking.HELD) == melodies[1]
    assert chosen(plan, melodies, merits, [0.55, 0.95, *others], ranking.HELD) == TUNE
    assert (
        chosen(plan, melodies, merits, [0.0, 0.4, *others], ranking.HELD._replace(hearing=1.0))
        == TUNE
    )


def test_no_style_makes_up_for_a_tune_that_is_lost(plan: Plan) -> None:
    lost, far = TUNE.transpose(6), moved(TUNE, 1, 0.3)
    heard, merits = [1.0, -0.5, -0.5], [1.0, 0.0, 0.0]
    assert chosen(plan, [lost, far, far], merits, heard, ranking.HELD) == far
    assert chosen(plan, [moved(TUNE, 2, 0.4), far, far], merits, heard, ranking.HELD) == moved(
        TUNE, 2, 0.4
    )


def test_whoever_is_unlike_what_all_should_be_comes_after_the_others(plan: Plan) -> None:
    melodies = [TUNE, *[moved(TUNE, seed, 0.5) for seed in range(7)]]
    merits = [1.0] + [0.0] * 7
    assert chosen(plan, melodies, merits) == TUNE
    assert chosen(plan, melodies, merits, unlike=[1, 0, *[2] * 5, 0]) in (melodies[1], melodies[7])
    assert chosen(plan, melodies, merits, unlike=[1] * 8) == TUNE
    assert chosen(plan, melodies, merits, unlike=[2] * 7 + [1]) == melodies[7]


def test_nothing_is_chosen_from_nothing(plan: Plan) -> None:
    assert ranking.ranked([], plan, TUNE, None, np.zeros(0), np.zeros(0)) == []


def test_of_good_ones_those_come_first_whose_figures_return(plan: Plan) -> None:
    later = np.random.default_rng(0).integers(0, 11, len(TUNE.notes)).tolist()
    uneven = replace(
        TUNE,
        notes=tuple(Note(n.onset + x, 12, n.pitch) for n, x in zip(TUNE.notes, later, strict=True)),
    )
    strangers = [moved(TUNE, seed, 0.3) for seed in range(8)]
    assert chosen(plan, [*strangers, uneven, TUNE], [0.0] * 8 + [1.0, 1.0]) == TUNE


def test_one_that_stands_still_comes_last(plan: Plan) -> None:
    still = replace(TUNE, notes=(*TUNE.notes[:2], Note(48, 24 * 30, 60)))
    melodies = [still, *[moved(TUNE, k, 0.5) for k in range(4)]]
    assert ranking.ranked(melodies, plan, TUNE, None, np.arange(5)[::-1], np.zeros(5))[-1] == 0


def test_nothing_is_lost_and_equals_stay_as_drawn(plan: Plan) -> None:
    assert ranking.ranked([TUNE] * 5, plan, TUNE, None, np.zeros(5), np.zeros(5)) == [0, 1, 2, 3, 4]


def test_structural_notes_sound_where_the_tune_has_them(plan: Plan) -> None:
    structure = plan.analysis.skeleton("beat")
    assert ranking.sounding(TUNE, plan, structure).all()
    assert ranking.sounding(TUNE.transpose(12), plan, structure).all()
    assert not ranking.sounding(TUNE.transpose(1), plan, structure).any()


def test_sounding_at_ticks() -> None:
    melody = Melody((Note(24, 12, 60), Note(48, 24, 62)))
    assert melody.sounding_at(np.array([0, 24, 35, 36, 48, 71, 72])).tolist() == [
        -1,
        0,
        0,
        -1,
        1,
        1,
        -1,
    ]
    assert Melody(()).sounding_at(np.array([0, 24])).tolist() == [-1, -1]


def test_chroma_hears_pitch_classes_in_time() -> None:
    assert chroma_similarity(TUNE, TUNE.transpose(-12))[0] == pytest.approx(1)
    assert chroma_similarity(TUNE, TUNE.transpose(1)) == pytest.approx(
        (chroma_similarity(TUNE, TUNE.transpose(1))[0], 1)
    )
