"""Folders of styles: inheritance from parents and default values, and messages about mistakes."""

import ast
from pathlib import Path

import pytest

from stylernn.errors import UsageError
from stylernn.system import paths, style_data

ROOT = Path(__file__).parents[2]

_DEFAULT = """
manner = {instrument = "Piano", swing = 0.0, legato = 0.9, accents = [1, 2, 3], looseness = 0.0}
accompaniment = {figure = "broken", bass = "Cello", chords = "Piano"}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue without styles."""
    monkeypatch.setattr(paths, "catalogue", lambda: tmp_path)
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "default.toml").write_text(_DEFAULT, encoding="utf-8")
    return tmp_path / "styles"


def write(folder: Path, label: str, text: str) -> Path:
    path = folder / label / "style.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_style_leaves_out_is_its_parents_or_the_default(folder: Path) -> None:
    write(folder, "a", "[manner]\nswing = 1.0\ninstrument = 'Oboe'\n")
    write(folder, "b", "parent = 'a'\n[manner]\nswing = 0.5\n[accompaniment]\nbass = 'Tuba'\n")
    assert style_data.labels() == ("a", "b")
    assert style_data.manner("b") == {
        "instrument": "Oboe",
        "swing": 0.5,
        "legato": 0.9,
        "accents": [1, 2, 3],
        "looseness": 0.0,
    }
    assert style_data.accompaniment("b") == {"figure": "broken", "bass": "Tuba", "chords": "Piano"}
    assert style_data.manner("unheard of")["instrument"] == "Piano"
    assert style_data.style_data("unheard of") == style_data.StyleData("unheard of")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("descripton = 'x'", r"unknown key descripton. Did you mean description\?"),
        ("[manner]\nswinging = 1", r"unknown key manner.swinging. Did you mean manner.swing\?"),
        ("[accompaniment]\nzzz = 1", r"unknown key accompaniment.zzz. Known: figure, bass, chords"),
        ("description = 1", "description cannot be used; expected a text; found 1"),
        ("improvised = 1", "improvised cannot be used; expected true or false"),
        ("hold = true", "hold cannot be used; expected a finite number"),
        ("[manner]\nswing = nan", "manner.swing cannot be used; expected a finite number"),
        ("[guidance]\nstyle = inf", "guidance.style cannot be used; expected a finite number"),
        ("[guidance]\ntemperature = 0", "guidance.temperature cannot be used; expected more"),
        ("manner = 'loud'", "manner cannot be used; expected a table"),
        ("[manner]\naccents = [1, 2]", "manner.accents cannot be used; expected a list of 3"),
        ("description = ", "cannot read .*expected TOML"),
        ("parent = 'tojs'", r"unknown parent style tojs. Did you mean toys\?"),
    ],
)
def test_mistakes_are_named_with_their_file(folder: Path, text: str, message: str) -> None:
    write(folder, "toys", "")
    path = write(folder, "toy", text)
    with pytest.raises(UsageError, match=message) as caught:
        style_data.style_data("toy")
    assert str(path) in str(caught.value)


def test_parents_form_no_circle(folder: Path) -> None:
    write(folder, "a", "parent = 'b'")
    write(folder, "b", "parent = 'a'")
    with pytest.raises(UsageError, match="each other's parents: a, b"):
        style_data.manner("a")


def test_one_style_reads_only_its_own_line(folder: Path) -> None:
    write(folder, "a", "")
    write(folder, "broken", "not TOML")
    assert style_data.manner("a")["swing"] == 0.0


@pytest.mark.parametrize("label", ["../toys", "toys/../toys", "/", "", "."])
def test_a_label_is_no_path(folder: Path, label: str) -> None:
    write(folder, "toys", "description = 'x'")
    assert style_data.style_data(label).description == ""


def test_every_style_of_the_catalogue_can_be_read() -> None:
    assert len(style_data.labels()) >= 23
    for label in style_data.labels():
        assert style_data.style_data(label).description
        assert len(style_data.manner(label)) == 5
        assert len(style_data.accompaniment(label)) == 3


def test_no_style_is_named_in_the_code() -> None:
    """Code that knows a style by name would have to be changed for each new one."""
    words = {*style_data.labels()} - {"swing"}  # also a key of every manner
    elsewhere = {"stylernn/cli/evaluate.py", "evaluation/requirements.py"}  # defaults and ranges
    found = {
        (path.relative_to(ROOT).as_posix(), node.value)
        for folder in ("stylernn", "evaluation")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in words
    }
    assert {file for file, _ in found} <= elsewhere, found


def test_a_default_without_all_scales_of_guidance_is_named(folder: Path) -> None:
    (folder / "default.toml").write_text("[guidance]\nstyle = 1.0\n")
    with pytest.raises(UsageError, match=r"default\.toml lacks guidance\.attributes"):
        style_data.guidance("any")
