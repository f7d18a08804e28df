"""The long short-term memory as a `Cell`, over the kernels of `lstm`."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike

from stylernn.model.cell_base import Cell, Weights
from stylernn.model.lstm import LSTMState, lstm, lstm_step

__all__ = ["LSTM"]


class LSTM(Cell):
    """Gates in the order input, forget, cell, output; the state is an `LSTMState`.

    Reference:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9(8).
    """

    gates = 4

    def init_state(self, shape: tuple[int, ...]) -> LSTMState:
        """Zeros."""
        return LSTMState(*np.zeros((2, *shape), np.float32))

    def step(self, state: LSTMState, gates: jax.Array, weights: Weights) -> LSTMState:
        """See `lstm.lstm_step`."""
        return lstm_step(state, gates, weights["recurrent"])

    def scan(
        self,
        x: jax.Array,
        bias: jax.Array,
        inputs: jax.Array,
        weights: Weights,
        products: DTypeLike = jnp.float32,
    ) -> jax.Array:
        """See `lstm.lstm`, whose gradient is written by hand; products run in the given type."""
        return lstm(x, bias, inputs.astype(products), weights["recurrent"].astype(products))

    def init_bias(self, hidden: int) -> jax.Array:
        """Zeros, but 1 for the forget gate.

        A forget bias of 1 lets gradients pass from the start.

        Reference:
            Jozefowicz, Zaremba & Sutskever (2015), An empirical exploration of recurrent network
            architectures, ICML.
        """
        return super().init_bias(hidden).at[hidden : 2 * hidden].set(1.0)
