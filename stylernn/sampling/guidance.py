"""Choosing from the network's logits: the dials, guidance, tilt and nucleus.

Each event is scored in four ways: with all that is told, without style, without skeleton, without traits. The
candidates of the four ways stand one after another along the first axis.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.representation.event_codec import LEGATO, LOWEST, PITCHES
from stylernn.sampling.tilt import Tilt

__all__ = [
    "Bias",
    "SamplingConfig",
    "at",
    "ending",
    "guide",
    "next_direction_run",
    "nucleus",
    "tilted",
    "timed",
    "towards",
]

_NEVER = -1e9
_TRITONE = 6


class SamplingConfig(NamedTuple):
    """How to sample.

    Args:
        strength: style guidance of the pitches; 0 leaves the style out, 1 is the model's own distribution.
        preserve: content guidance of the pitches; 0 is the model's own distribution given the skeleton.
        attributes: guidance of the pitches by the traits; 0 is the model's own distribution given the traits.
        tilt: share of the style's tilt, see `tilt`.
        rhythm_strength, rhythm_preserve: the same for onsets and durations. Much of the second leaves bare skeletons.
        chroma: how far pitch classes that sound in the tune around a beat are raised, see `towards`.
        rhythm: temperature of onsets and durations; 1 keeps the rests and syncopations of the style.
        pitch: temperature of pitches.
        final_temperature: factor on both in the last bar.
        top_p: pitches outside the smallest set of this mass are not drawn.

    Reference:
        Ho & Salimans, Classifier-free diffusion guidance (2022), equation 6, with three conditions.
    """

    strength: float = 1.0
    preserve: float = 0.0
    attributes: float = 0.0
    tilt: float = 1.0
    rhythm_strength: float = 1.0
    rhythm_preserve: float = 0.0
    chroma: float = 0.0
    rhythm: float = 1.0
    pitch: float = 0.9
    final_temperature: float = 0.6
    top_p: float = 0.995


class Bias(NamedTuple):
    """What is added to the logits.

    Args:
        chroma: pitch classes around each beat of the tune, see `chroma.around`; float32, shape (beats, 12).
        tilt: of the style, in the key of the tune, see `tilt`.
    """

    chroma: jax.Array | np.ndarray
    tilt: Tilt


def guide(
    logits: jax.Array, strength: float, preserve: float, attributes: float = 0.0
) -> tuple[jax.Array, jax.Array]:
    """Combine logits (4 * candidates, n) of the four ways; also the log-probabilities of the first two, stacked."""
    full, plain, free, bare = jax.nn.log_softmax(logits).reshape(4, logits.shape[0] // 4, -1)
    return plain + strength * (full - plain) + preserve * (full - free) + attributes * (
        full - bare
    ), jnp.stack([full, plain])


def at(parts: jax.Array, index: jax.Array) -> jax.Array:
    """Values (2, candidates, n) at an index per candidate: (2, candidates)."""
    return jnp.take_along_axis(parts, index[None, :, None], axis=-1)[..., 0]


def nucleus(logits: jax.Array, top_p: float) -> jax.Array:
    """Rule out what lies outside the smallest set of probability `top_p` (Holtzman et al., 2020)."""
    p = jax.nn.softmax(logits)
    ordered = jnp.sort(p, axis=-1)[..., ::-1]
    before = jnp.cumsum(ordered, axis=-1) - ordered
    least = jnp.min(jnp.where(before < top_p, ordered, 2.0), axis=-1, keepdims=True)
    return jnp.where(p >= least, logits, _NEVER)


def towards(logits: jax.Array, weights: jax.Array, latest: jax.Array) -> jax.Array:
    """Raise pitch classes where they are nearest to the latest pitch, so that nothing is said for leaps.

    The odds of a REST and of the latest pitch stay, or lines would stand still on one note.

    Args:
        logits: of pitches and REST, (candidates, PITCHES + 1).
        weights: what to add for each pitch class, (candidates, 12).
        latest: the pitch before, less LOWEST, (candidates,).
    """
    pitch = jnp.arange(PITCHES + 1)
    moves = (pitch < PITCHES)[None] & (pitch[None] != latest[:, None])
    nearest = jnp.abs(pitch[None] - latest[:, None]) <= _TRITONE
    raised = logits + jnp.where(nearest, weights[:, (pitch + LOWEST) % 12], 0.0)
    before, after = (
        jax.nn.logsumexp(x, axis=-1, where=moves, keepdims=True) for x in (logits, raised)
    )
    return jnp.where(moves, raised - after + before, logits)


def tilted(
    logits: jax.Array, tilt: Tilt, latest: jax.Array, before: jax.Array, direction_run: jax.Array
) -> jax.Array:
    """Logits of pitches with a tilt; the odds of a REST stay.

    Args:
        logits: of pitches and REST, (candidates, PITCHES + 1).
        tilt: what to add.
        latest: the last pitch, less LOWEST, (candidates,).
        before: the one before it.
        direction_run: see `next_direction_run`, (candidates,).
    """
    move = jnp.arange(PITCHES)[None] - latest[:, None]
    step = (latest - before)[:, None]
    longest, largest = len(tilt.turn), len(tilt.interval) // 2
    turn = tilt.turn[jnp.clip(jnp.abs(direction_run), 1, longest) - 1][:, None]
    added = tilt.pitch[None] + tilt.interval[jnp.clip(move, -largest, largest) + largest]
    added += jnp.where(move * direction_run[:, None] < 0, turn, 0.0)
    added += jnp.where((move == step) & (jnp.abs(step) == 1), tilt.chromatic[0], 0.0)
    pitches = logits[:, :PITCHES] + added
    shift = jax.nn.logsumexp(logits[:, :PITCHES], axis=-1) - jax.nn.logsumexp(pitches, axis=-1)
    return logits.at[:, :PITCHES].set(pitches + shift[:, None])


def timed(logits: jax.Array, tilt: Tilt, position: jax.Array, duration: jax.Array) -> jax.Array:
    """Logits of onset classes with a tilt.

    Args:
        logits: (candidates, MAX_AHEAD * 16).
        tilt: what to add.
        position: of the note before in its beat, (candidates,).
        duration: its index into DURATIONS, (candidates,).
    """
    return (
        logits
        + tilt.onset[position]
        + jnp.where((duration != LEGATO)[:, None], tilt.rested[None], 0.0)
    )


def ending(logits: jax.Array, tilt: Tilt, position: jax.Array) -> jax.Array:
    """Logits of durations, (candidates, len(DURATIONS)), with a tilt, of notes at places (candidates,) of the beat."""
    return logits + tilt.breath[position]


def next_direction_run(direction_run: jax.Array, move: jax.Array) -> jax.Array:
    """How many moves in one direction there are after one more: positive up, negative down; a repeated note is none."""
    sign = jnp.sign(move)
    return jnp.where(
        sign == 0, direction_run, jnp.where(sign * direction_run > 0, direction_run + sign, sign)
    )
