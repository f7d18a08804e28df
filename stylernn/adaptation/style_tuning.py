"""Gradient descent on what a model is told of a style, while the model itself stays as it is.

Learnt are a point among the vectors of the model's styles and, if a direction of the style space is free, small answers
to it in every layer (see `personal`). First the best mixture is found, then the point is let go from there.

References:
    Kivinen & Warmuth, Exponentiated gradient versus gradient descent for linear predictors (1997).
    Li & Liang, Prefix-tuning (2021), for the idea of learning what conditions a frozen model.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from stylernn.adaptation import user_styles
from stylernn.model import checkpoint, loss
from stylernn.model.checkpoint import Model
from stylernn.representation.arrays import Batch
from stylernn.representation.batching import Batcher, collate, cover
from stylernn.representation.examples import Example

__all__ = ["TunableParams", "Objective", "Windows", "finetune", "mixture", "objective_of"]

_SIZE = 8
_MIXING, _MIXING_RATE = 24, 2.0
_STEPS, _EVERY, _PATIENCE, _SECONDS = 80, 10, 3, 60.0
_RATE, _ANSWER_RATE, _DECAY = 0.005, 0.001, 0.02


class TunableParams(NamedTuple):
    """What is learnt: the weights of the model's styles and, by kernel, the answers to the new direction."""

    weights: jax.Array
    kernel_updates: dict[str, jax.Array]


class Objective(NamedTuple):
    """Bits per note of a batch; with their gradient, under dropout."""

    bits: Callable[[TunableParams, Batch], jax.Array]
    gradient: Callable[[TunableParams, Batch, int], tuple[jax.Array, TunableParams]]


