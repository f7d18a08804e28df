"""Gradient descent on the style conditioning of a frozen model.

The parameters are the weights of the model's styles in the new style's vector and, if a direction
of the style space is free, an update of every style kernel in that direction (see `user_styles`).
First the best mixture is found by exponentiated gradient descent, then all parameters are
fine-tuned.

References:
    Kivinen & Warmuth (1997), Exponentiated gradient versus gradient descent for linear predictors,
        Information and Computation 132(1), 1-63.
    Li & Liang (2021), Prefix-tuning: optimizing continuous prompts for generation, ACL (learning
    the
        conditioning of a frozen model).
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

_SIZE = 8  # windows of a batch
_MIXING, _MIXING_RATE = 24, 2.0  # steps and learning rate of the mixture
_STEPS, _EVERY, _PATIENCE, _SECONDS = 80, 10, 3, 60.0  # of the fine-tuning
_RATE, _UPDATE_RATE, _DECAY = 0.005, 0.001, 0.02


class TunableParams(NamedTuple):
    """The parameters that are learnt.

    Args:
        weights: of the model's styles, the null style first; float32, shape (styles + 1,).
        kernel_updates: by name of a style kernel, its outputs for the new direction; float32, shape
            (outputs,).
    """

    weights: jax.Array
    kernel_updates: dict[str, jax.Array]


class Objective(NamedTuple):
    """The loss, compiled for one model.

    Args:
        bits: bits per note of a batch, without dropout.
        gradient: bits per note of a batch and their gradient; with dropout, seeded by the step.
    """

    bits: Callable[[TunableParams, Batch], jax.Array]
    gradient: Callable[[TunableParams, Batch, int], tuple[jax.Array, TunableParams]]


class Windows:
    """Batches of windows of some tunes, all of the same size, so that one program is compiled.

    Args:
        model: gives the length of the windows and the dropout of conditions.
        examples: the tunes.
        seed: of the batches.
    """

    def __init__(self, model: Model, examples: Sequence[Example], seed: int) -> None:
        self.settings = replace(model.header.settings.data, style_dropout=0.0, parent=0.0)
        index = _learning_index(model)
        labelled = [replace(example, style=index, parent=index) for example in examples]
        self.windows = [
            (each, *bars) for each in labelled for bars in cover(each, self.settings.events)
        ]
        self.seed = seed
        self._conditions = Batcher(labelled, self.settings, 1, seed) if labelled else None

    def __call__(self, step: int) -> Batch[np.ndarray]:
        """The batch of a step.

        If there are few windows, each is used several times, with another condition every time.

        Args:
            step: number of the step.

        Returns:
            A batch of eight windows.
        """
        assert self._conditions is not None
        rng = np.random.default_rng([self.seed, step])
        rounds = [rng.permutation(len(self.windows)) for _ in range(-(-_SIZE // len(self.windows)))]
        chosen = [self.windows[k] for k in np.concatenate(rounds)[:_SIZE]]
        conditioned = [
            (each, first, last, self._conditions.condition(each, rng))
            for each, first, last in chosen
        ]
        return collate(conditioned, self.settings.events)


def objective_of(model: Model) -> Objective:
    """The loss for a new style of a model; it is compiled once for all steps.

    Args:
        model: a model.

    Returns:
        Functions of the parameters and a batch.
    """
    graph, state = nnx.split(model.network)
    known, directions = user_styles.vectors(model), user_styles.free_directions(model)
    direction = directions[0] if len(directions) else np.zeros(known.shape[1], np.float32)
    frozen = _Frozen(state, model.arrays, known, direction)
    shape = graph, _learning_index(model)
    return Objective(
        lambda free, batch: _bits(*shape, free, frozen, batch),
        lambda free, batch, step: _gradient(*shape, free, frozen, batch, step),
    )


def mixture(
    objective: Objective, model: Model, train: Windows, progress: Callable[[int, int], None]
) -> TunableParams:
    """The mixture of the model's styles that predicts the tunes best.

    Args:
        objective: of the model.
        model: the model that the style is for.
        train: batches of the style's tunes.
        progress: called after every step, with the number of steps done and of all steps.

    Returns:
        Weights of the model's styles, which are not negative and add up to 1, and kernel updates of
        zero.

    Reference:
        Kivinen & Warmuth (1997), Exponentiated gradient versus gradient descent.
    """
    weights = jnp.full(len(model.header.styles) + 1, 1 / (len(model.header.styles) + 1))
    nothing = _no_updates(model)
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
    """Gradient descent from a mixture, until held-out tunes are no longer predicted better.

    Args:
        objective: of the model.
        start: the mixture.
        train: batches of the style's tunes.
        held: batches of the held-out tunes.
        progress: called after every step, with the number of steps done and of all steps.

    Returns:
        The parameters that predict the held-out tunes best, and the bits per note of these tunes
        before and after, under the keys "bits_of_mixture" and "bits".
    """
    labels = TunableParams("weights", dict.fromkeys(start.kernel_updates, "updates"))  # type: ignore[arg-type]
    rates = {
        "weights": optax.adam(_RATE),
        "updates": optax.adamw(_UPDATE_RATE, weight_decay=_DECAY),
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
    """The fixed arrays: state and named arrays of the network, style vectors and direction."""

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
    """Bits per note of a batch in the new style; with dropout if there is a key."""
    vector, direction = free.weights @ frozen.known + frozen.direction, frozen.direction
    roots = jnp.asarray(frozen.arrays["styles/roots"]).at[position].set(vector)
    arrays: dict[str, Any] = {**frozen.arrays, "styles/roots": roots}
    for name, update in free.kernel_updates.items():
        arrays[name] = arrays[name] + jnp.outer(direction, update - direction @ arrays[name])
    return loss.mean_loss(nnx.merge(graph, checkpoint.unflatten(frozen.state, arrays)), batch, key)


@partial(jax.jit, static_argnums=(0, 1))
def _bits(
    graph: nnx.GraphDef, position: int, free: TunableParams, frozen: _Frozen, batch: Batch
) -> jax.Array:
    """The compiled loss without dropout."""
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
    """The compiled loss with dropout, and its gradient."""
    return jax.value_and_grad(_loss, argnums=2)(
        graph, position, free, frozen, batch, jax.random.key(step)
    )


def _no_updates(model: Model) -> dict[str, jax.Array]:
    """Kernel updates of zero; an empty dictionary if no direction of the style space is free."""
    names = user_styles.style_kernels(model) if len(user_styles.free_directions(model)) else []
    return {name: jnp.zeros(model.arrays[name].shape[1]) for name in names}


def _learning_index(model: Model) -> int:
    """The index of the new style while it is learnt: that of the first style without a parent."""
    return next(k for k, style in enumerate(model.header.styles, 1) if style.parent == style.name)


def _mean(objective: Objective, free: TunableParams, held: Sequence[Batch]) -> float:
    """Mean bits per note over batches."""
    return float(np.mean([objective.bits(free, batch) for batch in held]))
