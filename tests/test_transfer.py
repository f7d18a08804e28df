"""Transfer and generation with a network of fresh weights: what must hold whatever the notes."""

from pathlib import Path

import numpy as np
import pytest

from stylernn import checkpoint, codec, generate, metres, transfer
from stylernn.checkpoint import Model
from stylernn.errors import UsageError
from stylernn.melody import Key, Melody, Metre, Note
from stylernn.styles import Style

QUICK = transfer.Options(candidates=2)


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return checkpoint.load_model(tiny_model)


@pytest.fixture(scope="module")
def tune() -> Melody:
    pitches = [60, 62, 64, 65, 67, 65, 64, 62] * 4
    return Melody(tuple(Note(24 * k, 24, p) for k, p in enumerate(pitches)), key=Key(0), tempo=90.0, title="scale")


def test_bars_metre_key_and_tempo_stay(model: Model, tune: Melody) -> None:
    result = transfer.transfer(model, tune, "jazz", QUICK, seed=1)
    after = result.melody
    assert (after.bars, after.metres, after.key, after.tempo, after.end) == (8, tune.metres, tune.key, 90.0, tune.end)
    assert 0 <= result.kept <= result.structural == 32
    assert codec.quantise(after) == after


def test_the_same_seed_gives_the_same_notes_and_another_seed_others(model: Model, tune: Melody) -> None:
    first, again, other = (transfer.transfer(model, tune, "jazz", QUICK, seed=s).melody for s in (3, 3, 4))
    assert first == again
    assert first != other


def test_an_unknown_style_names_the_nearest(model: Model, tune: Melody) -> None:
    with pytest.raises(UsageError, match="Did you mean classical"):
        transfer.transfer(model, tune, "clasical", QUICK)


@pytest.mark.parametrize("wrong", [{"preserve": 1.5}, {"strength": -1.0}, {"candidates": 0}, {"temperature": 0.0}])
def test_dials_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        transfer.Options(**wrong)


def test_a_jig_is_heard_as_swing_and_stays_on_its_grid() -> None:
    jig = Melody(tuple(Note(12 * k, 12, 60 + k % 5) for k in range(24)), ((0, Metre(6, 8)),))
    events = codec.encode(jig)
    grid = metres.heard(jig, events.grid, Style("jazz", "jazz", metres={"4/4": 1.0}))
    assert grid.beats == events.grid.beats == 8
    assert grid.first.tolist() == [0, 4, 8]
    assert set(grid.unit) == {24}
    assert metres.heard(jig, events.grid, Style("irish", "irish", metres={"6/8": 0.5, "4/4": 0.5})) is events.grid


def test_straight_eighths_swing_on_compound_beats() -> None:
    duplets = Melody((Note(0, 18, 60), Note(18, 18, 62), Note(36, 36, 64)), ((0, Metre(6, 8)),))
    assert [note.onset for note in codec.decode(metres.swung(codec.encode(duplets))).notes] == [0, 24, 36]


@pytest.mark.parametrize("bars", [4, 16])
def test_generation_keeps_its_length_and_key(model: Model, bars: int) -> None:
    made = generate.generate(model, "classical", bars=bars, count=2, seed=5, key=Key(1), metre=Metre(3, 4))
    assert [m.bars for m in made] == [bars, bars]
    assert made[0].notes != made[1].notes
    assert made[0] == generate.generate(model, "classical", bars=bars, seed=5, key=Key(1), metre=Metre(3, 4))[0]


def test_generation_goes_on_from_a_melody(model: Model, tune: Melody) -> None:
    made = generate.generate(model, "jazz", bars=12, seed=2, prompt=tune)[0]
    assert made.notes[: len(tune.notes) - 1] == tune.notes[:-1]
    assert made.bars == 12
    with pytest.raises(UsageError, match="no room"):
        generate.generate(model, "jazz", bars=8, prompt=tune)


def test_sections_return() -> None:
    repeats = generate.form(17, pickup=1)
    assert repeats.tolist() == [-1] * 5 + [1, 2, 3, 4] + [-1] * 4 + [1, 2, 3, 4]
    assert (generate.form(8) == -1).all()
    assert repeats.dtype == np.int32
