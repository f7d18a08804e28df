"""Choosing by stretches of bars, with hand-made candidates and with a network of fresh weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stylernn.corpus.styles import Style
from stylernn.generation import planning, transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.descriptors import DESCRIPTORS, describe_sections
from stylernn.music.melody import Melody, Note
from stylernn.music.similarity import chroma_similarity
from stylernn.representation.analysis import analyse
from stylernn.reranking import discriminant, originality
from stylernn.reranking.classifier import PREFIX
from stylernn.reranking.ranking import COMPOSED, HELD, Standards
from stylernn.reranking.selection import Selection
from stylernn.sampling import candidates
from stylernn.sampling.candidates import Candidate
from stylernn.sampling.plan import Plan

SCALE = (60, 62, 64, 65, 67, 65, 64, 62)
TUNE = Melody(tuple(Note(24 * k, 24, SCALE[k % 8]) for k in range(160)))


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return checkpoint.load_model(tiny_model)


@pytest.fixture(scope="module")
def plan(model: Model) -> Plan:
    return planning.make_plan(analyse(TUNE), model.header.styles[0], 1)


@pytest.fixture
def selection(model: Model, plan: Plan) -> Selection:
    return Selection(model, model.header.styles[0], plan, TUNE, COMPOSED)


def candidate(*notes: Note) -> Candidate:
    return Candidate(replace(TUNE, notes=notes), 0.0, 0.0)


def strange(first: int, last: int) -> Candidate:
    """The tune, but for bars in which all pitches are a tritone off."""
    return candidate(
        *(n._replace(pitch=n.pitch + 6 * (first <= n.onset // 96 < last)) for n in TUNE.notes)
    )


@pytest.mark.parametrize(
    ("bars", "pickup", "section", "expected"),
    [
        (4, 0, 8, [(0, 4)]),
        (12, 0, 8, [(0, 12)]),
        (13, 0, 8, [(0, 8), (8, 13)]),
        (24, 0, 8, [(0, 8), (8, 16), (16, 24)]),
        (17, 24, 8, [(0, 9), (9, 17)]),
        (17, 24, 4, [(0, 5), (5, 9), (9, 13), (13, 17)]),
        (10, 0, 4, [(0, 4), (4, 10)]),
    ],
)
def test_sections_cover_all_bars(
    plan: Plan, bars: int, pickup: int, section: int, expected: list[tuple[int, int]]
) -> None:
    frame = Melody((), pickup=pickup, end=bars * 96)
    assert frame.bars == bars
    events = replace(plan.analysis.events, frame=frame)
    found = replace(plan, analysis=replace(plan.analysis, events=events), section=section).sections
    assert [(part.start, part.stop) for part in found] == expected


def test_each_stretch_has_its_own_best(selection: Selection) -> None:
    early, late = strange(0, 12), strange(12, 24)
    others = [strange(0, 24)] * 3
    assert selection.best([*others, early, late], range(12)) == 4
    assert selection.best([*others, early, late], range(12, 24)) == 3


def listener(model: Model, plan: Plan, style: str) -> Selection:
    """One that hears a style in leaps, and another in what has none."""
    forest = {
        "feature": [DESCRIPTORS.index("leaps"), 0, 0],
        "threshold": [0.1, 0, 0],
        "left": [1, 0, 0],
    }
    forest |= {"right": [2, 0, 0], f"votes/{style}": [0, 0, 1], "votes/other": [0, 1, 0]}
    arrays = {f"{PREFIX}{part}": np.array([values], np.float32) for part, values in forest.items()}
    return Selection(Model(model.header, arrays), Style(style, style), plan, TUNE, COMPOSED)


@pytest.mark.parametrize(("style", "expected"), [("plain", 1), ("jazz", 0)])
def test_what_is_heard_counts_but_in_improvised_styles(
    model: Model, plan: Plan, style: str, expected: int
) -> None:
    leaps = candidate(*(n._replace(pitch=n.pitch + 12 * (n.onset // 24 % 2)) for n in TUNE.notes))
    hearing = listener(model, plan, style)
    assert hearing.best([candidate(*TUNE.notes), leaps], range(8, 16)) == expected


def test_where_all_are_silent_any_will_do(model: Model, plan: Plan) -> None:
    silent = candidate(*TUNE.notes[:8])
    assert list(listener(model, plan, "plain").order([silent, silent], range(8, 16))) == [0, 1]


def test_silence_and_copies_come_last(selection: Selection) -> None:
    silent, copied = candidate(*TUNE.notes[:8]), candidate(*TUNE.notes)
    new = candidate(*(n._replace(pitch=60 + n.onset // 24 * 7 % 11) for n in TUNE.notes))
    elsewhere = replace(
        TUNE, notes=tuple(n._replace(pitch=60 + n.onset // 24 * 5 % 12) for n in TUNE.notes)
    )
    training = originality.collect([TUNE], "a model")
    wary = replace(selection, tune=elsewhere, training=training)
    assert list(wary.order([silent, copied, new], range(8, 16))) == [2, 1, 0]


def test_a_personal_style_is_heard_by_its_mean(model: Model, plan: Plan) -> None:
    leaps = candidate(*(n._replace(pitch=n.pitch + 12 * (n.onset // 24 % 2)) for n in TUNE.notes))
    described = [
        describe_sections(c.melody, plan.analysis.tonality) for c in (candidate(*TUNE.notes), leaps)
    ]
    spread = np.random.default_rng(0).normal(size=(40, len(DESCRIPTORS)))
    arrays = discriminant.fit({"plain": spread * 0.1 + described[0][0]})
    arrays |= discriminant.with_user_style(arrays, "own", described[1][0])
    hearing = Selection(Model(model.header, arrays), Style("own", "own"), plan, TUNE, COMPOSED)
    assert hearing.best([candidate(*TUNE.notes), leaps], range(8, 16)) == 1


def test_a_copy_that_began_in_the_section_before_is_one(selection: Selection) -> None:
    elsewhere = replace(
        TUNE, notes=tuple(n._replace(pitch=60 + n.onset // 24 * 4 % 12) for n in TUNE.notes)
    )
    blind = replace(selection, tune=elsewhere)
    wary = replace(blind, training=originality.collect([TUNE], "a model"))
    # Eight notes of the tune on either side of the line, and before the line alone.
    across = candidate(*(strayed(n, n.onset // 96 in range(14, 18)) for n in TUNE.notes))
    before = candidate(*(strayed(n, n.onset // 96 in range(14, 16)) for n in TUNE.notes))
    assert list(blind.order([across, before], range(16, 24))) == [0, 1]
    assert list(wary.order([across, before], range(16, 24))) == [1, 0]


def strayed(note: Note, stays: bool) -> Note:
    return note if stays else note._replace(pitch=50 + (note.onset // 24) ** 2 % 13)


def test_a_long_melody_is_chosen_bit_by_bit(model: Model, plan: Plan, selection: Selection) -> None:
    sampling_config = transfer.sampling_config(transfer.TransferConfig(), model.header.styles[0])
    asked: list[range] = []

    def choice(candidates: list[Candidate], bars: range) -> int:
        asked.append(bars)
        return selection.best(candidates, bars)

    composed = candidates.compose(model, plan, sampling_config, 3, 32, choice)
    assert asked == plan.sections[:-1]
    initial_history = {
        tuple(n for n in c.melody.notes if n.onset < 96 * asked[-1].stop) for c in composed
    }
    assert len(initial_history) == 1
    assert len({c.melody.notes for c in composed}) > 1


def test_a_long_melody_that_is_chosen_bit_by_bit_keeps_more_of_the_tune() -> None:
    """In other styles the choice may give up some of the tune for the style."""
    model = checkpoint.load_model()
    index = model.style("celtic")
    style = model.header.styles[index - 1]
    plan, sampling_config = (
        planning.make_plan(analyse(TUNE), style, index),
        transfer.sampling_config(transfer.TransferConfig(), style),
    )
    selection = Selection(model, style, plan, TUNE, HELD)
    whole, composed = (
        candidates.compose(model, plan, sampling_config, 3, 32, choice)
        for choice in (None, selection.best)
    )
    kept = [
        np.mean([chroma_similarity(TUNE, c.melody)[0] for c in part]) for part in (whole, composed)
    ]
    assert kept[0] < kept[1]


def test_what_is_chosen_is_what_a_candidate_wrote(model: Model, plan: Plan) -> None:
    """The first section is that of the same candidate in a batch without a choice."""
    sampling_config = transfer.sampling_config(transfer.TransferConfig(), model.header.styles[0])
    whole = candidates.compose(model, plan, sampling_config, 5, 32)
    chosen = candidates.compose(model, plan, sampling_config, 5, 32, lambda _, __: 2)
    stop = 96 * plan.sections[0].stop
    first = [[n.onset for n in c.melody.notes if n.onset < stop] for c in (whole[2], chosen[0])]
    assert first[0] == first[1]


def test_candidates_rest_as_the_first_one_does(selection: Selection) -> None:
    """The tune with a gap in every fourth bar, in every second, or in none; the first decides."""
    selection = replace(selection, style=Style("plain", "plain"))
    rare, often = (
        candidate(
            *(n for n in TUNE.notes if n.onset // 96 % period != period - 1 or n.onset % 96 == 0)
        )
        for period in (4, 2)
    )
    whole = [candidate(*TUNE.notes)] * 6
    assert selection.best([rare, *whole, rare], range(40)) in (0, 7)
    assert selection.best([*whole, rare], range(40)) < 6
    assert selection.best([often, *whole, *[rare] * 2, *[often] * 2], range(40)) in (0, 9, 10)
    assert selection.best([rare, *whole, *[often] * 2, *[rare] * 2], range(40)) in (0, 9, 10)
    assert replace(selection, density=1.0)._unlike([rare.melody], range(40)) is None


@pytest.mark.parametrize(("known", "chosen"), [(1, 1), (3, 1), (4, 0)])
def test_a_dance_takes_one_breath_in_sixteen_bars(
    selection: Selection, known: int, chosen: int
) -> None:
    """The tune with a gap in two successive bars, drawn first; only restful tunes rest twice."""
    told = np.full_like(selection.plan.condition.attributes, known)
    condition = replace(selection.plan.condition, attributes=told)
    held = replace(
        selection, style=Style("plain", "plain"), plan=replace(selection.plan, condition=condition)
    )
    held = replace(held, standards=HELD)
    once, twice = (
        candidate(
            *(n for n in TUNE.notes if n.onset % 96 != 48 or not 4 - bars <= n.onset // 96 < 4)
        )
        for bars in (1, 2)
    )
    whole = [candidate(*TUNE.notes)] * 6
    assert held.best([once, *whole], range(4)) == 0
    assert held.best([twice, *whole], range(4)) == chosen


@pytest.mark.parametrize(
    ("standards", "known", "chosen"), [(HELD, 1, 0), (HELD, 4, 6), (COMPOSED, 4, 0)]
)
def test_a_dance_rests_as_much_as_a_tune_that_rests_throughout(
    selection: Selection, standards: Standards, known: int, chosen: int
) -> None:
    """The tune, six times, before one that is silent for a sixteenth; such a tune rests for .06."""
    told = np.full_like(selection.plan.condition.attributes, known)
    condition = replace(selection.plan.condition, attributes=told)
    asked = replace(
        selection, style=Style("plain", "plain"), plan=replace(selection.plan, condition=condition)
    )
    resting = candidate(*(n for n in TUNE.notes if n.onset != 3 * 96 + 48))
    asked = replace(asked, standards=standards)
    assert asked.best([*[candidate(*TUNE.notes)] * 6, resting], range(4)) == chosen


def test_a_held_style_does_not_slip_off_the_beat(selection: Selection) -> None:
    """The tune a thirty-second late, in all notes or in half, beside one that keeps less of it."""
    late, ornate = (
        candidate(
            *(
                n._replace(onset=n.onset + 3 * (n.onset // 24 % every == 0), duration=21)
                for n in TUNE.notes
            )
        )
        for every in (1, 2)
    )
    selection = replace(selection, style=Style("plain", "plain"))
    held = replace(selection, standards=HELD)
    others = [strange(0, 40)] * 6
    assert selection.best([late, *others], range(40)) == 0
    assert held.best([late, *others], range(40)) == 1
    assert held.best([ornate, *others], range(40)) == 0


@pytest.mark.parametrize(("asked", "chosen"), [(None, 0), (0.0, 1), (0.45, 0)])
def test_a_dance_is_as_dotted_as_the_tune_whose_character_it_has(
    selection: Selection, asked: float | None, chosen: int
) -> None:
    """The tune with every second note early, drawn first, beside others that keep less of it."""
    early = candidate(
        *(n._replace(onset=n.onset - 3 * (k % 2), duration=21) for k, n in enumerate(TUNE.notes))
    )
    selection = replace(
        selection, style=Style("plain", "plain"), plan=replace(selection.plan, dotted=asked)
    )
    assert selection.best([early, *[strange(0, 40)] * 6], range(40)) == chosen


@pytest.mark.parametrize("first", [0, 40, 152])
def test_no_bar_falls_silent_where_the_tune_sounds(selection: Selection, first: int) -> None:
    """Two silent bars, at the beginning, within and at the end; and one bar, which is allowed."""
    selection = replace(selection, style=Style("plain", "plain"))
    hole, breath = (
        replace(
            TUNE, notes=tuple(n for n in TUNE.notes if not first <= n.onset // 24 < first + beats)
        )
        for beats in (8, 4)
    )
    assert (selection._unlike([hole, hole], range(40)) == 2).all()
    assert not selection._unlike([breath, breath], range(40)).any()
    assert not replace(selection, tune=hole)._unlike([hole, hole], range(40)).any()


def test_a_silence_counts_where_it_begins(selection: Selection) -> None:
    """Two silent bars across the end of a section; all that go on from there have the second."""
    selection = replace(selection, style=Style("plain", "plain"))
    hole = replace(TUNE, notes=tuple(n for n in TUNE.notes if not 7 <= n.onset // 96 < 9))
    assert selection._unlike([hole, TUNE], range(8)).tolist() == [2, 1], (
        "and the second does not rest as the first"
    )
    assert not selection._unlike([hole, hole], range(8, 16)).any()


def test_a_soloist_lays_out_for_two_bars_at_most(selection: Selection) -> None:
    selection = replace(selection, style=Style("jazz", "jazz"))
    short, long = (
        replace(TUNE, notes=tuple(n for n in TUNE.notes if not 7 <= n.onset // 96 < 7 + bars))
        for bars in (2, 3)
    )
    assert selection._unlike([long, short, TUNE], range(8)).tolist() == [2, 0, 0]
    assert not replace(selection, tune=long)._unlike([long], range(8)).any()
