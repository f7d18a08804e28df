"""Kill training at random moments and go on: `python -m tools.robustness.kills [--kills 50] [--seed N]`.

A tiny run that keeps its state after every step is killed with signal 9, resumed, and killed again; every other time
just while a checkpoint is written. After each kill all files under their final names must be whole, and a run that
comes to its end must hold the same arrays and metrics as one that was never killed. Prints one line of JSON.
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
from stylernn.music.melody import Melody, Note
from stylernn.training import train

STEPS = 150
NAMES = ("last.safetensors", "model.safetensors")


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work)
        return
    home = Path(tempfile.mkdtemp())
    whole = home / "whole"
    began = time.monotonic()
    subprocess.run(command(whole), check=True)
    longest = 0.6 * (time.monotonic() - began)
    rng, counts = random.Random(arguments.seed), Counter[str]()
    folder = home / "run-0"
    while counts["kills"] < arguments.kills:
        place = kill(folder, rng.uniform(0, longest), aimed=bool(counts["kills"] % 2))
        if place == "finished":
            counts["ends"] += 1
            counts["different"] += not same(folder, whole)
            folder = home / f"run-{counts['ends']}"
            continue
        counts.update(["kills", place])
        counts["damaged"] += not sound(folder)
    counts["lost"] += subprocess.run(command(folder), check=False).returncode != 0
    counts["ends"] += 1
    counts["different"] += not same(folder, whole)
    print(
        json.dumps({name: counts[name] for name in ("damaged", "lost", "different")} | dict(counts))
    )


def work(folder: Path) -> None:
    """Train, or go on training, in a folder: what is killed."""
    overrides = {
        "train.steps": STEPS,
        "train.every": 1,
        "train.patience": STEPS,
        "train.batch": 2,
        "train.warmup": 1,
    }
    chosen = config.load("tiny", overrides)
    train.fit(chosen, tunes(), folder, resume=(folder / "run.json").exists())


def tunes() -> list[LabelledMelody]:
    """Random walks of two kinds."""
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


def command(folder: Path) -> list[str]:
    """A process that trains, and fails if it has to fall back to the checkpoint before the last."""
    return [sys.executable, "-W", "error::UserWarning:stylernn", __file__, "--work", str(folder)]


def kill(folder: Path, seconds: float, *, aimed: bool) -> str:
    """Start a process, kill it after some seconds, aimed at the next writing of a checkpoint, and say where it was."""
    with subprocess.Popen(command(folder)) as process:
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        while aimed and process.poll() is None and not any(folder.glob(".last.*")):
            pass
        if process.poll() is not None:
            if process.returncode:
                raise SystemExit(f"the run in {folder} could not be resumed")
            return "finished"
        process.kill()
    if not (folder / "run.json").exists():
        return "before the run began"
    if any(folder.glob(".*.????????.*")):
        return "while a file was written"
    return "between two files" if (folder / NAMES[0]).exists() else "before the first checkpoint"


def sound(folder: Path) -> bool:
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


def same(folder: Path, whole: Path) -> bool:
    """Whether two runs have come to the same arrays and metrics, bit by bit."""
    for name in NAMES:
        ours, theirs = load_file(folder / name), load_file(whole / name)
        if ours.keys() != theirs.keys() or not all(
            np.array_equal(ours[key], theirs[key]) for key in ours
        ):
            return False
    return (folder / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()


if __name__ == "__main__":
    main()
