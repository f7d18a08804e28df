"""Time to start: whole processes of help, of a first transfer, and of transfers after it.

    python benchmarks/startup.py

The tune has 32 bars: an example, followed by its own beginning. The first transfer has an empty
cache folder.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import timing

from stylernn.formats import registry

BARS = 32


def main() -> None:
    """Time the commands in turn."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        tune = long_tune(Path(home))
        wanted = (
            "transfer",
            str(tune),
            "--to",
            "jazz",
            "--candidates",
            "16",
            "--force",
            "-o",
            f"{home}/out.mid",
        )
        contestants = {
            "stylernn --help": command(Path(home) / "warm", "--help"),
            "transfer, 32 bars, best of 16": command(Path(home) / "warm", *wanted),
            "the same, empty cache": fresh(Path(home), *wanted),
        }
        seconds = timing.rounds(contestants, arguments.rounds)
    timing.report(
        "startup",
        [{"command": name, "seconds": timing.spread(taken)} for name, taken in seconds.items()],
    )


def long_tune(folder: Path) -> Path:
    """Write a tune of 32 bars, an example and its own beginning; its path."""
    tune = registry.read(timing.ROOT / "examples" / "ah-vous-dirai-je.mid")
    again = tuple(note._replace(onset=note.onset + tune.end) for note in tune.notes)
    end = BARS * tune.metre.bar
    whole = replace(
        tune, notes=tuple(note for note in tune.notes + again if note.onset < end), end=end
    )
    path = folder / "tune.mid"
    registry.write(whole, path)
    return path


def command(cache: Path, *words: str) -> Callable[[], object]:
    """A contestant: a command in a process of its own."""
    environment = {**os.environ, "STYLERNN_CACHE": str(cache)}
    call = [sys.executable, "-m", "stylernn", *words]
    return lambda: subprocess.run(call, check=True, capture_output=True, env=environment)


def fresh(home: Path, *words: str) -> Callable[[], object]:
    """A contestant: a command with an empty cache folder every time."""

    def run() -> None:
        command(Path(tempfile.mkdtemp(dir=home)), *words)()

    return run


if __name__ == "__main__":
    main()
