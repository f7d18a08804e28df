"""Scores: round trips, small scores read by hand, guards against hostile files, and the corpora."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import melodies

from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import midi, scores
from stylernn.music.melody import Chord, Key, Melody, Note, TimeSignature

FORMATS = [".musicxml", ".mxl", ".abc", ".krn"]


def pitches(melody: Melody) -> list[int]:
    return [note.pitch for note in melody.notes]


def onsets(melody: Melody) -> list[int]:
    return [note.onset for note in melody.notes]


def xml_note(
    step: str, duration: int, *, voice: int = 1, inside: str = "", before: str = ""
) -> str:
    pitch = f"<pitch><step>{step[0]}</step><octave>{step[1]}</octave></pitch>"
    return (
        f"<note>{before}{pitch}<duration>{duration}</duration>{inside}<voice>{voice}</voice></note>"
    )


def xml_score(path: Path, *parts: tuple[str, list[str]], title: str = "") -> Path:
    """A MusicXML score of named parts, each a list of measures; 2 divisions a quarter, 4/4."""
    metre = "<time><beats>4</beats><beat-type>4</beat-type></time>"
    attributes = f"<attributes><divisions>2</divisions>{metre}</attributes>"
    text = f"<score-partwise version='4.0'><movement-title>{title}</movement-title><part-list>"
    for number, (name, _) in enumerate(parts):
        text += f"<score-part id='P{number}'><part-name>{name}</part-name></score-part>"
    text += "</part-list>"
    for number, (_, measures) in enumerate(parts):
        text += f"<part id='P{number}'>"
        for count, measure in enumerate(measures):
            opening = attributes if count == 0 else ""
            text += f"<measure number='{count + 1}'>{opening}{measure}</measure>"
        text += "</part>"
    path.write_text(text + "</score-partwise>")
    return path


@pytest.mark.parametrize("ending", [".musicxml", ".abc", ".krn"])
def test_real_melodies_survive_a_round_trip(shared: Path, tmp_path: Path, ending: str) -> None:
    files = sorted((shared / "data" / "styles").glob("*/*.mid"))
    short = [file for file in files[::40] if file.stat().st_size < 2000][:40]
    assert len(short) == 40
    for file in short:
        melody = midi.read(file)
        scores.write(melody, tmp_path / f"again{ending}")
        again = scores.read(tmp_path / f"again{ending}")
        assert replace(again, chords=()) == replace(melody, chords=()), file.name


@pytest.mark.parametrize("ending", FORMATS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(melody=melodies(most=8, lowest=24, cuts=False).filter(lambda melody: melody.bars > 1))
def test_any_notes_survive_a_round_trip(melody: Melody, ending: str, tmp_path: Path) -> None:
    scores.write(melody, tmp_path / f"tune{ending}")
    again = scores.read(tmp_path / f"tune{ending}")
    assert again.notes == melody.notes
    assert again.metres == melody.metres
    assert again.tempo == pytest.approx(melody.tempo, abs=0.01)
    assert again.key == melody.key or melody.key is None


@pytest.mark.parametrize("title", ["|A", "||", "|: a", "|1", ":|b", "[M:3/4] x", "K:C", "A:|B"])
def test_a_title_that_looks_like_music_survives_abc(title: str, tmp_path: Path) -> None:
    melody = Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(4)), title=title)
    scores.write(melody, tmp_path / "tune.abc")
    again = scores.read(tmp_path / "tune.abc")
    assert (again.title, again.notes) == (title, melody.notes)


@pytest.mark.parametrize("ending", [".musicxml", ".abc"])
def test_chord_symbols_survive_wherever_they_change(ending: str, tmp_path: Path) -> None:
    symbols = ["Bb7", "F#m7b5", "Am/G", "N.C.", "Cmaj7", "G7sus", "E7#9", "Dm"]
    chords = tuple(Chord(24 * n, symbol) for n, symbol in enumerate(symbols))
    notes = (
        Note(0, 48, 60),
        Note(56, 88, 62),
        Note(156, 12, 64),
        Note(180, 12, 64),
    )  # a tie, rests, a triplet
    scores.write(Melody(notes, chords=chords), tmp_path / f"tune{ending}")
    again = scores.read(tmp_path / f"tune{ending}")
    assert again.notes == notes
    assert again.chords == chords


@pytest.mark.parametrize("ending", [".musicxml", ".abc"])
def test_chord_symbols_are_kept_through_a_transfer(
    ending: str, stylernn: Callable, tiny_model: Path, tmp_path: Path
) -> None:
    chords = tuple(Chord(96 * n, symbol) for n, symbol in enumerate(["C", "Am7", "Dm", "G7"]))
    tune = Melody(tuple(Note(24 * n, 24, 60 + n % 5) for n in range(16)), key=Key(0), chords=chords)
    path, out = tmp_path / f"tune{ending}", tmp_path / f"out{ending}"
    scores.write(tune, path)
    words = (
        "transfer",
        path,
        "--to",
        "jazz",
        "--model",
        tiny_model,
        "--candidates",
        1,
        "--force",
        "-o",
        out,
    )
    assert stylernn(*words).code == 0
    assert scores.read(out).chords == chords[: scores.read(out).bars]
    assert stylernn(*words, "--key", "Eb").code == 0
    assert [chord.symbol for chord in scores.read(out).chords][:3] == ["Eb", "Cm7", "Fm"]


ABC = """X:7
T:Hand made
M:6/8
L:1/8
Q:3/8=80
K:Em
B|"Em"E2F {a}G2A|B3- B2 [eB]|(3ABc d2 z2|1 e3 e2:|2 e6||
M:2/4
E2 ^D2|E4|]

