"""Speed of training.

    taskset -c 0 python benchmarks/training.py

The peers are installed by `pip install -e '.[benchmarks]'`. Timed is one whole step with Adam of a
language model of two LSTM layers of 512 units over a batch of 64 sequences of 256 tokens: our
kernel in float32 and bfloat16, torch's nn.LSTM, nnx.RNN and Keras, each as its manual shows it. The
real step of our model is timed too, with as many units over as many events, with its skeleton
encoder, features, heads and dropout. Its operations are those of all products in its trace, by
their shapes. Each contestant has a process of its own.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable
from functools import partial
from itertools import starmap
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import optax
import timing
from flax import nnx

from stylernn.config import DataSettings, ModelSettings, Settings
from stylernn.model.loss import mean_loss
from stylernn.model.lstm import lstm
from stylernn.model.network import Network
from stylernn.music.melody import Melody, Note
from stylernn.representation.arrays import Batch
from stylernn.representation.batching import Batcher, collate, cover
from stylernn.representation.examples import prepare
from stylernn.system.process import keep_freed

HIDDEN, LAYERS, BATCH, TIME, TOKENS = 512, 2, 64, 256, 128
# Products of one step: input and recurrent ones of each layer and the head, once forward and twice
# backward.
FLOPS = 3 * 2 * BATCH * TIME * (LAYERS * 2 * HIDDEN * 4 * HIDDEN + HIDDEN * TOKENS)
KERNEL, REAL, KEPT = "stylernn, float32", "the real step, float32", "torch nn.LSTM, memory kept"
AGAINST = {
    "against torch": "torch nn.LSTM",
    "share of our kernel": KERNEL,
    "share of matrix product": "matrix product",
}
X, Y = (np.random.default_rng(k).integers(TOKENS, size=(BATCH, TIME)) for k in (0, 1))


def main() -> None:
    """Time all contestants in turn."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours", action="store_true", help="leave out the peers")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contestant:
        compete(arguments.contestant)
        return
    names = OURS if arguments.ours else CONTESTANTS
    seconds = timing.rounds_apart(
        {name: [sys.executable, __file__, "--contestant", name] for name in names}, arguments.rounds
    )
    work = dict.fromkeys(seconds, FLOPS) | {REAL: model_step()[1]}
    rows = [
        {
            "step": name,
            "seconds": timing.spread(taken),
            "TFLOP": round(work[name] / 1e12, 2),
            "GFLOP/s": round(work[name] / sorted(taken)[len(taken) // 2] / 1e9),
            **{
                column: round(timing.ratio(seconds, name, other) * work[name] / work[other], 2)
                for column, other in AGAINST.items()
                if other in seconds
            },
        }
        for name, taken in seconds.items()
    ]
    timing.report("training", rows)


def compete(name: str) -> None:
    """Be one contestant; ours do not return freed memory, as `stylernn train` does not."""
    if name in OURS or name == KEPT:
        keep_freed()
    timing.answer(CONTESTANTS[name]())


def ours(dtype: jnp.dtype) -> Callable[[], object]:
    """A contestant: our kernel; products in `dtype`, weights and Adam in float32."""
    keys = iter(jax.random.split(jax.random.key(0), 9))
    parameters = {"table": jax.random.normal(next(keys), (TOKENS, HIDDEN)) / 20}
    for layer in range(LAYERS):
        for name in ("input", "recurrent"):
            parameters[f"{name} {layer}"] = jax.random.normal(next(keys), (HIDDEN, 4 * HIDDEN)) / 20
        parameters[f"bias {layer}"] = jnp.zeros(4 * HIDDEN)
    parameters["head"] = jax.random.normal(next(keys), (HIDDEN, TOKENS)) / 20
    optimiser = optax.adam(1e-3)

    def loss(parameters: dict[str, jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
        h = jax.nn.one_hot(x.T, TOKENS) @ parameters["table"]
        for layer in range(LAYERS):
            bias = jnp.broadcast_to(parameters[f"bias {layer}"], (BATCH, 4 * HIDDEN))
            h = lstm(
                h,
                bias,
                *(parameters[f"{name} {layer}"].astype(dtype) for name in ("input", "recurrent")),
            )
        return optax.softmax_cross_entropy_with_integer_labels(h @ parameters["head"], y.T).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(
        parameters: dict[str, jax.Array], state: optax.OptState, x: jax.Array, y: jax.Array
    ) -> tuple:
        value, gradient = jax.value_and_grad(loss)(parameters, x, y)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(parameters, updates), state, value

    held = [parameters, optimiser.init(parameters)]

    def run() -> None:
        *held[:], value = step(*held, X, Y)
        jax.block_until_ready(value)

    return run


def model_step() -> tuple[Callable[[], object], int]:
    """A contestant, a training step of our model over full windows, and its operations."""
    settings = Settings(ModelSettings(hidden=HIDDEN, layers=LAYERS), DataSettings(events=TIME))
    network = Network(settings.model, (0, 1, 2), rngs=nnx.Rngs(0))
    graph, parameters = nnx.split(network)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-3))
    batch = jax.device_put(windows(settings.data))

    def step(parameters: nnx.State, state: optax.OptState, batch: Batch, key: jax.Array) -> tuple:
        value, gradient = jax.value_and_grad(lambda p: mean_loss(nnx.merge(graph, p), batch, key))(
            parameters
        )
        updates, state = optimiser.update(gradient, state, parameters)
        return optax.apply_updates(parameters, updates), state, value

    held, key = [parameters, optimiser.init(parameters)], jax.random.key(0)
    compiled = jax.jit(step, donate_argnums=(0, 1))
    flops = products(jax.make_jaxpr(step)(*held, batch, key).jaxpr)

    def run() -> None:
        *held[:], value = compiled(*held, batch, key)
        jax.block_until_ready(value)

    return run, flops


def windows(settings: DataSettings) -> Batch:
    """A batch of full windows of made-up tunes of two styles, conditioned as in training."""
    rng, chosen = np.random.default_rng(0), []
    for number in range(BATCH):
        steps = rng.choice([6, 12, 24], size=2 * TIME)
        pitches = 60 + np.clip(np.cumsum(rng.integers(-3, 4, size=2 * TIME)), -14, 14)
        notes = zip(np.cumsum(steps).tolist(), [6] * len(steps), pitches.tolist(), strict=True)
        example = prepare(Melody(tuple(starmap(Note, notes))), 1 + number % 2, 1 + number % 2)
        first, last = cover(example, TIME)[0]
        condition = Batcher([example], settings, 1, 0).condition(example, rng)
        chosen.append((example, first, last, condition))
    return collate(chosen, TIME)


def products(jaxpr: Any) -> int:
    """Number of operations of all products of a trace; those of a loop as often as it runs."""
    total = 0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            left, out = equation.invars[0].aval.shape, equation.outvars[0].aval.shape
            total += 2 * math.prod(out) * math.prod(left[axis] for axis in contracted)
        times = equation.params.get("length", 1) if equation.primitive.name == "scan" else 1
        inner = (
            value
            for value in jax.tree.leaves(list(equation.params.values()))
            if hasattr(value, "jaxpr")
        )
        total += times * sum(products(closed.jaxpr) for closed in inner)
    return total


def torch_lstm() -> Callable[[], object]:
    """A contestant: torch.nn.LSTM with its defaults."""
    import torch

    torch.set_num_threads(1)

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Embedding(TOKENS, HIDDEN)
            self.lstm = torch.nn.LSTM(HIDDEN, HIDDEN, LAYERS, batch_first=True)
            self.head = torch.nn.Linear(HIDDEN, TOKENS)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.lstm(self.table(x))[0])

    model, x, y = Model(), torch.tensor(X), torch.tensor(Y)
    optimiser = torch.optim.Adam(model.parameters())

    def run() -> None:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten()).backward()
        optimiser.step()

    return run


