"""The guide on transfer, files, sound and pictures: every command there works, on tunes of the names they use."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from stylernn.formats import registry
from stylernn.music.melody import Melody, Note

pytest.importorskip("midirenderer", reason="the synthesiser has no wheel for this machine")
pytest.importorskip("verovio", reason="the engraver has no wheel for this machine")

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "commands.md").read_text(encoding="utf-8")


def commands(title: str) -> list[str]:
    section = GUIDE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    blocks = section.split("```sh\n")[1:]
    return [
        line
        for block in blocks
        for line in block.split("```")[0].splitlines()
        if line.startswith("stylernn ")
    ]


SECTIONS = {
    "Transfer": 5,
    "What else you may wish": 5,
    "Which track is the melody?": 1,
    "Files with several tracks": 2,
    "What was changed": 2,
    "Sound": 5,
    "Pictures": 5,
}


@pytest.mark.parametrize(("title", "least"), SECTIONS.items())
def test_commands(
    title: str,
    least: int,
    stylernn: Callable,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    melody = Melody(tuple(Note(12 * k, 12, 67 + k % 5) for k in range(32)))
    for folder in ("tunes", "new"):
        Path(folder).mkdir()
    for name in ("tune.mid", "jazz.mid", "tunes/a.mid", "tunes/b.abc"):
        registry.write(melody, name)
    three_tracks("song.mid", melody)
    lines = commands(title)
    assert len(lines) >= least
    for line in lines:
        words = shlex.split(line)[1:]
        if words[0] in ("transfer", "generate"):
            # Only the model in the box has an index of its training set, by which copies are told.
            words += ["--force", *([] if "--max-copy" in words else ["--model", str(tiny_model)])]
        ran = stylernn(*words)
        assert ran.code == 0, f"{line}: {ran.err}"
        if "-o" in words and "--variations" not in words:
            assert Path(words[words.index("-o") + 1]).stat().st_size > 0, line


def three_tracks(name: str, melody: Melody) -> None:
    import pretty_midi

    score = pretty_midi.PrettyMIDI()
    for octave in range(3):
        part = pretty_midi.Instrument(octave)
        part.notes = [
            pretty_midi.Note(80, n.pitch + 12 * (octave - 1), n.onset / 48, n.end / 48)
            for n in melody.notes
        ]
        score.instruments.append(part)
    score.write(name)


@pytest.mark.parametrize(("command", "title"), [("render", "Sound"), ("show", "Pictures")])
def test_every_option_is_shown(command: str, title: str) -> None:
    import typer.main

    from stylernn.cli import app

    section = GUIDE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    for parameter in typer.main.get_command(app).commands[command].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert any(f"`{name}" in section for name in parameter.opts), parameter.opts
