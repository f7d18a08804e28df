"""The LSTM and dense layers against numpy, finite differences and automatic differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from stylernn.model import lstm as kernels
from stylernn.model.layers import Dense

# More than one block of the reverse loop, and not a whole number of them.
TIME, BATCH, INPUTS, HIDDEN = 37, 3, 4, 5
Case = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def case() -> Case:
    """Inputs, bias and the two matrices."""
    rng = np.random.default_rng(0)
    shapes = (TIME, BATCH, INPUTS), (BATCH, 4 * HIDDEN), (INPUTS, 4 * HIDDEN), (HIDDEN, 4 * HIDDEN)
    return tuple((rng.normal(size=shape) / 2).astype(np.float32) for shape in shapes)


def reference(
    x: np.ndarray, bias: np.ndarray, inputs: np.ndarray, recurrent: np.ndarray
) -> np.ndarray:
    h = c = np.zeros((x.shape[1], recurrent.shape[0]))
    out = []
    for x_t in x.astype(np.float64):
        i, f, g, o = np.split(x_t @ inputs + bias + h @ recurrent, 4, axis=-1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        out.append(h)
    return np.stack(out)


def plain(x: jax.Array, bias: jax.Array, inputs: jax.Array, recurrent: jax.Array) -> jax.Array:
    start = kernels.LSTMState(jnp.zeros((BATCH, HIDDEN)), jnp.zeros((BATCH, HIDDEN)))

    def step(state: kernels.LSTMState, x_t: jax.Array) -> tuple[kernels.LSTMState, jax.Array]:
        state = kernels.lstm_step(state, x_t @ inputs + bias, recurrent)
        return state, state.h

    return jax.lax.scan(step, start, x)[1]


@pytest.mark.parametrize("time", [1, 16, 32, TIME])
def test_values_are_those_of_the_plain_cell(case: Case, time: int) -> None:
    x, *rest = case
    np.testing.assert_allclose(kernels.lstm(x[:time], *rest), reference(x[:time], *rest), atol=1e-5)


@pytest.mark.parametrize("time", [1, 16, 32, TIME])
def test_gradients_are_those_of_the_plain_cell(case: Case, time: int) -> None:
    x, *rest = case
    weights = np.random.default_rng(1).normal(size=(time, BATCH, HIDDEN)).astype(np.float32) / 5
    ours, theirs = (
        jax.grad(lambda *a, f=f: (f(*a) * weights).sum(), (0, 1, 2, 3))(x[:time], *rest)
        for f in (kernels.lstm, plain)
    )
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("argument", range(4))
def test_gradients_are_finite_differences(case: Case, argument: int) -> None:
    gradient = jax.grad(lambda *a: kernels.lstm(*a).sum(), argument)(*case)
    for number in (0, 7, -1):
        position = np.unravel_index(number % gradient.size, gradient.shape)
        step = np.zeros(gradient.shape)
        step[position] = 1e-5
        up, down = (
            [*case[:argument], case[argument] + sign * step, *case[argument + 1 :]]
            for sign in (1, -1)
        )
        slope = (reference(*up).sum() - reference(*down).sum()) / 2e-5
        assert gradient[position] == pytest.approx(slope, abs=2e-4)


def test_bfloat16_products_stay_near(case: Case) -> None:
    *whole, inputs, recurrent = case
    coarse = [jnp.asarray(matrix, jnp.bfloat16) for matrix in (inputs, recurrent)]
    np.testing.assert_allclose(kernels.lstm(*whole, *coarse), reference(*case), atol=2e-2)
    exact, rough = (
        jax.grad(lambda *a: kernels.lstm(*a).sum(), (0, 1, 2, 3))(*whole, *matrices)
        for matrices in ((inputs, recurrent), coarse)
    )
    for slope, near in zip(exact, rough, strict=True):
        np.testing.assert_allclose(near.astype(np.float32), slope, atol=0.1, rtol=0.05)


@pytest.mark.parametrize(("inputs", "outputs"), [(4, 7), (7, 4), (5, 5)])
def test_a_dense_layer_is_a_linear_one_with_its_gradients(inputs: int, outputs: int) -> None:
    x = np.random.default_rng(2).normal(size=(3, 6, inputs)).astype(np.float32)
    slopes = []
    for kind in (Dense, nnx.Linear):
        layer = kind(inputs, outputs, rngs=nnx.Rngs(0), bias_init=nnx.initializers.normal())
        graph, state = nnx.split(layer)

        def squares(
            state: nnx.State, x: jax.Array, graph: nnx.GraphDef = graph, kind: type = kind
        ) -> jax.Array:
            flat = x if kind is Dense else x.reshape(-1, x.shape[-1])
            with jax.numpy_rank_promotion("allow"):
                return (nnx.merge(graph, state)(flat) ** 2).sum()

        slopes.append(jax.tree.leaves(jax.value_and_grad(squares, (0, 1))(state, x)))
    for ours, theirs in zip(*slopes, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
