"""Hostile archives and XML: each is refused with a reason, and no file leaves its folder."""

import os
import random
import stat
import struct
from pathlib import Path

import pytest
from hostile import mutated, package, zip_member

from stylernn.errors import FileFormatError
from stylernn.formats import score_text, scores
from stylernn.system import archives

SCORE = (
    b"<score-partwise><part-list><score-part id='P'><part-name/></score-part></part-list>"
    b"<part id='P'><measure>"
    b"<attributes><divisions>1</divisions></attributes>"
    + b"<note><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration></note>" * 2
    + b"</measure></part></score-partwise>"
)
CONTAINER = b"<container><rootfiles><rootfile full-path='%s'/></rootfiles></container>"
LINK, DEVICE = stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666


def overlapping() -> bytes:
    """Two entries of the directory that share the bytes of one member."""
    data = package(("a.xml", SCORE))
    at = data.index(b"PK\x01\x02")
    entry = data[at : data.index(b"PK\x05\x06")]
    other = entry.replace(b"a.xml", b"b.xml")
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(entry) * 2, at, 0)
    return data[:at] + entry + other + end


def lying(size: int) -> bytes:
    """A member that says it unpacks to less than it does."""
    data = bytearray(package(("a.xml", bytes(1_000_000))))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", size)
    return bytes(data)


ARCHIVES = {
    "bomb": (package(("a.xml", bytes(19_000_000))), "times the packed size"),
    "large": (
        package(("a.xml", random.Random(1).randbytes(21_000_000))),
        "too large|at most 20 MB",
    ),
    "large unpacked": (
        package(("a.xml", random.Random(1).randbytes(100_000) * 210)),
        "at most 20 MB",
    ),
    "nested": (package(("a.xml", package(("a.xml", SCORE)))), "damaged XML"),
    "overlapping": (overlapping(), "overlap"),
    "lies about its size": (lying(100), "damaged archive"),
    "parent folder": (zip_member("../a.xml"), "leaves the folder"),
    "parent folder inside": (zip_member("a/../../a.xml"), "leaves the folder"),
    "parent folder of Windows": (zip_member("..\\a.xml"), "leaves the folder"),
    "absolute": (zip_member("/etc/a.xml"), "leaves the folder"),
    "drive": (zip_member("C:/a.xml"), "leaves the folder"),
    "share": (zip_member("\\\\host\\a.xml"), "leaves the folder"),
    "link": (zip_member("a.xml", b"/etc/passwd", mode=LINK), "link or device"),
    "device": (zip_member("a.xml", b"", mode=DEVICE), "link or device"),
    "encrypted": (zip_member("a.xml", flags=1), "encrypted"),
    "same name twice": (package(("a.xml", SCORE), ("a.xml", b"<html/>")), "comes twice"),
    "too many files": (package(*((f"{n}.txt", b"") for n in range(20_001))), "too many files"),
    "root file is missing": (
        package(("META-INF/container.xml", CONTAINER % b"gone.xml")),
        "without a score",
    ),
    "root file is no score": (
        package(
            ("META-INF/container.xml", CONTAINER % b"b.xml"),
            ("a.xml", SCORE),
            ("b.xml", b"<html/>"),
        ),
        "another kind, <html>",
    ),
    "root file outside": (
        package(("META-INF/container.xml", CONTAINER % b"/etc/passwd")),
        "without a score",
    ),
    "no archive": (b"PK\x05\x06" + bytes(18), "without a score"),
    "cut off": (package(("a.xml", SCORE))[:-30], "damaged archive"),
    "wrong checksum": (
        zip_member("a.xml", SCORE).replace(b"<octave>5", b"<octave>6"),
        "damaged archive",
    ),
}

