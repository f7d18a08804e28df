"""Locked bars: exactly the source's notes in them, exactly the others around them, no overlap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylernn.errors import UsageError
from stylernn.music import splice
from stylernn.music.melody import Melody, Note
from tests.strategies import melodies


def test_a_note_that_rings_into_a_locked_bar_ends_there_and_one_that_rang_there_rings_on() -> None:
    source = Melody((Note(0, 120, 60), Note(144, 48, 62)))
    made = Melody((Note(0, 24, 70), Note(48, 144, 72)))
    spliced = splice.splice(source, made, [1])
    assert spliced.notes == (Note(0, 24, 70), Note(48, 48, 72), Note(96, 24, 60), Note(144, 48, 62))


def test_a_locked_note_gives_way_to_the_next_new_one() -> None:
    source = Melody((Note(0, 192, 60),))
    made = Melody((Note(0, 96, 70), Note(120, 24, 72)))
    assert splice.splice(source, made, [0]).notes == (Note(0, 120, 60), Note(120, 24, 72))


@settings(max_examples=80, deadline=None)
@given(melodies(), melodies(), st.data())
def test_locked_bars_sound_as_in_the_source(
    source: Melody, other: Melody, data: st.DataObject
) -> None:
    made = Melody(
        tuple(n for n in other.notes if n.end <= source.end),
        source.metres,
        pickup=source.pickup,
        end=source.end,
    )
    locked = data.draw(st.sets(st.integers(0, source.bars - 1), min_size=1))
    spliced = splice.splice(source, made, locked)
    assert spliced.end == source.end
    for bar in locked:
        assert spliced.slice(bar, bar + 1).notes == source.slice(bar, bar + 1).notes
    for bar in set(range(source.bars)) - locked:
        line = source.bar_lines[bar]
        if not any(
            note.onset < line < note.end for note in (*source.notes, *made.notes)
        ):  # what rings on may differ
            assert spliced.slice(bar, bar + 1).notes == made.slice(bar, bar + 1).notes


@pytest.mark.parametrize(
    ("locked", "found"), [({-1}, "bar 0"), ({2}, "bar 3"), ({0, 1}, "all bars")]
)
def test_bars_that_are_not_there_are_refused(locked: set[int], found: str) -> None:
    tune = Melody((Note(0, 96, 60), Note(96, 96, 62)))
    with pytest.raises(UsageError, match=found):
        splice.check(locked, tune)
    splice.check(set(), tune)
    splice.check({1}, tune)
