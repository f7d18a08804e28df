"""Every command of the documents works, on files of the names that they use."""

import re
import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from docs_pages import PAGES, ROOT, blocks, commands, name

from stylernn.cli import app
from stylernn.formats import registry
from stylernn.music.melody import Melody, Note

MELODY = Melody(tuple(Note(12 * k, 12, 67 + k % 5) for k in range(64)))
FILES = ["tune.mid", "in.mid", "jazz.mid", "ref.mid", "opening.mid", "tune.abc"]
SONG = "song.mid"  # three tracks

NOT_RUN = {
    "make ": "installs, or runs these very tests; the target is looked up",
    "pip install": "installs; the extras are looked up",
    "stylernn train": "trains for minutes; tests/cli/test_cli_train.py trains",
    "stylernn add-style": "learns for a minute; tests/adaptation/test_user_styles.py learns",
    "stylernn corpus fetch": "needs a network; tests/corpus/test_corpus_download.py fetches",
    "stylernn corpus add": "names a folder of the reader's; tests/corpus/test_corpus_cli.py adds",
    "stylernn corpus stats": "parses whole corpora; tests/corpus/test_corpus_cli.py counts",
    "stylernn evaluate": "takes minutes; tests/evaluation/test_evaluation_cli.py evaluates",
    "stylernn listen-test": "needs folders of pairs; tests/evaluation has them",
}
OF_THE_READER = ("bossa", "choro", "runs/brazil")
"""Styles and models that a reader makes on the way."""

LEAST = {"README.md": 6, "docs/guide/commands.md": 15, "docs/guide/sound-and-pictures.md": 8}


def why_not(line: str) -> str:
    """The reason why a command is not run, "" where it is."""
    if any(word in line for word in OF_THE_READER) and "add-style" not in line:
        return "names a style or a model that the reader makes"
    return next((why for start, why in NOT_RUN.items() if line.startswith(start)), "")


SLOW = ["README.md", "docs/index.md", "docs/guide/commands.md", "docs/guide/styles.md"]
"""Pages whose commands are run by `make slow` alone; those of the guide are much the same."""

