"""MIDI in and out: laws on random melodies, hand-made files byte by byte, all real files."""

import math
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from midi_files import META_KEY, META_MARKER, META_METRE, META_NAME, META_TEMPO, line, meta, smf
from strategies import melodies

from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import midi, midi_tracks
from stylernn.music.melody import TICKS_PER_QUARTER, Chord, Key, Melody, Note, TimeSignature


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(melody=melodies())
def test_what_is_written_is_read(melody: Melody, tmp_path: Path) -> None:
    midi.write(melody, tmp_path / "tune.mid")
    assert midi.read(tmp_path / "tune.mid") == melody


def test_a_hand_made_file(tmp_path: Path) -> None:
    conductor = [
        meta(0, META_NAME, "Étude".encode("latin-1")),
        meta(0, META_TEMPO, (600_000).to_bytes(3, "big")),
        meta(0, META_METRE, bytes([3, 2, 24, 8])),
        meta(0, META_KEY, bytes([0xFD, 1])),
        meta(0, META_MARKER, b"Cm7"),
        meta(0, META_MARKER, b"Verse 1"),
        meta(288, META_METRE, bytes([6, 3, 24, 8])),
    ]
    notes = line((0, 96, 60), (96, 32, 62), (128, 32, 63), (160, 32, 65), (288, 96, 67))
    melody = midi.read(smf(tmp_path / "hand.mid", conductor, notes, division=96))
    assert melody == Melody(
        (Note(0, 24, 60), Note(24, 8, 62), Note(32, 8, 63), Note(40, 8, 65), Note(72, 24, 67)),
        ((0, TimeSignature(3, 4)), (72, TimeSignature(6, 8))),
        Key(-3, "minor"),
        tempo=100.0,
        title="Étude",
        chords=(Chord(0, "Cm7"),),
    )
    assert melody.bars == 2


def test_times_off_the_grid_are_rounded(tmp_path: Path) -> None:
    melody = midi.read(
        smf(tmp_path / "a.mid", line((9, 11, 60), (11, 1, 62), (29, 22, 64), (51, 1, 65)))
    )
    assert melody.notes == (
        Note(0, 1, 60),
        Note(1, 2, 64),
        Note(3, 1, 65),
    )  # 62 and 64 meet on a tick


_LINES = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(1, 900), st.integers(0, 127)), max_size=20
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(division=st.integers(1, 1000), lines=st.lists(_LINES, min_size=1, max_size=4))
def test_all_parts_are_put_on_the_grid_note_by_note(
    tmp_path: Path, division: int, lines: list[list[tuple[int, int, int]]]
) -> None:
    def rounded(tick: int) -> int:
        return math.floor(Fraction(tick * TICKS_PER_QUARTER, division) + Fraction(1, 2))

    apart = [
        [note for k, note in enumerate(notes) if note[2] not in {n[2] for n in notes[:k]}]
        for notes in lines
    ]
    path = smf(
        tmp_path / "a.mid",
        *(line(*notes, channel=k) for k, notes in enumerate(apart)),
        division=division,
    )
    expected = [
        sorted(
            (rounded(on), max(rounded(on + length) - rounded(on), 1), pitch)
            for on, length, pitch in notes
        )
        for notes in apart
        if notes
    ]
    found = [
        sorted(map(tuple, part.notes.tolist()))
        for part in midi_tracks.parse(path, path.read_bytes())
    ]
    assert found == expected


def test_an_unpadded_pickup_is_moved_to_the_end_of_bar_0(tmp_path: Path) -> None:
    conductor = [
        meta(0, META_METRE, bytes([1, 3, 24, 8])),
        meta(240, META_METRE, bytes([4, 2, 24, 8])),
    ]
    conductor.append(meta(240, META_MARKER, b"G"))
    melody = midi.read(smf(tmp_path / "a.mid", conductor, line((0, 240, 62), (240, 480, 67))))
    assert melody.metres == ((0, TimeSignature(4, 4)),)
    assert melody.notes == (Note(84, 12, 62), Note(96, 24, 67))
    assert melody.chords == (Chord(96, "G"),)
    assert (melody.pickup, melody.bars) == (12, 2)


