"""Impossible files, names and folders: each gives a message of one line and leaves no file."""

import io
import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stylernn.errors import FileFormatError
from stylernn.formats import registry
from stylernn.music.melody import Melody, Note
from stylernn.system import limits

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="pipes, devices and links are those of POSIX"
)

TUNE = Melody(tuple(Note(24 * k, 24, 60 + k % 12) for k in range(32)))
ABC = "X:1\nT:a\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n"
BYTES = os.fsdecode(b"\xff\xfe")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a tune."""
    monkeypatch.chdir(tmp_path)
    registry.write(TUNE, "tune.mid")
    return tmp_path


def strange(name: str, path: Path) -> None:
    """Make a thing that is no music file."""
    match name:
        case "pipe":
            os.mkfifo(path)
        case "endless device":
            path.symlink_to("/dev/zero")
        case "socket":
            with socket.socket(socket.AF_UNIX) as end:
                end.bind(path.name)
        case "circle of links":
            path.symlink_to(path.name)
        case "link to nothing":
            path.symlink_to("nowhere")
        case "folder":
            path.mkdir()
        case "empty file":
            path.touch()
        case "text":
            path.write_text("hello")


STRANGE = [
    "pipe",
    "endless device",
    "socket",
    "circle of links",
    "link to nothing",
    "folder",
    "empty file",
    "text",
]
COMMANDS = [
    "transfer {}.mid --to jazz --model {model} -o out.mid",
    "inspect {}.mid",
    "render {}.abc -o out.wav",
    "render tune.mid --sound-font {}.sf2 -o out.wav",
    "show {}.krn -o out.svg",
    "show tune.mid {}.mxl -o out.png",
    "generate --style jazz --seed-melody {}.mid --model {model} -o out.mid",
    "styles --model {}.safetensors",
    "train --data none --config {}.toml --out run",
    "train --data {}.folder/none --out run",
    "train --resume {}.folder/none",
    "corpus add mine {}.folder/none",
    "evaluate files --source {}.folder/none --output . --target jazz -o report",
    "listen-test score {}.csv",
    "listen-test score tune.mid --key {}.json",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("thing", STRANGE)
def test_what_is_no_file_is_refused(
    stylernn: Callable, tiny_model: Path, here: Path, thing: str, command: str
) -> None:
    name = re.search(r"\{\}(\.\w+)", command)
    assert name
    strange(thing, here / f"it{name[1]}")
    refused(stylernn, here, command.replace("{}", "it").replace("{model}", str(tiny_model)))


def refused(stylernn: Callable, here: Path, *commands: str) -> str:
    """Run a command that must fail in one line and without a trace; what it says."""
    before = contents(here)
    words = commands[0].split() if len(commands) == 1 else list(commands)
    ran = stylernn(*words)
    assert ran.code in (1, 2), ran
    assert re.fullmatch(r"error: [^\n]+\n", ran.err), ran.err
    assert contents(here) == before
    return ran.err


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    found = {str(path.relative_to(folder)): path.lstat() for path in folder.rglob("*")}
    return {name: (facts.st_mode, facts.st_size) for name, facts in found.items()}


def test_a_file_that_grows_while_it_is_read_is_cut_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mid").write_bytes(bytes(2_000_000))
    (tmp_path / "b.mid").write_bytes(bytes(1_000_000))
    monkeypatch.setenv(limits.VARIABLE, "megabytes=1")
    facts = os.stat_result((0o100644, 0, 0, 0, 0, 0, 10, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda self: facts)  # of no size, as files of /proc are
    with pytest.raises(FileFormatError, match=r"too large; expected at most 1 MB"):
        limits.contents(tmp_path / "a.mid", "megabytes")
    assert len(limits.contents(tmp_path / "b.mid", "megabytes")) == 1_000_000


def zipped(name: str, data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, data)
    return archive.getvalue()


LAUGHS = "<!ENTITY l1 'ha'>" + "".join(
    f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(2, 10)
)
XML = "<?xml version='1.0' encoding='{}'?><score-partwise/>"


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.abc", ABC.encode("utf-32"), "something else"),
        ("a.abc", b" \n\n", "something else"),
        ("a.abc", b"X:1\nK:C\n", "no notes"),
        ("a.mid", ABC.encode(), "not a readable MIDI file"),
        ("a.musicxml", b"MThd\0\0\0\6", "damaged XML"),
        ("a.mxl", zipped("score.xml", bytes(30_000_000)), "unpacks to too much"),
        ("a.mxl", zipped("readme.txt", b"a"), "an archive without a score"),
        ("a.mxl", b"PK\3\4", "a damaged archive"),
        (
            "a.xml",
            f"<!DOCTYPE a [{LAUGHS}]><score-partwise>&l9;</score-partwise>".encode(),
            "entities",
        ),
        (
            "a.xml",
            b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><score-partwise>&x;</score-partwise>",
            "ent",
        ),
        ("a.xml", XML.format("utf-16").encode("utf-16"), "no notes"),
        ("a.xml", XML.format("utf-7").encode(), "damaged XML"),
        ("a.krn", b"**kern\n4q\n4c\n*-\n", "found one note"),
        ("a.txt", b"x", "cannot tell the format"),
        ("a", b"MThd", "cannot tell the format"),
        (f"{BYTES}.mid", b"x", "not a readable MIDI file"),
        ("a\nb.mid", b"x", "not a readable MIDI file"),
    ],
)
def test_what_is_no_music_is_refused(
    stylernn: Callable, here: Path, name: str, data: bytes, says: str
) -> None:
    (here / name).write_bytes(data)
    for command in (
        ["inspect", name],
        ["show", name, "-o", "o.svg"],
        ["show", "tune.mid", name, "-o", "o.png"],
    ):
        assert says in refused(stylernn, here, *command)


def test_abc_in_utf_16_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_bytes(ABC.encode("utf-16"))
    assert len(registry.read(tmp_path / "a.abc").notes) == 8


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("no/such{}", "there is no folder no"),
        ("there{}", "exists"),
        ("dangling{}", "exists"),
        ("circle{}", "exists"),
        ("file/out{}", "no folder file"),
        ("out.xyz", "an ending out of"),
        ("x" * 300 + "{}", "too long"),
    ],
)
def test_places_where_nothing_can_be_written(
    stylernn: Callable, tiny_model: Path, here: Path, place: str, says: str
) -> None:
    writers = {
        ".mid": ["transfer", "tune.mid", "--to", "jazz", "--model", tiny_model],
        ".abc": ["generate", "--style", "jazz", "--bars", "4", "--model", tiny_model],
        ".flac": ["render", "tune.mid"],
        ".svg": ["show", "tune.mid"],
        ".png": ["show", "tune.mid", "tune.mid"],
    }
    (here / "file").touch()
    for ending, words in writers.items():
        (here / f"there{ending}").write_text("mine")
        (here / f"dangling{ending}").symlink_to("nowhere")
        (here / f"circle{ending}").symlink_to(f"circle{ending}")
        assert says in refused(stylernn, here, *map(str, words), "-o", place.format(ending))


def test_a_folder_where_nobody_may_write(stylernn: Callable, here: Path) -> None:
    assert "cannot write /proc/out.svg" in refused(stylernn, here, "show tune.mid -o /proc/out.svg")
    assert "cannot write /proc/out.wav" in refused(
        stylernn, here, "render tune.mid -o /proc/out.wav"
    )


def test_reports_are_not_overwritten(stylernn: Callable, tiny_model: Path, here: Path) -> None:
    (here / "report").mkdir()
    (here / "report" / "report.html").write_text("mine")
    (here / "key.json").write_text("mine")
    (here / "file").touch()
    judged = "evaluate files --source . --output . --target jazz -o"
    assert "report.html exists" in refused(stylernn, here, f"{judged} report")
    assert "is none" in refused(stylernn, here, f"{judged} file/report")
    assert "is none" in refused(stylernn, here, "evaluate calibrate --data . -o tune.mid")
    assert "report.html exists" in refused(
        stylernn, here, "evaluate transfer --from a --to b --data . -o report"
    )
    assert "key.json exists" in refused(
        stylernn, here, f"evaluate model --data . --model {tiny_model} -o key.json"
    )
    assert "key.json exists" in refused(
        stylernn, here, "listen-test make --pairs . --from a --to b -o ."
    )
    assert stylernn(*judged.split(), "report", "--force").code == 0
    assert "<html" in (here / "report" / "report.html").read_text()


def test_names_that_are_no_text(stylernn: Callable, tiny_model: Path, here: Path) -> None:
    (here / f"{BYTES}.mid").write_bytes((here / "tune.mid").read_bytes())
    words = [
        "transfer",
        f"{BYTES}.mid",
        "--to",
        "jazz",
        "--model",
        tiny_model,
        "-o",
        f"{BYTES}.flac",
        "--plot",
        "p.svg",
    ]
    assert stylernn(*words).code == 0
    assert "\\udcff\\udcfe.mid" in (here / f"{BYTES}.provenance.json").read_text()
    assert stylernn("inspect", f"{BYTES}.mid").code == 0
    program = [sys.executable, "-m", "stylernn", "inspect", os.fsencode(f"{BYTES}.mid")]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    ran = subprocess.run(program, capture_output=True, env=ascii_only, check=True)
    assert ran.stderr == b""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[model]\nhiden = 3", "Did you mean model.hidden"),
        ("[model]\nhidden = 1.5", "a value of type int"),
        ("[model]\nhidden = 99999999999999999999", "type int"),
        ("[train]\nrate = nan", "a finite number"),
        ("[train]\nrate = inf", "a finite number"),
        ("[train]\nsteps = true", "type int"),
        ("[data]\ngrains = 'all'", "a list"),
        ("model = 3", "a table"),
        ("model = ", "not valid TOML"),
        ("\xff", "cannot be used|not valid TOML|cannot read"),
        ("a = " + "[" * 5000, "not valid TOML"),
    ],
)
def test_configurations(stylernn: Callable, here: Path, text: str, says: str) -> None:
    (here / "a.toml").write_bytes(text.encode("latin-1"))
    assert re.search(says, refused(stylernn, here, "train --data none --config a.toml --out run"))


HEAD = "listener,question,kind,left,right,answer\n"
KEY = '{"styles": ["jazz"], "items": [{"name": "a", "role": "system", "pair": 0, "style": "jazz"}]}'


@pytest.mark.parametrize(
    ("answers", "key", "says"),
    [
        ("a,b\n1,2\n", KEY, "with columns listener"),
        (HEAD + "1,1,choice,a,b,a\n", KEY, "names b, which is not in the key"),
        (HEAD + '1,1,choice,"a\n', KEY, "names a, which|names a .*not in the key"),
        (HEAD, "", "cannot read .*key.json"),
        (HEAD, "[]", "cannot read .*key.json"),
        (HEAD, '{"styles": [], "items": []}', "cannot read .*key.json"),
        (HEAD, '{"styles": ["a"], "items": [{"name": 3}]}', "cannot read .*key.json"),
        (HEAD, "[" * 100_000, "cannot read .*key.json"),
    ],
)
def test_answers_and_keys(
    stylernn: Callable, here: Path, answers: str, key: str, says: str
) -> None:
    (here / "a.csv").write_text(answers)
    (here / "key.json").write_text(key)
    assert re.search(says, refused(stylernn, here, "listen-test score a.csv"))


def test_folders_of_unreadable_music(stylernn: Callable, tiny_model: Path, here: Path) -> None:
    (here / "music" / "jazz").mkdir(parents=True)
    (here / "music" / "jazz" / "a.mid").write_text("no")
    assert "no melodies in" in refused(stylernn, here, "corpus add mine music")
    assert "too few works" in refused(stylernn, here, "train --data music --out run")
    assert "nothing to measure" in refused(
        stylernn, here, f"evaluate model --data music --model {tiny_model}"
    )
    (here / "music" / "manifest.csv").write_text("title\na\n")
    assert "with columns file" in refused(stylernn, here, "corpus add mine music")


@pytest.mark.parametrize(
    "options",
    [
        *(
            "--temperature nan",
            "--temperature inf",
            "--temperature -1",
            "--temperature 0",
            "--tempo nan",
            "--seed -1",
        ),
        *("--seed 99999999999", "--key H#"),
    ],
)
def test_numbers_that_are_none(
    stylernn: Callable, tiny_model: Path, here: Path, options: str
) -> None:
    refused(
        stylernn, here, f"transfer tune.mid --to jazz --model {tiny_model} -o out.mid {options}"
    )
    refused(stylernn, here, f"generate --style jazz --model {tiny_model} -o out.mid {options}")


@pytest.mark.parametrize("text", ["", "[]", "{}", "\0", '{"corpus": '])
def test_damaged_notes_of_a_run(tmp_path: Path, text: str) -> None:
    from stylernn.errors import TrainingError
    from stylernn.training import run_folder

    (tmp_path / "run.json").write_text(text)
    with pytest.raises(TrainingError, match=r"run\.json is damaged"):
        run_folder.resume(tmp_path, run_folder.State({}, {}), "same")
    (tmp_path / "metrics.jsonl").write_text(text + "\n1")
    with pytest.raises(TrainingError, match=r"metrics\.jsonl is damaged"):
        run_folder.metrics(tmp_path)
