"""Splits and the works behind them: disjoint, frozen, blind to order."""

import random

import numpy as np
import pytest

from stylernn.corpus import LabelledMelody, fingerprint, split
from stylernn.corpus.splits import groups
from stylernn.corpus.works import opening, plain, work_id
from stylernn.music.melody import Melody, Note, TimeSignature


def _melody(seed: int, notes: int = 30) -> Melody:
    rng = np.random.default_rng(seed)
    onsets = np.cumsum(rng.choice([12, 24, 36], notes))
    return Melody(
        tuple(
            Note(int(on), 6, int(p))
            for on, p in zip(onsets, rng.integers(50, 80, notes), strict=True)
        )
    )


def _tune(seed: int, work: str) -> LabelledMelody:
    return LabelledMelody(_melody(seed), "folk", f"tune {seed} {work}", work, "test", "CC0-1.0")


def _works(tunes: list[LabelledMelody]) -> set[str]:
    return {tune.work for tune in tunes}


@pytest.fixture(scope="module")
def tunes() -> list[LabelledMelody]:
    """600 tunes: two on each of 300 works, and every tenth tune starts like another work's."""
    made = [_tune(number, f"work {number // 2}") for number in range(600)]
    return made + [_tune(number, f"borrowed {number}") for number in range(0, 600, 10)]


def test_sides_share_no_work_and_no_opening(tunes: list[LabelledMelody]) -> None:
    sides = split(tunes)
    parts = (sides.train, sides.valid, sides.test)
    assert sum(map(len, parts)) == len(tunes)
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        assert not _works(parts[one]) & _works(parts[other])
        assert not {opening(t.melody) for t in parts[one]} & {
            opening(t.melody) for t in parts[other]
        }


def test_shares_are_about_80_10_10(tunes: list[LabelledMelody]) -> None:
    sides = split(tunes)
    assert 0.72 < len(sides.train) / len(tunes) < 0.88
    assert 0.04 < len(sides.valid) / len(tunes) < 0.16
    assert 0.04 < len(sides.test) / len(tunes) < 0.16


def test_order_does_not_matter(tunes: list[LabelledMelody]) -> None:
    shuffled = random.Random(3).sample(tunes, len(tunes))
    assert split(shuffled) == split(tunes)
    assert fingerprint(shuffled) == fingerprint(tunes)


def test_is_frozen() -> None:
    """The sets are fixed: a change here would change the test set of every published number."""
    sides = split(_tune(number, f"piece {number}") for number in range(30))
    assert _works(sides.valid) == {"piece 8"}
    assert _works(sides.test) == {"piece 10", "piece 22", "piece 3"}


def test_other_tunes_move_nothing(tunes: list[LabelledMelody]) -> None:
    before = split(tunes)
    after = split(tunes + [_tune(number, f"other {number}") for number in range(1000, 1300)])
    for side in ("train", "valid", "test"):
        assert set(map(id, getattr(before, side))) <= set(map(id, getattr(after, side)))


def test_groups_are_transitive() -> None:
    chain = [_tune(1, "a"), _tune(1, "b"), _tune(2, "b"), _tune(2, "c"), _tune(3, "d")]
    assert groups(chain) == ["a", "a", "a", "a", "d"]


def test_opening_ignores_key_and_note_value_but_not_rhythm() -> None:
    melody = _melody(5)
    slow = Melody(tuple(Note(2 * n.onset, 2 * n.duration, n.pitch + 5) for n in melody.notes))
    assert opening(slow) == opening(melody)
    dotted = Melody((melody.notes[0]._replace(onset=0), *melody.notes[1:]))
    assert opening(dotted) != opening(melody)


def test_fingerprint_sees_every_note() -> None:
    one, other = _tune(1, "a"), _tune(1, "a")
    last = other.melody.notes[-1]
    changed = Melody((*other.melody.notes[:-1], last._replace(pitch=last.pitch + 1)))
    assert fingerprint([one]) == fingerprint([other])
    assert fingerprint([one]) != fingerprint(
        [LabelledMelody(changed, "folk", other.identity, "a", "test", "CC0-1.0")]
    )


@pytest.mark.parametrize(
    ("title", "composer", "expected"),
    [
        (
            "String_Quartet_in_D_minor,_Hob.III76,_Op.76_No.2 mvt 3",
            "Haydn, Joseph",
            "haydn op 76 no 2",
        ),
        ("String_Quartet_No.1,_Op.18_No.1", "Ludwig van Beethoven", "beethoven op 18 no 1"),
        (
            "String_Quartet_No.2_in_D_major,_K.155134a mvt 3",
            "Mozart, Wolfgang Amadeus",
            "mozart k 155",
        ),
        ("String_Quartet_No.2 mvt 1", "Borodin, Alexander", "borodin string quartet no 2"),
        ("The Sailor's Hornpipe", "", "sailors"),
        ("LONDON -- HORNPIPE", "", "london"),
        ("Night and Day", "Someone Who Plays It", "night and day"),
        (
            "15 Aus den hebräischen Gesängen (Mein Herz ist schwer)",
            "Schumann, Robert",
            "aus den hebraischen gesangen",
        ),
        ("Jig", "", "only x/1"),
        ("", "", "only x/1"),
    ],
)
def test_work_id(title: str, composer: str, expected: str) -> None:
    assert work_id(title, composer, "x/1") == expected


def test_plain_keeps_a_title_that_is_all_in_brackets() -> None:
    assert plain("(I Got) Rhythm") == "rhythm"
    assert plain("[Untitled]") == "untitled"
    assert plain("Äpfel’s Lied") == "apfels lied"


def test_the_fingerprint_of_tunes_stays_the_same_for_ever() -> None:
    """Run folders and model files keep it; with another one no run could be resumed."""
    notes = tuple(Note(24 * k, 24, 60 + k % 5) for k in range(16))
    metres = ((0, TimeSignature(3, 4)), (144, TimeSignature(6, 8)))
    one = LabelledMelody(Melody(notes), "jazz", "a'b", 'w"x', "s", "CC0-1.0", "bebop")
    two = LabelledMelody(Melody(notes, metres, pickup=24), "folk", "c", "d", "e", "f")
    assert fingerprint([one]) == "83ccf5f3190a009e"
    assert fingerprint([two, one]) == "6258a117b5617202"
