"""The recurrent kernels against ten lines of numpy, finite differences and automatic differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stylernn.model import lstm as kernels

TIME, BATCH, HIDDEN = 7, 3, 5


@pytest.fixture(scope="module")
def case() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(TIME, BATCH, 4 * HIDDEN)).astype(np.float32),
        rng.normal(size=(HIDDEN, 4 * HIDDEN)).astype(np.float32) / 2,
    )


def reference(gates: np.ndarray, recurrent: np.ndarray) -> np.ndarray:
    h = c = np.zeros((gates.shape[1], recurrent.shape[0]))
    out = []
    for x in gates.astype(np.float64):
        i, f, g, o = np.split(x + h @ recurrent, 4, axis=-1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        out.append(h)
    return np.stack(out)


def test_values_are_those_of_the_plain_cell(case) -> None:
    np.testing.assert_allclose(kernels.lstm(*case), reference(*case), atol=1e-5)


def test_gradients_are_those_of_the_plain_cell(case) -> None:
    def plain(gates: jax.Array, recurrent: jax.Array) -> jax.Array:
        start = kernels.LSTMState(jnp.zeros((BATCH, HIDDEN)), jnp.zeros((BATCH, HIDDEN)))

        def step(state: kernels.LSTMState, x: jax.Array) -> tuple[kernels.LSTMState, jax.Array]:
            state = kernels.lstm_step(state, x, recurrent)
            return state, state.h

        return jax.lax.scan(step, start, gates)[1]

    weights = np.arange(TIME * BATCH * HIDDEN, dtype=np.float32).reshape(TIME, BATCH, HIDDEN) / 50
    ours, theirs = (jax.grad(lambda *a, f=f: (f(*a) * weights).sum(), (0, 1))(*case) for f in (kernels.lstm, plain))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5, rtol=1e-5)


def test_gradients_are_finite_differences(case) -> None:
    gates, recurrent = case
    gradient = jax.grad(lambda w: kernels.lstm(gates, w).sum())(recurrent)
    for row, column in ((0, 0), (2, 7), (4, 19)):
        step = np.zeros_like(recurrent, dtype=np.float64)
        step[row, column] = 1e-5
        slope = (reference(gates, recurrent + step).sum() - reference(gates, recurrent - step).sum()) / 2e-5
        assert gradient[row, column] == pytest.approx(slope, abs=2e-4)


def test_the_gru_scan_is_its_step_repeated(case) -> None:
    gates, recurrent = case[0][..., : 3 * HIDDEN], case[1][:, : 3 * HIDDEN]
    h = jnp.zeros((BATCH, HIDDEN))
    for t, expected in enumerate(kernels.gru(gates, recurrent)):
        h = kernels.gru_step(h, gates[t], recurrent)
        np.testing.assert_allclose(h, expected, atol=1e-6)


def test_bfloat16_products_stay_near(case) -> None:
    gates, recurrent = case
    coarse = jnp.asarray(recurrent, jnp.bfloat16)
    np.testing.assert_allclose(kernels.lstm(gates, coarse), reference(gates, recurrent), atol=2e-2)
    exact, rough = (jax.grad(lambda g, w: kernels.lstm(g, w).sum(), (0, 1))(gates, w) for w in (recurrent, coarse))
    np.testing.assert_allclose(rough[0], exact[0], atol=5e-2)
    np.testing.assert_allclose(rough[1].astype(np.float32), exact[1], atol=0.1, rtol=0.05)
