"""What is typed at the command line, as bars, ranges and moods."""

import pytest

from stylernn.errors import UsageError
from stylernn.generation.tune_options import TuneOptions
from stylernn.music import moods
from stylernn.music.key_estimation import Tonality, estimate
from stylernn.music.melody import Key, Melody, Note
from stylernn.music.parse import parse_bars, parse_pitch_range

SCALE = Melody(
    tuple(Note(24 * k, 24, p) for k, p in enumerate([60, 62, 64, 65, 67, 69, 71, 72] * 2)),
    key=Key(0),
)
PICKUP = Melody((Note(72, 24, 67), Note(96, 96, 60), Note(192, 96, 60)), pickup=24)


def test_bars_are_counted_as_a_musician_does() -> None:
    assert parse_bars("1-2, 4", SCALE) == {0, 1, 3}
    assert parse_bars("0,2", PICKUP) == {0, 2}


@pytest.mark.parametrize("wrong", ["", "x", "3-1", "1-", "0", "5", "1-9"])
def test_bars_that_are_none_are_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="bars"):
        parse_bars(wrong, SCALE)


@pytest.mark.parametrize(
    ("text", "pitches"), [("G3-C6", (55, 84)), ("55-84", (55, 84)), ("Bb-1-F#4", (10, 66))]
)
def test_ranges(text: str, pitches: tuple[int, int]) -> None:
    assert parse_pitch_range(text) == pitches


@pytest.mark.parametrize("wrong", ["", "C4", "C4-G4", "H3-C6", "84-55"])
def test_ranges_that_are_none_are_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="range"):
        parse_pitch_range(wrong)


def test_the_tune_is_cut_transposed_and_sped_up_first() -> None:
    tune = TuneOptions(bars="2-3", key="A", tempo=150.0).tune(SCALE)
    assert (tune.bars, tune.tempo) == (2, 150.0)
    assert [n.pitch for n in tune.notes] == [p - 3 for p in (67, 69, 71, 72, 60, 62, 64, 65)]


def test_to_rewrite_some_bars_is_to_lock_the_others() -> None:
    assert TuneOptions(rewrite="2").config(SCALE)["locked"] == {0, 2, 3}
    with pytest.raises(UsageError, match="contradict"):
        TuneOptions(lock="1", rewrite="2")


def test_bars_and_keys_may_be_numbers_and_keys() -> None:
    assert TuneOptions(lock=2).config(SCALE)["locked"] == {1}
    assert TuneOptions(lock=[1, 3]).config(SCALE)["locked"] == {0, 2}
    assert TuneOptions(range=(55, 84)).config(SCALE) == {
        "end_on_tonic": False,
        "lowest": 55,
        "highest": 84,
    }
    assert TuneOptions(key=Key(3)).tune(SCALE) == TuneOptions(key="A").tune(SCALE)
    for wrong in (0, [], [0], "7"):
        with pytest.raises(UsageError, match="bars"):
            TuneOptions(bars=wrong).tune(SCALE)
    with pytest.raises(UsageError, match="tempo"):
        TuneOptions(tempo=0)


def test_sad_is_slow_low_and_minor_and_happy_brings_it_back() -> None:
    sad = moods.before(SCALE, moods.find("sad"))
    assert estimate(sad) == Tonality(9, "minor")
    assert sad.tempo < SCALE.tempo
    assert sad.notes[0].pitch == 57
    assert estimate(moods.before(sad, moods.find("happy"))) == Tonality(0, "major")


def test_a_leading_note_stays_one_in_minor() -> None:
    minor = moods.in_mode(SCALE, Tonality(0, "major"), "minor")
    assert [note.pitch for note in minor.notes[:8]] == [60, 62, 63, 65, 67, 68, 71, 72]
    assert moods.in_mode(minor, Tonality(0, "minor"), "minor") is minor


def test_an_unknown_mood_is_refused() -> None:
    with pytest.raises(UsageError, match="calm, energetic, happy, sad"):
        moods.find("grumpy")
