"""Choosing stretch by stretch: chroma by hand, and who leads a group."""

import jax.numpy as jnp
import numpy as np
import pytest

from stylernn import codec, stretches
from stylernn.melody import TICKS_PER_QUARTER, Melody, Note
from stylernn.pieces import History

QUARTERS = 40


def line(*pitches: int) -> Melody:
    """A note a quarter, the pitches over and over."""
    notes = (Note(TICKS_PER_QUARTER * k, TICKS_PER_QUARTER, pitches[k % len(pitches)]) for k in range(QUARTERS))
    return Melody(tuple(notes))


def history(*melodies: Melody) -> History:
    """Of melodies of as many events, without their END."""
    encoded = [codec.encode(melody) for melody in melodies]
    time = np.array([[-1, *events.time[:QUARTERS]] for events in encoded])
    pitch = np.array([[60, *events.pitch[:QUARTERS]] for events in encoded])
    nothing = np.zeros_like(time)
    return History(*map(jnp.asarray, (time, pitch, nothing, nothing)))


def chroma(melody: Melody) -> np.ndarray:
    return stretches.beat_chroma(melody, codec.encode(melody).grid, 64)


def test_chroma_is_that_of_a_beat_and_the_next() -> None:
    found = stretches.beat_chroma(
        Melody((Note(0, 24, 60), Note(24, 12, 64), Note(60, 36, 67))), codec.encode(line(60)).grid, 64
    )
    assert found.shape == (64, 12)
    expected = np.zeros(12)
    expected[[0, 4]] = np.array([6, 3]) / np.hypot(6, 3)
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    np.testing.assert_allclose(found[1, [4, 7]], np.array([3, 3]) / np.hypot(3, 3), atol=1e-6)
    assert not found[4:].any()


@pytest.mark.parametrize("octave", [-12, 0, 12])
def test_the_candidate_that_follows_the_tune_leads(octave: int) -> None:
    tune, other = line(60, 64, 67, 65), line(61, 66, 68, 63)
    candidates = history(other, tune.transpose(octave), tune.transpose(octave), other)
    leader = stretches.leaders(candidates, jnp.int32(QUARTERS - 2), jnp.asarray(chroma(tune)), 2)
    assert leader.tolist() == [1, 1, 2, 2]


def test_only_the_latest_stretch_counts() -> None:
    tune, other = line(60, 64, 67, 65), line(61, 66, 68, 63)
    early = (QUARTERS - stretches.EVENTS) // 2
    late_fault = Melody((*tune.notes[:early], *other.notes[early:]))
    early_fault = Melody((*other.notes[:early], *tune.notes[early:]))
    candidates = history(late_fault, early_fault)
    leader = stretches.leaders(candidates, jnp.int32(QUARTERS - 1), jnp.asarray(chroma(tune)), 2)
    assert leader.tolist() == [1, 1]
