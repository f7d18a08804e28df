"""Accompaniment: within the tune's bars and chords, in the swing and the figure of its style."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import melodies

from stylernn.music.melody import Chord, Melody, Note, TimeSignature
from stylernn.sound.accompaniment import accompany

TUNE = Melody(
    tuple(Note(12 * k, 12, 72) for k in range(64)),
    chords=tuple(Chord(96 * k, name) for k, name in enumerate(["Dm7", "G7", "Cmaj7", "A7"] * 2)),
    tempo=150,
)


def test_a_bass_walks_in_quarters_and_leads_to_the_next_root() -> None:
    bass = accompany(TUNE, "jazz").bass
    np.testing.assert_allclose([note.onset for note in bass], np.arange(32) * 0.4)
    pitches = [note.pitch for note in bass]
    assert [pitch % 12 for pitch in pitches[::4]] == [2, 7, 0, 9] * 2
    assert all(abs(pitches[k] - pitches[k - 1]) % 12 in (1, 11) for k in range(4, 32, 4))
    assert max(abs(np.diff(pitches))) <= 12


def test_chords_off_the_beat_are_together_with_a_swinging_soloist() -> None:
    chords = accompany(TUNE, "jazz").chords
    places = {round((note.onset + 1e-9) % 0.4, 6) for note in chords}
    assert places == {0.0, 0.3}  # 3:1 at 150 quarters a minute
    assert {
        round((note.onset + 1e-9) % 0.4, 6)
        for note in accompany(TUNE, "jazz", straight=True).chords
    } == {0.0, 0.2}


def test_a_waltz_has_one_bass_note_and_two_chords() -> None:
    waltz = Melody(
        tuple(Note(72 * k, 72, p) for k, p in enumerate([72, 74, 71, 72])),
        ((0, TimeSignature(3, 4)),),
        tempo=60,
    )
    played = accompany(waltz, "folk")
    assert [note.onset for note in played.bass] == pytest.approx([0, 3, 6, 9])
    assert sorted({note.onset for note in played.chords}) == pytest.approx(
        [1, 2, 4, 5, 7, 8, 10, 11]
    )


def test_no_chord_is_silence_and_a_pickup_is_left_alone() -> None:
    silent = replace(TUNE, chords=(Chord(0, "N.C."), Chord(96, "C")))
    assert min(note.onset for note in accompany(silent, "hymn").bass) == pytest.approx(
        96 / 24 * 0.4
    )
    pickup = Melody((Note(72, 24, 67), Note(96, 96, 72)), pickup=24, tempo=60)
    assert min(note.onset for note in accompany(pickup, "hymn").chords) == pytest.approx(4)


@settings(max_examples=60, deadline=None)
@given(
    melody=melodies(), style=st.sampled_from(["jazz", "classical", "hymn", "irish", "ragtime", ""])
)
def test_it_stays_within_the_tune(melody: Melody, style: str) -> None:
    played = accompany(melody, style)
    end = melody.end * 60 / (melody.tempo * 24)
    for note in (*played.bass, *played.chords):
        assert -1e-9 <= note.onset < note.onset + note.duration <= end + 1e-6
        assert 28 <= note.pitch <= 67
