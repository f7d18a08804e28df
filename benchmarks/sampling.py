"""Speed of sampling.

    taskset -c 0 python benchmarks/sampling.py

The peers are installed by `pip install -e '.[benchmarks]'`. Measured are tokens a second from two
LSTM layers of 512 units, one token at a time. Our kernel runs in a scan with the table multiplied
by the first input matrix beforehand and Gumbel noise, in float32 and bfloat16. torch's LSTMCell
runs in a loop. Keras's predict runs on TensorFlow, a call a token over the last 32 of them, as
textbooks write it. Each contestant has a process of its own. With `--model` the bundled model is
timed instead, in notes a second.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax
import jax.numpy as jnp
import numpy as np
import timing

from stylernn.model.lstm import LSTMState, column_step, product
from stylernn.representation.analysis import analyse

HIDDEN, TOKENS = 512, 128
LENGTHS = {1: 1000, 64: 200, 256: 100}
TORCH, KERAS, READ = "torch LSTMCell", "Keras predict", "matrices read"
KERAS_LENGTH, KERAS_WINDOW, READS = 10, 32, 1000
# Matrices read for each token: recurrent 1, input 2, recurrent 2 and the head.
MEGABYTES = 4 * (3 * HIDDEN * 4 * HIDDEN + HIDDEN * TOKENS) / 2**20


def main() -> None:
    """Time all contestants in turn, at three sizes of the batch."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--model", action="store_true", help="the bundled model, by number of candidates"
    )
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, choices=LENGTHS, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contestant:
        timing.answer(CONTESTANTS[arguments.contestant](arguments.batch))
    elif arguments.model:
        timing.report("sampling-model", bundled(arguments.rounds))
    else:
        timing.report(
            "sampling", [row for batch in LENGTHS for row in compared(batch, arguments.rounds)]
        )


