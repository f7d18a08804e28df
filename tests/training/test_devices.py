"""Training on several devices and in several processes: the losses of one, and one set of files."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from training_tunes import tunes

from stylernn.representation import batching
from stylernn.representation.examples import prepare
from stylernn.training import devices
from stylernn.training.likelihood import hidden

WORK = """
import json, sys
import jax
from stylernn import config
from stylernn.training import devices, train
from tests.training_tunes import tunes

folder, number, port = sys.argv[1:]
if number != "-":
    devices.join(f"127.0.0.1:{port}", 2, int(number))
steps = {"train.steps": 3, "train.every": 3, "train.warmup": 1, "train.batch": 5}
bits = []
settings = config.load("tiny", steps)
train.fit(settings, tunes(), folder, on_event=lambda progress: bits.append(progress.train_bits))
print(json.dumps([jax.device_count(), bits]))
"""


def begin(folder: Path, count: int, number: str = "-", port: int = 0) -> subprocess.Popen[str]:
    """Train in a process that has so many devices."""
    flags = f"--xla_force_host_platform_device_count={count}"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    words = [sys.executable, "-c", WORK, str(folder), number, str(port)]
    return subprocess.Popen(
        words,
        env=environment,
        cwd=Path(__file__).parents[2],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def told(process: subprocess.Popen[str]) -> tuple[int, list[float]]:
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err[-3000:]
    count, bits = json.loads(out.splitlines()[-1])
    return count, bits


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    count, bits = told(begin(tmp_path_factory.mktemp("alone") / "run", 1))
    assert (count, len(bits)) == (1, 3)
    return bits


@pytest.mark.slow
def test_eight_devices_have_the_losses_of_one(alone: list[float], tmp_path: Path) -> None:
    """A batch does not come out even on eight devices."""
    count, bits = told(begin(tmp_path / "run", 8))
    assert count == 8
    assert bits == pytest.approx(alone, rel=1e-5)


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one_and_write_once(
    alone: list[float], tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    both = [begin(tmp_path / "run", 1, str(number), port) for number in (0, 1)]
    results = [told(process) for process in both]
    assert [count for count, _ in results] == [2, 2]
    assert results[0][1] == results[1][1] == pytest.approx(alone, rel=1e-5)
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [3]


def test_options_that_say_nothing_are_refused(stylernn: Callable, tmp_path: Path) -> None:
    assert stylernn("train", "--styles", "jazz", "--processes", 2).code == 2
    assert stylernn("train", "--styles", "jazz", "--distributed").code == 2


def test_windows_that_do_not_come_out_even_are_filled_up_unscored() -> None:
    examples = [prepare(tune.melody, 1, 1) for tune in tunes()[:3]]
    batch = batching.collate(
        [(example, 0, 2, hidden(example, "beat", styled=True)) for example in examples], 64
    )
    filled = devices.pad_to_multiple(batch, 4)
    assert filled.time.shape == (4, 64)
    assert filled.scored[3].sum() == 0
    assert filled.scored.sum() == batch.scored.sum() > 0
