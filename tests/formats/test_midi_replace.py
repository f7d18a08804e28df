"""Replacement of the melody in a file: all else is unchanged, and the melody can be read again."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from midi_files import META_METRE, META_NAME, META_TEMPO, hangs, line, meta, quantity, smf, sounding

from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import midi, midi_replace
from stylernn.formats.smf import Event, events, parse
from stylernn.music.melody import Melody, Note

META_LYRIC = 0x05
OTHER = Melody(
    (Note(0, 12, 72), Note(12, 6, 74), Note(24, 24, 72), Note(50, 3, 72), Note(96, 96, 67))
)


def program(tick: int, channel: int, number: int) -> tuple[int, bytes]:
    return tick, bytes([0xC0 | channel, number])


def control(tick: int, channel: int, number: int, value: int) -> tuple[int, bytes]:
    return tick, bytes([0xB0 | channel, number, value])


CONDUCTOR = [
    meta(0, META_NAME, b"Song"),
    meta(0, META_METRE, bytes([4, 2, 24, 8])),
    *(meta(480 * k, META_TEMPO, (500_000 + 1000 * k).to_bytes(3, "big")) for k in range(9)),
]
TUNE = [
    meta(0, META_NAME, b"Vocals"),
    program(0, 3, 73),
    control(0, 3, 7, 100),
    *(event for k in range(8) for event in sounding(480 * k, 470, 60 + k % 5, channel=3)),
    *(meta(480 * k, META_LYRIC, b"la") for k in range(8)),
    control(960, 3, 64, 127),
    (1000, b"\xf0" + quantity(3) + b"\x7e\x09\xf7"),
    (1200, bytes([0xE3, 0, 80])),
    meta(3840, 0x01, b"the end"),
]
BASS = [program(0, 1, 33), *line(*((960 * k, 950, 36 + k) for k in range(4)), channel=1)]
DRUMS = line(*((240 * k, 60, 42) for k in range(16)), channel=9)


def others(track: list[Event], channel: int) -> list[Event]:
    """Events that are no notes of a channel."""
    return [
        event
        for event in track
        if not (event.is_note and event.status & 15 == channel) and not event.ends_track
    ]


def notes_of(path: Path, track: int) -> tuple[Note, ...]:
    return midi.read(path, track=track).notes


def test_other_tracks_stay_byte_for_byte(tmp_path: Path) -> None:
    path = smf(tmp_path / "song.mid", CONDUCTOR, DRUMS, TUNE, BASS)
    path.write_bytes(path.read_bytes() + b"XFIH\x00\x00\x00\x03abcjunk")
    place = midi.locate(path)[1]
    data = midi_replace.put_back(path, OTHER)
    before, after = parse(path.read_bytes(), "x"), parse(data, "x")
    assert (after.header, after.rest) == (before.header, b"junk")
    assert [a == b for a, b in zip(before.chunks, after.chunks, strict=True)] == [
        True,
        True,
        False,
        True,
        True,
    ]
    old, new = (events(file.chunks[2].data, "x") for file in (before, after))
    assert others(old, 3) == others(new, 3)
    assert not hangs(new)
    (tmp_path / "new.mid").write_bytes(data)
    assert notes_of(tmp_path / "new.mid", place.part) == OTHER.notes


def test_in_a_file_of_one_track_the_other_channels_stay_event_for_event(tmp_path: Path) -> None:
    path = smf(tmp_path / "song.mid", [*CONDUCTOR, *TUNE, *BASS, *DRUMS])
    data = bytearray(path.read_bytes())
    data[9] = 0
    path.write_bytes(data)
    place = midi.locate(path)[1]
    after = midi_replace.put_back(path, OTHER)
    old, new = (events(parse(file, "x").chunks[0].data, "x") for file in (bytes(data), after))
    assert others(old, 3) == others(new, 3)
    assert sum(event.is_note for event in old) - 16 == sum(
        event.is_note for event in new
    ) - 2 * len(OTHER.notes)
    (tmp_path / "new.mid").write_bytes(after)
    assert notes_of(tmp_path / "new.mid", place.part) == OTHER.notes


notes_in_four_bars = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 40), st.integers(36, 96)), min_size=2, max_size=20
)


@st.composite
def tunes(draw: st.DrawFn) -> Melody:
    now, notes = 0, []
    for rest, length, pitch in draw(notes_in_four_bars):
        notes.append(Note(now + rest, length, pitch))
        now += rest + length
    return Melody(tuple(notes))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tune=tunes(), division=st.sampled_from([24, 96, 120, 480, 100, 1000, 0xE728]))
def test_what_is_put_back_is_read(tune: Melody, division: int, tmp_path: Path) -> None:
    song = [*TUNE[3:], meta(0, META_NAME, b"Melody"), meta(200_000, 0x01, b"silence")]
    path = smf(tmp_path / "song.mid", song, BASS, division=division)
    (tmp_path / "new.mid").write_bytes(midi_replace.put_back(path, tune))
    assert notes_of(tmp_path / "new.mid", 0) == tune.notes
    assert (tmp_path / "new.mid").read_bytes().endswith(path.read_bytes()[-20:])


def test_a_padded_pickup_is_taken_off_again(tmp_path: Path) -> None:
    conductor = [
        meta(0, META_METRE, bytes([1, 2, 24, 8])),
        meta(480, META_METRE, bytes([4, 2, 24, 8])),
    ]
    path = smf(
        tmp_path / "song.mid", conductor, line((0, 480, 67), (480, 480, 72), (960, 960, 71)), DRUMS
    )
    melody = midi.read(path)
    assert melody.notes[0] == Note(72, 24, 67)
    lower = replace(
        melody, notes=tuple(note._replace(pitch=note.pitch - 2) for note in melody.notes)
    )
    (tmp_path / "new.mid").write_bytes(midi_replace.put_back(path, lower))
    assert midi.read(tmp_path / "new.mid", track=0) == lower
    early = replace(lower, notes=(Note(24, 12, 50), Note(60, 36, 52), *lower.notes[1:]))
    (tmp_path / "new.mid").write_bytes(midi_replace.put_back(path, early))
    assert midi.read(tmp_path / "new.mid", track=0).notes == (Note(72, 24, 52), *lower.notes[1:])


def test_an_accompaniment_in_the_same_part_stays_and_its_keys_are_struck_once(
    tmp_path: Path,
) -> None:
    hands = [(480 * k, 480, 76 + k % 3) for k in range(4)]
    chords = [(960 * k, 960, pitch) for k in range(2) for pitch in (48, 60, 64, 67)]
    path = smf(tmp_path / "piano.mid", line(*hands, *chords))
    new = Melody((Note(0, 24, 64), Note(24, 24, 65), Note(36 + 12, 48, 79)))
    track = events(parse(midi_replace.put_back(path, new), "x").chunks[0].data, "x")
    struck = sorted((event.tick, event.data[0]) for event in track if event.starts_note)
    assert struck == sorted([(tick, pitch) for tick, _, pitch in chords] + [(480, 65), (960, 79)])
    assert not hangs(track)
    assert midi_replace.is_arrangement(path)


def test_a_new_note_ends_where_a_note_that_stays_begins(tmp_path: Path) -> None:
    lute = [
        program(0, 0, 24),
        *line((0, 480, 72), (480, 480, 74)),
        program(960, 0, 40),
        *line((960, 480, 60)),
    ]
    path = smf(tmp_path / "two.mid", lute, DRUMS)
    track = events(
        parse(midi_replace.put_back(path, Melody((Note(24, 36, 60),)), track=0), "x")
        .chunks[0]
        .data,
        "x",
    )
    keys = [(event.tick, event.starts_note) for event in track if event.is_note]
    assert keys == [(480, True), (960, False), (960, True), (1440, False)]


def test_notes_that_never_end_are_gone(tmp_path: Path) -> None:
    broken = [
        *line((0, 480, 60), (480, 480, 62)),
        (100, bytes([0x90, 65, 80])),
        (700, bytes([0x80, 50, 0])),
    ]
    path = smf(tmp_path / "song.mid", [meta(0, META_NAME, b"Melody"), *broken], BASS)
    track = events(parse(midi_replace.put_back(path, OTHER), "x").chunks[0].data, "x")
    assert sum(event.is_note for event in track) == 2 * len(OTHER.notes)
    assert not hangs(track)


def test_new_notes_are_as_loud_as_the_old_ones(tmp_path: Path) -> None:
    loud = [
        (0, bytes([0x90, 60, 20])),
        (480, bytes([0x90, 60, 0])),
        (480, bytes([0x90, 62, 99])),
        (960, bytes([0x80, 62, 0])),
    ]
    path = smf(tmp_path / "song.mid", loud, DRUMS)
    new = Melody((Note(0, 6, 70), Note(12, 6, 71), Note(24, 6, 72), Note(96, 6, 73)))
    track = events(parse(midi_replace.put_back(path, new), "x").chunks[0].data, "x")
    assert [event.data[1] for event in track if event.starts_note] == [20, 20, 99, 99]


def test_notes_before_the_first_program_play_on_the_same_instrument(tmp_path: Path) -> None:
    flute = [program(480, 0, 73), *line((480, 480, 72), (960, 480, 74))]
    path = smf(tmp_path / "late.mid", flute, BASS)
    (tmp_path / "new.mid").write_bytes(midi_replace.put_back(path, OTHER, track=0))
    assert [part.program for part in midi.tracks(tmp_path / "new.mid")] == [73, 33]
    assert notes_of(tmp_path / "new.mid", 0) == OTHER.notes


def test_what_plays_before_the_first_program_keeps_its_own(tmp_path: Path) -> None:
    both = [*line((0, 480, 40)), program(480, 0, 73), *line((480, 480, 72), (960, 480, 74))]
    path = smf(tmp_path / "two.mid", both, BASS)
    track = events(parse(midi_replace.put_back(path, OTHER, track=1), "x").chunks[0].data, "x")
    assert [event.tick for event in track if event.status == 0xC0] == [480]


def test_a_grid_coarser_than_ours_keeps_notes_apart(tmp_path: Path) -> None:
    path = smf(tmp_path / "song.mid", line((0, 2, 60), (2, 2, 62)), BASS, division=2)
    fast = Melody(tuple(Note(3 * k, 3, 60 + k % 2) for k in range(16)))
    track = events(parse(midi_replace.put_back(path, fast, track=0), "x").chunks[0].data, "x")
    assert not hangs(track)
    assert sorted({event.tick for event in track if event.starts_note}) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("tracks", "several"),
    [
        ([CONDUCTOR, TUNE], True),
        ([CONDUCTOR[:3], BASS], False),
        ([CONDUCTOR[:2], [*BASS, meta(0, META_LYRIC, b"la")]], True),
        ([BASS, DRUMS], True),
    ],
    ids=["tempos", "one line", "lyrics", "drums"],
)
def test_what_is_more_than_a_melody(tmp_path: Path, tracks: list, several: bool) -> None:
    assert midi_replace.is_arrangement(smf(tmp_path / "a.mid", *tracks)) == several


def test_a_last_note_ends_with_the_file(tmp_path: Path) -> None:
    path = smf(
        tmp_path / "song.mid", line((0, 480, 72), (480, 1000, 74)), line((0, 1800, 40), channel=1)
    )
    track = events(
        parse(midi_replace.put_back(path, Melody((Note(48, 48, 60),)), track=0), "x")
        .chunks[0]
        .data,
        "x",
    )
    assert [event.tick for event in track if event.is_note] == [960, 1800]


def test_mistakes_are_told(tmp_path: Path) -> None:
    path = smf(tmp_path / "song.mid", TUNE, BASS)
    with pytest.raises(UsageError, match="no track 7"):
        midi_replace.put_back(path, OTHER, track=7)
    path.write_bytes(b"MThd")
    with pytest.raises(FileFormatError):
        midi_replace.put_back(path, OTHER)
