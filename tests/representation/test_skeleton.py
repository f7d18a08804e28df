"""Skeletons: a reduction made by hand, bounds of normalisation, repeated bars."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylernn.music import key_estimation
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody, Note, TimeSignature
from stylernn.representation import event_codec
from stylernn.representation import skeleton as sk
from stylernn.representation.event_codec import LOWEST, PITCHES, encode
from tests.strategies import melodies

C = Tonality(0, "major")


def pitches(skeleton: sk.Skeleton) -> list[int]:
    return (skeleton.pitch + LOWEST).tolist()


@pytest.fixture
def two_bars() -> event_codec.Events:
    """A bar of a long C and passing notes, and a bar of one long G."""
    notes = [(0, 36, 60), (36, 12, 62), (48, 24, 64), (72, 12, 65), (84, 12, 66), (96, 96, 67)]
    return encode(Melody(tuple(Note(*note) for note in notes)))


def test_a_reduction_by_hand(two_bars: event_codec.Events) -> None:
    beats = sk.reduce(two_bars, "beat", C)
    # Beat 2 has the end of C and the D: C, of the triad, has more weight and was there already.
    assert list(zip((beats.time / 16).tolist(), pitches(beats), strict=True)) == [
        (0, 60),
        (2, 64),
        (3, 65),
        (4, 67),
    ]
    assert pitches(sk.reduce(two_bars, "half", C)) == [60, 64, 67]
    assert pitches(sk.reduce(two_bars, "bar", C)) == [60, 67]
    assert len(sk.reduce(two_bars, "none", C).time) == 0


def test_chromatic_notes_leave_their_beats_to_notes_of_the_scale(
    two_bars: event_codec.Events,
) -> None:
    """Bar 2 is a long F sharp after a short E; bar 3 is one F sharp, of which nothing is left."""
    notes = [
        Note(0, 96, 60),
        Note(96, 12, 64),
        Note(108, 84, 66),
        Note(192, 96, 66),
        Note(288, 96, 67),
    ]
    events = encode(Melody(tuple(notes)))
    bars = sk.reduce(sk.in_scale(events, key_estimation.scale(C)), "bar", C)
    assert list(zip((bars.time / 64).tolist(), pitches(bars), strict=True)) == [
        (0, 60),
        (1, 64),
        (3, 67),
    ]
    assert pitches(sk.reduce(events, "bar", C)) == [60, 66, 66, 67]
    black = encode(Melody((Note(0, 96, 61), Note(96, 96, 63))))
    assert sk.in_scale(black, key_estimation.scale(C)) is black
    assert pitches(sk.reduce(sk.in_scale(two_bars, key_estimation.scale(C)), "beat", C)) == [
        60,
        64,
        65,
        67,
    ]


def test_a_waltz_has_a_long_and_a_short_half() -> None:
    events = encode(
        Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(6)), ((0, TimeSignature(3, 4)),))
    )
    assert set(sk.reduce(events, "half", C).time.tolist()) == {0, 2 * 16, 3 * 16, 5 * 16}


def test_a_pickup_note_in_an_empty_bar_is_kept() -> None:
    events = encode(Melody((Note(90, 6, 67), Note(96, 96, 60)), pickup=6))
    bars = sk.reduce(events, "bar", C)
    assert bars.time.tolist() == [0, 4 * 16]
    assert pitches(bars) == [67, 60]


@settings(max_examples=40, deadline=None)
@given(melodies(), st.sampled_from(sk.LEVELS[1:]))
def test_structural_notes_are_notes_of_the_tune_in_order(melody: Melody, level: str) -> None:
    events = encode(melody)
    reduced = sk.reduce(events, level, key_estimation.estimate(melody))
    assert (np.diff(reduced.time) > 0).all()
    assert set(reduced.pitch) <= set(events.pitch)
    assert (reduced.time % 16 == 0).all()
    assert 1 <= len(reduced.time) <= events.grid.beats


@given(
    st.lists(st.integers(0, PITCHES - 1), min_size=1, max_size=30),
    st.integers(0, 60),
    st.integers(11, 24),
    st.integers(0, 11),
    st.sampled_from(["major", "minor"]),
)
def test_a_normalised_skeleton_lies_in_scale_and_range(
    pitch: list[int], low: int, width: int, tonic: int, mode: str
) -> None:
    given_notes = sk.Skeleton(16 * np.arange(len(pitch), dtype=np.int32), np.array(pitch, np.int32))
    tonality = Tonality(tonic, mode)
    normal = sk.normalise(given_notes, tonality, low, low + width)
    assert ((normal.pitch >= low) & (normal.pitch <= low + width)).all()
    assert np.isin((normal.pitch + LOWEST) % 12, key_estimation.scale(tonality)).all()
    assert (np.diff(normal.pitch) != 0).all()
    assert normal.time[0] == 0
    again = sk.normalise(normal, tonality, low, low + width)
    assert (again.time.tolist(), again.pitch.tolist()) == (
        normal.time.tolist(),
        normal.pitch.tolist(),
    )


@given(
    st.lists(st.integers(0, PITCHES - 1), min_size=1, max_size=30),
    st.integers(0, 60),
    st.integers(11, 24),
)
def test_folding_keeps_pitch_classes_and_lies_in_range(
    pitch: list[int], low: int, width: int
) -> None:
    given_notes = sk.Skeleton(16 * np.arange(len(pitch), dtype=np.int32), np.array(pitch, np.int32))
    folded = sk.fold(given_notes, low, low + width)
    assert ((folded.pitch >= low) & (folded.pitch <= low + width)).all()
    assert ((folded.pitch - given_notes.pitch) % 12 == 0).all()
    assert sk.fold(folded, low, low + width).pitch.tolist() == folded.pitch.tolist()


def test_folding_moves_a_whole_stretch_and_changes_octave_at_a_leap() -> None:
    line = np.array([50, 52, 64, 66, 68, 66, 64, 52, 50], np.int32)
    folded = sk.fold(sk.Skeleton(16 * np.arange(9, dtype=np.int32), line), 48, 66)
    assert folded.pitch.tolist() == [50, 52, 52, 54, 56, 54, 52, 52, 50]


def test_bars_repeat_the_latest_similar_bar() -> None:
    """A A' B A'' with a changed note (three of four are alike) and an octave."""
    bars = [
        [60, 62, 64, 65],
        [60, 62, 64, 67],
        [71, 69, 67, 65],
        [72, 74, 76, 79],
        [71, 69, 60, 62],
    ]
    flat = [pitch for bar in bars for pitch in bar]
    events = encode(Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(flat))))
    assert sk.repetitions(events).tolist() == [-1, 0, -1, 1, -1]
    assert sk.repetitions(events, least=1.0).tolist() == [-1, -1, -1, 1, -1]


