"""MIDI files byte by byte: laws on random tracks, a hand-made track, real files."""

from fractions import Fraction
from pathlib import Path

import music21
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylernn.errors import FileFormatError
from stylernn.formats import smf
from stylernn.formats.smf import Chunk, Event, File

END = Event(0, 0xFF, b"\x2f\x00")
HEADER = b"\x00\x01\x00\x01\x01\xe0"

data_bytes = st.integers(0, 127)
two, one = (st.lists(data_bytes, min_size=n, max_size=n).map(bytes) for n in (2, 1))
messages = st.one_of(
    st.tuples(st.integers(0x80, 0xBF) | st.integers(0xE0, 0xEF), two),
    st.tuples(st.integers(0xC0, 0xDF), one),
    st.tuples(
        st.just(0xFF), st.binary(max_size=99).map(lambda text: b"\x05" + bytes([len(text)]) + text)
    ),
    st.tuples(
        st.sampled_from([0xF0, 0xF7]),
        st.binary(max_size=99).map(lambda data: bytes([len(data)]) + data),
    ),
)


@st.composite
def tracks(draw: st.DrawFn) -> list[Event]:
    waits = draw(
        st.lists(st.tuples(st.sampled_from([0, 1, 127, 128, 16_383, 16_384, 2**28 - 1]), messages))
    )
    found, now = [], 0
    for wait, (status, data) in waits:
        now += wait
        found.append(Event(now, status, data))
    return [*found, END._replace(tick=now)]


@given(tracks())
def test_what_is_dumped_is_found_again(track: list[Event]) -> None:
    assert smf.events(smf.dump_track(track), "x") == track


@given(
    st.lists(st.builds(Chunk, st.sampled_from([b"MTrk", b"XFIH"]), st.binary())),
    st.binary(max_size=7),
)
def test_a_file_comes_back_byte_for_byte(chunks: list[Chunk], rest: bytes) -> None:
    data = smf.dump(File(HEADER, chunks, rest))
    assert smf.dump(smf.parse(data, "x")) == data


def test_a_status_holds_until_the_next_and_across_text() -> None:
    track = b"\x00\x90\x3c\x40\x0a\xff\x01\x01a\x81\x00\x3c\x00\x00\xff\x2f\x00after the end"
    first, text, last, end = smf.events(track, "x")
    assert first == Event(0, 0x90, b"\x3c\x40")
    assert text == Event(10, 0xFF, b"\x01\x01a")
    assert last == Event(138, 0x90, b"\x3c\x00")
    assert (first.is_note, first.starts_note, last.is_note, last.starts_note) == (
        True,
        True,
        True,
        False,
    )
    assert end.ends_track


@pytest.mark.parametrize(
    "track",
    [
        b"\x00\x3c\x40",
        b"\x00\x90\x3c",
        b"\x00",
        b"\x00\xff\x01\x09a",
        b"\x00\xf4\x00",
        b"\x80" * 9,
        b"\x00\xff",
    ],
    ids=[
        "no status",
        "half a note",
        "no event",
        "short text",
        "system",
        "endless number",
        "no kind",
    ],
)
def test_broken_tracks_are_refused(track: bytes) -> None:
    with pytest.raises(FileFormatError, match="not a readable MIDI file"):
        smf.events(track, "x")


@pytest.mark.parametrize(
    "data", [b"", b"MThd", b"MThd\x00\x00\x00\x02\x00\x00abcdefgh", b"RIFF" + bytes(20)], ids=len
)
def test_files_without_a_header_are_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError, match="no header"):
        smf.parse(data, "x")


@pytest.mark.parametrize(
    ("division", "ticks"),
    [
        (480, Fraction(480)),
        (0xE728, Fraction(600)),  # 25 frames a second of 40 ticks
        (0xE264, Fraction(1800)),  # 30 of 100
        (0xE364, Fraction(1800_000, 1001)),  # 29.97 of 100
    ],
)
def test_ticks_a_quarter(division: int, ticks: Fraction) -> None:
    tempo = Event(0, 0xFF, b"\x51\x03" + (600_000).to_bytes(3, "big"))
    file = File(
        HEADER[:4] + division.to_bytes(2, "big"), [Chunk(b"MTrk", smf.dump_track([tempo, END]))]
    )
    assert smf.quarter(file, "x") == ticks
    assert smf.retimed(file, "x").division == 480


def test_files_without_a_time_base_are_refused() -> None:
    with pytest.raises(FileFormatError, match="no time base"):
        smf.quarter(File(HEADER[:4] + bytes(2), []), "x")


def test_real_files_come_back() -> None:
    folder = Path(music21.__file__).parent / "midi" / "testPrimitive"
    files = sorted(folder.glob("*.mid"))
    assert len(files) > 15
    for path in files:
        data = path.read_bytes()
        file = smf.parse(data, path.name)
        assert smf.dump(file) == data
        for number in file.tracks:
            found = smf.events(file.chunks[number].data, path.name)
            assert smf.events(smf.dump_track(found), path.name) == found
