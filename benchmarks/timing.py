"""How the benchmarks time: contestants in turn, with medians and ranges.

This module has no command; the other files beside it import it.

A machine's speed drifts. So contestants run one after the other, round by round, each round
beginning with another one, and are compared by the ratios within a round. The limits of the machine
itself, such as its bandwidth, are contestants like all others.
"""

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["answer", "bandwidth", "machine", "ratio", "report", "rounds", "rounds_apart", "spread"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "benchmarks"


def rounds(
    contestants: Mapping[str, Callable[[], object]],
    count: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Time contestants in turn, after one round that does not count.

    Args:
        contestants: what to time, by name.
        count: number of rounds.
        clock: `time.process_time` for what runs on one core that other programs may share, since
            waiting does not count then.

    Returns:
        Seconds of each contestant in each round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for name in _in_turn(contestants, count):
        began = clock()
        contestants[name]()
        seconds[name].append(clock() - began)
    return {name: taken[1:] for name, taken in seconds.items()}


def rounds_apart(commands: Mapping[str, Sequence[str]], count: int = 5) -> dict[str, list[float]]:
    """Time contestants in processes of their own, so that none uses memory that another freed.

    Args:
        commands: commands that call `answer`, by name.
        count: number of rounds.

    Returns:
        Processor seconds of each contestant in each round.
    """
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = {name: subprocess.Popen(command, **piped) for name, command in commands.items()}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for name in _in_turn(commands, count):
        print("run", file=processes[name].stdin, flush=True)
        seconds[name].append(float(processes[name].stdout.readline()))
    for process in processes.values():
        process.communicate()
    return {name: taken[1:] for name, taken in seconds.items()}


def answer(contestant: Callable[[], object]) -> None:
    """Run a contestant for every line of standard input, and print the processor seconds it took.

    Args:
        contestant: what to time.
    """
    for _ in sys.stdin:
        began = time.process_time()
        contestant()
        print(time.process_time() - began, flush=True)


def _in_turn(names: Mapping[str, object], count: int) -> Iterator[str]:
    """All names, `count + 1` times over, each time beginning with another one."""
    order = list(names)
    for number in range(count + 1):
        yield from order[number % len(order) :] + order[: number % len(order)]


def ratio(seconds: Mapping[str, list[float]], name: str, against: str) -> float:
    """How many times faster one contestant is than another.

    Args:
        seconds: of each contestant in each round.
        name: of the one.
        against: name of the other.

    Returns:
        The median over the rounds.
    """
    return statistics.median(b / a for a, b in zip(seconds[name], seconds[against], strict=True))


def spread(values: list[float], digits: int = 3) -> str:
    """The median and the range of values.

    Args:
        values: one or more.
        digits: after the decimal point.

    Returns:
        "median (least to most)".
    """
    low, middle, high = (
        f"{value:,.{digits}f}" for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} ({low} to {high})"


def bandwidth(megabytes: int, times: int) -> Callable[[], None]:
    """A contestant that reads one buffer again and again.

    Args:
        megabytes: size of the buffer.
        times: how often it is read.

    Returns:
        The contestant.
    """
    import jax
    import jax.numpy as jnp

    @jax.jit
    def read(matrix: jax.Array, vector: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda v, _: (jnp.tanh(v @ matrix), None), vector, None, length=times)[
            0
        ]

    side = int((megabytes * 2**20 / 4) ** 0.5)
    matrix, vector = jnp.ones((side, side)) / side, jnp.ones((1, side))
    return lambda: jax.block_until_ready(read(matrix, vector))


def machine() -> dict[str, str]:
    """The processor, the date, the commit and the version of jax."""
    from importlib.metadata import version

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT).stdout
    return {
        "processor": models[0] if models else platform.processor(),
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.strip(),
        "jax": version("jax"),
    }


def report(name: str, rows: list[dict[str, Any]]) -> None:
    """Print rows as a table, and write them to a file for the picture.

    Args:
        name: of the benchmark.
        rows: cells by column, at least one row.
    """
    facts = machine()
    print(f"\n{name}: {', '.join(f'{key} {value}' for key, value in facts.items())}\n")
    columns = list(rows[0])
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(str(row[column]) for column in columns)} |")
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": facts, "rows": rows}, indent=1))
