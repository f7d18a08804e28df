"""Layers that the network is built from."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike

from stylernn.model import cells
from stylernn.model.cell_base import Cell

__all__ = ["Dense", "FeatureSum", "FiLM", "Recurrent", "StyleTable", "shift"]


class Dense(nnx.Linear):
    """A linear layer over the last axis, with a gradient that is fast on a CPU, see `_dense`."""

    def __call__(self, inputs: jax.Array) -> jax.Array:  # type: ignore[override]
        """Apply the layer.

        Args:
            inputs: shape (..., inputs).

        Returns:
            Shape (..., outputs).
        """
        out = _dense(inputs, self.kernel[...])
        return (
            out if self.bias is None else out + jax.lax.broadcast_to_rank(self.bias[...], out.ndim)
        )


class FeatureSum(nnx.Module):
    """The sum of one learnt vector per categorical feature.

    Args:
        sizes: number of values of each feature.
        width: size of the vectors.
    """

    def __init__(self, sizes: Sequence[int], width: int, *, rngs: nnx.Rngs) -> None:
        self.sizes = tuple(sizes)
        scale = 1 / math.sqrt(len(self.sizes))
        self.table = nnx.Param(scale * jax.random.normal(rngs.params(), (sum(self.sizes), width)))

    def __call__(self, features: jax.Array) -> jax.Array:
        """Sum the vectors of features, as a matrix product with one-hot rows.

        Its gradient is a matrix product too, which is faster than one of gathered rows.

        Args:
            features: integers, shape (..., len(sizes)).

        Returns:
            Shape (..., width).
        """
        hot = [jax.nn.one_hot(features[..., k], size) for k, size in enumerate(self.sizes)]
        return _dense(jnp.concatenate(hot, axis=-1), self.table[...])

    def look_up(self, features: jax.Array) -> jax.Array:
        """Sum the vectors of features by gathering rows: faster where no gradient is needed.

        Args:
            features: integers, shape (..., len(sizes)).

        Returns:
            Shape (..., width).
        """
        offsets = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        return self.table[...][features + jax.lax.broadcast_to_rank(offsets, features.ndim)].sum(
            axis=-2
        )


class StyleTable(nnx.Module):
    """Embeddings of a tree of styles: that of a substyle is its parent's plus a difference.

    Args:
        parents: for every style the index of its parent, or its own index for a style without one;
            index 0 is the null style.
        width: size of the embedding.
    """

    def __init__(self, parents: Sequence[int], width: int, *, rngs: nnx.Rngs) -> None:
        self.parents = tuple(parents)
        self.roots = nnx.Param(jax.random.normal(rngs.params(), (len(self.parents), width)))
        self.deltas = nnx.Param(jnp.zeros((len(self.parents), width)))

    def vectors(self) -> jax.Array:
        """The embeddings of all styles, shape (styles, width)."""
        own = np.array([parent != k for k, parent in enumerate(self.parents)], np.float32)
        return self.roots[...][np.array(self.parents)] + own[:, None] * self.deltas[...]

    def __call__(self, style: jax.Array) -> jax.Array:
        """Look up embeddings.

        Args:
            style: indices, shape (...).

        Returns:
            Shape (..., width).
        """
        return jax.nn.one_hot(style, len(self.parents)) @ self.vectors()


class FiLM(nnx.Module):
    """Scales and shifts every unit by numbers that depend on the style.

    Args:
        style: size of the style embedding.
        width: number of units.

    Reference:
        Perez et al. (2018), FiLM: Visual reasoning with a general conditioning layer, AAAI,
        equation 2.
    """

    def __init__(self, style: int, width: int, *, rngs: nnx.Rngs) -> None:
        self.linear = nnx.Linear(
            style, 2 * width, kernel_init=nnx.initializers.normal(0.02), rngs=rngs
        )

    def parts(self, style: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Compute the scale and the shift.

        Args:
            style: embeddings, shape (..., style).

        Returns:
            Factors and summands, each of shape (..., width).
        """
        scale, offset = jnp.split(self.linear(style), 2, axis=-1)
        return 1 + scale, offset

    def __call__(self, x: jax.Array, style: jax.Array) -> jax.Array:
        """Scale and shift.

        Args:
            x: shape (..., width).
            style: embeddings, with as many axes as `x` or fewer; missing ones are put first.

        Returns:
            The shape of `x`.
        """
        scale, offset = (jax.lax.broadcast_to_rank(part, x.ndim) for part in self.parts(style))
        return x * scale + offset


