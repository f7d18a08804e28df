"""Drawing from logits: guidance, chroma and nucleus by hand."""

import jax
import numpy as np
import pytest

from stylernn.representation.event_codec import LOWEST, PITCHES
from stylernn.sampling import guidance

LOGITS = np.log(
    np.array([[0.5, 0.25, 0.25], [0.2, 0.4, 0.4], [0.1, 0.1, 0.8], [0.3, 0.1, 0.6]], np.float32)
)


def test_the_model_itself_stands_at_strength_one() -> None:
    guided, parts = guidance.guide(LOGITS, 1.0, 0.0)
    np.testing.assert_allclose(guided, LOGITS[:1], rtol=1e-5)
    np.testing.assert_allclose(parts, LOGITS[:2, None], rtol=1e-5)


def test_at_strength_zero_the_style_is_left_out() -> None:
    np.testing.assert_allclose(guidance.guide(LOGITS, 0.0, 0.0)[0], LOGITS[1:2], rtol=1e-5)


def test_guidance_extrapolates() -> None:
    guided, _ = guidance.guide(LOGITS, 3.0, 0.5, 2.0)
    expected = (
        LOGITS[1]
        + 3 * (LOGITS[0] - LOGITS[1])
        + 0.5 * (LOGITS[0] - LOGITS[2])
        + 2 * (LOGITS[0] - LOGITS[3])
    )
    np.testing.assert_allclose(guided[0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("mass", "left"),
    [
        (1.0, [1, 1, 1, 1]),
        (0.95, [1, 1, 1, 0]),
        (0.79, [1, 1, 0, 0]),
        (0.5, [1, 0, 0, 0]),
        (0.0, []),
    ],
)
def test_the_nucleus_is_the_smallest_set_of_its_mass(mass: float, left: list[int]) -> None:
    logits = np.log(np.array([[0.5, 0.3, 0.15, 0.05]], np.float32))
    kept = np.asarray(guidance.nucleus(logits, mass))[0] == logits[0]
    assert kept.tolist() == [bool(k) for k in left or [0, 0, 0, 0]]


@pytest.mark.parametrize(("latest", "raised"), [(65, [67]), (72, [67]), (73, [67, 79]), (67, [])])
def test_pitch_classes_of_the_tune_are_raised_where_they_are_nearest(
    latest: int, raised: list[int]
) -> None:
    """The nearer G, above or below the last note, is raised, but not over a rest or the note."""
    logits = np.zeros((1, PITCHES + 1), np.float32)
    weights = np.zeros((1, 12), np.float32)
    weights[0, 7] = np.log(3)
    latest -= LOWEST
    p = np.asarray(jax.nn.softmax(guidance.towards(logits, weights, np.array([latest]))))[0] * (
        PITCHES + 1
    )
    assert p[PITCHES] == pytest.approx(1, rel=1e-5)  # REST
    assert p[latest] == pytest.approx(1, rel=1e-5)
    odds = p[:PITCHES] / p[66 - LOWEST]
    expected = np.where(np.isin(np.arange(PITCHES) + LOWEST, raised), 3.0, 1.0)
    others = np.arange(PITCHES) != latest
    np.testing.assert_allclose(odds[others], expected[others], rtol=1e-5)
    assert p[0:latest].sum() + p[latest + 1 : PITCHES].sum() == pytest.approx(PITCHES - 1, rel=1e-5)


def test_without_a_tune_nothing_is_raised() -> None:
    logits = np.random.default_rng(0).normal(size=(2, PITCHES + 1)).astype(np.float32)
    raised = guidance.towards(logits, np.zeros((2, 12), np.float32), np.array([3, 40]))
    np.testing.assert_allclose(raised, logits, atol=1e-5)
