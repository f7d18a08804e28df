"""Where a line breathes, by hand."""

import numpy as np
import pytest

from stylernn.music.melody import Melody, Note, TimeSignature
from stylernn.representation import breaths, event_codec

QUARTERS = Melody(tuple(Note(24 * k, 24, 60 + k % 5) for k in range(64)))


def chosen(melody: Melody, share: float) -> list[int]:
    events = event_codec.encode(melody)
    return np.flatnonzero(breaths.plan(events, events.grid, share)).tolist()


def test_silence_is_what_lies_between_notes() -> None:
    assert breaths.silence(
        Melody((Note(24, 12, 60), Note(48, 24, 62), Note(96, 24, 64)), end=192)
    ) == pytest.approx(36 / 96)
    assert breaths.silence(
        Melody((Note(0, 18, 60), Note(24, 12, 62), Note(48, 24, 64))), 12
    ) == pytest.approx(12 / 72)
    assert breaths.silence(QUARTERS) == breaths.silence(Melody((), end=96)) == 0


def test_a_rest_across_a_bar_line_is_of_both_bars() -> None:
    """An eighth before it and a quarter after it."""
    melody = Melody((Note(0, 84, 60), Note(120, 60, 62), Note(180, 12, 64)))
    assert [
        breaths.rests(melody, bars=bars) for bars in (None, range(1), range(1, 2), range(2))
    ] == [36, 12, 24, 36]
    assert breaths.rests(melody, 24, range(1)) == 0


def test_eight_bars_end_first_then_four() -> None:
    assert chosen(QUARTERS, 2 / 64) == [30, 31]
    assert chosen(QUARTERS, 3 / 64) == [29, 30, 31]
    assert chosen(QUARTERS, 4 / 64) == [29, 30, 31, 32]
    assert chosen(QUARTERS, 8 / 64) == [13, 14, 15, 29, 30, 31, 32, 47]
    assert chosen(QUARTERS, 0.0) == []


def test_the_last_bar_sounds_and_first_beats_of_bars_do_but_after_eight_of_them() -> None:
    assert chosen(QUARTERS, 1.0) == [13, 14, 15, 29, 30, 31, 32, 45, 46, 47]
    waltz = Melody(tuple(Note(24 * k, 24, 60) for k in range(24)), ((0, TimeSignature(3, 4)),))
    assert chosen(waltz, 1.0) == [10, 11]
    assert chosen(Melody((Note(0, 24, 60),)), 1.0) == []


def test_pickups_sound_but_after_eight_bars() -> None:
    """The first phrase ends with bar 8, on the beat before the next pickup, which is silent too."""
    initial_history = Melody(tuple(Note(24 * k, 24, 60 + k % 5) for k in range(3, 68)), pickup=24)
    assert chosen(initial_history, 1.0) == [17, 18, 33, 34, 35, 49, 50]


def test_notes_that_ring_into_silence_are_cut_and_no_others() -> None:
    melody = Melody((Note(0, 60, 60), Note(60, 6, 61), Note(72, 24, 62)))
    grid = event_codec.encode(melody).grid
    silent = np.array([False, True, True, False])
    assert [note.duration for note in breaths.hushed(melody, grid, silent).notes] == [24, 6, 24]
    assert breaths.hushed(melody, grid, np.zeros(4, bool)) == melody
