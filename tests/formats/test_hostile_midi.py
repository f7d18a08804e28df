"""Broken, mutated and huge MIDI files: a valid melody or an error, in bounded time and memory."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hostile import malformed_midi, mutated, quantity, smf

from stylernn.errors import FileFormatError
from stylernn.formats import midi
from stylernn.music.melody import Melody, Note

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc"
)

HEAVY = {
    "notes": b"\x01\x90\x3c\x50\x01\x3c\x00",
    "hanging notes": b"\x01\x90\x3c\x50",
    "changes of metre": b"\x01\xff\x58\x04\x04\x02\x18\x08",
    "changes of tempo": b"\x01\xff\x51\x03\x07\xa1\x20",
    "markers": b"\x01\xff\x06\x01C",
    "instruments": b"\x00\xc0\x01",
    "empty texts": b"\x00\xff\x01\x00",
    "one endless number": b"\xff",
}


def taken(path: Path) -> str:
    """The outcome of reading: "read", or what the error names as found; other errors are raised."""
    try:
        melody = midi.read(path)
        midi.tracks(path)
    except FileFormatError as error:
        return error.found.split(" ")[0]
    midi.write(melody, path.with_name("again.mid"))
    again = midi.read(path.with_name("again.mid"))
    assert [(n.duration, n.pitch) for n in again.notes] == [
        (n.duration, n.pitch) for n in melody.notes
    ]
    return "read"


def test_malformed_files_are_read_or_refused(tmp_path: Path) -> None:
    ends = set()
    for seed in range(800):
        (tmp_path / "a.mid").write_bytes(malformed_midi(seed))
        ends.add(taken(tmp_path / "a.mid"))
    assert {"read", "damaged", "a", "no", "0", "one"} <= ends


def test_mutated_real_files_are_read_or_refused(shared: Path, tmp_path: Path) -> None:
    assert barrage(shared, tmp_path, 400)["read"] > 15


@pytest.mark.slow
def test_10000_mutated_real_files_are_read_or_refused(shared: Path, tmp_path: Path) -> None:
    counts = barrage(shared, tmp_path, 10_000)
    assert sum(counts.values()) == 10_000
    assert min(counts["read"], counts["refused"]) > 300


def barrage(shared: Path, tmp_path: Path, count: int) -> dict[str, int]:
    """Mutate `count` real files; how many can still be read, and how many are refused."""
    rng, counts = random.Random(1), {"read": 0, "refused": 0}
    files = sorted((shared / "data" / "styles").glob("*/*.mid"))
    for _ in range(count):
        (tmp_path / "a.mid").write_bytes(mutated(rng.choice(files).read_bytes(), rng))
        counts["read" if taken(tmp_path / "a.mid") == "read" else "refused"] += 1
    print(counts)
    return counts


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 16, 17, 40])
def test_notes_at_the_end_of_time(tmp_path: Path, count: int) -> None:
    note = quantity(2**28 - 1) + b"\x90\x3c\x50" + b"\x0a\x80\x3c\x00"
    (tmp_path / "a.mid").write_bytes(smf(note * count + b"\x00\xff\x2f\x00"))
    with pytest.raises(FileFormatError, match="one note" if count == 1 else "too long"):
        midi.read(tmp_path / "a.mid")


def test_65535_tracks(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(
        smf(*[b"\x00\x90\x3c\x50\x0a\x80\x3c\x00\x00\xff\x2f\x00"] * 65_535)
    )
    with pytest.raises(FileFormatError, match="too many tracks; expected at most 1,000"):
        midi.read(tmp_path / "a.mid")
    (tmp_path / "b.mid").write_bytes(smf(*[b"\x00\xff\x2f\x00"] * 65_535))
    with pytest.raises(FileFormatError, match="no notes"):
        midi.read(tmp_path / "b.mid")


def test_tracks_of_text_alone_are_no_parts(tmp_path: Path) -> None:
    words = b"\x00\xff\x03\x01a\x00\xff\x05\x02la\x10\xff\x05\x02la\x00\xff\x2f\x00"
    notes = b"\x00\x90\x3c\x50\x60\x3c\x00\x00\x3e\x50\x60\x3e\x00\x00\xff\x2f\x00"
    (tmp_path / "a.mid").write_bytes(smf(words, notes, words, division=96))
    assert midi.read(tmp_path / "a.mid").notes == (Note(0, 24, 60), Note(24, 24, 62))
    assert [part.chosen for part in midi.tracks(tmp_path / "a.mid")] == [True]


@pytest.mark.parametrize("division", [480, 0xE728], ids=["quarters", "frames"])
@pytest.mark.parametrize("kind", HEAVY)
def test_19_megabytes_of_one_thing(tmp_path: Path, kind: str, division: int) -> None:
    track = HEAVY[kind] * (19_000_000 // len(HEAVY[kind])) + b"\x00\xff\x2f\x00"
    (tmp_path / "a.mid").write_bytes(smf(track, division=division))
    began = time.process_time()
    with pytest.raises(FileFormatError, match=r"too many|no notes|breaks off|damaged"):
        midi.read(tmp_path / "a.mid")
    assert time.process_time() - began < 5


def piano(hours: float) -> bytes:
    """A recital: ten notes a second in four voices on one track, 120 quarters a minute."""
    rng = random.Random(1)
    track = bytearray(b"\x00\xff\x51\x03\x07\xa1\x20")
    for _ in range(int(hours * 3600 * 2.5)):
        pitches = sorted(rng.sample(range(36, 96), 4))
        for pitch in pitches:
            track += b"\x00" + bytes([0x90, pitch, 70])
        for number, pitch in enumerate(pitches):
            track += (b"\x00" if number else quantity(384)) + bytes([0x80, pitch, 0])
    return smf(bytes(track) + b"\x00\xff\x2f\x00")


@needs_proc
def test_six_hours_of_piano(tmp_path: Path) -> None:
    data = piano(6)
    (tmp_path / "a.mid").write_bytes(data)
    for allowed, says in (("notes=300000", "54000 notes"), ("", "too many notes for a melody")):
        seconds, mebibytes, told = measured(tmp_path / "a.mid", allowed)
        assert says in told
        assert seconds < 5
        assert mebibytes < 1024


@needs_proc
def test_100_megabytes(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(smf(HEAVY["notes"] * 14_285_714 + b"\x00\xff\x2f\x00"))
    assert (tmp_path / "a.mid").stat().st_size > 100e6 - 100
    for allowed, says in (("", "too large"), ("megabytes=200", "too many notes")):
        seconds, mebibytes, told = measured(tmp_path / "a.mid", allowed)
        assert says in told
        assert seconds < 5
        assert mebibytes < 1024


def measured(path: Path, limits: str) -> tuple[float, float, str]:
    """Seconds of computing and MiB of memory of a process that reads a file, and its message."""
    program = (
        "import resource, sys\n"
        "from stylernn.formats import midi\nfrom stylernn.errors import FileFormatError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF)\n"
        "try:\n    said = f'{len(midi.read(sys.argv[1]).notes)} notes'\n"
        "except FileFormatError as error:\n    said = str(error)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF)\n"
        "lines = open('/proc/self/status').readlines()\n"
        "[most] = [line.split()[1] for line in lines if line.startswith('VmHWM')]\n"
        "seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime\n"
        "print(seconds, int(most) / 1024, said)"
    )
    command = [sys.executable, "-c", program, path]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"STYLERNN_LIMITS": limits}
    )
    seconds, mebibytes, told = ran.stdout.split(" ", 2)
    print(path.name, limits or "default limits", seconds, "s", mebibytes, "MiB:", told)
    return float(seconds), float(mebibytes), told


def test_a_rest_that_a_file_cannot_count_is_refused(tmp_path: Path) -> None:
    late = quantity(96 * 139_810)
    track = (
        b"\x00\x90\x3c\x50\x60\x3c\x00"
        + late
        + b"\x90\x3c\x50\x60\x3c\x00"
        + late
        + b"\x90\x3c\x50\x60\x3c\x00"
    )
    rest = b"\x00\xff\x58\x04\xff\x02\x18\x08"
    (tmp_path / "a.mid").write_bytes(smf(rest + track * 3 + b"\x00\xff\x2f\x00", division=96))
    with pytest.raises(FileFormatError, match=r"too long; expected at most 559,240 quarters"):
        midi.read(tmp_path / "a.mid")


def test_the_longest_title_is_cut(tmp_path: Path) -> None:
    name = b"\x00\xff\x03" + quantity(100_000) + b"x" * 100_000
    notes = b"\x00\x90\x3c\x50\x60\x3c\x00\x00\x3e\x50\x60\x3e\x00\x00\xff\x2f\x00"
    (tmp_path / "a.mid").write_bytes(smf(name + notes))
    melody = midi.read(tmp_path / "a.mid")
    assert isinstance(melody, Melody)
    assert len(melody.title) == 500