X:8
T:Broken
M:4/4
K:C
^^^^C4 [|

X:9
T:Last
M:C|
L:1/4
K:D dorian
D2 F2|A4|
"""


def test_a_hand_made_abc_tune(tmp_path: Path) -> None:
    (tmp_path / "tune.abc").write_text(ABC)
    melody = scores.read(tmp_path / "tune.abc")
    assert melody.title == "Hand made"
    assert (melody.key, melody.tempo, melody.pickup) == (Key(1, "minor"), 120.0, 12)
    assert melody.chords == (Chord(72, "Em"),)
    bars = [
        Note(60, 12, 71),
        *(Note(72, 24, 64), Note(96, 12, 66), Note(108, 24, 67), Note(132, 12, 69)),
        *(Note(144, 60, 71), Note(204, 12, 76)),
        *(Note(216, 8, 69), Note(224, 8, 71), Note(232, 8, 72), Note(240, 24, 74)),
        *(Note(288, 36, 76), Note(324, 24, 76)),
        Note(348, 72, 76),
        *(Note(420, 24, 64), Note(444, 24, 63), Note(468, 48, 64)),
    ]
    assert melody.notes == tuple(bars)
    assert melody.metres == (
        (0, TimeSignature(6, 8)),
        (348, TimeSignature(6, 8)),
        (420, TimeSignature(2, 4)),
    )


def test_a_collection_gives_every_tune_and_names_the_broken_ones(tmp_path: Path) -> None:
    (tmp_path / "tunes.abc").write_text(ABC)
    tunes, problems = scores.parse_all(tmp_path / "tunes.abc")
    assert [tune.title for tune in tunes] == ["Hand made", "Last"]
    assert (tunes[1].key, pitches(tunes[1])) == (Key(0), [62, 65, 69])
    assert len(problems) == 1
    assert problems[0].startswith("tune 8: ")


def test_a_hand_made_kern_score(tmp_path: Path) -> None:
    spine = (
        "!!!OTL: Hand made|**kern|*k[b-]|*M3/4|*MM90|4r|8r|8cc|"
        "=1|12ff|12ee|12dd|[2cc|=2|4cc]|4.a|8qgg|8B-|==|*-"
    )
    (tmp_path / "tune.krn").write_text(spine.replace("|", "\n") + "\n")
    melody = scores.read(tmp_path / "tune.krn")
    notes = (
        (36, 12, 72),
        (48, 8, 77),
        (56, 8, 76),
        (64, 8, 74),
        (72, 72, 72),
        (144, 36, 69),
        (180, 12, 58),
    )
    assert [tuple(note) for note in melody.notes] == [
        (24 + onset, length, pitch) for onset, length, pitch in notes
    ]
    assert (melody.metres, melody.key, melody.tempo) == (((0, TimeSignature(3, 4)),), Key(-1), 90.0)
    assert (melody.title, melody.pickup) == ("Hand made", 12)


def test_the_melody_part_is_chosen_by_name_and_shape(tmp_path: Path) -> None:
    high, low = [xml_note("C5", 8), xml_note("D5", 8)], [xml_note("C3", 4) + xml_note("E3", 4)] * 2
    plain = xml_score(tmp_path / "a.musicxml", ("Violin", high), ("Cello", low))
    assert pitches(scores.read(plain)) == [72, 74]
    assert pitches(scores.read(plain, track=1)) == [48, 52] * 2
    assert pitches(scores.parse_all(plain, part="cello")[0][0]) == [48, 52] * 2
    assert pitches(scores.parse_all(plain, part="0")[0][0]) == [72, 74]
    with pytest.raises(UsageError, match="expected one of: 0 Violin, 1 Cello"):
        scores.read(plain, track=2)
    named = xml_score(tmp_path / "b.musicxml", ("Violin", high), ("Voice", low))
    assert pitches(scores.read(named)) == [48, 52] * 2


def test_of_chords_the_top_and_of_voices_the_highest(tmp_path: Path) -> None:
    stack = xml_note("E4", 4) + xml_note("G4", 4, before="<chord/>") + xml_note("C4", 4)
    upper = xml_note("E5", 8) + "<backup><duration>8</duration></backup>"
    lower = "".join(xml_note("C4", 2, voice=2) for _ in range(4))
    melody = scores.read(xml_score(tmp_path / "a.musicxml", ("", [stack, upper + lower])))
    assert melody.notes == (Note(0, 48, 67), Note(48, 48, 60), Note(96, 96, 76))


def test_two_halves_of_a_bar_are_one_bar(tmp_path: Path) -> None:
    halves = [
        xml_note("C5", 2),
        xml_note("D5", 8),
        xml_note("E5", 6),
        xml_note("F5", 2),
        xml_note("G5", 8),
    ]
    melody = scores.read(xml_score(tmp_path / "a.musicxml", ("", halves)))
    assert onsets(melody) == [72, 96, 192, 264, 288]
    assert melody.metres == ((0, TimeSignature(4, 4)),)
    assert (melody.pickup, melody.bars) == (24, 4)


def test_a_short_bar_alone_makes_the_metre_start_anew(tmp_path: Path) -> None:
    measures = [xml_note("C5", 8), xml_note("D5", 6), xml_note("E5", 8), xml_note("F5", 8)]
    melody = scores.read(xml_score(tmp_path / "a.musicxml", ("", measures)))
    assert onsets(melody) == [0, 96, 168, 264]
    assert melody.metres == ((0, TimeSignature(4, 4)), (168, TimeSignature(4, 4)))


def test_transposing_instruments_sound_as_they_do(tmp_path: Path) -> None:
    path = xml_score(tmp_path / "a.musicxml", ("Clarinet", [xml_note("D5", 8), xml_note("E5", 8)]))
    lower = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>"
    path.write_text(path.read_text().replace("</attributes>", lower, 1))
    assert pitches(scores.read(path)) == [72, 74]


def package(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def test_a_package_is_opened_even_if_its_container_is_damaged(tmp_path: Path) -> None:
    score = xml_score(tmp_path / "a.xml", ("", [xml_note("C5", 8), xml_note("D5", 8)])).read_bytes()
    container = (
        b"<container><rootfiles><rootfile full-path='Ma, He's.xml'/></rootfiles></container>"
    )
    members = (
        ("META-INF/container.xml", container),
        ("other.xml", b"<opus/>"),
        ("Ma, He's.xml", score),
    )
    assert pitches(scores.read(package(tmp_path / "a.mxl", *members))) == [72, 74]
    assert pitches(scores.read(package(tmp_path / "b.mxl", members[2]))) == [72, 74]


def test_harmful_files_are_refused(tmp_path: Path) -> None:
    bomb = package(tmp_path / "bomb.mxl", ("score.xml", bytes(19_000_000)))
    with pytest.raises(
        FileFormatError, match=r"at most 200 times the packed size; found 1,\d{3}\.\d times"
    ):
        scores.read(bomb)
    with pytest.raises(FileFormatError, match=r"found 30\.0 MB"):
        scores.read(package(tmp_path / "large.mxl", ("score.xml", bytes(30_000_000))))
    laughs = (
        "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><score-partwise>&b;</score-partwise>"
    )
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "laughs.musicxml").write_bytes(laughs.encode(encoding))
        with pytest.raises(FileFormatError, match="declares entities"):
            scores.read(tmp_path / "laughs.musicxml")


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.musicxml", b"<html/>", "XML of another kind, <html>"),
        ("a.xml", b"<score-partwise><part", "damaged XML"),
        ("a.xml", b"<score-partwise/>", "no notes"),
        ("a.mxl", b"PK\x03\x04 not really", "a damaged archive"),
        ("a.abc", b"X:1\nK:C\nC|]\n", "one note"),
        ("a.abc", b"X:1\nK:C\nz4|]\n", "no notes"),
        ("a.krn", b"**kern\n4c\n*-\n", "one note"),
    ],
)
def test_broken_scores_say_what_is_wrong(
    tmp_path: Path, name: str, data: bytes, found: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileFormatError, match=f"found .*{found}"):
        scores.read(tmp_path / name)


def test_original_lead_sheets_give_the_shared_melodies(shared: Path) -> None:
    songs = sorted((shared / "data" / "mirror" / "00sapo").rglob("*.mxl"))
    ready = {path.stem: path for path in (shared / "data" / "styles").glob("*/ewld_*.mid")}
    compared = 0
    for song in songs[::20]:
        name = "ewld_" + "".join(c for c in song.stem.lower() if c.isalnum() or c == "_")
        if name in ready:
            melody, known = scores.read(song), midi.read(ready[name])
            assert (melody.notes, melody.key, melody.pickup) == (
                known.notes,
                known.key,
                known.pickup,
            ), song.name
            compared += 1
    assert compared >= 5
