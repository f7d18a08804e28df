"""What holds for every recurrent cell of the registry."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from stylernn import config
from stylernn.model.cells import CELLS
from stylernn.model.layers import Recurrent

TIME, BATCH, INPUTS, HIDDEN = 19, 3, 4, 5


def test_the_settings_know_all_cells() -> None:
    assert list(CELLS) == config.CELL_NAMES


@pytest.mark.parametrize("name", CELLS)
def test_fresh_weights_have_the_shapes_that_are_declared(name: str) -> None:
    cell, number = CELLS[name], itertools.count()
    weights = cell.init_weights(lambda: jax.random.key(next(number)), HIDDEN)
    assert {key: value.shape for key, value in weights.items()} == cell.shapes(HIDDEN)
    assert cell.init_bias(HIDDEN).shape == (cell.gates * HIDDEN,)


@pytest.mark.parametrize("name", CELLS)
def test_a_sequence_is_its_steps_one_after_another(name: str) -> None:
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(TIME, BATCH, INPUTS)), jnp.float32)
    style = jnp.asarray(rng.normal(size=(BATCH, 2)), jnp.float32)
    layer = Recurrent(name, INPUTS, 2, HIDDEN, rngs=nnx.Rngs(0))
    state = layer.cell.init_state((BATCH, HIDDEN))
    for x_t, expected in zip(x, layer(x, style), strict=True):
        state = layer.step(state, x_t, layer.of_style(style))
        np.testing.assert_allclose(state.h, expected, atol=1e-5)
