"""Where a line breathes, by hand."""

import numpy as np
import pytest

from stylernn import breaths, codec
from stylernn.melody import Melody, Note

QUARTERS = Melody(tuple(Note(24 * k, 24, 60 + k % 5) for k in range(64)))


def chosen(melody: Melody, share: float) -> list[int]:
    events = codec.encode(melody)
    return np.flatnonzero(breaths.plan(events, events.grid, share)).tolist()


def test_silence_is_what_lies_between_notes() -> None:
    assert breaths.silence(Melody((Note(24, 12, 60), Note(48, 24, 62), Note(96, 24, 64)), end=192)) == pytest.approx(
        36 / 96
    )
    assert breaths.silence(QUARTERS) == breaths.silence(Melody((), end=96)) == 0


def test_phrases_of_four_bars_end_first_then_those_of_two() -> None:
    assert chosen(QUARTERS, 3 / 64) == [15, 31, 47]
    assert set(chosen(QUARTERS, 6 / 64)) > {15, 31, 47}
    assert set(chosen(QUARTERS, 6 / 64)) <= {7, 15, 23, 31, 39, 47, 55}


def test_the_last_bar_and_the_first_beat_sound() -> None:
    everything = chosen(QUARTERS, 1.0)
    assert 0 not in everything
    assert max(everything) < 60
    assert chosen(QUARTERS, 0.0) == []


def test_a_held_note_gives_way_before_others_do() -> None:
    notes = [note for note in QUARTERS.notes if note.onset not in (24 * 10, 24 * 11)]
    held = Melody(tuple(note._replace(duration=72) if note.onset == 24 * 9 else note for note in notes))
    assert chosen(held, 2 / 64) == [10, 11]


def test_notes_that_ring_into_silence_are_cut_and_no_others() -> None:
    melody = Melody((Note(0, 60, 60), Note(60, 6, 61), Note(72, 24, 62)))
    grid = codec.encode(melody).grid
    silent = np.array([False, True, True, False])
    assert [note.duration for note in breaths.hushed(melody, grid, silent).notes] == [24, 6, 24]
    assert breaths.hushed(melody, grid, np.zeros(4, bool)) == melody
