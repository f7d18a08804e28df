"""A new recurrent cell needs a class and a registration; training, model files and the sampler take it as it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import training_tunes

from stylernn import api, config
from stylernn.errors import UsageError
from stylernn.model import cells
from stylernn.model.cell_base import Cell, Weights
from stylernn.model.checkpoint import load_model
from stylernn.training import train


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
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "plain"
    settings = config.load(
        "tiny",
        {"model.cell": "plain", "train.steps": 1, "train.every": 1, "train.batch": 2},
    )
    train.fit(settings, training_tunes.tunes(), folder)
    return folder


def test_a_new_cell_is_trained_and_kept_in_a_model_file(trained: Path) -> None:
    model = load_model(trained / "model.safetensors")
    hidden = model.header.settings.model.hidden
    assert model.header.settings.model.cell == "plain"
    assert model.arrays["layers/0/recurrent"].shape == (hidden, hidden)
    assert not np.array_equal(model.arrays["layers/0/gain"], np.ones(hidden))  # it has learnt


def test_a_new_cell_writes_melodies(trained: Path) -> None:
    first, again = (
        api.generate("up", model=trained, seed=3, bars=4, candidates=1)[0].melody for _ in range(2)
    )
    assert first.notes
    assert first.bars == 4
    assert first == again


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'lstm' already"):
        cells.register("lstm", Plain())


def test_an_unknown_cell_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        config.ModelSettings(cell="lmst")
    assert caught.value.expected == '"lstm" or "gru" or "plain"'
