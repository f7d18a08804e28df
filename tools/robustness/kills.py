"""Kill training at random moments and resume it: `python -m tools.robustness.kills [--kills 50]`.

A tiny run that keeps its state after every step is killed with signal 9, resumed, and killed again;
every other time just while a checkpoint is written. After each kill all files under their final
names must be whole, and a run that comes to its end must hold the same arrays and metrics as one
that was never killed. Prints one line of JSON.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from stylernn import config
from stylernn.corpus import LabelledMelody
from stylernn.errors import TrainingError
from stylernn.music.melody import Melody, Note
from stylernn.training import train
from tools import command_line

ROOT = Path(__file__).parents[2]
STEPS = 150
NAMES = ("last.safetensors", "model.safetensors")


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        _work(options.work)
    else:
        print(json.dumps(kill_and_resume(options.kills, options.seed)))


def kill_and_resume(kills: int, seed: int) -> dict[str, int]:
    """Kill runs and resume them, as many times as wanted.

    Args:
        kills: how many times.
        seed: of the moments.

    Returns:
        How many kills there were, and at which moments; how many runs came to their end; and
        "damaged", "lost" and "different" ones, which should be 0.
    """
    home = Path(tempfile.mkdtemp())
    whole = home / "whole"
    began = time.monotonic()
    subprocess.run(_command(whole), check=True, cwd=ROOT)
    longest = 0.6 * (time.monotonic() - began)
    rng, counts = random.Random(seed), Counter[str]()
    folder = home / "run-0"
    while counts["kills"] < kills:
        moment = _kill(folder, rng.uniform(0, longest), aimed=bool(counts["kills"] % 2))
        if moment == "finished":
            counts["ends"] += 1
            counts["different"] += not _is_same(folder, whole)
            folder = home / f"run-{counts['ends']}"
            continue
        counts.update(["kills", moment])
        counts["damaged"] += not _is_whole(folder)
    counts["lost"] += subprocess.run(_command(folder), check=False, cwd=ROOT).returncode != 0
    counts["ends"] += 1
    counts["different"] += not _is_same(folder, whole)
    return {name: counts[name] for name in ("damaged", "lost", "different")} | dict(counts)


def _work(folder: Path) -> None:
    """Train, or resume training, in a folder: the work of the process that is killed."""
    overrides = {
        "train.steps": STEPS,
        "train.every": 1,
        "train.patience": STEPS,
        "train.batch": 2,
        "train.warmup": 1,
    }
    chosen = config.load("tiny", overrides)
    train.fit(chosen, _tunes(), folder, resume=(folder / "run.json").exists())


def _tunes() -> list[LabelledMelody]:
    """Forty random walks of two styles."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(40):
        pitches = 60 + np.clip(np.cumsum(rng.integers(-3, 4, size=24)), -12, 12)
        melody = Melody(tuple(Note(24 * k, 24, int(pitch)) for k, pitch in enumerate(pitches)))
        found.append(
            LabelledMelody(
                melody, ("up", "down")[number % 2], f"{number}", f"work {number}", "made", "none"
            )
        )
    return found


def _command(folder: Path) -> list[str]:
    """The command of a process that trains; it fails if the last checkpoint is damaged."""
    module = "tools.robustness.kills"
    strict = ("-W", "error::UserWarning:stylernn")
    return [sys.executable, *strict, "-m", module, "--work", str(folder)]


def _kill(folder: Path, seconds: float, *, aimed: bool) -> str:
    """Start a process and kill it.

    Args:
        folder: of the run.
        seconds: after which it is killed.
        aimed: whether to wait until it writes the next checkpoint.

    Returns:
        What it was doing, or "finished" if it came to its end before.
    """
    with subprocess.Popen(_command(folder), cwd=ROOT) as process:
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        while aimed and process.poll() is None and not any(folder.glob(".last.*")):
            pass
        if process.poll() is not None:
            if process.returncode:
                raise TrainingError(f"the run in {folder} could not be resumed")
            return "finished"
        process.kill()
    if not (folder / "run.json").exists():
        return "before the run began"
    if any(folder.glob(".*.????????.*")):
        return "while a file was written"
    return "between two files" if (folder / NAMES[0]).exists() else "before the first checkpoint"


def _is_whole(folder: Path) -> bool:
    """Whether every file that is there under its final name can be read."""
    try:
        for path in folder.glob("[!.]*.safetensors"):
            load_file(path)
        for path in folder.glob("[!.]*.json"):
            json.loads(path.read_text())
        for path in folder.glob("[!.]*.jsonl"):
            list(map(json.loads, path.read_text().splitlines()))
    except Exception as error:  # noqa: BLE001  (whatever it is, the file is not whole)
        print(f"{folder}: {error}", file=sys.stderr)
        return False
    return True


def _is_same(folder: Path, whole: Path) -> bool:
    """Whether two runs have come to the same arrays and metrics, bit by bit."""
    for name in NAMES:
        ours, theirs = load_file(folder / name), load_file(whole / name)
        if ours.keys() != theirs.keys() or not all(
            np.array_equal(ours[key], theirs[key]) for key in ours
        ):
            return False
    return (folder / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()


if __name__ == "__main__":
    sys.exit(command_line.run(main))
