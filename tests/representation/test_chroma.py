"""Chroma around beats: by hand, and its laws."""

import numpy as np
import pytest
from hypothesis import given
from strategies import melodies

from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note, TimeSignature
from stylernn.representation import chroma
from stylernn.representation.event_codec import BeatGrid

BEAT = TICKS_PER_QUARTER


def test_the_beat_itself_counts_twice_its_neighbours() -> None:
    notes = (Note(0, BEAT, 60), Note(BEAT, BEAT // 2, 64), Note(3 * BEAT // 2, BEAT // 2, 67))
    melody = Melody(notes, metres=((0, TimeSignature(4, 4)),), end=4 * BEAT)
    found = chroma.around(melody, BeatGrid.of(melody))
    expected = np.zeros((4, 12))
    expected[0, [0, 4, 7]] = 2, 0.5, 0.5
    expected[1, [0, 4, 7]] = 1, 1, 1
    expected[2, [4, 7]] = 0.5, 0.5
    expected[:3] /= np.linalg.norm(expected[:3], axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_dotted_beat_is_one_beat() -> None:
    melody = Melody((Note(0, 3 * BEAT // 2, 62),), metres=((0, TimeSignature(6, 8)),), end=3 * BEAT)
    found = chroma.around(melody, BeatGrid.of(melody))
    assert found.shape == (2, 12)
    assert found[:, 2] == pytest.approx([1, 1])


@given(melodies())
def test_rows_have_length_one_or_are_silent_and_turn_with_the_tune(melody: Melody) -> None:
    grid = BeatGrid.of(melody)
    found = chroma.around(melody, grid)
    lengths = np.linalg.norm(found, axis=1)
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))
    if all(note.pitch + 5 < 128 for note in melody.notes):
        np.testing.assert_allclose(
            chroma.around(melody.transpose(5), grid), np.roll(found, 5, axis=1), atol=1e-6
        )
