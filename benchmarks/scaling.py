"""Efficiency of data-parallel training.

    python benchmarks/scaling.py

It needs a quiet machine with two cores or more. The same run of `stylernn train`, with the same
seed and the same batch of all processes together, is done by one process on one core, and by two
over loopback on a core each. Rounds of both take turns. A step's time is the median after those
that compile.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import starmap
from pathlib import Path

import numpy as np
import timing

from stylernn.music.melody import Melody, Note

COMPILING, STEPS, NOTES, TUNES = 2, 12, 600, 40


def main() -> None:
    """Time both in turn."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--config", default="default", help="a shipped configuration")
    parser.add_argument("--process", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.process is not None:
        print(step_seconds(arguments))
        return
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(arguments.rounds):
        for count, seconds in taken.items():
            seconds.append(together(count, arguments.config))
    efficiency = [alone / (2 * shared) for alone, shared in zip(taken[1], taken[2], strict=True)]
    rows = [
        {
            "config": arguments.config,
            "processes": count,
            "seconds a step": timing.spread(seconds),
            "efficiency": "",
        }
        for count, seconds in taken.items()
    ]
    rows[-1]["efficiency"] = timing.spread(efficiency, 2)
    timing.report("scaling", rows)


def together(count: int, config: str) -> float:
    """Seconds a step of this number of processes, each on a core of its own."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        words = [sys.executable, __file__, "--config", config, "--processes", count, "--port", port]
        words += ["--folder", Path(folder) / "run", "--process"]
        calls = [[*map(str, words), str(number)] for number in range(count)]
        processes = [subprocess.Popen(call, stdout=subprocess.PIPE, text=True) for call in calls]
        return max(float(process.communicate()[0].split()[-1]) for process in processes)


def step_seconds(arguments: argparse.Namespace) -> float:
    """Be one of the processes; the median time of a step in seconds."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[arguments.process]})

    from stylernn import config
    from stylernn.system.process import keep_freed
    from stylernn.training import devices, train

    keep_freed()
    if arguments.processes > 1:
        devices.join(f"127.0.0.1:{arguments.port}", arguments.processes, arguments.process)
    begun = []
    overrides = {"train.steps": COMPILING + STEPS, "train.every": 1000}
    chosen = config.load(arguments.config, overrides)
    train.fit(
        chosen, tunes(), arguments.folder, on_event=lambda _: begun.append(time.perf_counter())
    )
    return statistics.median(np.diff(begun)[COMPILING:-1].tolist())


def tunes() -> list:
    """Made-up tunes of two styles, of one length, so that all windows have one size."""
    from stylernn.corpus import LabelledMelody

    rng, made = np.random.default_rng(0), []
    for number in range(TUNES):
        steps = rng.choice([6, 12, 24], size=NOTES)
        pitches = 60 + np.clip(np.cumsum(rng.integers(-3, 4, size=NOTES)), -14, 14)
        notes = zip(
            (np.cumsum(steps) - steps[0]).tolist(), [6] * NOTES, pitches.tolist(), strict=True
        )
        melody = Melody(tuple(starmap(Note, notes)))
        made.append(
            LabelledMelody(
                melody, ("up", "down")[number % 2], f"{number}", f"work {number}", "made", "none"
            )
        )
    return made


if __name__ == "__main__":
    main()
