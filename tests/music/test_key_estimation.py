"""Tonality: undisputed keys, the laws of transposition, and evidence other than the notes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylernn.music import key_estimation
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import Key, Melody, Note
from tests.strategies import melodies

TWINKLE = [60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60]
GREENSLEEVES = [69, 72, 74, 76, 77, 76, 74, 71, 67, 69, 71, 72, 69, 69, 68, 69, 71, 68, 64, 69]


def tune(pitches: list[int], key: Key | None = None) -> Melody:
    return Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(pitches)), key=key)


@pytest.mark.parametrize(
    ("pitches", "expected"), [(TWINKLE, Tonality(0, "major")), (GREENSLEEVES, Tonality(9, "minor"))]
)
@pytest.mark.parametrize("semitones", range(-6, 6))
def test_known_tunes_in_every_key(pitches: list[int], expected: Tonality, semitones: int) -> None:
    found = key_estimation.estimate(tune(pitches).transpose(semitones))
    assert found == Tonality((expected.tonic + semitones) % 12, expected.mode)


def test_the_signature_decides_between_relatives() -> None:
    ambiguous = [60, 64, 69, 64, 60, 64, 69, 64, 60, 69, 64]
    keys = {
        key_estimation.estimate(tune(ambiguous, key)) for key in (None, Key(0), Key(0, "minor"))
    }
    assert keys <= {Tonality(0, "major"), Tonality(9, "minor")}
    assert key_estimation.estimate(tune([66, 70, 73, 70, 66], Key(6))) == Tonality(6, "major")


def test_one_note_is_its_own_key() -> None:
    assert key_estimation.estimate(tune([62])).tonic == 2
    with pytest.raises(ValueError, match="without notes"):
        key_estimation.estimate(Melody(()))


@given(melodies(lowest=24), st.integers(-12, 0))
def test_the_estimate_moves_with_the_melody(melody: Melody, semitones: int) -> None:
    before, after = (
        key_estimation.estimate(melody),
        key_estimation.estimate(melody.transpose(semitones)),
    )
    assert after == Tonality((before.tonic + semitones) % 12, before.mode)
    assert (
        key_estimation.median_pitch(melody.transpose(semitones))
        == key_estimation.median_pitch(melody) + semitones
    )


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_keys_and_scales_belong_to_their_tonic(tonic: int, mode: str) -> None:
    heard = Tonality(tonic, mode)
    key = key_estimation.as_key(heard)
    assert (key.tonic, key.mode) == (tonic, mode)
    assert {(p - tonic) % 12 for p in key_estimation.scale(heard)} >= {0, 2, 5, 7}


def test_scales() -> None:
    assert key_estimation.scale(Tonality(2, "major")).tolist() == [1, 2, 4, 6, 7, 9, 11]
    assert key_estimation.scale(Tonality(9, "minor")).tolist() == [0, 2, 4, 5, 7, 8, 9, 11]
