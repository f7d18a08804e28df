"""How the benchmarks time: contestants in turn, medians and spread, and the machine's own limits in the same run.

A machine's speed drifts, so contestants run one after the other, round by round, each round beginning with another one,
and are compared by the ratios within a round. Peak and bandwidth are contestants like all others.
"""

import json
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["bandwidth", "machine", "ratio", "report", "rounds", "spread"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "benchmarks"


def rounds(
    contestants: Mapping[str, Callable[[], object]], count: int = 5, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds of each contestant in each round, after one round that does not count.

    Args:
        contestants: what to time, by name.
        count: of rounds.
        clock: `time.process_time` for what runs on one core that other programs may share: waiting does not count.
    """
    names, seconds = list(contestants), {name: [] for name in contestants}
    for number in range(count + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            began = clock()
            contestants[name]()
            seconds[name].append(clock() - began)
    return {name: taken[1:] for name, taken in seconds.items()}


def ratio(seconds: Mapping[str, list[float]], name: str, against: str) -> float:
    """How many times faster one contestant is than another: the median over the rounds."""
    return statistics.median(b / a for a, b in zip(seconds[name], seconds[against], strict=True))


def spread(values: list[float], digits: int = 3) -> str:
    """Median and range, as "median (least to most)"."""
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low} to {high})"


def bandwidth(megabytes: int) -> Callable[[], None]:
    """A contestant that reads one buffer of this size 100 times."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def read(matrix: jax.Array, vector: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda v, _: (jnp.tanh(v @ matrix), None), vector, None, length=100)[0]

    side = int((megabytes * 2**20 / 4) ** 0.5)
    matrix, vector = jnp.ones((side, side)) / side, jnp.ones((1, side))
    return lambda: jax.block_until_ready(read(matrix, vector))


def machine() -> dict[str, str]:
    """Processor, date, commit and versions."""
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
    """Print rows as a table, and keep them for the picture."""
    facts = machine()
    print(f"\n{name}: {', '.join(f'{key} {value}' for key, value in facts.items())}\n")
    columns = list(rows[0])
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(str(row[column]) for column in columns)} |")
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": facts, "rows": rows}, indent=1))
