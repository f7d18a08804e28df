"""Descriptors by hand, and their invariances."""

import numpy as np
import pytest

from stylernn.music import descriptors
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Melody, Note, TimeSignature

C_MAJOR = Tonality(0, "major")
SCALE = Melody(
    tuple(Note(24 * k, 24, 60 + step) for k, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12)))
)


def described(melody: Melody, tonality: Tonality = C_MAJOR) -> dict[str, float]:
    return dict(
        zip(descriptors.DESCRIPTORS, descriptors.describe(melody, tonality).tolist(), strict=True)
    )


def test_a_scale_by_hand() -> None:
    found = described(SCALE)
    assert found["degree 0"] == pytest.approx(2 / 8)
    assert found["interval +2"] == pytest.approx(5 / 7)
    assert found["interval +1"] == pytest.approx(2 / 7)
    assert found["steps"] == 1
    assert found["turns"] == found["silence"] == found["leaps"] == 0
    assert found["density"] == found["onset at 0.00"] == found["same advance again"] == 1
    assert found["range"] == 1


def test_rests_by_hand() -> None:
    found = described(Melody((Note(0, 12, 60), Note(24, 12, 62), Note(96, 48, 64))))
    assert found["silence"] == pytest.approx(3 / 6)
    assert found["breaths"] == 1
    assert found["long breaths"] == pytest.approx(1 / 2)
    assert found["longest breath"] == pytest.approx(2.5)


def test_transposition_changes_nothing() -> None:
    moved = Melody(tuple(note._replace(pitch=note.pitch + 3) for note in SCALE.notes))
    np.testing.assert_allclose(
        descriptors.describe(moved, Tonality(3, "major")), descriptors.describe(SCALE, C_MAJOR)
    )


def test_thirds_of_a_dotted_quarter_are_thirds_of_a_quarter() -> None:
    jig = Melody(
        tuple(Note(12 * k, 12, 60 + k % 5) for k in range(24)), ((0, TimeSignature(6, 8)),)
    )
    march = Melody(
        tuple(Note(8 * k, 8, 60 + k % 5) for k in range(24)), ((0, TimeSignature(2, 4)),)
    )
    np.testing.assert_allclose(
        descriptors.describe(jig, C_MAJOR), descriptors.describe(march, C_MAJOR)
    )


def test_sections_are_of_like_length() -> None:
    long = Melody(tuple(Note(24 * k, 24, 60 + k % 7) for k in range(150)))
    assert [part.bars for part in descriptors.sections(long)] == [16, 16]
    assert descriptors.sections(SCALE) == [SCALE]
