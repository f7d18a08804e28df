"""Performance and accompaniment of styles: fixed values, and sums over the notes of a tune."""

import numpy as np
import pytest

from stylernn.music.melody import Chord, Melody, Note
from stylernn.sound.accompaniment import accompany
from stylernn.sound.performance import Manner, manner, perform
from stylernn.system import style_data

TUNE = Melody(
    tuple(Note(12 * k, 12, 60 + (5 * k) % 17) for k in range(64)),
    chords=tuple(Chord(96 * k, name) for k, name in enumerate(["Dm7", "G7", "Cmaj7", "A7"] * 2)),
    tempo=150,
)
_JAZZ = Manner("Tenor Sax", 1.0, 0.96, (0, -2, 6), 0.008)
_MANNERS = {
    "jazz": _JAZZ,
    "bebop": _JAZZ,
    "fusion": Manner("Alto Sax", 0.0, 0.9, (4, 0, 2), 0.006),
    "pop_vintage": Manner("Acoustic Grand Piano", 0.4, 0.92, (8, 3, 0), 0.007),
    "scottish": Manner("Fiddle", 0.25, 0.94, (12, 6, -5), 0.005),
    "hymn": Manner("Church Organ", 0.0, 0.98, (3, 1, 0), 0.003),
    "a label of your own": Manner("Acoustic Grand Piano", 0.0, 0.92, (8, 3, -3), 0.005),
}
_GUITAR = "Acoustic Guitar (steel)"
_PIANO = "Acoustic Grand Piano"


@pytest.mark.parametrize("style", _MANNERS)
def test_manners(style: str) -> None:
    assert manner(style) == _MANNERS[style]
    assert manner(style.upper()) == _MANNERS[style]


@pytest.mark.parametrize(
    ("style", "onsets", "durations", "velocities"),
    [
        ("bebop", 407.663575, 12.173212, 5264),
        ("fusion", 403.187681, 11.516, 5216),
        ("pop_vintage", 405.526199, 11.757435, 5256),
        ("scottish", 404.789734, 12.022198, 5200),
        ("hymn", 403.193841, 12.518012, 5168),
        ("a label of your own", 403.189734, 11.772, 5160),
    ],
)
def test_sums_over_a_performance(
    style: str, onsets: float, durations: float, velocities: int
) -> None:
    played = np.array(perform(TUNE, style, seed=3))
    assert played[:, 0].sum() == pytest.approx(onsets, abs=1e-5)
    assert played[:, 1].sum() == pytest.approx(durations, abs=1e-5)
    assert played[:, 3].sum() == velocities


@pytest.mark.parametrize(
    ("style", "bass", "chords", "instruments"),
    [
        ("bebop", (32, 1210), (39, 218.7), ("Acoustic Bass", _PIANO)),
        ("fusion", (32, 1210), (39, 216.6), ("Acoustic Bass", _PIANO)),
        ("pop_vintage", (16, 608), (64, 409.6), (_PIANO, _PIANO)),
        ("scottish", (16, 608), (64, 409.6), ("Acoustic Bass", _GUITAR)),
        ("hymn", (8, 324), (32, 179.2), ("Church Organ", "Church Organ")),
        ("a label of your own", (16, 608), (64, 409.6), (_PIANO, _PIANO)),
    ],
)
def test_sums_over_an_accompaniment(
    style: str, bass: tuple[int, int], chords: tuple[int, float], instruments: tuple[str, str]
) -> None:
    found = accompany(TUNE, style)
    assert (len(found.bass), sum(note.pitch for note in found.bass)) == bass
    assert len(found.chords) == chords[0]
    assert sum(note.onset for note in found.chords) == pytest.approx(chords[1])
    assert (found.bass_instrument, found.chord_instrument) == instruments


def test_every_style_can_be_played_and_accompanied() -> None:
    for style in (*style_data.labels(), ""):
        assert perform(TUNE, style)
        assert accompany(TUNE, style).bass
