"""Likeness of two melodies by hand."""

import pytest

from stylernn.music.melody import Melody, Note
from stylernn.music.similarity import pitch_class_distance


def quarters(*pitches: int | None) -> Melody:
    notes = tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(pitches) if pitch is not None)
    return Melody(notes, end=96)


def test_pitch_classes_are_apart_by_the_shorter_way() -> None:
    # 0, a fifth (5 by the shorter way), a tritone, an octave.
    assert pitch_class_distance(
        quarters(60, 60, 60, 60), quarters(60, 67, 66, 72)
    ) == pytest.approx(11 / 4)


def test_a_span_without_a_note_counts_as_the_one_before_it() -> None:
    # Both are silent in the last quarter, so three spans count. Their distances are 0, 2 and 2; the
    # last one is that of the note before the rest.
    assert pitch_class_distance(
        quarters(60, 62, 62, None), quarters(60, 60, None, None)
    ) == pytest.approx(4 / 3)


def test_the_longest_note_of_a_span_is_heard() -> None:
    """Each of 128 quarters is a span; its longest note counts, not the longest pitch class."""
    plain = Melody((Note(0, 24, 60),), end=24 * 128)
    ornamented = Melody((Note(0, 4, 61), Note(4, 20, 60)), end=24 * 128)
    surrounded = Melody((Note(0, 8, 60), Note(8, 9, 62), Note(17, 7, 60)), end=24 * 128)
    assert pitch_class_distance(plain, ornamented) == 0
    assert pitch_class_distance(plain, surrounded) == 2


def test_nothing_is_apart_where_nothing_sounds() -> None:
    assert pitch_class_distance(quarters(), quarters()) == 0


def test_of_a_long_melody_the_outline_counts() -> None:
    """Of 512 quarters every four are a span; of its four notes the first is as long as any."""
    held = Melody(tuple(Note(96 * k, 96, 60 + k % 3) for k in range(128)))
    ornamented = Melody(
        tuple(
            Note(96 * k + 24 * q, 24, 60 + k % 3 + 5 * (q == 2))
            for k in range(128)
            for q in range(4)
        )
    )
    assert pitch_class_distance(held, ornamented) == 0
    assert pitch_class_distance(held.slice(0, 16), ornamented.slice(0, 16)) == pytest.approx(5 / 4)
