"""Hearing a melody in a metre that a style knows: beats and bar lines stay, only their counting changes."""

import numpy as np
import pytest
from hypothesis import given, settings

from stylernn import codec, metres
from stylernn.codec import BeatGrid, encode
from stylernn.melody import Melody, Metre, Note
from stylernn.styles import Style
from tests.strategies import melodies

JAZZ = Style("jazz", "jazz", metres={"4/4": 0.95, "3/4": 0.05})
IRISH = Style("irish", "irish", metres={"6/8": 0.5, "4/4": 0.4, "9/8": 0.1})


def tune(metre: Metre, bars: int, pickup: int = 0) -> Melody:
    notes = [Note(metre.bar - pickup, pickup, 60)] if pickup else []
    notes += [Note(metre.bar * k, metre.bar, 60) for k in range(len(notes), bars)]
    return Melody(tuple(notes), ((0, metre),), pickup=pickup)


@pytest.mark.parametrize(
    ("metre", "style", "bars"),
    [
        (Metre(6, 8), JAZZ, [0, 4, 8]),  # pairs of 6/8 as bars of four swung beats
        (Metre(12, 8), JAZZ, [0, 4, 8, 12, 16]),
        (Metre(2, 4), JAZZ, [0, 4, 8]),
        (Metre(9, 8), JAZZ, [0, 3, 6, 9, 12]),
        (Metre(6, 8), IRISH, [0, 2, 4, 6, 8]),
        (Metre(5, 4), JAZZ, [0, 5, 10, 15, 20]),  # nothing fits: left as it is
    ],
)
def test_bars_are_grouped_as_the_style_counts(metre: Metre, style: Style, bars: list[int]) -> None:
    melody = tune(metre, 4)
    grid = BeatGrid.of(melody)
    heard = metres.heard(melody, grid, style)
    assert heard.first.tolist() == bars
    assert (heard.start == grid.start).all()
    assert set(heard.unit) == ({24} if style is JAZZ else {metre.beat})


def test_a_pickup_bar_stays_alone() -> None:
    melody = tune(Metre(6, 8), 5, pickup=12)
    assert metres.heard(melody, BeatGrid.of(melody), JAZZ).first.tolist() == [0, 2, 6, 10]


@settings(max_examples=60, deadline=None)
@given(melodies())
def test_bars_stay_a_coarsening_of_the_bars(melody: Melody) -> None:
    grid = encode(melody).grid
    heard = metres.heard(codec.quantise(melody), grid, JAZZ)
    assert set(heard.first) <= set(grid.first)
    assert (heard.first[0], heard.first[-1]) == (0, grid.beats)
    assert (np.diff(heard.first) > 0).all()
    inside = heard.bar[:-1]
    assert (heard.first[inside] <= np.arange(grid.beats)).all()
    assert (np.arange(grid.beats) < heard.first[inside + 1]).all()


@settings(max_examples=60, deadline=None)
@given(melodies())
def test_swinging_keeps_the_notes_in_their_beats(melody: Melody) -> None:
    events = encode(melody)
    swung = metres.swung(events)
    assert (np.diff(swung.time) > 0).all()
    assert (swung.time // 16 == events.time // 16).all()
    simple = events.grid.unit[events.time // 16] == 24
    assert (swung.time[simple] == events.time[simple]).all()
    assert [n.pitch for n in codec.decode(swung).notes] == [n.pitch for n in codec.decode(events).notes]


def test_a_beat_cut_short_swings_only_as_far_as_it_goes() -> None:
    notes = (Note(0, 36, 60), Note(36, 18, 62), Note(54, 6, 64), Note(60, 36, 65))
    cut = Melody(notes, ((0, Metre(6, 8)), (60, Metre(6, 8))))
    assert codec.decode(metres.swung(encode(cut))).notes == codec.quantise(cut).notes
