"""Transfer and generation with a network of fresh weights: what must hold whatever the notes."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylernn.corpus import LabelledMelody, styles
from stylernn.corpus.styles import Style
from stylernn.errors import UsageError
from stylernn.generation import generate, planning, transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.key_estimation import Tonality, scale
from stylernn.music.melody import Key, Melody, Note, TimeSignature
from stylernn.music.similarity import chroma_similarity
from stylernn.representation import event_codec
from stylernn.representation.analysis import analyse
from stylernn.reranking import originality
from stylernn.sampling import candidates
from stylernn.sampling.candidates import Candidate

QUICK = transfer.TransferConfig(
    candidates=8
)  # as many as `generate` draws: one compiled program serves both
PLAIN = Style("plain", "plain")


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return checkpoint.load_model(tiny_model)


@pytest.fixture(scope="module")
def tune() -> Melody:
    pitches = [60, 62, 64, 65, 67, 65, 64, 62] * 4
    return Melody(
        tuple(Note(24 * k, 24, p) for k, p in enumerate(pitches)),
        key=Key(0),
        tempo=90.0,
        title="scale",
    )


def test_bars_metre_key_and_tempo_stay(model: Model, tune: Melody) -> None:
    result = transfer.transfer(model, tune, "jazz", QUICK, seed=1)
    after = result.melody
    assert (after.bars, after.metres, after.key, after.tempo, after.end) == (
        8,
        tune.metres,
        tune.key,
        90.0,
        tune.end,
    )
    assert 0 <= result.structural_kept <= result.structural == 32
    assert event_codec.quantise(after) == after


def test_the_same_seed_gives_the_same_notes_and_another_seed_others(
    model: Model, tune: Melody
) -> None:
    first, again, other = (
        transfer.transfer(model, tune, "jazz", QUICK, seed=s).melody for s in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_an_unknown_style_names_the_nearest(model: Model, tune: Melody) -> None:
    with pytest.raises(UsageError, match="Did you mean classical"):
        transfer.transfer(model, tune, "clasical", QUICK)


def test_the_style_gives_way_where_the_tune_is_kept_most_closely() -> None:
    style = Style("jazz", "jazz")
    found = [
        transfer.sampling_config(transfer.TransferConfig(preserve=value), style)
        for value in (0, 0.5, 0.75, 1)
    ]
    assert [
        sampling_config.strength / found[1].strength for sampling_config in found
    ] == pytest.approx([1, 1, 0.75, 0.5])
    assert all(a.preserve < b.preserve for a, b in pairwise(found))


@pytest.mark.parametrize(
    "wrong", [{"preserve": 1.5}, {"strength": -1.0}, {"candidates": 0}, {"temperature": 0.0}]
)
def test_dials_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        transfer.TransferConfig(**wrong)


def test_a_jig_becomes_jazz_in_simple_time(model: Model) -> None:
    jig = Melody(
        tuple(Note(12 * k, 12, 60 + k % 5) for k in range(24)),
        ((0, TimeSignature(6, 8)),),
        tempo=120.0,
    )
    made = transfer.transfer(model, jig, "jazz", QUICK).melody
    assert (made.bars, made.metre, made.tempo) == (4, TimeSignature(2, 4), 80.0)


def test_a_jig_keeps_its_metre_if_it_must(model: Model) -> None:
    jig = Melody(
        tuple(Note(12 * k, 12, 60 + k % 5) for k in range(24)),
        ((0, TimeSignature(6, 8)),),
        tempo=120.0,
    )
    made = transfer.transfer(model, jig, "jazz", replace(QUICK, keep_metre=True)).melody
    assert (made.metres, made.tempo, made.end) == (jig.metres, jig.tempo, jig.end)


@pytest.mark.parametrize("metre", [TimeSignature(4, 4), TimeSignature(6, 8)])
@pytest.mark.parametrize("locked", [{0}, {1, 2}, {0, 1, 3}])
def test_locked_bars_stay_note_for_note(
    model: Model, metre: TimeSignature, locked: set[int]
) -> None:
    notes = tuple(Note(32 * k, 32 - k % 2, 60 + k % 7) for k in range(4 * metre.bar // 32))
    tune = Melody(notes, ((0, metre),), end=4 * metre.bar)
    made = transfer.transfer(
        model, tune, "jazz", replace(QUICK, locked=frozenset(locked)), seed=5
    ).melody
    assert made.metres == tune.metres
    for bar in locked:
        assert made.slice(bar, bar + 1).notes == tune.slice(bar, bar + 1).notes
    free = min(set(range(4)) - locked)
    assert made.slice(free, free + 1).notes != tune.slice(free, free + 1).notes


@pytest.mark.parametrize(("locked", "message"), [({4}, "bar 5"), ({0, 1, 2, 3}, "all bars")])
def test_bars_that_cannot_be_locked_are_refused(
    model: Model, locked: set[int], message: str
) -> None:
    tune = Melody(tuple(Note(96 * k, 96, 60) for k in range(4)))
    with pytest.raises(UsageError, match=message):
        transfer.transfer(model, tune, "jazz", replace(QUICK, locked=frozenset(locked)))


def test_improvisers_repeat_no_bar() -> None:
    tune = Melody(tuple(Note(24 * k, 24, 60 + k % 4) for k in range(16)))
    for style, expected in (
        (Style("bebop", "jazz"), [-1, -1, -1, -1]),
        (Style("irish", "celtic"), [-1, 0, 1, 2]),
    ):
        assert planning.make_plan(analyse(tune), style, 1).condition.repeats.tolist() == expected


def test_only_diatonic_styles_look_for_notes_of_the_scale() -> None:
    """The F sharp weighs most in its bar. Diatonic styles take the E; in others it becomes a G."""
    notes = [(0, 96, 60), (96, 24, 64), (120, 72, 66), (192, 96, 62), (288, 96, 60)]
    tune = Melody(tuple(Note(*note) for note in notes), key=Key(0, "major"))
    for diatonic, expected in ((0.99, 64), (0.75, 67)):
        plan = planning.make_plan(analyse(tune), Style("x", "x", diatonic=diatonic), 1, level="bar")
        assert (plan.condition.skeleton.pitch + event_codec.LOWEST).tolist() == [
            60,
            expected,
            62,
            60,
        ]


def test_only_diatonic_styles_hear_the_scale_alone_around_each_beat() -> None:
    """The F sharp is raised in others alone; what else sounds counts no more for its absence."""
    notes = [(0, 96, 60), (96, 24, 64), (120, 72, 66), (192, 96, 62), (288, 96, 60)]
    tune = Melody(tuple(Note(*note) for note in notes), key=Key(0, "major"))
    plans = [
        planning.make_plan(analyse(tune), Style("x", "x", diatonic=share), 1)
        for share in (0.99, 0.75)
    ]
    kept, everything = (np.array(plan.chroma) for plan in plans)
    assert kept[:, 6].max() == 0
    assert everything[:, 6].max() > 0
    np.testing.assert_array_equal(np.delete(kept, 6, axis=1), np.delete(everything, 6, axis=1))


def test_a_pentatonic_style_of_ones_own_keeps_its_structural_notes_within_its_scale() -> None:
    """Five notes of C major are learnt from; the F of a tune in C then falls to the E before it."""
    five = Melody(
        tuple(Note(24 * k, 24, p) for k, p in enumerate([60, 62, 64, 67, 69, 67, 64, 60] * 4)),
        key=Key(0),
    )
    own = styles.profile("own", [LabelledMelody(five, "own", "1", "1", "mine", "mine")])
    assert own.avoided == (5, 11)
    assert styles.scale_of(own, Tonality(7, "major")).tolist() == [2, 4, 7, 9, 11]
    assert (
        styles.scale_of(own, Tonality(9, "minor")).tolist() == scale(Tonality(9, "minor")).tolist()
    )
    tune = Melody(
        tuple(Note(24 * k, 24, p) for k, p in enumerate([60, 64, 65, 67, 65, 64, 62, 60] * 4)),
        key=Key(0),
    )
    used = [
        (planning.make_plan(analyse(tune), style, 1).condition.skeleton.pitch) % 12
        for style in (own, PLAIN)
    ]
    assert [set((pitches + event_codec.LOWEST) % 12) for pitches in used] == [
        {0, 2, 4, 7},
        {0, 2, 4, 5, 7},
    ]


def test_a_style_may_have_to_be_held_to_the_tune() -> None:
    usual, held = (
        transfer.sampling_config(transfer.TransferConfig(), Style(name, name))
        for name in ("jazz", "celtic")
    )
    child = transfer.sampling_config(transfer.TransferConfig(), Style("irish", "celtic"))
    assert child == held
    assert held.strength < usual.strength
    assert held.preserve > usual.preserve


@pytest.mark.parametrize("name", ["jazz", "celtic", "romantic"])
def test_traits_are_not_told_at_a_strength_of_zero_and_in_full_at_the_usual_one(name: str) -> None:
    by_strength = [
        transfer.sampling_config(transfer.TransferConfig(strength=s), Style(name, name))
        for s in (0.0, 0.5, 1.0, 3.5, 5.0)
    ]
    reference, tilt = (
        [getattr(sampling_config, part) for sampling_config in by_strength]
        for part in ("attributes", "tilt")
    )
    assert reference[0] == -1, "minus what the traits change, see `guidance.guide`"
    assert reference == sorted(reference)
    assert tilt == sorted(tilt)
    assert reference[-1] == reference[-2] >= 1
    assert tilt[-1] == tilt[-2] == 1


def test_pitch_classes_of_the_tune_come_with_their_dial(tune: Melody) -> None:
    model = checkpoint.load_model()
    target = model.header.styles[0]
    plan = planning.make_plan(analyse(tune), target, 1, level="bar")

    def likeness(dial: float) -> float:
        sampling_config = transfer.sampling_config(
            transfer.TransferConfig(preserve=0.0), target
        )._replace(chroma=dial)
        drawn = candidates.compose(model, plan, sampling_config, seed=3, count=8)
        return float(np.mean([chroma_similarity(tune, candidate.melody)[0] for candidate in drawn]))

    assert likeness(0.0) + 0.1 < likeness(4.0)


def test_what_copies_the_training_set_comes_last(model: Model) -> None:
    tune = Melody(tuple(Note(24 * k, 24, 60 + k * k % 7) for k in range(60)))
    first = transfer.transfer(model, tune, "jazz", QUICK, seed=6).melody
    training = originality.collect([first], "a model")
    assert originality.longest_copy(first, training, tune) >= originality.COPY_NOTES
    other = transfer.transfer(model, tune, "jazz", QUICK, seed=6, training=training).melody
    assert originality.longest_copy(other, training, tune) == 0
    alone = replace(QUICK, candidates=1)
    assert transfer.transfer(model, tune, "jazz", alone, seed=6, training=training).melody.notes


def test_variations_differ_and_the_first_is_the_transfer(model: Model, tune: Melody) -> None:
    many = transfer.variations(model, tune, "jazz", transfer.TransferConfig(), seed=2, count=8)
    assert len({result.melody.notes for result in many}) == 8
    assert many[0] == transfer.transfer(model, tune, "jazz", seed=2)


def test_new_notes_stay_in_the_range_and_the_last_is_a_tonic(model: Model, tune: Melody) -> None:
    wishes = replace(QUICK, lowest=62, highest=76, end_on_tonic=True)
    result = transfer.transfer(model, tune, "jazz", wishes)
    *free, last = result.melody.notes
    assert {note.pitch for note in free} <= set(range(62, 77))
    assert last.pitch % 12 == result.tonality.tonic


def test_a_single_note_is_no_transfer(
    model: Model, tune: Melody, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stingy(*asked: Any) -> list[Candidate]:
        first, *more = candidates.compose(*asked)
        return [first._replace(melody=replace(first.melody, notes=first.melody.notes[:1])), *more]

    monkeypatch.setattr(transfer, "compose", stingy)
    monkeypatch.setattr(transfer, "_MORE", QUICK.candidates - 1)
    made = transfer.transfer(model, tune, "jazz", transfer.TransferConfig(candidates=1)).melody
    assert len(made.notes) > 1


@pytest.mark.parametrize("bars", [4, 16])
def test_generation_keeps_its_length_and_key(model: Model, bars: int) -> None:
    made = generate.generate(
        model, "classical", bars=bars, count=2, seed=5, key=Key(1), metre=TimeSignature(3, 4)
    )
    assert [m.bars for m in made] == [bars, bars]
    assert made[0].notes != made[1].notes
    last = [melody.notes[-1] for melody in made]
    assert [(n.onset, n.end, n.pitch % 12) for n in last] == [(72 * (bars - 1), 72 * bars, 7)] * 2
    assert (
        made[0]
        == generate.generate(
            model, "classical", bars=bars, seed=5, key=Key(1), metre=TimeSignature(3, 4)
        )[0]
    )


def test_generation_in_a_metre_that_the_style_does_not_know(model: Model) -> None:
    made = generate.generate(model, "jazz", bars=8, metre=TimeSignature(6, 8), tempo=120.0)[0]
    assert (made.metre, made.bars, made.tempo) == (TimeSignature(6, 8), 8, 120.0)


def test_generation_goes_on_from_a_melody(model: Model, tune: Melody) -> None:
    made = generate.generate(model, "jazz", bars=12, seed=2, prompt=tune)[0]
    assert made.notes[: len(tune.notes)] == tune.notes
    assert made.bars == 12
    with pytest.raises(UsageError, match="no room"):
        generate.generate(model, "jazz", bars=8, prompt=tune)


@pytest.mark.parametrize(("bars", "least"), [(64, 1), (63, 0)])
def test_a_long_melody_does_not_run_dry(bars: int, least: int) -> None:
    steady = Melody(tuple(Note(96 * k, 96, 60) for k in range(bars)), end=96 * bars)
    dry = replace(steady, notes=(*steady.notes[: 3 * bars // 4], steady.notes[-1]))
    faults = [generate._faults(melody, Tonality(0, "major")) for melody in (dry, steady)]
    assert faults.index(min(faults)) == least


def test_sections_return() -> None:
    repeats = generate.form(17, pickup=1)
    assert repeats.tolist() == [-1] * 5 + [1, 2, 3, 4] + [-1] * 4 + [1, 2, 3, 4]
    assert (generate.form(8) == -1).all()
    assert repeats.dtype == np.int32


@pytest.mark.parametrize(("name", "returns"), [("jazz", False), ("celtic", True)])
def test_only_what_is_not_improvised_has_a_form(name: str, returns: bool) -> None:
    frame = Melody((), key=Key(0), end=16 * 96)
    plan = generate._plan(frame, 1, Style(name, name), None)
    assert (plan.condition.repeats >= 0).any() == returns
