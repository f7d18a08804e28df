"""The sampler for research: a pure function that jit compiles, one melody for each condition."""

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from stylernn import config
from stylernn.corpus.styles import Style
from stylernn.model import checkpoint
from stylernn.music.melody import Melody, Note
from stylernn.representation import batching
from stylernn.representation.arrays import ConditioningArrays
from stylernn.representation.examples import Condition, Example, prepare
from stylernn.sampling import melodies, sample

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_and_sample.py"
EVENTS = 40


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    walks = (np.random.default_rng(seed).integers(-2, 3, 16).cumsum() for seed in range(3))
    tunes = ([Note(24 * k, 24, 64 + int(p)) for k, p in enumerate(walk)] for walk in walks)
    return [prepare(Melody(tuple(notes))) for notes in tunes]


@pytest.fixture(scope="module")
def network():
    sizes = config.ModelSettings(layers=1, hidden=16, style=4, skeleton=4, head=8)
    return checkpoint.new_network(sizes, (Style("calm", "calm"),), seed=1)


@pytest.fixture(scope="module")
def conditions(examples: list[Example]) -> ConditioningArrays:
    windows = [(each, 0, 4, Condition(1, 1, each.skeletons[1], each.repeats)) for each in examples]
    return batching.collate(windows, EVENTS, beats=32).piece


@pytest.fixture(scope="module")
def draw(network):
    return jax.jit(lambda conditions, key: sample(network, conditions, key, events=EVENTS))


def test_equal_keys_give_equal_samples_and_others_do_not(draw, conditions) -> None:
    first, again, other = (draw(conditions, jax.random.key(seed)) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first.pitch != other.pitch).any()
    assert first.pitch.shape == (3, EVENTS)


def test_a_sample_hangs_on_its_own_conditions_alone(draw, conditions) -> None:
    changed = conditions._replace(median_pitch=np.array(conditions.median_pitch))
    changed.median_pitch[2] += 5
    one, two = (draw(each, jax.random.key(1)) for each in (conditions, changed))
    np.testing.assert_array_equal(one.pitch[:2], two.pitch[:2])
    assert (one.pitch[2] != two.pitch[2]).any()


def test_samples_are_melodies_over_the_bars_of_their_tunes(draw, conditions, examples) -> None:
    made = melodies(draw(conditions, jax.random.key(3)), examples)
    for melody, example in zip(made, examples, strict=True):
        assert melody.bars == example.melody.bars
        assert melody.notes[-1].end <= melody.end


@pytest.mark.slow
def test_the_example_for_research_runs_and_is_short(tmp_path: Path) -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 60
    command = [sys.executable, EXAMPLE, tmp_path / "run"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "calm [" in ran.stdout
    assert "lively [" in ran.stdout