def test_similar_bars() -> None:
    """Bar 3 has two beats in common with both bars before it, bar 4 has three with bar 1."""
    notes = [0, 4, 7, 0, 2, 5, 9, 2, 0, 4, 9, 2, 0, 4, 7, 11]
    grid = encode(Melody(tuple(Note(24 * k, 24, 60 + pitch) for k, pitch in enumerate(notes)))).grid
    skeleton = sk.Skeleton(16 * np.arange(16, dtype=np.int32), np.array(notes, np.int32))
    none = np.full(4, -1, np.int32)
    assert sk.similar_bars(skeleton, grid, none).tolist() == [-1, -1, 1, 0]
    assert sk.similar_bars(skeleton, grid, none, least=0.6).tolist() == [-1, -1, -1, 0]
    assert sk.similar_bars(skeleton, grid, np.array([-1, 0, -1, -1], np.int32)).tolist() == [
        -1,
        0,
        1,
        0,
    ]


def test_a_held_note_is_heard_on_every_beat() -> None:
    grid = encode(Melody((Note(0, 96, 60), Note(96, 96, 62), Note(192, 96, 60)))).grid
    held = sk.Skeleton(np.array([0, 64, 128], np.int32), np.array([0, 2, 0], np.int32))
    assert sk.similar_bars(held, grid, np.full(3, -1, np.int32)).tolist() == [-1, -1, 0]
