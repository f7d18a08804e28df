"""A new recurrent cell needs a class and a registration; nothing else changes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import training_tunes
from flax import nnx

from stylernn import api, config
from stylernn.corpus import styles
from stylernn.errors import UsageError
from stylernn.model import cells, checkpoint, loss
from stylernn.model.cell_base import Cell, Weights
from stylernn.model.checkpoint import Header, Model
from stylernn.representation.batching import Batcher
from stylernn.training.likelihood import labelled


class PlainState(NamedTuple):
    h: Any


class Plain(Cell):
    """The simple recurrent network of Elman (1990), with one more array: a gain for each unit."""

    gates = 1

    def init_state(self, shape: tuple[int, ...]) -> PlainState:
        return PlainState(np.zeros(shape, np.float32))

    def step(self, state: PlainState, gates: jax.Array, weights: Weights) -> PlainState:
        gain = jax.lax.broadcast_to_rank(weights["gain"], gates.ndim)
        return PlainState(jnp.tanh(gain * gates + state.h @ weights["recurrent"]))

    def shapes(self, hidden: int) -> dict[str, tuple[int, ...]]:
        return {**super().shapes(hidden), "gain": (hidden,)}

    def init_weights(self, next_key: Any, hidden: int) -> dict[str, jax.Array]:
        return {**super().init_weights(next_key, hidden), "gain": jnp.ones(hidden)}


@pytest.fixture(scope="module", autouse=True)
def _plain() -> Iterator[None]:
    cells.register("plain", Plain())
    yield
    del cells.CELLS["plain"]
    config.CELL_NAMES.remove("plain")


@pytest.fixture(scope="module")
def model() -> Model:
    """A tiny network with the new cell, after one step of gradient descent."""
    settings = config.load("tiny", {"model.cell": "plain"})
    tunes = training_tunes.tunes()[:8]
    known = styles.tree(tunes)
    network = checkpoint.new_network(settings.model, known, seed=1)
    batch = Batcher(labelled(tunes, known), settings.data, batch=2, seed=1)(0)
    graph, parameters = nnx.split(network)

    @jax.jit
    def stepped(parameters: nnx.State) -> nnx.State:
        gradient = jax.grad(
            lambda state: loss.mean_loss(nnx.merge(graph, state), batch, jax.random.key(0))
        )(parameters)
        return jax.tree.map(lambda value, slope: value - 0.1 * slope, parameters, gradient)

    return Model(Header(settings, known), checkpoint.flatten(stepped(parameters)))


def test_a_new_cell_learns(model: Model) -> None:
    hidden = model.header.settings.model.hidden
    assert model.arrays["layers/0/recurrent"].shape == (hidden, hidden)
    gain = model.arrays["layers/0/gain"]
    assert np.isfinite(gain).all()
    assert not np.array_equal(gain, np.ones(hidden))


def test_a_new_cell_writes_melodies_from_a_model_file(model: Model, tmp_path: Path) -> None:
    checkpoint.save_model(tmp_path / "plain.safetensors", model)
    (made,) = api.generate("up", model=tmp_path / "plain.safetensors", bars=4, candidates=1)
    assert made.melody.notes
    assert made.melody.bars == 4


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'lstm' already"):
        cells.register("lstm", Plain())


def test_an_unknown_cell_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        config.ModelSettings(cell="lmst")
    assert caught.value.expected == '"lstm" or "gru" or "plain"'


def test_a_compiled_program_depends_on_the_cell_of_somebody_else() -> None:
    """On its code and on its parameters; for the cells of the package their modules count."""
    from stylernn.model.cells import CELLS
    from stylernn.sampling import run

    one, two = Plain(), Plain()
    assert run._source_of(one) == run._source_of(two)
    vars(two)["gain"] = 2.0
    assert run._source_of(one) != run._source_of(two)
    assert run._source_of(CELLS["lstm"]) != run._source_of(one)
