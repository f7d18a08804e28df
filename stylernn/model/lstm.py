"""The kernels of the LSTM over a whole sequence, time-major.

Within the loops, a state has the shape (hidden, batch), so the large matrix is the left operand of
every product. In that order, XLA's matrix products on a CPU are a fifth faster in float32, and in
bfloat16 they never fall back to those of float32. The gradient is written by hand: the reverse loop
passes back the gradients of the gates only, and those of the matrices are one product for every
`_BLOCK` steps, over gates that are still in the processor's cache.

With matrices in bfloat16, products run in bfloat16 and are summed up in float32; states, gates and
their non-linearities stay in float32.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["LSTMState", "column_step", "lstm", "lstm_step", "product", "turned"]

_BLOCK = 16


class LSTMState(NamedTuple):
    """The state of an LSTM; float32, shape (..., hidden).

    Args:
        h: hidden state, the output.
        c: cell state.
    """

    h: jax.Array
    c: jax.Array


class _Kept(NamedTuple):
    """What the reverse loop needs of all steps.

    Args:
        x: inputs, shape (time, batch, inputs).
        h: hidden states, shape (time, batch, hidden).
        c: cell states, shape (time, hidden, batch).
        active: gates after their non-linearities, shape (time, 4 * hidden, batch).
        weights: matrices of inputs and of hidden states, one below the other, shape (inputs +
            hidden, 4 * hidden).
    """

    x: jax.Array
    h: jax.Array
    c: jax.Array
    active: jax.Array
    weights: jax.Array


def product(x: jax.Array, matrix: jax.Array) -> jax.Array:
    """Multiply in the type of the matrix and sum up in float32; for code without a gradient.

    Args:
        x: shape (..., inputs).
        matrix: shape (inputs, outputs).

    Returns:
        Float32, shape (..., outputs).

    Example:
        >>> product(jnp.ones(2), jnp.ones((2, 3), jnp.bfloat16))
        Array([2., 2., 2.], dtype=float32)
    """
    return jnp.dot(x.astype(matrix.dtype), matrix, preferred_element_type=jnp.float32)


def turned(matrix: jax.Array) -> jax.Array:
    """Transpose a matrix in memory, because products with a transposed view are slow.

    Args:
        matrix: shape (rows, columns).

    Returns:
        Shape (columns, rows).

    Example:
        >>> turned(jnp.array([[1, 2, 3]])).tolist()
        [[1], [2], [3]]
    """
    rows, columns = matrix.shape
    return jax.lax.optimization_barrier(matrix.T.ravel()).reshape(columns, rows)


def lstm_step(state: LSTMState, gates: jax.Array, recurrent: jax.Array) -> LSTMState:
    """Advance a state by one step.

    Args:
        state: of the step before.
        gates: projected input plus bias, in the order input, forget, cell, output, shape (..., 4 *
            hidden).
        recurrent: matrix, shape (hidden, 4 * hidden).

    Returns:
        The state of this step.

    Reference:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9(8), with the
        forget gate of Gers, Schmidhuber & Cummins (2000), Learning to forget, Neural Computation
        12(10).
    """
    return _apply(gates + product(state.h, recurrent), state.c, axis=-1)[0]


def column_step(
    state: LSTMState, gates: jax.Array, recurrent: jax.Array
) -> tuple[LSTMState, jax.Array]:
    """Advance a state by one step, with the batch as the last axis.

    Args:
        state: of the step before, each array of shape (hidden, batch).
        gates: projected input plus bias, shape (4 * hidden, batch).
        recurrent: the matrix after `turned`, shape (4 * hidden, hidden).

    Returns:
        The state of this step, and the gates after their non-linearities.
    """
    return _apply(gates + _product(recurrent, state.h.astype(recurrent.dtype)), state.c, axis=0)


def lstm(x: jax.Array, bias: jax.Array, inputs: jax.Array, recurrent: jax.Array) -> jax.Array:
    """Run an LSTM over whole sequences, from a state of zeros.

    Args:
        x: inputs, shape (time, batch, inputs).
        bias: of each sequence, in the order input, forget, cell, output, shape (batch, 4 * hidden).
        inputs: matrix, shape (inputs, 4 * hidden).
        recurrent: matrix, shape (hidden, 4 * hidden), of the same type.

    Returns:
        Hidden states, shape (time, batch, hidden).

    Example:
        >>> x, bias = jnp.ones((5, 2, 3)), jnp.zeros((2, 16))
        >>> lstm(x, bias, jnp.ones((3, 16)), jnp.ones((4, 16))).shape
        (5, 2, 4)
    """
    time = x.shape[0]
    whole = jnp.pad(x, ((0, -time % _BLOCK), (0, 0), (0, 0)))
    return _lstm(whole, bias, jnp.concatenate([inputs, recurrent]))[:time]


def _apply(gates: jax.Array, c: jax.Array, axis: int) -> tuple[LSTMState, jax.Array]:
    """Apply the gates, which are concatenated along an axis: the new state and the active gates."""
    i, f, g, o = jnp.split(gates, 4, axis=axis)
    i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
    c = f * c + i * g
    return LSTMState(o * jnp.tanh(c), c), jnp.concatenate([i, f, g, o], axis=axis)


@jax.custom_vjp
def _lstm(x: jax.Array, bias: jax.Array, weights: jax.Array) -> jax.Array:
    """`lstm` over whole blocks of steps; `weights` are as in `_Kept`."""
    return _forward(x, bias, weights)[0]


def _forward(x: jax.Array, bias: jax.Array, weights: jax.Array) -> tuple[jax.Array, _Kept]:
    """Hidden states, and what the reverse loop needs.

    The inputs are not projected beforehand: in this order of the axes, a product at each step is as
    fast as one for all steps, and the projected inputs need not go to memory and back.
    """
    size, dtype = x.shape[-1], weights.dtype
    inputs, recurrent, column = turned(weights[:size]), turned(weights[size:]), bias.T

    def step(
        state: LSTMState, x_t: jax.Array
    ) -> tuple[LSTMState, tuple[jax.Array, jax.Array, jax.Array]]:
        projected = _product(inputs, x_t.astype(dtype), contracted=1) + column
        state, active = column_step(state, projected, recurrent)
        return state, (state.h.T, state.c, active)

    nothing = jnp.zeros((weights.shape[0] - size, x.shape[1]))
    h, c, active = jax.lax.scan(step, LSTMState(nothing, nothing), x)[1]
    return h, _Kept(x, h, c, active, weights)


def _backward(saved: _Kept, dh_out: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Gradients of inputs, bias and weights, from the last block of steps to the first."""
    hidden, batch = saved.c.shape[1:]
    size, dtype = saved.x.shape[-1], saved.weights.dtype

    def step(
        carry: LSTMState, of_step: tuple[jax.Array, jax.Array]
    ) -> tuple[LSTMState, tuple[jax.Array, jax.Array]]:
        t, dh_t = of_step
        dgates, dc = _gate_gradients(saved, t, carry.h + dh_t, carry.c)
        dgates = dgates.astype(dtype)
        back = _product(saved.weights, dgates)
        return LSTMState(back[size:], dc), (dgates, back[:size].T)

    def block(carry: tuple, number: jax.Array) -> tuple[tuple, jax.Array]:
        state, dbias, dweights = carry
        first = number * _BLOCK
        dh = jax.lax.dynamic_slice_in_dim(dh_out, first, _BLOCK).swapaxes(1, 2)
        state, (dgates, dx) = jax.lax.scan(
            step, state, (first + jnp.arange(_BLOCK), dh), reverse=True
        )
        columns = jax.lax.optimization_barrier(
            dgates.swapaxes(0, 1).reshape(4 * hidden, _BLOCK * batch)
        )
        x = jax.lax.dynamic_slice_in_dim(saved.x, first, _BLOCK)
        begin = jnp.where(number > 0, saved.h[jnp.maximum(first - 1, 0)], 0)
        h = jnp.concatenate([begin[None], jax.lax.dynamic_slice_in_dim(saved.h, first, _BLOCK - 1)])
        slopes = [
            _product(columns, rows.reshape(-1, rows.shape[-1]).astype(dtype)) for rows in (x, h)
        ]
        dweights = [total + slope for total, slope in zip(dweights, slopes, strict=True)]
        return (state, dbias + dgates.astype(jnp.float32).sum(axis=0), dweights), dx

    nothing = jnp.zeros((hidden, batch))
    start = (
        LSTMState(nothing, nothing),
        jnp.zeros((4 * hidden, batch)),
        [jnp.zeros((4 * hidden, width)) for width in (size, hidden)],
    )
    (_, dbias, dweights), dx = jax.lax.scan(
        block, start, jnp.arange(len(saved.x) // _BLOCK), reverse=True
    )
    return dx.reshape(saved.x.shape), dbias.T, jnp.concatenate(dweights, axis=1).T.astype(dtype)


def _gate_gradients(
    saved: _Kept, t: jax.Array, dh: jax.Array, dc: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Gradients of the gates and of the cell state before a step, given those of its states."""
    i, f, g, o = jnp.split(saved.active[t], 4)
    before, squashed = jnp.where(t > 0, saved.c[jnp.maximum(t - 1, 0)], 0), jnp.tanh(saved.c[t])
    dc = dc + dh * o * (1 - squashed**2)
    gates = [
        dc * g * i * (1 - i),
        dc * before * f * (1 - f),
        dc * i * (1 - g**2),
        dh * squashed * o * (1 - o),
    ]
    return jnp.concatenate(gates), dc * f


def _product(left: jax.Array, right: jax.Array, contracted: int = 0) -> jax.Array:
    """The product of two matrices over the last axis of the left one, summed up in float32."""
    return jax.lax.dot_general(
        left, right, (((1,), (contracted,)), ((), ())), preferred_element_type=jnp.float32
    )


_lstm.defvjp(_forward, _backward)
