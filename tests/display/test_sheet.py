"""Engraved pages, and MusicXML for other programs: valid, complete, engraved without warnings."""

import csv
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylernn.formats import registry
from stylernn.formats.musicxml import musicxml
from stylernn.music.melody import Chord, Key, Melody, Note, TimeSignature

pytest.importorskip("verovio", reason="the engraver has no wheel for this machine")

import verovio

from stylernn.display import sheet

EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def schema():
    """The schema of MusicXML 4.0, which the package musicxml carries."""
    import xmlschema

    # Found, not imported: the package's own code warns when it is compiled.
    origin = find_spec("musicxml").origin
    folder = Path(origin).parent / "generate_classes"
    places = {"http://www.w3.org/XML/1998/namespace": str(folder / "xml.xsd")}
    return xmlschema.XMLSchema(str(folder / "musicxml_4_0.xsd"), locations=places, allow="local")


def by_hand() -> list[Melody]:
    """Pickup, ties, triplets, flats, sharps, changes of metre, a short bar, low and high notes."""
    quarters = tuple(Note(24 * k, 24, 60 + k) for k in range(8))
    triplets = tuple(Note(8 * k, 8, 61 + k) for k in range(12))
    return [
        Melody(
            (Note(72, 24, 62), *(Note(96 + 36 * k, 36, 66 - k) for k in range(6))),
            key=Key(1),
            pickup=24,
        ),
        Melody(
            triplets,
            key=Key(-5, "minor"),
            chords=(Chord(0, "Bbm7"), Chord(24, "Eb7"), Chord(48, "N.C.")),
        ),
        Melody(
            quarters,
            ((0, TimeSignature(6, 8)), (72, TimeSignature(3, 4)), (96, TimeSignature(5, 8))),
            Key(6),
        ),
        Melody(tuple(Note(20 * k, 11, 40 + k) for k in range(20)), key=Key(-6)),
        Melody(tuple(Note(6 * k, 6, (50, 88, 52, 90)[k % 4]) for k in range(32))),
        Melody(
            (Note(0, 7 * 96, 72), Note(7 * 96 + 5, 1, 108)),
            ((0, TimeSignature(2, 2)),),
            Key(7, "minor"),
        ),
    ]


