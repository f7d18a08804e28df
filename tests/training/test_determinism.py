"""The same seed, machine and version give the same bytes; training is tested in test_train.py."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stylernn.formats import registry

ROOT = Path(__file__).parents[2]
TUNE = ROOT / "examples" / "greensleeves.mid"


@pytest.mark.parametrize("ending", ["mid", "musicxml", "mxl", "abc", "krn"])
def test_writing_gives_the_same_file(tmp_path: Path, ending: str) -> None:
    melody = registry.read(TUNE)
    for name in ("a", "b"):
        registry.write(melody, tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_generating_gives_the_same_files(
    stylernn: Callable, tiny_model: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        words = ("--style", "jazz", "--bars", 4, "--count", 2, "--seed", 3, "--model", tiny_model)
        (tmp_path / name).mkdir()
        assert stylernn("generate", *words, "-o", tmp_path / name).code == 0
    for number in (1, 2):
        assert (tmp_path / f"a/jazz-{number}.mid").read_bytes() == (
            tmp_path / f"b/jazz-{number}.mid"
        ).read_bytes()


@pytest.mark.slow
def test_other_processes_give_the_same_bytes(tiny_model: Path, tmp_path: Path) -> None:
    """Transfer, generation and evaluation in processes that order their sets differently."""
    source = tmp_path / "source"
    source.mkdir()
    for number in (1, 2, 3):
        (source / f"{number}.mid").write_bytes(TUNE.read_bytes())
    for hashing in ("1", "2"):
        out = tmp_path / hashing
        out.mkdir()
        inputs = sorted(source.iterdir())
        for words in (
            ["transfer", *inputs, "--to", "jazz", "--model", tiny_model, "-o", out / "transfer"],
            [
                "generate",
                "--style",
                "jazz",
                "--bars",
                "8",
                "--model",
                tiny_model,
                "-o",
                out / "new.mid",
            ],
            [
                "evaluate",
                "files",
                "--source",
                source,
                "--output",
                out / "transfer",
                "--target",
                "jazz",
                "-o",
                out / "r",
            ],
        ):
            environment = {**os.environ, "PYTHONHASHSEED": hashing}
            subprocess.run(
                [sys.executable, "-m", "stylernn", *words],
                check=True,
                env=environment,
                cwd=tmp_path,
            )
    made = sorted(
        path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*") if path.is_file()
    )
    assert len(made) >= 5
    for name in made:
        first, second = ((tmp_path / hashing / name).read_bytes() for hashing in ("1", "2"))
        assert first.replace(b"/1/", b"/2/") == second, name