@pytest.mark.parametrize(
    ("onset", "pickup"), [(0, 0), (24, 0), (47, 0), (48, 48), (84, 12), (96, 0)]
)
def test_bar_0_is_a_pickup_where_half_of_it_is_rest(
    tmp_path: Path, onset: int, pickup: int
) -> None:
    assert (
        midi.read(smf(tmp_path / "a.mid", line((20 * onset, 10, 60), (4000, 480, 62)))).pickup
        == pickup
    )


def test_odd_signs_are_survived(tmp_path: Path) -> None:
    conductor = [
        meta(0, META_METRE, bytes([5, 7, 24, 8])),  # 5/128
        meta(0, META_METRE, bytes([0, 2, 24, 8])),  # 0/4
        meta(0, META_TEMPO, bytes(3)),
        meta(0, META_KEY, bytes([100, 7])),
        meta(480 * 3, META_METRE, bytes([3, 2, 24, 8])),  # inside a bar, which it cuts short
        meta(480 * 6, META_METRE, bytes([3, 2, 24, 8])),  # says nothing new
        meta(480 * 60, META_METRE, bytes([2, 2, 24, 8])),  # after the last note
    ]
    melody = midi.read(smf(tmp_path / "a.mid", conductor, line((0, 480, 60), (3840, 480, 62))))
    assert melody.metres == ((0, TimeSignature(4, 4)), (72, TimeSignature(3, 4)))
    assert (melody.tempo, melody.key, melody.title) == (120.0, None, "")


def test_the_melody_track_is_chosen_by_name_and_shape(tmp_path: Path) -> None:
    melody = line(*((480 * beat, 480, 60 + beat % 5) for beat in range(16)))
    bass = line(*((960 * bar, 960, 36 + bar % 3) for bar in range(8)))
    chords = line(*((1920 * bar, 1900, pitch) for bar in range(4) for pitch in (64, 67, 72, 76)))
    drums = line(*((240 * beat, 100, 42) for beat in range(32)), channel=9)
    plain = smf(tmp_path / "plain.mid", drums, bass, melody, chords)
    chosen = [part.index for part in midi.tracks(plain) if part.chosen]
    assert chosen == [2]
    assert len(midi.read(plain).notes) == 16
    assert [part.is_drum for part in midi.tracks(plain)] == [True, False, False, False]
    assert [round(part.monophony, 2) for part in midi.tracks(plain)] == [1, 1, 1, 0.25]
    named = smf(
        tmp_path / "named.mid",
        [meta(0, META_NAME, b"Vocals"), *bass],
        [meta(0, META_NAME, b"Pad"), *melody],
    )
    assert len(midi.read(named).notes) == 8
    assert len(midi.read(named, track=1).notes) == 16
    with pytest.raises(UsageError, match=r"no track 2.*0 to 1"):
        midi.read(named, track=2)


def test_drums_are_read_only_when_asked_for(tmp_path: Path) -> None:
    drums = smf(tmp_path / "drums.mid", line((0, 240, 38), (240, 240, 40), channel=9))
    with pytest.raises(FileFormatError, match="found only drums"):
        midi.read(drums)
    assert not any(part.chosen for part in midi.tracks(drums))
    assert len(midi.read(drums, track=0).notes) == 2


def test_frames_are_counted_in_beats_of_the_first_tempo(tmp_path: Path) -> None:
    conductor = [meta(0, META_TEMPO, (600_000).to_bytes(3, "big"))]
    notes = line((0, 600, 60), (600, 300, 62), (900, 900, 64))
    frames = midi.read(
        smf(tmp_path / "frames.mid", conductor, notes, division=0xE728)
    )  # 25 a second, of 40 ticks
    assert frames == midi.read(smf(tmp_path / "beats.mid", conductor, notes, division=600))
    assert frames.notes == (Note(0, 24, 60), Note(24, 12, 62), Note(36, 36, 64))
    plain = midi.read(
        smf(tmp_path / "plain.mid", line((0, 500, 60), (500, 250, 62)), division=0xE728)
    )
    assert [note.onset for note in plain.notes] == [0, 24]


