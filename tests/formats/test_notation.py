"""Written bars: no note is lost, every symbol can be written, and pitches are spelt by the key."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import keys, melodies

from stylernn.formats.abc_kern import abc_text, kern_text
from stylernn.formats.notation import layout, spell
from stylernn.music.melody import Key, Melody, Note, TimeSignature

NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@settings(max_examples=100, deadline=None)
@given(melody=melodies())
def test_bars_are_full_and_tied_symbols_are_the_notes(melody: Melody) -> None:
    bars = layout(melody)
    for bar, following in pairwise(bars):
        assert bar.onset + sum(symbol.ticks for symbol in bar.symbols) == following.onset
    assert [bar.number for bar in bars] == list(
        range(0 if melody.pickup else 1, len(bars) + (not melody.pickup))
    )
    notes: list[Note] = []
    for symbol in (symbol for bar in bars for symbol in bar.symbols if symbol.pitch is not None):
        if symbol.continues:
            assert notes[-1].pitch == symbol.pitch
            assert notes[-1].end == symbol.onset
            notes[-1] = notes[-1]._replace(duration=notes[-1].duration + symbol.ticks)
        else:
            notes.append(Note(symbol.onset, symbol.ticks, symbol.pitch))
    assert tuple(notes) == melody.notes


@given(pitch=st.integers(0, 127), key=keys)
def test_a_spelling_sounds_right_and_keeps_to_the_signature(pitch: int, key: Key) -> None:
    step, alter, octave = spell(pitch, key)
    assert NATURALS[step] + alter + 12 * (octave + 1) == pitch
    scale = {(7 * place) % 12 for place in range(key.fifths - 1, key.fifths + 6)}
    if pitch % 12 in scale:
        assert alter == (key.fifths - "FCGDAEB".index(step) + 6) // 7


@pytest.mark.parametrize(
    ("pitch", "key", "spelling"),
    [
        (66, Key(1), ("F", 1, 4)),
        (66, Key(-5), ("G", -1, 4)),
        (68, Key(0, "minor"), ("G", 1, 4)),
        (70, Key(0), ("B", -1, 4)),
        (59, Key(-6), ("C", -1, 4)),
        (60, Key(7), ("B", 1, 3)),
        (61, None, ("C", 1, 4)),
    ],
)
def test_familiar_spellings(pitch: int, key: Key | None, spelling: tuple[str, int, int]) -> None:
    assert spell(pitch, key) == spelling


TUNE = Melody(
    (
        Note(60, 12, 62),
        Note(72, 8, 67),
        Note(80, 8, 69),
        Note(88, 8, 70),
        Note(96, 60, 78),
        Note(180, 36, 55),
    ),
    ((0, TimeSignature(3, 4)), (144, TimeSignature(2, 4))),
    Key(1),
    tempo=90.5,
    pickup=12,
    title="Two\nlines",
)


def test_abc_by_hand() -> None:
    header, body = (
        "X:1\nT:Two lines\nM:3/4\nL:1/8\nQ:1/4=90.5\nK:G\n",
        "D | (3GA_B f4- |\nM:2/4\nfz2G,- | G,2 z2 |]\n",
    )
    assert abc_text(TUNE) == header + body


def test_kern_by_hand() -> None:
    lines = (
        "!!!OTL: Two lines|**kern|*clefG2|*k[f#]|*G:|*MM90.5|*M3/4|8d|"
        "=1|12g|12a|12b-|[2ff#|=2|*M2/4|8ff#]|4r"
    )
    assert kern_text(TUNE).split("\n")[:17] == lines.split("|")[:17]
    assert kern_text(TUNE).endswith("[8G\n=3\n4G]\n4r\n==\n*-\n")
