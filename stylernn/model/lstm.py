"""The recurrent kernels: LSTM and GRU over a whole sequence, time-major.

Both take gate inputs that were projected for all steps at once, so the loop holds one small matrix product a step. The
LSTM differentiates by hand: its reverse loop passes back only the gradients of the gates, and the gradient of the
recurrent matrix is one large product after the loop instead of one small one in each step.

A recurrent matrix in bfloat16 makes the products of the LSTM run in bfloat16 with sums in float32; states, gates and
their non-linearities stay in float32.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["LSTMState", "gru", "gru_step", "lstm", "lstm_step", "product", "turned"]


class LSTMState(NamedTuple):
    """Hidden and cell state, each of shape (batch, hidden)."""

    h: jax.Array
    c: jax.Array


def product(x: jax.Array, matrix: jax.Array) -> jax.Array:
    """A matrix product in the type of the matrix, summed up in float32; its gradient is left to the caller."""
    return jnp.dot(x.astype(matrix.dtype), matrix, preferred_element_type=jnp.float32)


def turned(matrix: jax.Array) -> jax.Array:
    """The transpose; of a bfloat16 matrix moved in memory too, as its fast products want their operands in rows."""
    if matrix.dtype == jnp.float32:
        return matrix.T
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
    return _apply(gates + product(state.h, recurrent), state.c)[0]


@jax.custom_vjp
def lstm(gates: jax.Array, recurrent: jax.Array) -> jax.Array:
    """Hidden states of an LSTM that starts from zeros.

    Args:
        gates: projected inputs plus bias, (time, batch, 4 * hidden), in the order input, forget, cell, output.
        recurrent: matrix, (hidden, 4 * hidden).

    Returns:
        Hidden states, (time, batch, hidden).
    """
    return _forward(gates, recurrent)[0]


def gru_step(h: jax.Array, gates: jax.Array, recurrent: jax.Array) -> jax.Array:
    """One step of a GRU.

    Args:
        h: hidden state, (batch, hidden).
        gates: projected input plus bias, (batch, 3 * hidden), in the order reset, update, candidate.
        recurrent: matrix, (hidden, 3 * hidden).

    Reference:
        Cho et al., Learning phrase representations using RNN encoder-decoder (2014), with the reset gate applied after
        the recurrent product, as cuDNN does.
    """
    x_reset, x_update, x_new = jnp.split(gates, 3, axis=-1)
    h_reset, h_update, h_new = jnp.split(h @ recurrent, 3, axis=-1)
    update = jax.nn.sigmoid(x_update + h_update)
    candidate = jnp.tanh(x_new + jax.nn.sigmoid(x_reset + h_reset) * h_new)
    return update * h + (1 - update) * candidate


def gru(gates: jax.Array, recurrent: jax.Array) -> jax.Array:
    """Hidden states of a GRU that starts from zeros; shapes as for `lstm`, with three gates."""

    def step(h: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = gru_step(h, x, recurrent)
        return h, h

    start = jnp.zeros((gates.shape[1], recurrent.shape[0]), gates.dtype)
    return jax.lax.scan(step, start, gates)[1]


def _apply(gates: jax.Array, c: jax.Array) -> tuple[LSTMState, jax.Array]:
    """The gate non-linearities: new state and the activated gates (batch, 4 * hidden)."""
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
    c = f * c + i * g
    return LSTMState(o * jnp.tanh(c), c), jnp.concatenate([i, f, g, o], axis=-1)


def _forward(gates: jax.Array, recurrent: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Hidden states, cell states and activated gates of all steps."""

    def step(state: LSTMState, x: jax.Array) -> tuple[LSTMState, tuple[jax.Array, jax.Array, jax.Array]]:
        state, active = _apply(x + product(state.h, recurrent), state.c)
        return state, (state.h, state.c, active)

    zeros = jnp.zeros((gates.shape[1], recurrent.shape[0]), gates.dtype)
    return jax.lax.scan(step, LSTMState(zeros, zeros), gates)[1]


def _lstm_fwd(gates: jax.Array, recurrent: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    h, c, active = _forward(gates, recurrent)
    return h, (h, c, active, recurrent)


def _lstm_bwd(residuals: tuple[jax.Array, ...], dh_out: jax.Array) -> tuple[jax.Array, jax.Array]:
    h, c, active, recurrent = residuals
    transposed = turned(recurrent)
    before = jnp.concatenate([jnp.zeros_like(c[:1]), c[:-1]])

    def step(carry: LSTMState, x: tuple[jax.Array, ...]) -> tuple[LSTMState, jax.Array]:
        dh_t, c_t, c_before, active_t = x
        i, f, g, o = jnp.split(active_t, 4, axis=-1)
        squashed = jnp.tanh(c_t)
        dh = carry.h + dh_t
        dc = carry.c + dh * o * (1 - squashed**2)
        dgates = jnp.concatenate(
            [dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g**2), dh * squashed * o * (1 - o)],
            axis=-1,
        )
        return LSTMState(product(dgates, transposed), dc * f), dgates

    zeros = jnp.zeros_like(c[0])
    _, dgates = jax.lax.scan(step, LSTMState(zeros, zeros), (dh_out, c, before, active), reverse=True)
    hidden = h.shape[-1]
    earlier = turned(h[:-1].reshape(-1, hidden).astype(recurrent.dtype))
    drecurrent = product(earlier, dgates[1:].reshape(-1, 4 * hidden).astype(recurrent.dtype))
    return dgates, drecurrent.astype(recurrent.dtype)


lstm.defvjp(_lstm_fwd, _lstm_bwd)
