"""The network and the sampler: what holds for any weights."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from flax import nnx

from stylernn.config import ModelSettings
from stylernn.model import checkpoint, loss
from stylernn.model.checkpoint import Model
from stylernn.model.network import Logits, Network
from stylernn.model.parameters import Parameters, flatten, shapes
from stylernn.music.melody import Melody, Note
from stylernn.representation import batching, event_codec
from stylernn.representation.arrays import PAD_TIME, Batch
from stylernn.representation.examples import Condition, Example, prepare
from stylernn.sampling import run, state, tilt
from stylernn.sampling.constraints import CompiledConstraints
from stylernn.sampling.guidance import Bias
from stylernn.training.likelihood import hidden, scorer

EVENTS = 64


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return checkpoint.load_model(tiny_model)


@pytest.fixture(scope="module")
def network(model: Model) -> Network:
    return model.network


@pytest.fixture(scope="module")
def example() -> Example:
    rng = np.random.default_rng(3)
    onsets = np.cumsum(rng.choice([12, 24, 36], size=40))
    gaps = np.diff(np.append(onsets, onsets[-1] + 24))
    notes = zip(onsets, np.minimum(gaps, 24), rng.integers(55, 80, size=40), strict=True)
    return prepare(Melody(tuple(Note(*map(int, note)) for note in notes)), 3, 3)


@pytest.fixture(scope="module")
def forward(network: Network) -> Callable[[Batch], Logits]:
    graph, state = nnx.split(network)
    compiled = jax.jit(
        lambda state, b: nnx.merge(graph, state)(b.piece, b.history, b.time, b.pitch, None)
    )
    return lambda batch: compiled(state, batch)


@pytest.fixture(scope="module")
def score(network: Network) -> Callable[[Batch], loss.Score]:
    compiled, state = scorer(network)
    return lambda batch: compiled(state, batch)


def window(example: Example, level: str = "beat", events: int = EVENTS) -> Batch:
    return batching.collate(
        [(example, 0, len(example.repeats), hidden(example, level, styled=True))], events
    )


def test_transposition_changes_nothing(forward: Callable, example: Example) -> None:
    melody = event_codec.decode(example.events)
    higher = prepare(melody.transpose(5), 3, 3)
    original, transposed = (forward(window(e)) for e in (example, higher))
    np.testing.assert_allclose(original.onset, transposed.onset, atol=1e-5)
    np.testing.assert_allclose(
        original.pitch[:, :40, :-6], transposed.pitch[:, :40, 5:-1], atol=1e-4
    )


def test_no_event_depends_on_later_ones(forward: Callable, example: Example) -> None:
    batch = window(example, "none")
    pitch = np.array(batch.history.pitch)
    pitch[:, 21:] += 1
    plain, changed = (
        forward(batch),
        forward(batch._replace(history=batch.history._replace(pitch=pitch))),
    )
    np.testing.assert_array_equal(plain.onset[:, :20], changed.onset[:, :20])
    np.testing.assert_array_equal(plain.pitch[:, :20], changed.pitch[:, :20])
    assert not np.allclose(plain.pitch[:, 21:], changed.pitch[:, 21:])


def test_padding_does_not_count(score: Callable, example: Example) -> None:
    short, long = (score(window(example, events=n)) for n in (EVENTS, 2 * EVENTS))
    np.testing.assert_allclose(short.bits, long.bits, rtol=1e-5)
    np.testing.assert_array_equal(short.choices, long.choices)
    assert short.notes.item() == 40


def test_the_sampler_scores_as_the_trainer_does(
    network: Network, score: Callable, example: Example
) -> None:
    """With every event forced, the sampler says how likely they are."""
    shown_attributes = replace(hidden(example, "beat", styled=True), attributes=example.attributes)
    hidden_attributes = hidden(example, "beat", styled=True)
    whole = []
    for condition in (shown_attributes, hidden_attributes):
        windows = [(example, 0, len(example.repeats), condition)]
        whole.append(float(score(batching.collate(windows, EVENTS)).bits.sum()))
        drawn = draw(network, example, condition, forced=len(example.events.time))
        assert -drawn.log_p[0] / np.log(2) == pytest.approx(whole[-1], rel=1e-4)
    assert whole[0] != whole[1]


def draw(
    network: Network,
    example: Example,
    condition: Condition,
    *,
    count: int = 1,
    forced: int = 0,
    seed: int = 0,
):
    piece = batching.window_arrays(example, 0, len(example.repeats), condition, 128, EVENTS)
    events, size = example.events, 400
    given = np.zeros((3, size), np.int32)
    given[0] = PAD_TIME
    given[:, :forced] = np.stack([events.time, events.pitch, events.duration])[:, :forced]
    closed = np.full(128, forced > 0)
    lowest, highest = np.float32(0), np.float32(event_codec.PITCHES - 1)
    constraints = CompiledConstraints(*given, closed, lowest, highest)
    bias = Bias(np.zeros((128, 12), np.float32), tilt.nothing())
    parameters = Parameters(
        network.settings, network.styles.parents, flatten(nnx.state(network, nnx.Param))
    )
    initial_history = state.begin(network.settings, int(piece.median_pitch), count, size)
    config = run.SamplingConfig()
    written = run.draw(parameters, initial_history, piece, constraints, bias, config, seed)
    return SimpleNamespace(
        time=written.history.time[:, 1:],
        pitch=written.pitch,
        duration=written.history.duration[:, 1:],
        log_p=written.log_p,
    )


@pytest.mark.parametrize(
    "sizes",
    [{}, {"cell": "gru", "layers": 3}, {"hidden": 20, "style": 6, "skeleton": 5, "head": 7}],
)
def test_the_parameters_are_those_of_a_network(sizes: dict) -> None:
    settings = ModelSettings(**sizes)
    network = nnx.eval_shape(lambda: Network(settings, (0, 1, 1), rngs=nnx.Rngs(0)))
    leaves = jax.tree_util.tree_leaves_with_path(nnx.to_pure_dict(nnx.state(network, nnx.Param)))
    assert shapes(settings, 3) == {
        "/".join(str(key.key) for key in path): leaf.shape for path, leaf in leaves
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_only_melodies_come_out(network: Network, example: Example, seed: int) -> None:
    condition = hidden(example, "none", styled=True)
    drawn = draw(network, example, condition, count=4, seed=seed)
    for time, pitch, duration in zip(drawn.time, drawn.pitch, drawn.duration, strict=True):
        used = time < PAD_TIME
        assert pitch[used][-1] == event_codec.END
        assert time[used][-1] == 16 * example.events.grid.beats
        assert (example.events.grid.ticks[time[used]] >= 0).all()
        melody = event_codec.decode(
            replace(example.events, time=time[used], pitch=pitch[used], duration=duration[used])
        )
        assert melody.end == example.events.frame.end


def test_a_candidate_does_not_depend_on_how_many_there_are(
    network: Network, example: Example
) -> None:
    condition = hidden(example, "bar", styled=True)
    few, many = (draw(network, example, condition, count=n, seed=7) for n in (1, 4))
    np.testing.assert_array_equal(few.time, many.time[:1])
    np.testing.assert_array_equal(few.pitch, many.pitch[:1])
