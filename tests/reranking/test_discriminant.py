"""Hearing a personal style: means by hand, and what a discriminant must not mind."""

import numpy as np
import pytest

from stylernn.corpus.styles import Style
from stylernn.reranking import discriminant

BOSSA = Style("bossa", "bossa")


@pytest.fixture
def described() -> dict[str, np.ndarray]:
    """Two styles about (0, 0) and (4, 0), with uncorrelated standard deviations of 1 and 2."""
    spread = np.array([[1, 2], [1, -2], [-1, 2], [-1, -2]], float)
    return {"jazz": spread, "celtic": spread + [4, 0]}


def heard(
    described: dict[str, np.ndarray], own: np.ndarray, *melodies: list[list[float]]
) -> np.ndarray:
    arrays = discriminant.fit(described)
    arrays |= discriminant.with_user_style(arrays, "bossa", own)
    found = discriminant.style_margins(arrays, BOSSA, [np.array(melody) for melody in melodies])
    assert found is not None
    return found


def test_log_odds_are_those_of_the_nearer_means(described: dict[str, np.ndarray]) -> None:
    # Squared distances in standard deviations: of (2, 4) from (2, 4) 0, from (0, 0) and (4, 0)
    # both 4 + 4.
    odds = np.arctanh(heard(described, np.array([2.0, 4.0]), [[2, 4]], [[2, 0]], [[4, 0]])) * 5
    np.testing.assert_allclose(odds, [4, 0, -4], atol=0.05)


def test_sections_of_a_melody_count_alike(described: dict[str, np.ndarray]) -> None:
    both = heard(described, np.array([2.0, 4.0]), [[2, 4], [4, 0]], [[2, 0]])
    np.testing.assert_allclose(both, 0, atol=0.02)


def test_a_style_in_between_is_told_by_what_the_others_have_not(
    described: dict[str, np.ndarray],
) -> None:
    assert (np.diff(heard(described, np.array([2.0, 6.0]), [[2, 0]], [[2, 2]], [[2, 4]])) > 0).all()


def test_units_do_not_matter(described: dict[str, np.ndarray]) -> None:
    units = np.array([100.0, 0.05])
    expected = heard(described, np.array([2.0, 4.0]), [[2, 4]], [[1, 1]])
    scaled = {name: rows * units for name, rows in described.items()}
    melodies = [[[2 * units[0], 4 * units[1]]], [units.tolist()]]
    np.testing.assert_allclose(
        heard(scaled, np.array([2.0, 4.0]) * units, *melodies), expected, atol=0.02
    )


def test_only_personal_styles_are_heard(described: dict[str, np.ndarray]) -> None:
    arrays = discriminant.fit(described)
    assert not discriminant.has_style(arrays, Style("jazz", "jazz"))
    assert discriminant.has_style(discriminant.with_user_style(arrays, "bossa", np.zeros(2)), BOSSA)
    assert discriminant.style_margins(arrays, Style("jazz", "jazz"), [np.zeros((1, 2))]) is None
    assert discriminant.with_user_style({}, "bossa", np.zeros(2)) == {}
    assert discriminant.style_margins({}, BOSSA, [np.zeros((1, 2))]) is None
