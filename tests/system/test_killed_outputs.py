"""kill -9 while results are written: whatever stands under a final name is whole."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("soundfile", reason="sound is an extra")

WRITE = """
import sys
from pathlib import Path
import numpy as np
from stylernn.display import piano_roll
from stylernn.formats import registry
from stylernn.generation import provenance
from stylernn.evaluation import listening
from stylernn.music.melody import Melody, Note
from stylernn.sound import recording
registry.write(Melody((Note(0, 24, 60), Note(24, 24, 62))), "warm.musicxml")
for path in sys.argv[2:]:
    Path(path).mkdir()
print("ready", flush=True)
for turn in range(int(sys.argv[1])):
    melody = Melody(tuple(Note(24 * k, 24, 60 + turn % 2 + k % 12) for k in range(400)))
    for path in map(Path, sys.argv[2:]):
        for ending in ("mid", "musicxml", "mxl", "abc", "krn"):
            registry.write(melody, path / f"tune.{ending}")
        recording.write(np.full((200_000, 2), 0.1 + turn % 2 / 2), path / "tune.wav")
        provenance.write({"notes": melody.array.tolist()}, path / "tune.provenance.json")
        listening._write(path, {"turn": turn % 2, "sounds": "x" * 500_000}, {"turn": turn % 2})
        piano_roll.roll(melody, path / "tune.svg")
"""


def whole(folder: Path) -> tuple[dict[str, set[bytes]], float]:
    """Contents of the files in an even turn and in an odd one, and the seconds of a turn."""
    found: dict[str, set[bytes]] = {}
    began = [time.monotonic()]
    for turns in (1, 2):
        command = [sys.executable, "-W", "ignore", "-c", WRITE, str(turns), f"whole-{turns}"]
        subprocess.run(command, check=True, cwd=folder, capture_output=True)
        began.append(time.monotonic())
        for path in (folder / f"whole-{turns}").iterdir():
            found.setdefault(path.name, set()).add(path.read_bytes())
    return found, max(began[2] - 2 * began[1] + began[0], 0.5)


def kill(folder: Path, name: str, seconds: float) -> None:
    """Start to write into a folder, and kill that after some seconds."""
    command = [sys.executable, "-W", "ignore", "-c", WRITE, "1000000", name]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        process.kill()


def survive(folder: Path, kills: int) -> tuple[int, int]:
    """Kill at random moments; count files under final names, and drafts that were left."""
    (known, turn), rng, finals, drafts = whole(folder), random.Random(1), 0, 0
    assert len(known) == 10
    assert all(len(contents) == 2 for name, contents in known.items() if name != "tune.svg")
    for number in range(kills):
        kill(folder, f"killed-{number}", rng.uniform(0.0, 2 * turn))
        for path in (folder / f"killed-{number}").iterdir():
            if path.name.startswith("."):
                drafts += 1
                continue
            assert path.read_bytes() in known[path.name] or path.suffix == ".svg", path
            assert path.suffix != ".svg" or path.read_text().endswith("</svg>\n"), path
            finals += 1
    return finals, drafts


def test_a_killed_writer_leaves_only_whole_files(tmp_path: Path) -> None:
    survive(tmp_path, 1)


@pytest.mark.slow
def test_thirty_killed_writers_leave_only_whole_files(tmp_path: Path) -> None:
    finals, drafts = survive(tmp_path, 30)
    print(finals, "whole files,", drafts, "drafts")
    assert finals > 100