LAUGHS = b"<!DOCTYPE a [<!ENTITY a 'ha'>%s]><score-partwise>&z;</score-partwise>"
DEEP = b"<score-partwise>" + b"<part>" * 50_000
XML = {
    "billion laughs": (
        LAUGHS % b"".join(b"<!ENTITY %c '&%c;&%c;'>" % (n, n - 1, n - 1) for n in range(98, 123)),
        "ent",
    ),
    "quadratic": (
        b"<!DOCTYPE a [<!ENTITY a '%s'>]><score-partwise/>" % (b"a" * 10_000),
        "entities",
    ),
    "external entity": (
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><score-partwise>&x;</score-partwise>",
        "e",
    ),
    "parameter entity": (
        b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://example.org/x'> %x;]><score-partwise/>",
        "entities",
    ),
    "unparsed entity": (
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'x' NDATA gif>]><score-partwise/>",
        "entities",
    ),
    "in UTF-16": ((LAUGHS % b"").decode().encode("utf-16"), "entities"),
    "undefined entity": (
        b"<!DOCTYPE a SYSTEM 'http://example.org/x.dtd'><score-partwise>&x;</score-partwise>",
        "damaged",
    ),
    "deep": (DEEP + b"</part>" * 50_000 + b"</score-partwise>", "nested too deeply"),
    "deep and open": (DEEP, "nested too deeply"),
    "wide": (
        b"<score-partwise>" + b"<part/>" * 800_000 + b"</score-partwise>",
        "too large a score",
    ),
    "many parts": (
        b"<score-partwise>" + b"<part/>" * 1_001 + b"</score-partwise>",
        "too many parts",
    ),
    "many measures": (
        b"<score-partwise><part>" + b"<measure/>" * 60_001 + b"</part></score-partwise>",
        "too large a score",
    ),
    "huge attribute": (b"<score-partwise version='%s'/>" % (b"4" * 21_000_000), "too large"),
    "huge name": (b"<" + b"a" * 1_000_000 + b"/>", "another kind"),
    "many attributes": (
        b"<score-partwise %s/>" % b" ".join(b"a%d=''" % n for n in range(20_000)),
        "no notes",
    ),
    "unknown encoding": (b"<?xml version='1.0' encoding='rot13'?><score-partwise/>", "damaged"),
    "a zero byte": (b"<score-partwise>\0</score-partwise>", "damaged"),
    "another language": (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "another kind"),
}


@pytest.mark.parametrize(("data", "says"), ARCHIVES.values(), ids=ARCHIVES.keys())
def test_harmful_archives_are_refused(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "a.mxl").write_bytes(data)
    with pytest.raises(FileFormatError, match=says) as caught:
        scores.read(tmp_path / "a.mxl")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(("data", "says"), XML.values(), ids=XML.keys())
def test_harmful_xml_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "a.musicxml").write_bytes(data)
    with pytest.raises(FileFormatError, match=says):
        scores.read(tmp_path / "a.musicxml")


def test_a_document_type_is_never_fetched(tmp_path: Path) -> None:
    outside = tmp_path / "outside.dtd"
    os.mkfifo(outside)  # whoever opened it would wait for ever
    data = f"<!DOCTYPE score-partwise PUBLIC '-//x' '{outside.as_uri()}'>".encode() + SCORE
    (tmp_path / "a.musicxml").write_bytes(data)
    assert len(scores.read(tmp_path / "a.musicxml").notes) == 2


@pytest.mark.parametrize(
    "name", ["parent folder", "absolute", "link", "overlapping", "same name twice", "bomb"]
)
def test_a_refused_archive_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.zip").write_bytes(ARCHIVES[name][0])
    with pytest.raises(FileFormatError):
        archives.extract(tmp_path / "a.zip", tmp_path / "out" / "deep", [".xml"])
    assert [path.name for path in tmp_path.rglob("*")] == ["a.zip"]


def test_only_music_is_taken_out(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(
        package(("jazz/a.mid", b"1"), ("jazz/run.sh", b"2"), ("b.MID", b"3"))
    )
    archives.extract(tmp_path / "a.zip", tmp_path / "out", [".mid"])
    found = {
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == {"jazz/a.mid", "b.MID"}


def test_an_archive_may_unpack_to_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLERNN_LIMITS", "archive_megabytes=1")
    (tmp_path / "a.zip").write_bytes(
        package(*((f"{n}.mid", random.Random(n).randbytes(400_000)) for n in range(3)))
    )
    with pytest.raises(
        FileFormatError, match=r"at most 1 MB; found 1\.2 MB.*archive_megabytes=N raises the limit"
    ):
        archives.extract(tmp_path / "a.zip", tmp_path / "out", [".mid"])


def test_what_is_packed_is_unpacked_and_always_the_same(tmp_path: Path) -> None:
    data = score_text.pack(SCORE)
    assert data == score_text.pack(SCORE)
    (tmp_path / "a.mxl").write_bytes(data)
    with archives.opened("a", data) as archive:
        assert archives.read_member("a", archive, "score.musicxml") == SCORE
    assert len(scores.read(tmp_path / "a.mxl").notes) == 2


def test_mutated_archives_are_read_or_refused(tmp_path: Path) -> None:
    rng, data, ends = (
        random.Random(1),
        package(("META-INF/container.xml", CONTAINER % b"a.xml"), ("a.xml", SCORE)),
        set(),
    )
    for _ in range(1500):
        (tmp_path / "a.mxl").write_bytes(mutated(data, rng))
        try:
            ends.add(score_text.tune_texts(tmp_path / "a.mxl")[0][:5])
        except FileFormatError as error:
            ends.add(error.found)
    assert {"<?xml", "a damaged archive", "members that overlap"} <= ends