WITH_COMMANDS = [
    pytest.param(page, id=name(page), marks=[pytest.mark.slow] if name(page) in SLOW else [])
    for page in PAGES
    if any(not why_not(line) for line in commands(page))
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that knows the styles which the documents name."""
    from flax import nnx

    from stylernn import config
    from stylernn.corpus.styles import Style
    from stylernn.model import checkpoint

    sizes = config.ModelSettings(layers=1, hidden=16, style=4, skeleton=4, head=8)
    settings = config.Settings(sizes)
    styles = tuple(
        Style(label, label, metres={"4/4": 1.0}) for label in ("celtic", "classical", "jazz")
    )
    arrays = checkpoint.flatten(
        nnx.state(checkpoint.new_network(settings.model, styles, seed=1), nnx.Param)
    )
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    checkpoint.save_model(path, checkpoint.Model(checkpoint.Header(settings, styles), arrays))
    return path


@pytest.fixture
def desk(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the documents name, to work in."""
    monkeypatch.chdir(tmp_path)
    for folder in ("tunes", "new", "ideas", "runs/classical-jazz"):
        Path(folder).mkdir(parents=True)
    for file in (*FILES, "tunes/a.mid", "tunes/b.abc"):
        registry.write(MELODY, file)
    shutil.copytree(ROOT / "examples", "examples")
    shutil.copy(model, "runs/classical-jazz/model.safetensors")
    return tmp_path


def three_tracks() -> None:
    """Write a file of three tracks."""
    import pretty_midi

    score = pretty_midi.PrettyMIDI()
    for octave in range(3):
        part = pretty_midi.Instrument(octave)
        part.notes = [
            pretty_midi.Note(80, n.pitch + 12 * (octave - 1), n.onset / 48, n.end / 48)
            for n in MELODY.notes
        ]
        score.instruments.append(part)
    score.write(SONG)


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_commands_run(page: Path, stylernn: Callable, model: Path, desk: Path) -> None:
    pytest.importorskip("midirenderer", reason="the synthesiser has no wheel for this machine")
    pytest.importorskip("verovio", reason="the engraver has no wheel for this machine")
    three_tracks()
    lines = [line for line in commands(page) if not why_not(line)]
    assert len(lines) >= LEAST.get(name(page), 1)
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        if words[0] in ("transfer", "generate"):
            # Only the bundled model has an index of its training set, by which copies are told.
            words += ["--force", *([] if "--max-copy" in words else ["--model", str(model)])]
        if words[0] == "transfer" and "--candidates" not in words:
            words += ["--candidates", "2"]
        ran = stylernn(*words)
        assert ran.code == 0, f"{line}: {ran.err}"
        if "-o" in words and "--variations" not in words and "--count" not in words:
            assert Path(words[words.index("-o") + 1]).exists(), line


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_parse(page: Path) -> None:
    """Those that are not run, too."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in commands(page):
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert f"\n{words[1]}: " in targets or f"\n{words[1]}:\n" in targets, line
        elif words[:2] == ["pip", "install"]:
            asked = re.search(r"\[(.*)\]", words[2])
            assert asked, line
            assert set(asked[1].split(",")) <= set(extras["optional-dependencies"]), line
        else:
            assert words[0] == "stylernn", f"{line}: say in NOT_RUN why it is not run"
            parse(words[1:])


def parse(words: list[str]) -> None:
    """Let the command line read its options, without doing anything."""
    group = typer.main.get_command(app)
    command, *rest = words
    while hasattr(group, "commands"):
        assert command in group.commands, f"no command {command}"
        group = group.commands[command]
        if hasattr(group, "commands"):
            command, *rest = rest
    group.make_context(command, rest)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.language == "python" for b in blocks(page))], ids=name
)
def test_python_runs(page: Path, model: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stylernn.model import cells
    from stylernn.system import paths

    monkeypatch.setattr(paths, "bundled_model", lambda: model)
    monkeypatch.setattr(cells, "CELLS", dict(cells.CELLS))
    monkeypatch.setattr(cells.config, "CELL_NAMES", list(cells.config.CELL_NAMES))
    seen: dict = {}
    for block in blocks(page):
        if block.language == "python":
            exec(compile(block.text, name(page), "exec"), seen)
            check_prints(block.text, seen)
    if "repeated_notes" in seen:
        from stylernn.evaluation import metrics

        metrics.unregister("repeated_notes")


def check_prints(text: str, seen: dict) -> None:
    """What a comment behind a print says is what is printed."""
    for expression, said in re.findall(r"^print\((.*)\)  +# (.*)$", text, re.MULTILINE):
        assert str(eval(expression, seen)) == said, expression


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.language == "toml" for b in blocks(page))], ids=name
)
def test_toml_can_be_used(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stylernn import config
    from stylernn.sound.performance import manner
    from stylernn.system import paths, style_data

    for block in blocks(page):
        if block.language != "toml":
            continue
        if "[manner]" in block.text:
            shutil.copytree(paths.catalogue(), tmp_path / "corpora")
            monkeypatch.setattr(paths, "catalogue", lambda: tmp_path / "corpora")
            (tmp_path / "corpora" / "styles" / "bossa").mkdir()
            file = tmp_path / "corpora" / "styles" / "bossa" / "style.toml"
            file.write_text(block.text, encoding="utf-8")
            assert "bossa" in style_data.labels()
            assert manner("bossa").instrument == "Acoustic Guitar (nylon)"
        else:
            (tmp_path / "mine.toml").write_text(block.text, encoding="utf-8")
            assert config.load(str(tmp_path / "mine.toml")).model.hidden == 384


@pytest.mark.slow
def test_the_readme_says_what_the_demo_prints(stylernn: Callable, desk: Path) -> None:
    """On another machine notes may be rounded otherwise, so their numbers may differ there."""
    shown = next(b.text for b in blocks(ROOT / "README.md") if "structural notes" in b.text)
    ran = stylernn("transfer", "examples/auld-lang-syne.mid", "--to", "jazz", "--force")
    assert ran.code == 0
    without = re.compile(r"\d+")
    assert without.sub("N", ran.out.strip()) == without.sub("N", shown.strip())
    assert ran.out.splitlines()[:3] == shown.splitlines()[:3]


@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("render", "sound-and-pictures"),
        ("show", "sound-and-pictures"),
        ("transfer", "commands"),
        ("generate", "commands"),
        ("train", "training"),
        ("add-style", "styles"),
        ("styles", "styles"),
    ],
)
def test_every_option_is_explained(command: str, page: str) -> None:
    text = (ROOT / "docs" / "guide" / f"{page}.md").read_text(encoding="utf-8")
    if command in ("transfer", "generate"):
        for other in ("formats", "sound-and-pictures"):
            text += (ROOT / "docs" / "guide" / f"{other}.md").read_text(encoding="utf-8")
    for parameter in typer.main.get_command(app).commands[command].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            options = [*parameter.opts, *parameter.secondary_opts]
            assert any(option in text for option in options), options
