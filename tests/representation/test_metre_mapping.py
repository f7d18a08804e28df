"""Putting a melody into a metre that a style knows: beat for beat, at the same speed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from stylernn.corpus.styles import Style
from stylernn.music.melody import Chord, Melody, Note, TimeSignature
from stylernn.representation import event_codec, metre_mapping
from stylernn.representation.event_codec import BeatGrid, encode
from tests.strategies import melodies

JAZZ = Style("jazz", "jazz", metres={"4/4": 0.95, "3/4": 0.05})
IRISH = Style("irish", "irish", metres={"6/8": 0.5, "4/4": 0.4, "9/8": 0.1})


def tune(metre: TimeSignature, bars: int, pickup: int = 0) -> Melody:
    notes = [Note(metre.bar - pickup, pickup, 60)] if pickup else []
    notes += [Note(metre.bar * k, metre.bar, 60) for k in range(len(notes), bars)]
    return Melody(tuple(notes), ((0, metre),), pickup=pickup)


@pytest.mark.parametrize(
    ("metre", "style", "bars"),
    [
        (TimeSignature(2, 4), JAZZ, [0, 4, 8]),  # pairs of bars as bars of four
        (TimeSignature(3, 4), JAZZ, [0, 3, 6, 9, 12]),
        (TimeSignature(6, 8), IRISH, [0, 2, 4, 6, 8]),
        (TimeSignature(5, 4), JAZZ, [0, 5, 10, 15, 20]),  # nothing fits: left as it is
    ],
)
def test_bars_are_grouped_as_the_style_counts(
    metre: TimeSignature, style: Style, bars: list[int]
) -> None:
    melody = tune(metre, 4)
    grid = BeatGrid.of(melody)
    heard = metre_mapping.regroup_bars(melody, grid, style)
    assert heard.first.tolist() == bars
    assert (heard.start == grid.start).all()


@pytest.mark.parametrize(
    ("length", "pickup", "bars"),
    [
        (24, 0, [0, 4, 8]),  # a note a beat, as in a march
        (12, 0, [0, 4, 8]),  # 2 are nearer to 1.5 than to 3
        (8, 0, [0, 2, 4, 6, 8]),
        (6, 0, [0, 2, 4, 6, 8]),
        (6, 24, [0, 4, 6, 8]),  # the pickup bar stays whole
    ],
)
def test_bars_with_as_many_notes_as_half_bars_have_are_halved(
    length: int, pickup: int, bars: list[int]
) -> None:
    polkas = Style("x", "x", metres={"4/4": 0.5, "2/4": 0.5}, densities={"4/4": 1.5, "2/4": 3.0})
    melody = Melody(
        tuple(Note(k, length, 60) for k in range(96 - pickup if pickup else 0, 192, length)),
        pickup=pickup,
    )
    assert metre_mapping.regroup_bars(melody, BeatGrid.of(melody), polkas).first.tolist() == bars
    for other in (replace(polkas, densities={}), replace(polkas, metres={"4/4": 1.0}), JAZZ):
        assert metre_mapping.regroup_bars(melody, BeatGrid.of(melody), other).first.tolist() == [
            0,
            4,
            8,
        ]


def test_rests_do_not_make_a_melody_less_crowded() -> None:
    polkas = Style("x", "x", metres={"4/4": 0.5, "2/4": 0.5}, densities={"4/4": 1.5, "2/4": 3.0})
    busy = Melody(tuple(Note(k, 8, 60) for k in range(0, 192, 8)))
    breathing = replace(
        busy, notes=tuple(note for note in busy.notes if not 96 <= note.onset < 176)
    )
    for melody in (busy, breathing):
        assert metre_mapping.regroup_bars(melody, BeatGrid.of(melody), polkas).first.tolist() == [
            0,
            2,
            4,
            6,
            8,
        ]


def test_a_pickup_bar_stays_alone() -> None:
    melody = tune(TimeSignature(2, 4), 5, pickup=12)
    assert metre_mapping.regroup_bars(melody, BeatGrid.of(melody), JAZZ).first.tolist() == [
        0,
        2,
        6,
        10,
    ]


@settings(max_examples=60, deadline=None)
@given(melodies())
def test_bars_stay_a_coarsening_of_the_bars(melody: Melody) -> None:
    grid = encode(melody).grid
    heard = metre_mapping.regroup_bars(event_codec.quantise(melody), grid, JAZZ)
    assert set(heard.first) <= set(grid.first)
    assert (heard.first[0], heard.first[-1]) == (0, grid.beats)
    assert (np.diff(heard.first) > 0).all()
    inside = heard.bar[:-1]
    assert (heard.first[inside] <= np.arange(grid.beats)).all()
    assert (np.arange(grid.beats) < heard.first[inside + 1]).all()


@pytest.mark.parametrize(
    ("metre", "simple", "stretch"),
    [
        (TimeSignature(6, 8), TimeSignature(2, 4), 2 / 3),
        (TimeSignature(9, 8), TimeSignature(3, 4), 2 / 3),
        (TimeSignature(12, 8), TimeSignature(4, 4), 2 / 3),
        (TimeSignature(6, 16), TimeSignature(2, 4), 4 / 3),
        (TimeSignature(3, 8), TimeSignature(3, 4), 2),
    ],
)
def test_compound_metres_become_simple_ones(
    metre: TimeSignature, simple: TimeSignature, stretch: float
) -> None:
    melody = tune(metre, 4)
    written = metre_mapping.to_supported_metre(melody, JAZZ)
    assert [m for _, m in written.metres] == [simple]
    assert written.bars == melody.bars == 4
    assert (written.end, written.tempo) == (
        stretch * melody.end,
        pytest.approx(stretch * melody.tempo),
    )
    assert metre_mapping.to_supported_metre(melody, IRISH) is melody


def test_a_jig_becomes_triplets() -> None:
    jig = Melody(
        tuple(Note(12 * k, 12, 60 + k % 5) for k in range(12)),
        ((0, TimeSignature(6, 8)),),
        chords=(Chord(36, "G"),),
    )
    written = metre_mapping.to_supported_metre(jig, JAZZ)
    assert [note.onset for note in written.notes] == [8 * k for k in range(12)]
    assert written.chords == (Chord(24, "G"),)
    assert metre_mapping.to_original_metre(written, jig) == jig


def test_only_the_compound_stretch_is_rewritten() -> None:
    notes = (Note(0, 96, 60), Note(96, 36, 62), Note(132, 36, 64), Note(168, 96, 65))
    mixed = Melody(
        notes, ((0, TimeSignature(4, 4)), (96, TimeSignature(6, 8)), (168, TimeSignature(4, 4)))
    )
    written = metre_mapping.to_supported_metre(mixed, JAZZ)
    assert written.metres == (
        (0, TimeSignature(4, 4)),
        (96, TimeSignature(2, 4)),
        (144, TimeSignature(4, 4)),
    )
    assert [note.onset for note in written.notes] == [0, 96, 120, 144]


@settings(max_examples=60, deadline=None)
@given(melodies())
def test_rewriting_keeps_every_note_in_its_bar_and_at_its_place(melody: Melody) -> None:
    quantised = event_codec.quantise(melody)
    written = metre_mapping.to_supported_metre(melody, JAZZ)
    if not any(metre.is_compound for _, metre in melody.metres):
        assert written is melody
        return
    assert [note.pitch for note in written.notes] == [note.pitch for note in quantised.notes]
    assert written.bars == quantised.bars
    bars = [
        np.searchsorted(m.bar_lines, m.array[:, 0], side="right").tolist()
        for m in (written, quantised)
    ]
    assert bars[0] == bars[1]
    assert [n.onset for n in event_codec.quantise(written).notes] == [
        n.onset for n in written.notes
    ]
