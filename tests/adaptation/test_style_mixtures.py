"""Mixtures of styles: how they are read, and that they lie between their styles."""

from pathlib import Path

import numpy as np
import pytest

from stylernn.adaptation import style_mixtures
from stylernn.errors import UsageError
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return checkpoint.load_model(tiny_model)


def test_weights_add_up_to_one() -> None:
    assert style_mixtures.parse("jazz") == {"jazz": 1.0}
    assert style_mixtures.parse("jazz=3, celtic=1") == {"jazz": 0.75, "celtic": 0.25}


@pytest.mark.parametrize(
    "wrong",
    ["", "jazz,celtic", "jazz=0,celtic=1", "jazz=-1", "jazz=x", "jazz=1,jazz=2", "=1", "jazz="],
)
def test_what_is_no_mixture_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="cannot mix"):
        style_mixtures.parse(wrong)


def test_a_single_style_leaves_the_model_as_it_is(model: Model) -> None:
    assert style_mixtures.resolve(model, "jazz") == (model, model.style("jazz"))


def vectors(model: Model) -> np.ndarray:
    return np.asarray(model.network.styles.vectors())


@pytest.mark.parametrize("main", ["jazz", "bebop"])
def test_a_mixture_lies_between_its_styles(model: Model, main: str) -> None:
    mixed, index = style_mixtures.resolve(model, f"{main}=0.7,classical=0.3")
    expected = (
        0.7 * vectors(model)[model.style(main)] + 0.3 * vectors(model)[model.style("classical")]
    )
    np.testing.assert_allclose(vectors(mixed)[index], expected, atol=1e-6)
    np.testing.assert_array_equal(vectors(mixed)[0], vectors(model)[0])
    assert mixed.header.styles[index - 1].description == f"mixture: {main}=0.7,classical=0.3"
