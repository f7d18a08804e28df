"""The gated recurrent unit as a `Cell`."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.model.cell_base import Cell, Weights

__all__ = ["GRU", "GRUState"]


class GRUState(NamedTuple):
    """The hidden state, shape (..., hidden)."""

    h: jax.Array


class GRU(Cell):
    """Gates in the order reset, update, candidate.

    Reference:
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, EMNLP, with
        the reset gate applied after the recurrent product, as cuDNN does.
    """

    gates = 3

    def init_state(self, shape: tuple[int, ...]) -> GRUState:
        """Zeros."""
        return GRUState(*np.zeros((1, *shape), np.float32))

    def step(self, state: GRUState, gates: jax.Array, weights: Weights) -> GRUState:
        """Advance the hidden state by one event, see `Cell.step`."""
        x_reset, x_update, x_new = jnp.split(gates, 3, axis=-1)
        h_reset, h_update, h_new = jnp.split(state.h @ weights["recurrent"], 3, axis=-1)
        update = jax.nn.sigmoid(x_update + h_update)
        candidate = jnp.tanh(x_new + jax.nn.sigmoid(x_reset + h_reset) * h_new)
        return GRUState(update * state.h + (1 - update) * candidate)