def compared(batch: int, count: int) -> list[dict[str, object]]:
    """Rows of all contestants at one size of the batch; Keras at 1 only."""
    tokens = dict.fromkeys(CONTESTANTS, batch * LENGTHS[batch]) | {KERAS: KERAS_LENGTH}
    if batch > 1:
        del tokens[KERAS]
    own = {
        name: [sys.executable, __file__, "--contestant", name, "--batch", str(batch)]
        for name in tokens
    }
    seconds = timing.rounds_apart(own, count)
    read = sorted(seconds.pop(READ))[count // 2] / READS
    speeds = {name: sorted(tokens[name] / taken for taken in seconds[name]) for name in seconds}
    rows = []
    for name, speed in speeds.items():
        against = {
            column: f"{timing.ratio(seconds, name, peer) * tokens[name] / tokens[peer]:.3g}"
            if peer in seconds
            else ""
            for column, peer in (("against torch", TORCH), ("against Keras", KERAS))
        }
        share = f"{speed[count // 2] * read:.2f}" if batch == 1 else ""
        row = {"batch": batch, "sampler": name, "tokens/s": timing.spread(speed, 0)}
        rows.append(row | against | {"share of reading limit": share})
    return rows


def ours(batch: int, length: int, dtype: jnp.dtype) -> Callable[[], object]:
    """A contestant: our step in a scan, by columns, compiled."""
    keys = iter(jax.random.split(jax.random.key(0), 9))

    def matrix(rows: int, columns: int) -> jax.Array:
        return jax.random.normal(next(keys), (rows, columns)) / 20

    table = matrix(TOKENS, HIDDEN) @ matrix(HIDDEN, 4 * HIDDEN)
    matrices = [matrix(4 * HIDDEN, HIDDEN).astype(dtype) for _ in range(3)] + [
        matrix(TOKENS, HIDDEN).astype(dtype)
    ]

    @jax.jit
    def sample(key: jax.Array, table: jax.Array, matrices: list[jax.Array]) -> jax.Array:
        first, second, above, head = matrices
        zeros = jnp.zeros((HIDDEN, batch))
        start = (LSTMState(zeros, zeros), LSTMState(zeros, zeros), jnp.zeros(batch, jnp.int32))

        def step(carry: tuple, key: jax.Array) -> tuple:
            low, high, token = carry
            low, _ = column_step(low, table[token].T, first)
            high, _ = column_step(high, product(above, low.h.astype(dtype)), second)
            token = jax.random.categorical(key, product(head, high.h.astype(dtype)), axis=0)
            return (low, high, token), token

        return jax.lax.scan(step, start, jax.random.split(key, length))[1]

    key = jax.random.key(1)
    return lambda: jax.block_until_ready(sample(key, table, matrices))


def torch_cells(batch: int, length: int) -> Callable[[], object]:
    """A contestant: torch.nn.LSTMCell in a loop."""
    import torch

    torch.set_num_threads(1)
    table, head = torch.nn.Embedding(TOKENS, HIDDEN), torch.nn.Linear(HIDDEN, TOKENS)
    cells = [torch.nn.LSTMCell(HIDDEN, HIDDEN) for _ in range(2)]

    @torch.inference_mode()
    def run() -> None:
        token = torch.zeros(batch, dtype=torch.long)
        states = [(torch.zeros(batch, HIDDEN), torch.zeros(batch, HIDDEN)) for _ in cells]
        for _ in range(length):
            x = table(token)
            for k, cell in enumerate(cells):
                states[k] = cell(x, states[k])
                x = states[k][0]
            token = torch.multinomial(torch.softmax(head(x), -1), 1)[:, 0]

    return run


def keras_predict() -> Callable[[], object]:
    """A contestant: the textbook's loop, the last tokens through `predict` for each new one."""
    import keras

    layers = [keras.layers.LSTM(HIDDEN, return_sequences=True), keras.layers.LSTM(HIDDEN)]
    model = keras.Sequential(
        [keras.layers.Embedding(TOKENS, HIDDEN), *layers, keras.layers.Dense(TOKENS)]
    )
    rng = np.random.default_rng(0)

    def run() -> None:
        tokens = [0] * KERAS_WINDOW
        for _ in range(KERAS_LENGTH):
            logits = model.predict(np.array([tokens[-KERAS_WINDOW:]]), verbose=0)[0]
            tokens.append(int(np.argmax(logits + rng.gumbel(size=TOKENS))))

    return run


def bundled(count: int) -> list[dict[str, object]]:
    """Rows of the bundled model on an example: seconds and notes a second, by candidates."""
    from stylernn import api
    from stylernn.formats import registry
    from stylernn.generation import planning, transfer
    from stylernn.sampling.candidates import compose

    tune = registry.read(timing.ROOT / "examples" / "greensleeves.mid")
    model = api._loaded(api.model_file())  # noqa: SLF001  (once, as a session of many transfers has it)
    index = model.style("jazz")
    target = model.header.styles[index - 1]
    plan = planning.make_plan(analyse(tune), target, index)
    rows = []
    for candidates in (1, 16, 64):
        made = []

        def run(candidates: int = candidates, made: list = made) -> None:
            made[:] = compose(
                model,
                plan,
                transfer.sampling_config(transfer.TransferConfig(), target),
                1,
                candidates,
            )

        (seconds,) = timing.rounds({"ours": run}, count, time.process_time).values()
        notes = sum(len(candidate.melody.notes) for candidate in made)
        speed = sorted(notes / taken for taken in seconds)
        rows.append(
            {
                "candidates": candidates,
                "seconds": timing.spread(seconds),
                "notes/s": timing.spread(speed, 0),
            }
        )
    return rows


CONTESTANTS: dict[str, Callable[[int], Callable[[], object]]] = {
    "stylernn, float32": lambda batch: ours(batch, LENGTHS[batch], jnp.float32),
    "stylernn, bfloat16": lambda batch: ours(batch, LENGTHS[batch], jnp.bfloat16),
    TORCH: lambda batch: torch_cells(batch, LENGTHS[batch]),
    KERAS: lambda batch: keras_predict(),
    READ: lambda batch: timing.bandwidth(round(MEGABYTES), READS),
}

if __name__ == "__main__":
    main()