def nnx_rnn() -> Callable[[], object]:
    """A contestant: flax.nnx.RNN over OptimizedLSTMCell."""

    class Model(nnx.Module):
        def __init__(self, rngs: nnx.Rngs) -> None:
            self.table = nnx.Embed(TOKENS, HIDDEN, rngs=rngs)
            cells = [nnx.OptimizedLSTMCell(HIDDEN, HIDDEN, rngs=rngs) for _ in range(LAYERS)]
            self.layers = nnx.List([nnx.RNN(cell, rngs=False) for cell in cells])
            self.head = nnx.Linear(HIDDEN, TOKENS, rngs=rngs)

        def __call__(self, x: jax.Array) -> jax.Array:
            h = self.table(x)
            for layer in self.layers:
                h = layer(h, rngs=nnx.Rngs(0))
            return self.head(h)

    model = Model(nnx.Rngs(0))
    optimiser = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)

    @nnx.jit
    def step(model: Model, optimiser: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
        def loss(model: Model) -> jax.Array:
            return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()

        value, gradient = nnx.value_and_grad(loss)(model)
        optimiser.update(model, gradient)
        return value

    return lambda: jax.block_until_ready(step(model, optimiser, X, Y))


def keras_lstm() -> Callable[[], object]:
    """A contestant: Keras on jax, as its text generation examples are written."""
    import keras

    layers = [keras.layers.LSTM(HIDDEN, return_sequences=True) for _ in range(LAYERS)]
    model = keras.Sequential(
        [keras.layers.Embedding(TOKENS, HIDDEN), *layers, keras.layers.Dense(TOKENS)]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return lambda: model.train_on_batch(X, Y)


def peak() -> Callable[[], object]:
    """A contestant: large float32 products with as many operations as a step."""
    matrix = jnp.ones((2048, 2048)) / 2048
    count = round(FLOPS / (2 * 2048**3))

    @jax.jit
    def products(x: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda x, _: (x @ matrix, None), x, None, length=count)[0]

    return lambda: jax.block_until_ready(products(matrix))


OURS: dict[str, Callable[[], Callable[[], object]]] = {
    KERNEL: lambda: ours(jnp.float32),
    "stylernn, bfloat16": lambda: ours(jnp.bfloat16),
    REAL: lambda: model_step()[0],
    "matrix product": peak,
}
CONTESTANTS = OURS | {
    "torch nn.LSTM": torch_lstm,
    KEPT: torch_lstm,
    "nnx.RNN": nnx_rnn,
    "Keras (jax)": keras_lstm,
}

if __name__ == "__main__":
    main()
