"""Sampling for research: a pure function of a network, a batch of conditions and a key.

Transfer and generation use `candidates.compose`, which stores compiled programs on disk and chooses
among candidates. `sample` does neither, so it can be passed to `jax.jit` or `flax.nnx.jit`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.model.network import Network
from stylernn.music.melody import Melody
from stylernn.representation.analysis import Analysis
from stylernn.representation.arrays import PAD_TIME, ConditioningArrays
from stylernn.representation.event_codec import PITCHES, Events, decode
from stylernn.sampling import sampler, state
from stylernn.sampling.constraints import CompiledConstraints
from stylernn.sampling.guidance import Bias, SamplingConfig
from stylernn.sampling.state import SamplerState
from stylernn.sampling.tilt import nothing

__all__ = ["Samples", "melodies", "sample"]

_DEFAULT = SamplingConfig()


class Samples(NamedTuple):
    """Events that were drawn; int32, shape (batch, events), unless stated otherwise.

    Args:
        time: time codes, padded with PAD_TIME after the closing bar line.
        pitch: MIDI numbers less LOWEST, REST or END.
        duration: indices into DURATIONS.
        log_p: log-probability of the notes given the conditions, in nats; float32, shape (batch,).
    """

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array
    log_p: jax.Array


def sample(
    network: Network,
    conditions: ConditioningArrays,
    key: jax.Array,
    *,
    events: int = 256,
    config: SamplingConfig = _DEFAULT,
) -> Samples:
    """Draw one melody for each of a batch of conditions.

    Args:
        network: the model.
        conditions: each array with a leading batch axis, as `batching.collate` makes them.
        key: random key of the whole batch, from `jax.random.key`.
        events: most events of a melody; a melody that fills them ends with the last one.
        config: how to sample.

    Returns:
        The events; equal for equal arguments on one machine.
    """
    keys = jax.random.split(key, conditions.style.shape[0])

    def one(condition: ConditioningArrays, key: jax.Array) -> Samples:
        begun: SamplerState = jax.tree.map(jnp.asarray, state.begin(network.settings, 0, 1, events))
        pitch = jnp.full_like(begun.history.pitch, condition.median_pitch)
        begun = begun._replace(history=begun.history._replace(pitch=pitch))
        written = sampler.run(
            network,
            events,
            begun,
            condition,
            _free(condition.bar.shape[0]),
            jax.tree.map(jnp.asarray, Bias(np.zeros((condition.bar.shape[0], 12)), nothing())),
            jax.tree.map(jnp.float32, config),
            key,
            jnp.int32(PAD_TIME),
        )
        history = written.history
        return Samples(
            history.time[0, 1:], written.pitch[0], history.duration[0, 1:], written.log_p[0]
        )

    return jax.vmap(one)(conditions, keys)


def melodies(samples: Samples, analyses: Sequence[Analysis]) -> list[Melody]:
    """Decode samples that were drawn over whole tunes.

    Args:
        samples: from `sample`.
        analyses: of the tunes whose beats, bars and key the samples have, one for each sample.

    Returns:
        One melody for each sample.
    """
    found = []
    for time, pitch, duration, analysis in zip(
        *map(np.asarray, (samples.time, samples.pitch, samples.duration)), analyses, strict=True
    ):
        used = time < PAD_TIME
        source = analysis.events
        drawn = Events(time[used], pitch[used], duration[used], source.grid, source.frame)
        found.append(decode(drawn))
    return found


def _free(beats: int) -> CompiledConstraints:
    """Constraints that fix nothing."""
    none = jnp.zeros(1, jnp.int32)
    closed = jnp.zeros(beats, bool)
    highest = np.float32(PITCHES - 1)
    return CompiledConstraints(none + PAD_TIME, none, none, closed, np.float32(0), highest)