def test_each_track_of_a_file_of_format_2_has_its_own_metre(tmp_path: Path) -> None:
    waltz = [meta(0, META_METRE, bytes([3, 2, 24, 8])), *line((0, 480, 60), (480, 960, 62))]
    march = [meta(0, META_METRE, bytes([2, 2, 24, 8])), *line((0, 960, 72), (960, 960, 74))]
    data = bytearray(smf(tmp_path / "a.mid", waltz, march).read_bytes())
    data[9] = 2
    (tmp_path / "a.mid").write_bytes(data)
    assert [midi.read(tmp_path / "a.mid", track=k).metre for k in (0, 1)] == [
        TimeSignature(3, 4),
        TimeSignature(2, 4),
    ]
    assert len(midi.tracks(tmp_path / "a.mid")) == 2


@pytest.mark.parametrize(
    ("division", "tracks", "found"),
    [
        (0xE728, [line((0, 96, 60))], "found one note"),
        (0, [line((0, 96, 60))], "found 0"),
        (480, [[]], "found no notes"),
        (480, [line((0, 96, 60))], "found one note"),
        (480, [line((0, 96, 60), (0, 96, 64))], "found one note"),
        (480, [line((0, 96, 60), (10, 10, 0x90))], "damaged"),
        (1, [line((0, 1, 60), (100_000, 1, 62))], "bars"),
    ],
    ids=["time code", "no division", "no notes", "one note", "one chord", "pitch 144", "too long"],
)
def test_broken_files_say_what_is_wrong(
    tmp_path: Path, division: int, tracks: list[list[tuple[int, bytes]]], found: str
) -> None:
    with pytest.raises(FileFormatError, match=found):
        midi.read(smf(tmp_path / "bad.mid", *tracks, division=division))


@pytest.mark.parametrize("data", [b"", b"MThd", b"RIFF" + bytes(40), b"no music at all"], ids=len)
def test_what_is_not_midi_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.mid").write_bytes(data)
    with pytest.raises(FileFormatError, match=r"is empty|not a readable MIDI file"):
        midi.read(tmp_path / "bad.mid")


def test_a_file_cut_off_anywhere_is_refused_or_read(tmp_path: Path) -> None:
    path = smf(
        tmp_path / "whole.mid", [meta(0, META_NAME, b"name")], line((0, 96, 60), (96, 96, 62))
    )
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(FileFormatError):
            midi.read(path)


def test_300000_notes_are_refused(tmp_path: Path) -> None:
    path = smf(tmp_path / "long.mid", line(*((120 * n, 120, 60 + n % 2) for n in range(300_000))))
    with pytest.raises(FileFormatError, match=r"expected at most 50,000; found 300,000"):
        midi.read(path)


def test_all_real_files_are_read(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((shared / "data" / "styles").glob("*/*.mid"))
    began, dropped = time.monotonic(), 0
    for file in files:
        try:
            midi.read(file)
        except FileFormatError:
            dropped += 1
    with capsys.disabled():
        seconds = time.monotonic() - began
        share = dropped / len(files)
        print(f"\n{len(files)} files read in {seconds:.1f} s, {dropped} dropped ({share:.2%})")
    assert len(files) > 7000
    assert dropped < 0.01 * len(files)


def test_real_files_survive_a_round_trip(shared: Path, tmp_path: Path) -> None:
    for file in sorted((shared / "data" / "styles").glob("*/*.mid"))[::25]:
        melody = midi.read(file)
        midi.write(melody, tmp_path / "again.mid", program=40)
        assert midi.read(tmp_path / "again.mid") == melody, file.name
    assert midi.tracks(tmp_path / "again.mid")[0].program == 40
