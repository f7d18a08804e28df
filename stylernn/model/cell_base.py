"""The interface of a recurrent cell.

A cell says how a state is advanced by one event; the layer around it (`layers.Recurrent`) projects
the input and the style embedding onto the cell's gates. Three members are required: `gates`,
`init_state` and `step`. The others have defaults that suit a cell with one recurrent matrix.
Nothing here imports flax, because the sampler starts without it, see `parameters`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

__all__ = ["Cell", "CellState", "Weights"]

Weights = Mapping[str, jax.Array]
"""The arrays of a cell by name, see `Cell.shapes`."""


class CellState(Protocol):
    """The state of a cell: a NamedTuple of float32 arrays, of which `h` is the output."""

    @property
    def h(self) -> Any:
        """The output, shape (..., hidden)."""


class Cell(ABC):
    """A recurrent cell. Its arrays are passed in, so one object serves all layers."""

    gates: int
    """Width of the projected input, in multiples of the number of hidden units."""

    @abstractmethod
    def init_state(self, shape: tuple[int, ...]) -> Any:
        """The state before the first event.

        Args:
            shape: of the output, (..., hidden). The axes before the last one number sequences.

        Returns:
            A `CellState` of numpy arrays; each begins with the axes before `hidden`.
        """

    @abstractmethod
    def step(self, state: Any, gates: jax.Array, weights: Weights) -> Any:
        """Advance a state by one event.

        Args:
            state: a `CellState`.
            gates: projected input plus bias, shape (..., gates * hidden).
            weights: see `shapes`.

        Returns:
            The next `CellState`, of the same shapes.
        """

    def scan(
        self,
        x: jax.Array,
        bias: jax.Array,
        inputs: jax.Array,
        weights: Weights,
        products: DTypeLike = jnp.float32,
    ) -> jax.Array:
        """Run over whole sequences from the initial state, as training does.

        Args:
            x: inputs, shape (time, batch, inputs).
            bias: of each sequence, shape (batch, gates * hidden).
            inputs: matrix that projects the inputs, shape (inputs, gates * hidden).
            weights: see `shapes`.
            products: type that matrix products may run in; this default ignores it.

        Returns:
            Outputs, shape (time, batch, hidden).
        """
        del products

        def turn(state: Any, gates: jax.Array) -> tuple[Any, jax.Array]:
            state = self.step(state, gates, weights)
            return state, state.h

        start = self.init_state((x.shape[1], inputs.shape[1] // self.gates))
        return jax.lax.scan(turn, start, x @ inputs + bias[None])[1]

    def shapes(self, hidden: int) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the cell's own arrays.

        Args:
            hidden: number of units.

        Returns:
            By default one matrix, "recurrent", of shape (hidden, gates * hidden). The names
            "input", "style" and "bias" belong to the layer.
        """
        return {"recurrent": (hidden, self.gates * hidden)}

    def init_weights(self, next_key: Callable[[], jax.Array], hidden: int) -> dict[str, jax.Array]:
        """Fresh values of the arrays of `shapes`.

        Args:
            next_key: gives another random key at every call.
            hidden: number of units.

        Returns:
            By default one random orthogonal matrix for each gate.
        """
        blocks = [_orthogonal(next_key(), hidden) for _ in range(self.gates)]
        return {"recurrent": jnp.concatenate(blocks, axis=1)}

    def init_bias(self, hidden: int) -> jax.Array:
        """Fresh values of the bias of the gates.

        Args:
            hidden: number of units.

        Returns:
            Float32, shape (gates * hidden,); zeros by default.
        """
        return jnp.zeros((self.gates * hidden,))


@partial(jax.jit, static_argnums=1)
def _orthogonal(key: jax.Array, size: int) -> jax.Array:
    """A random orthogonal matrix; under jit, so that it is traced once for all gates."""
    return jax.nn.initializers.orthogonal()(key, (size, size))