class Recurrent(nnx.Module):
    """A recurrent layer whose gates also depend on the style.

    Args:
        cell: name of the cell, a key of `cells.CELLS`.
        inputs: size of the inputs.
        style: size of the style embedding.
        hidden: size of the outputs.
    """

    def __init__(self, cell: str, inputs: int, style: int, hidden: int, *, rngs: nnx.Rngs) -> None:
        self.name, self.hidden = cell, hidden
        width = self.cell.gates * hidden
        self.input = nnx.Linear(inputs, width, use_bias=False, rngs=rngs)
        self.style = nnx.Linear(style, width, use_bias=False, rngs=rngs)
        for name, value in self.cell.init_weights(rngs.params, hidden).items():
            setattr(self, name, nnx.Param(value))
        self.bias = nnx.Param(self.cell.init_bias(hidden))

    @property
    def cell(self) -> Cell:
        """What the layer does at each step."""
        return cells.CELLS[self.name]

    @property
    def weights(self) -> dict[str, jax.Array]:
        """The cell's own arrays, see `Cell.shapes`."""
        return {name: getattr(self, name)[...] for name in self.cell.shapes(self.hidden)}

    def of_style(self, style: jax.Array) -> jax.Array:
        """What style and bias add to the gates.

        Args:
            style: embeddings, shape (..., style).

        Returns:
            Shape (..., gates * hidden).
        """
        return self.style(style) + jax.lax.broadcast_to_rank(self.bias[...], style.ndim)

    def __call__(
        self, x: jax.Array, style: jax.Array, products: DTypeLike = jnp.float32
    ) -> jax.Array:
        """Run over whole sequences.

        Args:
            x: inputs, shape (time, batch, inputs).
            style: embeddings, shape (batch, style).
            products: type that the cell may run its matrix products in.

        Returns:
            Hidden states, shape (time, batch, hidden).
        """
        inputs = self.input.kernel[...]
        return self.cell.scan(x, self.of_style(style), inputs, self.weights, products)

    def step(self, state: Any, x: jax.Array, of_style: jax.Array) -> Any:
        """Advance by one event.

        Args:
            state: a `CellState` of the cell.
            x: inputs, shape (..., inputs).
            of_style: see the method of that name.

        Returns:
            The next state; its `h` is the output, shape (..., hidden).
        """
        return self.cell.step(state, self.input(x) + of_style, self.weights)


@jax.custom_vjp
def _dense(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Multiply vectors (..., inputs) by a matrix (inputs, outputs).

    Automatic differentiation computes the transposed gradient of the matrix, for which XLA on a CPU
    moves both operands in memory first. Computed as it is, or with the shorter side first, it needs
    none of that.
    """
    return x @ kernel


def _dense_fwd(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _dense(x, kernel), (x, kernel)


def _dense_bwd(
    residuals: tuple[jax.Array, jax.Array], grad: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, kernel = residuals
    inputs, outputs = kernel.shape
    rows, slopes = x.reshape(-1, inputs), grad.reshape(-1, outputs)
    over_rows = (((0,), (0,)), ((), ()))
    if inputs <= outputs:
        return grad @ kernel.T, jax.lax.dot_general(rows, slopes, over_rows)
    turned = jax.lax.dot_general(slopes, rows, over_rows)
    return grad @ kernel.T, jax.lax.optimization_barrier(turned).T


_dense.defvjp(_dense_fwd, _dense_bwd)


@jax.custom_vjp
def shift(x: jax.Array, offset: jax.Array, like: jax.Array) -> jax.Array:
    """Place vectors along another axis: `out[..., k] = x[..., k - offset]`, 0 outside of `x`.

    It turns scores of intervals into scores of pitches. Its gradient is the same operation with the
    opposite offset, a gather, where automatic differentiation would make a slow scatter.

    Args:
        x: scores, shape (..., n).
        offset: index at which `x` begins on the new axis, may be negative, shape (...).
        like: any array of the wanted shape (..., m); only its shape counts.

    Returns:
        Shape (..., m).

    Example:
        >>> shift(jnp.array([1.0, 2.0, 3.0]), jnp.array(1), jnp.zeros(6)).tolist()
        [0.0, 1.0, 2.0, 3.0, 0.0, 0.0]
    """
    index = jax.lax.broadcast_to_rank(jnp.arange(like.shape[-1]), like.ndim) - offset[..., None]
    inside = (index >= 0) & (index < x.shape[-1])
    return jnp.where(
        inside, jnp.take_along_axis(x, jnp.clip(index, 0, x.shape[-1] - 1), axis=-1), 0
    )


def _shift_fwd(
    x: jax.Array, offset: jax.Array, like: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return shift(x, offset, like), (offset, x)


def _shift_bwd(
    residuals: tuple[jax.Array, jax.Array], grad: jax.Array
) -> tuple[jax.Array, None, None]:
    offset, x = residuals
    return shift(grad, -offset, x), None, None


shift.defvjp(_shift_fwd, _shift_bwd)
