"""The classifier: a tree by hand, and what is heard in a style."""

import numpy as np
import pytest

from stylernn.corpus.styles import Style
from stylernn.reranking import classifier

JAZZ, IRISH = Style("jazz", "jazz"), Style("irish", "celtic")


@pytest.fixture
def forest() -> dict[str, np.ndarray]:
    """Two trees. The first asks for descriptor 0, then for descriptor 1; the second is a leaf."""
    parts = {
        "feature": [[0, 0, 1, 0, 0], [0, 0, 0, 0, 0]],
        "threshold": [[0.5, 0, 2, 0, 0], [0, 0, 0, 0, 0]],
        "left": [[1, 0, 3, 0, 0], [0, 0, 0, 0, 0]],
        "right": [[2, 0, 4, 0, 0], [0, 0, 0, 0, 0]],
        "votes/jazz": [[9, 1, 9, 0.25, 0], [0.5, 9, 9, 9, 9]],
        "votes/celtic": [[9, 0, 9, 0.75, 1], [0.5, 9, 9, 9, 9]],
    }
    return {
        f"{classifier.PREFIX}{name}": np.array(values, np.float32) for name, values in parts.items()
    }


def test_each_row_goes_down_every_tree(forest: dict[str, np.ndarray]) -> None:
    found = classifier.shares(forest, np.array([[0.5, 7], [0.6, 2], [0.6, 2.1]]))
    np.testing.assert_allclose(found["jazz"], [0.75, 0.375, 0.25])
    np.testing.assert_allclose(found["celtic"], [0.25, 0.625, 0.75])


def test_margins_are_means_over_sections(forest: dict[str, np.ndarray]) -> None:
    melodies = [np.array([[0.5, 7], [0.6, 2.1]]), np.array([[0.6, 2.1]])]
    found = classifier.style_margins(forest, JAZZ, melodies)
    assert found is not None
    np.testing.assert_allclose(found, [0, -0.5])
    child = classifier.style_margins(forest, IRISH, melodies)
    assert child is not None
    np.testing.assert_allclose(child, -found)


def test_nothing_is_said_of_a_style_that_is_not_known(forest: dict[str, np.ndarray]) -> None:
    assert classifier.style_margins(forest, Style("bossa", "bossa"), [np.zeros((1, 2))]) is None
    assert classifier.style_margins({}, JAZZ, [np.zeros((1, 2))]) is None
