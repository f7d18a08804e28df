"""How melodies end, by hand."""

import pytest

from stylernn import endings
from stylernn.melody import Melody, Note
from stylernn.tonality import Tonality

C_MAJOR = Tonality(0, "major")


def ending(onset: int, duration: int, pitch: int) -> Melody:
    return Melody((Note(0, 24, 67), Note(onset, duration, pitch)), end=192)


@pytest.mark.parametrize(
    ("onset", "duration", "pitch", "closes"),
    [(96, 48, 60, 1), (144, 24, 64, 1), (120, 24, 60, 2 / 3), (96, 12, 60, 2 / 3), (120, 12, 62, 0), (48, 48, 60, 0)],
)
def test_closing_counts_triad_beat_and_length(onset: int, duration: int, pitch: int, closes: float) -> None:
    assert endings.closing(ending(onset, duration, pitch), C_MAJOR) == pytest.approx(closes)


@pytest.mark.parametrize(("onset", "duration", "rung"), [(96, 12, 48), (96, 80, 80), (168, 6, 24), (180, 6, 12)])
def test_the_last_note_rings_for_a_half_bar_within_its_bar(onset: int, duration: int, rung: int) -> None:
    result = endings.rung_out(ending(onset, duration, 60))
    assert result.notes[-1] == Note(onset, rung, 60)
    assert result.end == 192


def test_the_nearest_tonic() -> None:
    assert endings.on_tonic(ending(96, 24, 65), C_MAJOR).notes[-1].pitch == 60
    assert endings.on_tonic(ending(96, 24, 67), C_MAJOR).notes[-1].pitch == 72
    assert endings.on_tonic(Melody((), end=96), C_MAJOR) == endings.rung_out(Melody((), end=96)) == Melody((), end=96)
