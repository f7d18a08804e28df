"""Harmony: the reading of chord symbols, and inferred chords for well-known tunes."""

from itertools import chain

import pytest
from hypothesis import given, settings
from strategies import CHORDS, melodies

from stylernn.music.harmony import harmonies, parse
from stylernn.music.melody import Chord, Key, Melody, Note, TimeSignature


@pytest.mark.parametrize(
    ("symbol", "bass", "pitches"),
    [
        ("C", 0, {0, 4, 7}),
        ("F#m7b5", 6, {6, 9, 0, 4}),
        ("Ebj7", 3, {3, 7, 10, 2}),
        ("G-7", 7, {7, 10, 2, 5}),
        ("Am/G", 7, {9, 0, 4}),
        ("Gmaj", 7, {7, 11, 2}),
        ("Cmaj7", 0, {0, 4, 7, 11}),
        ("Bo7", 11, {11, 2, 5, 8}),
        ("E7#9", 4, {4, 8, 11, 2}),
        ("N.C.", 0, set()),
    ],
)
def test_symbols(symbol: str, bass: int, pitches: set[int]) -> None:
    harmony = parse(Chord(24, symbol))
    assert (harmony.onset, harmony.bass, set(harmony.pitches)) == (24, bass, pitches)


@pytest.mark.parametrize("symbol", CHORDS)
def test_the_root_comes_first(symbol: str) -> None:
    harmony = parse(Chord(0, symbol))
    assert not harmony.pitches or symbol.startswith("ABCDEFG"["ABCDEFG".index(symbol[0])])
    assert len(set(harmony.pitches)) == len(harmony.pitches)


def tune(bars: list[list[int]], key: Key) -> Melody:
    """One note a beat in 3/4."""
    return Melody(
        tuple(Note(24 * k, 24, p) for k, p in enumerate(chain(*bars))),
        ((0, TimeSignature(3, 4)),),
        key,
    )


def test_a_melody_of_broken_chords_gets_these_chords() -> None:
    bars = [[60, 64, 67], [65, 69, 72], [67, 71, 74], [72, 67, 60]]
    found = harmonies(tune(bars, Key(0)))
    assert [(h.onset, h.pitches[0]) for h in found] == [(0, 0), (72, 5), (144, 7), (216, 0)]
    assert found[2].pitches == (7, 11, 2, 5)
    transposed = harmonies(tune(bars, Key(0)).transpose(3))
    assert [h.pitches[0] for h in transposed] == [(h.pitches[0] + 3) % 12 for h in found]


def test_minor_has_its_own_chords_and_jazz_its_sevenths() -> None:
    found = harmonies(
        tune([[69, 72, 76], [74, 77, 69], [76, 80, 71], [69, 72, 69]], Key(0, "minor")),
        sevenths=True,
    )
    assert [h.pitches for h in found] == [(9, 0, 4, 7), (2, 5, 9, 0), (4, 8, 11, 2), (9, 0, 4, 7)]


@settings(max_examples=50, deadline=None)
@given(melody=melodies())
def test_every_melody_has_chords_and_its_own_come_first(melody: Melody) -> None:
    found = harmonies(melody)
    if melody.chords:
        assert [h.onset for h in found] == [chord.onset for chord in melody.chords]
    else:
        assert len(found) == melody.bars
        assert all(h.pitches and h.bass == h.pitches[0] for h in found)
