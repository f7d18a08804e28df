"""Events: round trips over real and random melodies, hand-made events, the grid of odd bars."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings

from stylernn.formats import midi
from stylernn.music.melody import Melody, Note, TimeSignature
from stylernn.representation import event_codec
from tests.strategies import melodies

PERFORMED = {"jazz", "romantic"}


@settings(max_examples=60, deadline=None)
@given(melodies())
def test_decoding_gives_back_the_quantised_melody(melody: Melody) -> None:
    once = event_codec.quantise(melody)
    assert event_codec.quantise(once) == once
    assert event_codec.decode(event_codec.encode(melody)) == once


def test_a_length_that_is_rounded_to_a_tick_before_the_next_onset_is_held() -> None:
    """105 ticks become 108, a tick less than the gap; quantised again, that would be prolonged."""
    melody = Melody((Note(3, 105, 60), Note(112, 24, 62)))
    once = event_codec.quantise(melody)
    assert once.notes[0] == (3, 109, 60)
    assert event_codec.quantise(once) == once


def test_a_jig_in_events() -> None:
    thirds = (
        Note(36, 12, 60),
        Note(48, 12, 62),
        Note(60, 12, 64),
        Note(72, 24, 67),
        Note(120, 24, 60),
    )
    events = event_codec.encode(Melody(thirds, ((0, TimeSignature(6, 8)),)))
    positions = event_codec.POSITIONS[events.time % 16]
    assert (events.time // 16).tolist() == [1, 1, 1, 2, 3, 4]
    assert positions.tolist() == [0, 8, 16, 0, 8, 0]
    assert events.pitch.tolist() == [39, 41, 43, 46, 39, event_codec.END]
    assert event_codec.DURATIONS[events.duration].tolist() == [0, 0, 0, 24, 0, 0]


def test_a_long_rest_is_bridged_and_comes_back() -> None:
    melody = Melody((Note(0, 24, 60), Note(24 * 50, 24, 62)))
    events = event_codec.encode(melody)
    assert (events.pitch == event_codec.REST).sum() == 3
    assert (np.diff(events.time // 16) < event_codec.MAX_AHEAD).all()
    assert event_codec.decode(events) == melody


def test_a_short_bar_ends_its_last_beat_early() -> None:
    grid = event_codec.BeatGrid.of(Melody((Note(0, 24, 60),), ((0, TimeSignature(5, 8)),), end=120))
    assert grid.start.tolist() == [0, 24, 48, 60, 84, 108, 120]
    last_beat = grid.ticks.reshape(-1, 16)[2]
    assert last_beat.max() == 58
    assert (last_beat[event_codec.POSITIONS >= 12] == -1).all()


@pytest.mark.parametrize(("pitch", "folded"), [(10, 22), (20, 32), (115, 103), (127, 103)])
def test_pitches_out_of_range_are_folded_by_octaves(pitch: int, folded: int) -> None:
    assert event_codec.quantise(Melody((Note(0, 24, pitch),))).notes[0].pitch == folded


def test_a_melody_without_notes_is_refused() -> None:
    with pytest.raises(ValueError, match="without notes"):
        event_codec.encode(Melody(()))


def test_real_melodies_survive(shared, capsys) -> None:
    """Every tenth file: a round trip, and the share of notes that quantisation moves, by style."""
    shares: dict[str, list[tuple[float, int]]] = {}
    with (shared / "data" / "styles" / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::10]
    for row in rows:
        melody = midi.read(shared / "data" / "styles" / row["file"])
        assert event_codec.decode(event_codec.encode(melody)) == event_codec.quantise(melody), row[
            "file"
        ]
        shares.setdefault(row["style"], []).append((event_codec.moved(melody), len(melody.notes)))
    with capsys.disabled():
        for style, pairs in sorted(shares.items()):
            moved = sum(share * n for share, n in pairs) / sum(n for _, n in pairs)
            print(f"\n{style}: {100 * moved:.2f} % of the notes moved", end="")
            assert style in PERFORMED or moved < 0.015