def real(shared: Path, each: int) -> list[Melody]:
    """Melodies of every style, spread over the collection."""
    root = shared / "data" / "styles"
    with (root / "manifest.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["style"], row["file"]))
    melodies = []
    for _, group in groupby(rows, key=lambda row: row["style"]):
        names = [row["file"] for row in group if int(row["notes"]) < 800]
        melodies += [registry.read(root / name) for name in names[:: len(names) // each + 1]]
    return melodies


def check(melody: Melody, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = musicxml(melody)
    assert [
        f"{error.path}: {error.reason}" for error in schema().iter_errors(ET.fromstring(data))
    ] == []
    (folder / "a.musicxml").write_bytes(data)
    again = registry.read(folder / "a.musicxml")
    assert again.notes == melody.notes
    assert (again.metres, again.pickup, again.bars, again.key) == (
        melody.metres,
        melody.pickup,
        melody.bars,
        melody.key or again.key,
    )
    capfd.readouterr()
    verovio.enableLog(verovio.LOG_WARNING)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(data.decode())
    for page in range(1, toolkit.getPageCount() + 1):
        toolkit.renderToSVG(page)
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("number", range(6))
def test_scores_are_valid_complete_and_engraved_without_a_warning(
    number: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    check(by_hand()[number], tmp_path, capfd)


def test_real_melodies_are_valid_complete_and_engraved_without_a_warning(
    shared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    melodies = real(shared, 2)
    assert len(melodies) >= 20
    assert any(melody.pickup for melody in melodies)
    assert any(melody.metre.is_compound for melody in melodies)
    assert any(melody.key and melody.key.mode == "minor" for melody in melodies)
    assert any(melody.key and melody.key.fifths < -1 for melody in melodies)
    assert any(note.onset % 24 in (8, 16) for melody in melodies for note in melody.notes)
    for melody in melodies:
        check(melody, tmp_path, capfd)


def test_an_engraver_does_complain_of_faults(capfd: pytest.CaptureFixture[str]) -> None:
    data = musicxml(by_hand()[0]).replace(b"<step>D", b"<step>Q", 1)
    assert not schema().is_valid(ET.fromstring(data))
    verovio.enableLog(verovio.LOG_WARNING)
    verovio.toolkit().loadData(data.decode())
    assert "Warning" in "".join(capfd.readouterr())


def test_f_sharp_in_g_major_and_a_clef() -> None:
    tree = ET.fromstring(musicxml(Melody((Note(0, 96, 66),), key=Key(1))))
    assert [tree.findtext(f".//pitch/{part}") for part in ("step", "alter", "octave")] == [
        "F",
        "1",
        "4",
    ]
    assert tree.findtext(".//clef/sign") == "G"
    assert tree.findtext(".//bar-style") == "light-heavy"
    assert ET.fromstring(musicxml(Melody((Note(0, 96, 43),)))).findtext(".//clef/sign") == "F"


def test_the_root_of_a_chord_bears_no_natural() -> None:
    notes = tuple(Note(24 * k, 24, 63 + k % 2) for k in range(8))
    tree = ET.fromstring(
        musicxml(Melody(notes, key=Key(0, "minor"), chords=(Chord(0, "Am"), Chord(96, "E"))))
    )
    assert [root.text for root in tree.iter("root-step")] == ["A", "E"]
    assert not list(tree.iter("root-alter"))


def test_a_chord_asks_for_no_naturals_at_the_notes() -> None:
    notes = tuple(Note(24 * k, 24, 67 + k % 3) for k in range(8))
    tree = ET.fromstring(
        musicxml(Melody(notes, key=Key(0), chords=(Chord(0, "E"), Chord(96, "C"))))
    )
    assert [sign.text for sign in tree.iter("accidental")].count(
        "natural"
    ) == 2  # after G sharp in each bar


def test_a_symbol_that_no_program_knows_is_left_out() -> None:
    symbols = ["C", "C7#", "Hm", "G7b", "", "N.C.", "G7"]
    notes = tuple(Note(24 * k, 24, 60 + k) for k in range(8))
    chords = tuple(Chord(24 * k, symbol) for k, symbol in enumerate(symbols))
    tree = ET.fromstring(musicxml(Melody(notes, key=Key(0), chords=chords)))
    roots = [root.text for root in tree.iter("root-step")]
    assert roots[0] == "C"
    assert roots[-1] == "G"


# Pages


def test_a_page_is_plain_svg() -> None:
    page = sheet.svg(registry.read(EXAMPLES / "auld-lang-syne.mid"))
    ET.fromstring(page)
    assert "Auld Lang Syne" in page
    assert "♩" in page
    assert "♭" in page
    assert not re.search("[\ue000-\uf8ff]", page)
    assert "font-face" not in page


def test_a_png_shows_title_and_staves(tmp_path: Path) -> None:
    sheet.engrave(registry.read(EXAMPLES / "auld-lang-syne.mid"), tmp_path / "a.png")
    dark = np.array(Image.open(tmp_path / "a.png").convert("L")) < 128
    lines = int((dark.mean(axis=1) > 0.8).sum())
    assert lines >= 10  # the first two systems fill the page
    columns = np.flatnonzero(dark[:60].any(axis=0))
    assert columns.min() > 500  # the title stands in the middle, not cut off
    assert columns.max() < 1200


def test_a_page_is_written_as_by_a_copyist() -> None:
    melody = Melody(
        (Note(0, 19, 60), Note(24, 7, 62), Note(48, 20, 64), Note(96, 80, 65)), tempo=119.6
    )
    written = sheet.legible(melody)
    assert [tuple(note) for note in written.notes] == [
        (0, 24, 60),
        (24, 12, 62),
        (48, 24, 64),
        (96, 84, 65),
    ]
    assert written.tempo == 120


def test_show_one(stylernn: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = stylernn("show", EXAMPLES / "greensleeves.mid", "-o", "a.svg")
    assert ran.code == 0, ran.err
    ET.parse("a.svg")
    assert (
        "an ending out of .png, .svg"
        in stylernn("show", EXAMPLES / "greensleeves.mid", "-o", "a.pdf").err
    )
