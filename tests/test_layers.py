"""Imports go one way, and the command line starts without what it does not need yet."""

import json
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAVY = {
    "jax",
    "flax",
    "optax",
    "orbax",
    "music21",
    "symusic",
    "matplotlib",
    "scipy",
    "sklearn",
    "numpy",
    "rich",
}
NAMES = ["transfer", "generate", "train", "styles", "inspect", "corpus", "evaluate", "listen-test"]
COMMANDS = ["", "--version", *(f"{name} --help" for name in NAMES)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages laid out as in the wheel."""
    folder = tmp_path_factory.mktemp("tree")
    subprocess.run([sys.executable, ROOT / ".ci" / "assemble.py", folder], check=True)
    return folder


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [
        Path(sys.executable).with_name("lint-imports"),
        "--config",
        ROOT / "pyproject.toml",
        "--no-cache",
    ]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def test_imports_go_one_way(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout


def test_an_import_against_the_way_is_found(tree: Path) -> None:
    module = tree / "stylernn" / "errors.py"
    text = module.read_text()
    try:
        module.write_text(f"{text}\nfrom stylernn.music import melody\n")
        result = lint(tree)
    finally:
        module.write_text(text)
    assert result.returncode == 1
    assert "stylernn.errors -> stylernn.music.melody" in result.stdout


def started(*words: str) -> set[str]:
    """Top-level modules that a command imports."""
    code = (
        "import json, sys; from stylernn.cli import main; main(sys.argv[1:]);"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_a_second_transfer_imports_nothing_but_what_it_runs(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first compiles the sampler, and builds a network for it."""
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path / "cache"))
    words = (
        "transfer",
        str(ROOT / "examples" / "greensleeves.mid"),
        "--to",
        "jazz",
        "--model",
        str(tiny_model),
    )
    first, second = (started(*words, "--force", "-o", str(tmp_path / "out.mid")) for _ in range(2))
    assert "flax" in first
    assert not second & (HEAVY - {"jax", "numpy", "symusic"})


def processor_seconds(*words: str) -> float:
    """What a command costs, whatever else the machine is doing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "stylernn", *words], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("words", COMMANDS)
def test_help_imports_nothing_heavy(words: str) -> None:
    assert not started(*words.split()) & HEAVY


def test_help_answers_at_once() -> None:
    assert min(processor_seconds("--help") for _ in range(3)) < 0.35


def test_the_house_has_rooms_of_bearable_size() -> None:
    package = ROOT / "stylernn"
    assert len([path for path in package.iterdir() if path.is_file()]) <= 10
    for folder in (path for path in package.rglob("*") if path.is_dir()):
        assert len(list(folder.glob("*.py"))) <= 25, folder
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert len(layers["contracts"][0]["layers"]) <= 14