class Windows:
    """Batches of windows of some tunes, all of one size, so that one program is compiled.

    Args:
        model: how long its windows are, and what it is told.
        examples: the tunes.
        seed: of the batches.
    """

    def __init__(self, model: Model, examples: Sequence[Example], seed: int) -> None:
        self.settings = replace(model.header.settings.data, style_dropout=0.0, parent=0.0)
        placed = [
            replace(example, style=_place(model), parent=_place(model)) for example in examples
        ]
        self.windows = [
            (each, *bars) for each in placed for bars in cover(each, self.settings.events)
        ]
        self.seed, self._conditions = (
            seed,
            Batcher(placed, self.settings, 1, seed) if placed else None,
        )

    def __call__(self, step: int) -> Batch[np.ndarray]:
        """The batch of a step; few windows stand in it several times, each time told something else."""
        assert self._conditions is not None
        rng = np.random.default_rng([self.seed, step])
        rounds = [rng.permutation(len(self.windows)) for _ in range(-(-_SIZE // len(self.windows)))]
        chosen = [self.windows[k] for k in np.concatenate(rounds)[:_SIZE]]
        told = [
            (each, first, last, self._conditions.condition(each, rng))
            for each, first, last in chosen
        ]
        return collate(told, self.settings.events)


def objective_of(model: Model) -> Objective:
    """What is to be made small for a style of a model, compiled once for all of its steps."""
    graph, state = nnx.split(model.network)
    known, directions = user_styles.vectors(model), user_styles.free_directions(model)
    direction = directions[0] if len(directions) else np.zeros(known.shape[1], np.float32)
    frozen = _Frozen(state, model.arrays, known, direction)
    shape = graph, _place(model)
    return Objective(
        lambda free, batch: _bits(*shape, free, frozen, batch),
        lambda free, batch, step: _gradient(*shape, free, frozen, batch, step),
    )


def mixture(
    objective: Objective, model: Model, train: Windows, progress: Callable[[int, int], None]
) -> TunableParams:
    """Weights of the model's styles, the null style first, that predict the tunes best: none negative, sum 1.

    Args:
        objective: of the model.
        model: that the style is for.
        train: batches of its tunes.
        progress: called after every step.
    """
    weights = jnp.full(len(model.header.styles) + 1, 1 / (len(model.header.styles) + 1))
    nothing = _no_answers(model)
    for step in range(_MIXING):
        _, slope = objective.gradient(TunableParams(weights, nothing), train(step), step)
        grown = jnp.log(weights) - _MIXING_RATE * (slope.weights - weights @ slope.weights)
        weights = jax.nn.softmax(grown)
        progress(step + 1, _MIXING + _STEPS)
    return TunableParams(weights, nothing)


def finetune(
    objective: Objective,
    start: TunableParams,
    train: Windows,
    held: Sequence[Batch],
    progress: Callable[[int, int], None],
) -> tuple[TunableParams, dict[str, float]]:
    """Gradient descent from a mixture, for as long as tunes kept aside are predicted better.

    Args:
        objective: of the model.
        start: the mixture.
        train: batches of its tunes.
        held: batches of the tunes kept aside.
        progress: called after every step.

    Returns:
        What predicts the tunes kept aside best, and their bits per note before and after.
    """
    labels = TunableParams("weights", dict.fromkeys(start.kernel_updates, "answers"))  # type: ignore[arg-type]
    rates = {
        "weights": optax.adam(_RATE),
        "answers": optax.adamw(_ANSWER_RATE, weight_decay=_DECAY),
    }
    optimiser = optax.multi_transform(rates, labels)
    free, state, best = start, optimiser.init(start), start
    first = least = _mean(objective, start, held)
    stale, began = 0, time.monotonic()
    for step in range(1, _STEPS + 1):
        _, slope = objective.gradient(free, train(_MIXING + step), _MIXING + step)
        updates, state = optimiser.update(slope, state, free)
        free = optax.apply_updates(free, updates)
        progress(_MIXING + step, _MIXING + _STEPS)
        if step % _EVERY:
            continue
        now = _mean(objective, free, held)
        best, least, stale = (free, now, 0) if now < least else (best, least, stale + 1)
        if stale == _PATIENCE or time.monotonic() - began > _SECONDS:
            break
    return best, {"bits_of_mixture": first, "bits": least}


class _Frozen(NamedTuple):
    """What stays: the network's state and its arrays by name, the vectors of its styles, and the new direction."""

    state: nnx.State
    arrays: dict[str, np.ndarray]
    known: np.ndarray
    direction: np.ndarray


def _loss(
    graph: nnx.GraphDef,
    position: int,
    free: TunableParams,
    frozen: _Frozen,
    batch: Batch,
    key: jax.Array | None,
) -> jax.Array:
    """Bits per note of a batch in the new style."""
    vector, direction = free.weights @ frozen.known + frozen.direction, frozen.direction
    roots = jnp.asarray(frozen.arrays["styles/roots"]).at[position].set(vector)
    arrays: dict[str, Any] = {**frozen.arrays, "styles/roots": roots}
    for name, answer in free.kernel_updates.items():
        arrays[name] = arrays[name] + jnp.outer(direction, answer - direction @ arrays[name])
    return loss.mean_loss(nnx.merge(graph, checkpoint.unflatten(frozen.state, arrays)), batch, key)


@partial(jax.jit, static_argnums=(0, 1))
def _bits(
    graph: nnx.GraphDef, position: int, free: TunableParams, frozen: _Frozen, batch: Batch
) -> jax.Array:
    return _loss(graph, position, free, frozen, batch, None)


@partial(jax.jit, static_argnums=(0, 1))
def _gradient(
    graph: nnx.GraphDef,
    position: int,
    free: TunableParams,
    frozen: _Frozen,
    batch: Batch,
    step: int,
) -> tuple[jax.Array, TunableParams]:
    return jax.value_and_grad(_loss, argnums=2)(
        graph, position, free, frozen, batch, jax.random.key(step)
    )


def _no_answers(model: Model) -> dict[str, jax.Array]:
    """Answers that add nothing; none at all where no direction of the style space is free."""
    names = user_styles.style_kernels(model) if len(user_styles.free_directions(model)) else []
    return {name: jnp.zeros(model.arrays[name].shape[1]) for name in names}


def _place(model: Model) -> int:
    """The index that the new style has while it is learnt: any that is a root."""
    return next(k for k, style in enumerate(model.header.styles, 1) if style.parent == style.name)


def _mean(objective: Objective, free: TunableParams, held: Sequence[Batch]) -> float:
    return float(np.mean([objective.bits(free, batch) for batch in held]))
