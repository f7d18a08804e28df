"""Weimar solos: positions in the beat, bars, durations; comparison with another conversion."""

import csv
from pathlib import Path

import numpy as np
import pytest

from stylernn.corpus import catalogue, weimar
from stylernn.formats import midi
from stylernn.music.melody import Chord, Key, Note, TimeSignature

_SOURCE = catalogue.sources()["weimar"]


@pytest.mark.parametrize(
    ("divisions", "expected"),
    [
        ([0 / 4, 1 / 4, 3 / 4], [0, 6, 18]),
        ([0 / 3, 2 / 3], [0, 16]),
        ([1 / 3, 2 / 3], [8, 16]),
        ([1 / 2], [12]),
        ([0 / 5, 3 / 5], [0, 16]),  # .6 of a beat is nearer to two thirds than to a half
        ([4 / 5], [18]),
        ([0 / 6, 1 / 6, 2 / 6, 3 / 6], [0, 4, 8, 12]),
        ([k / 8 for k in range(8)], [0, 3, 6, 9, 12, 15, 18, 21]),
        ([k / 5 for k in range(5)], [0, 6, 9, 15, 18]),  # off by 3.6 ticks in all, sixths by 4.8
    ],
)
def test_snap_beat(divisions: list[float], expected: list[int]) -> None:
    assert weimar.snap_beat(24 * np.array(divisions)).tolist() == expected


@pytest.mark.parametrize("count", range(1, 25))
def test_snap_beat_keeps_notes_apart(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(20):
        places = np.sort(rng.choice(36, count, replace=False)) * 24 / 36
        snapped = weimar.snap_beat(places)
        assert np.all(np.diff(snapped) > 0)
        assert snapped[0] >= 0
        assert snapped[-1] < 24


def _solo() -> tuple[weimar.Table, weimar.Table]:
    """A pickup of one beat, a bar of 4/4 and one of 3/4; by hand."""
    beats = {
        "bar": np.array([0, 1, 1, 1, 1, 2, 2, 2]),
        "beat": np.array([4, 1, 2, 3, 4, 1, 2, 3]),
        "period": np.array([4, 4, 4, 4, 4, 3, 3, 3]),
        "chord": np.array(["NC", "C7", "C7", "F7", "F7", "C7", "C7", "C7"]),
    }
    notes = {
        "bar": np.array([0, 1, 1, 1, 2]),
        "beat": np.array([4, 1, 1, 2, 1]),
        "tatum": np.array([2, 1, 3, 1, 1]),
        "division": np.array([2, 1, 4, 1, 1]),
        "pitch_raw": np.array([60, 62, 64, 65, 67]),
        "articulation_raw": np.array([0.8, 0.5, 0.9, 0.3, np.nan]),
        "durclass_rel_raw": np.array([-1, -1, -1, 0, 1]),
    }
    return beats, notes


def test_a_solo_by_hand() -> None:
    melody = weimar._melody(*_solo(), Key(-2), 200.0, "By Hand")
    assert melody.pickup == 12
    assert melody.metres == ((0, TimeSignature(4, 4)), (192, TimeSignature(3, 4)))
    assert melody.notes == (
        Note(
            84, 12, 60
        ),  # the second eighth of beat 4 of bar 0, silent for less than an eighth: legato
        Note(96, 12, 62),  # silent for a sixteenth: legato
        Note(108, 12, 64),
        Note(
            120, 24, 65
        ),  # three beats to the next note, sounding for .3 of them: a quarter and rests
        Note(192, 48, 67),  # the last one by its class, twice a beat
    )
    assert melody.chords == (Chord(72, "NC"), Chord(96, "C7"), Chord(144, "F7"), Chord(192, "C7"))
    assert melody.end == 264


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bb-maj", Key(-2)),
        ("F#-min", Key(3, "minor")),
        ("Db-min", Key(4, "minor")),  # eight flats are written as four sharps
        ("D#-maj", Key(-3)),
        ("D-dor", Key(-1, "minor")),
        ("Ab", Key(-4)),
        ("C-chrom", None),
        ("Bb-blues", None),
        ("", None),
    ],
)
def test_keys(name: str, expected: Key | None) -> None:
    key = weimar._key(name)
    assert key == expected
    if key:
        assert key.tonic == "C D EF G A B".index(name[0]) + name.count("#") - name[1:].partition(
            "-"
        )[0].count("b")


@pytest.mark.slow
def test_the_database_agrees_with_another_conversion(shared: Path) -> None:
    """Pitches and bars of all solos are those of the MIDI files of the same data (30 seconds)."""
    folder = shared / "data" / "mirror" / _SOURCE.repository / _SOURCE.commit / "data"
    tunes, dropped = weimar.read(folder, style="jazz", source="weimar", licence="ODbL")
    assert len(tunes) == 450
    assert {entry.reason for entry in dropped} == {"free rhythm: no bars annotated"}
    assert {"bebop", "swing", "cool", "hardbop", "postbop"} < {tune.substyle for tune in tunes}
    assert sum(tune.work == "body and soul" for tune in tunes) == 14
    solos = {tune.identity[:3]: tune.melody for tune in tunes}
    with (shared / "data" / "styles" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        files = [row["file"] for row in csv.DictReader(file) if row["style"] == "jazz"]
    same_bars = 0
    for name in files:
        ours, theirs = (
            solos[name.split("wjd_")[1][:3]].array,
            midi.read(shared / "data" / "styles" / name).array,
        )
        if len(ours) == len(
            theirs
        ):  # the one solo where it does not hold has two notes on one tick
            assert np.array_equal(ours[:, 2], theirs[:, 2])
            same_bars += abs(np.median(ours[:, 0] - theirs[:, 0])) < 1
            assert np.mean(np.abs(np.diff(ours[:, 0]) - np.diff(theirs[:, 0])) <= 6) > 0.98
    assert (
        same_bars / len(files) > 0.8
    )  # the others have a short first bar, which that conversion did not pad
