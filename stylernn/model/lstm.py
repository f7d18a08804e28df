"""The kernels of the LSTM over a whole sequence, time-major.

The LSTM works on columns: within its loops a state is (hidden, batch), so that the large matrix stands left in every
product and the batch right, where XLA's products on a CPU are a fifth faster in float32, and in bfloat16 never fall
back to float32's. It differentiates by hand: the reverse loop passes back the gradients of the gates alone, and those
of the matrices are one product for every `_BLOCK` steps, over gates that are still in the cache.

A recurrent matrix in bfloat16 makes the products of the LSTM run in bfloat16 with sums in float32; states, gates and
their non-linearities stay in float32.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["LSTMState", "column_step", "lstm", "lstm_step", "product", "turned"]

_BLOCK = 16


class LSTMState(NamedTuple):
    """Hidden and cell state, each of shape (batch, hidden)."""

    h: jax.Array
    c: jax.Array


class _Kept(NamedTuple):
    """What the reverse loop needs of all steps; the last two in columns.

    Args:
        x: inputs, (time, batch, inputs).
        h: hidden states, (time, batch, hidden).
        c: cell states, (time, hidden, batch).
        active: gates after their non-linearities, (time, 4 * hidden, batch).
        weights: of inputs and of hidden states, one below the other, (inputs + hidden, 4 * hidden).
    """

    x: jax.Array
    h: jax.Array
    c: jax.Array
    active: jax.Array
    weights: jax.Array


def product(x: jax.Array, matrix: jax.Array) -> jax.Array:
    """A matrix product in the type of the matrix, summed up in float32; its gradient is left to the caller."""
    return jnp.dot(x.astype(matrix.dtype), matrix, preferred_element_type=jnp.float32)


def turned(matrix: jax.Array) -> jax.Array:
    """The transpose, moved in memory: as a mere view it would stand in the products, which are slow then."""
    rows, columns = matrix.shape
    return jax.lax.optimization_barrier(matrix.T.ravel()).reshape(columns, rows)


def lstm_step(state: LSTMState, gates: jax.Array, recurrent: jax.Array) -> LSTMState:
    """One step of an LSTM.

    Args:
        state: of the step before.
        gates: projected input plus bias, (batch, 4 * hidden), in the order input, forget, cell, output.
        recurrent: matrix, (hidden, 4 * hidden).

    Reference:
        Hochreiter & Schmidhuber, Long short-term memory (1997); forget gate of Gers et al. (2000).
    """
    return _apply(gates + product(state.h, recurrent), state.c, axis=-1)[0]


def column_step(
    state: LSTMState, gates: jax.Array, recurrent: jax.Array
) -> tuple[LSTMState, jax.Array]:
    """The same by columns, and the gates after their non-linearities.

    Args:
        state: of the step before, each (hidden, batch).
        gates: projected input plus bias, (4 * hidden, batch).
        recurrent: matrix, `turned`: (4 * hidden, hidden).
    """
    return _apply(gates + _product(recurrent, state.h.astype(recurrent.dtype)), state.c, axis=0)


def lstm(x: jax.Array, bias: jax.Array, inputs: jax.Array, recurrent: jax.Array) -> jax.Array:
    """Hidden states of an LSTM that starts from zeros.

    Args:
        x: inputs, (time, batch, inputs).
        bias: of each sequence, (batch, 4 * hidden), in the order input, forget, cell, output.
        inputs: matrix, (inputs, 4 * hidden).
        recurrent: matrix, (hidden, 4 * hidden), of the same type.

    Returns:
        Hidden states, (time, batch, hidden).
    """
    time = x.shape[0]
    whole = jnp.pad(x, ((0, -time % _BLOCK), (0, 0), (0, 0)))
    return _lstm(whole, bias, jnp.concatenate([inputs, recurrent]))[:time]


def _apply(gates: jax.Array, c: jax.Array, axis: int) -> tuple[LSTMState, jax.Array]:
    """The gate non-linearities: new state and the activated gates, which stand one after another along an axis."""
    i, f, g, o = jnp.split(gates, 4, axis=axis)
    i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
    c = f * c + i * g
    return LSTMState(o * jnp.tanh(c), c), jnp.concatenate([i, f, g, o], axis=axis)


@jax.custom_vjp
def _lstm(x: jax.Array, bias: jax.Array, weights: jax.Array) -> jax.Array:
    """`lstm` over whole blocks of steps, the matrices one below the other."""
    return _forward(x, bias, weights)[0]


def _forward(x: jax.Array, bias: jax.Array, weights: jax.Array) -> tuple[jax.Array, _Kept]:
    """Hidden states, and what the reverse loop needs.

    The inputs are not projected beforehand: by columns a product a step is as fast as one for all steps, and does not
    write the projected inputs of all steps to memory and read them again.
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


def _backward(kept: _Kept, dh_out: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Gradients of inputs, bias and weights, from the last block of steps to the first."""
    hidden, batch = kept.c.shape[1:]
    size, dtype = kept.x.shape[-1], kept.weights.dtype

    def step(
        carry: LSTMState, of_step: tuple[jax.Array, jax.Array]
    ) -> tuple[LSTMState, tuple[jax.Array, jax.Array]]:
        t, dh_t = of_step
        dgates, dc = _gate_gradients(kept, t, carry.h + dh_t, carry.c)
        dgates = dgates.astype(dtype)
        back = _product(kept.weights, dgates)
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
        x = jax.lax.dynamic_slice_in_dim(kept.x, first, _BLOCK)
        begin = jnp.where(number > 0, kept.h[jnp.maximum(first - 1, 0)], 0)
        h = jnp.concatenate([begin[None], jax.lax.dynamic_slice_in_dim(kept.h, first, _BLOCK - 1)])
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
        block, start, jnp.arange(len(kept.x) // _BLOCK), reverse=True
    )
    return dx.reshape(kept.x.shape), dbias.T, jnp.concatenate(dweights, axis=1).T.astype(dtype)


def _gate_gradients(
    kept: _Kept, t: jax.Array, dh: jax.Array, dc: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Of a step, given those of its states: the gradients of the gates and of the cell state before."""
    i, f, g, o = jnp.split(kept.active[t], 4)
    before, squashed = jnp.where(t > 0, kept.c[jnp.maximum(t - 1, 0)], 0), jnp.tanh(kept.c[t])
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
