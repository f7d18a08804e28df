"""A new file format is one module and one registration: it is read, written, named and found."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stylernn import corpus
from stylernn.errors import FileFormatError
from stylernn.formats import registry
from stylernn.formats.registry import Format
from stylernn.music.melody import Melody, Note

_MODULE = '''
"""Toy files: one note a line, its onset, duration and pitch."""

from pathlib import Path

from stylernn.errors import FileFormatError
from stylernn.music.melody import Melody, Note
from stylernn.system.atomic_write import atomic_write


def read(path, *, track=None):
    try:
        rows = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
        return Melody(tuple(Note(*map(int, row)) for row in rows))
    except (OSError, TypeError, ValueError) as error:
        problem = f"{path} cannot be read"
        expected = "three numbers a line"
        raise FileFormatError(problem, expected=expected, found=str(error)) from None


def write(melody, path):
    with atomic_write(path) as draft:
        lines = [f"{note.onset} {note.duration} {note.pitch}" for note in melody.notes]
        draft.write_text("\\n".join(lines), encoding="utf-8")
'''

TOY = Format("Toy", (".toy",), "toy_format", is_fast=True)
TUNE = Melody(tuple(Note(12 * k, 12, 60 + (5 * k) % 12) for k in range(32)))


@pytest.fixture(autouse=True)
def _registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "toy_format.py").write_text(_MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "FORMATS", list(registry.FORMATS))
    registry.register(TOY)
    yield
    sys.modules.pop("toy_format", None)


def test_it_is_written_and_read(tmp_path: Path) -> None:
    registry.write(TUNE, tmp_path / "tune.toy")
    assert registry.read(tmp_path / "tune.toy") == TUNE
    assert registry.read_all(tmp_path / "tune.toy") == ([TUNE], [])
    (tmp_path / "bad.toy").write_text("1 2 x")
    with pytest.raises(FileFormatError, match="three numbers a line"):
        registry.read(tmp_path / "bad.toy")


def test_an_ending_is_taken_once() -> None:
    with pytest.raises(ValueError, match=r"another format has: \.toy"):
        registry.register(TOY)


def test_the_command_line_takes_it_in_and_out(
    stylernn: Callable, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    registry.write(TUNE, "tune.toy")
    assert stylernn("inspect", "tune.toy").code == 0
    ran = stylernn("transfer", "tune.toy", "--to", "jazz", "--model", tiny_model, "-o", "jazz.toy")
    assert ran.code == 0, ran.err
    assert registry.read("jazz.toy").notes
    refused = stylernn("transfer", "tune.toy", "--to", "jazz", "-o", "jazz.txt")
    assert refused.code == 2
    assert ".krn, .toy" in refused.err


def test_the_command_line_names_it(tmp_path: Path) -> None:
    code = (
        "from stylernn.formats import registry\n"
        "registry.register(registry.Format('Toy', ('.toy',), 'toy_format'))\n"
        "from stylernn.cli import main\n"
        "main(['inspect', '--help'])"
    )
    environment = {**os.environ, "COLUMNS": "100"}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "MIDI, MusicXML, ABC, Humdrum or Toy" in ran.stdout


def test_a_corpus_folder_holds_it(tmp_path: Path) -> None:
    folder = tmp_path / "tunes" / "toys"
    folder.mkdir(parents=True)
    for k in range(3):
        registry.write(TUNE.transpose(k), folder / f"{k}.toy")
    found = corpus.load_folder(folder.parent)
    assert [(tune.style, tune.melody.notes[0].pitch) for tune in found] == [
        ("toys", 60),
        ("toys", 61),
        ("toys", 62),
    ]
