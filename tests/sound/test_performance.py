"""Performance: measured swing, nothing lost, nothing out of order, the same from the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import melodies

from stylernn.music.melody import Melody, Note, TimeSignature
from stylernn.sound.performance import perform, seconds, swing_ratio

STYLES = ["jazz", "fiddle", "classical", "chorale", "ragtime", "of my own"]


def eighths(metre: str = "4/4") -> Melody:
    sign = TimeSignature(*map(int, metre.split("/")))
    return Melody(
        tuple(Note(12 * k, 12, 60 + k % 8) for k in range(2 * sign.bar // 12)), ((0, sign),)
    )


@pytest.mark.parametrize(
    ("tempo", "ratio"), [(60, 3.5), (120, 3.5), (150, 3.0), (200, 2.0), (240, 1.5), (320, 1.0)]
)
def test_the_swing_ratio_falls_with_tempo(tempo: float, ratio: float) -> None:
    assert swing_ratio(tempo) == pytest.approx(ratio)


@pytest.mark.parametrize("tempo", [150, 200, 250])
def test_the_short_note_of_the_rhythm_section_lasts_a_tenth_of_a_second(tempo: float) -> None:
    melody = eighths()
    played = seconds(melody, melody.array[:, 0].astype(int), tempo, swing=1.0)
    np.testing.assert_allclose(np.diff(played)[1::2], 0.1, atol=1e-9)


def test_a_soloist_plays_late_on_the_beat_and_together_off_it() -> None:
    melody = eighths()
    ticks = melody.array[:, 0].astype(int)
    solo, section = (
        seconds(melody, ticks, 150, swing=1.0, soloist=soloist) for soloist in (True, False)
    )
    np.testing.assert_allclose(solo[1::2], section[1::2])
    np.testing.assert_allclose(solo[::2] - section[::2], 0.04)
    long, short = np.diff(solo)[:2]
    assert 1 < long / short < 2


def test_triplets_sixteenths_and_compound_beats_are_not_swung() -> None:
    triplet = tuple(Note(8 * k, 8, 60) for k in range(3))
    sixteenths = tuple(Note(24 + 6 * k, 6, 62) for k in range(4))
    melody = Melody((*triplet, *sixteenths, Note(48, 12, 64), Note(60, 12, 65)))
    played = seconds(melody, melody.array[:, 0].astype(int), 200, swing=1.0)
    np.testing.assert_allclose(played[:8], melody.array[:8, 0] * 0.3 / 24)
    assert played[8] - played[7] == pytest.approx(0.2)
    jig = eighths("6/8")
    np.testing.assert_allclose(
        np.diff(seconds(jig, jig.array[:, 0].astype(int), 200, swing=1.0)), 0.15
    )


@settings(max_examples=60, deadline=None)
@given(
    melody=melodies(),
    style=st.sampled_from(STYLES),
    tempo=st.floats(40, 320),
    seed=st.integers(0, 9),
)
def test_every_note_sounds_once_and_in_order(
    melody: Melody, style: str, tempo: float, seed: int
) -> None:
    played = perform(melody, style, tempo=tempo, seed=seed)
    assert [note.pitch for note in played] == [note.pitch for note in melody.notes]
    onsets = np.array([note.onset for note in played])
    ends = onsets + [note.duration for note in played]
    assert (onsets >= 0).all()
    assert (ends > onsets).all()
    assert (ends[:-1] <= onsets[1:] + 1e-9).all()
    assert all(30 <= note.velocity <= 120 for note in played)
    written = melody.array[:, 0] * 60 / (tempo * 24)
    beat = 60 / tempo
    assert np.abs(onsets - written).max(initial=0) < 0.3 * beat + 0.07


@given(melody=melodies(), seed=st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_a_performance_is_its_seed(melody: Melody, seed: int) -> None:
    assert perform(melody, "jazz", seed=seed) == perform(melody, "jazz", seed=seed)
    assert (
        perform(melody, "jazz", seed=seed) != perform(melody, "jazz", seed=seed + 1)
        or not melody.notes
    )


def test_straight_is_as_written() -> None:
    melody = eighths()
    played = perform(melody, "jazz", tempo=120, straight=True)
    np.testing.assert_allclose([note.onset for note in played], np.arange(16) * 0.25)
    np.testing.assert_allclose([note.duration for note in played], 0.25)
    assert {note.velocity for note in played} == {80}


def test_accents_lie_off_the_beat_in_jazz_and_on_it_in_dances() -> None:
    melody = Melody(tuple(Note(12 * k, 12, 60) for k in range(64)))
    for style, louder in (("jazz", 1), ("fiddle", 0)):
        loud = np.array([note.velocity for note in perform(melody, style)])
        assert loud[louder::2].mean() > loud[1 - louder :: 2].mean() + 3
