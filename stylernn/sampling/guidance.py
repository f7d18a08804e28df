"""From the logits of the network to those that are drawn from: guidance, logit bias, nucleus.

The network is evaluated in four **guidance branches**: with all conditions, without the style,
without the skeleton, and without the control attributes. It can do without each of them, because
training hides each at random. The difference between the log-probabilities of two branches says
how much more probable a condition makes each class. Classifier-free guidance adds such differences
with a weight; `guide` has the formula. A weight of 1 gives the distribution of the network, and a
greater one extrapolates beyond it.

Logits of all branches are passed in one array whose first axis has the candidates of the first
branch, then those of the second, and so on.

Reference:
    Ho & Salimans (2022), Classifier-free diffusion guidance, arXiv:2207.12598, equation 6; there
    for one condition, here for three.
    Sanchez et al. (2023), Stay on topic with classifier-free guidance, arXiv:2306.17806, for
    log-probabilities of sequence models.
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
    """How to sample: guidance scales, temperatures and nucleus.

    Args:
        strength: guidance of the pitches towards the style; 0 leaves the style out, 1 is the
            distribution of the network.
        preserve: guidance of the pitches towards the skeleton, added to the distribution of the
            network, which is conditioned on the skeleton already.
        attributes: guidance of the pitches towards the control attributes, likewise.
        tilt: factor on the logit bias of the style, see `tilt`.
        rhythm_strength: guidance of onsets and durations towards the style, as `strength`.
        rhythm_preserve: guidance of onsets and durations towards the skeleton, as `preserve`; with
            a great value few notes but the structural ones are left.
        chroma: factor on the bias towards pitch classes that sound in the tune around a beat, see
            `towards`.
        rhythm: temperature of onsets and durations; 1 keeps the rests and syncopations of the
            style.
        pitch: temperature of pitches.
        final_temperature: factor on both temperatures in the last bar.
        top_p: probability of the nucleus that pitches are drawn from, see `nucleus`.
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
    """What is added to the logits of one melody.

    Args:
        chroma: pitch classes around each beat of the tune, see `chroma.around`; float32, shape
            (beats, 12).
        tilt: logit bias of the style in the key of the tune, see `tilt`.
    """

    chroma: jax.Array | np.ndarray
    tilt: Tilt


def guide(
    logits: jax.Array, strength: float, preserve: float, attributes: float = 0.0
) -> tuple[jax.Array, jax.Array]:
    """Combine the four guidance branches by classifier-free guidance.

    If `full`, `no_style`, `no_skeleton` and `no_attributes` are the log-probabilities of the
    branches, the result is

        no_style
        + strength * (full - no_style)
        + preserve * (full - no_skeleton)
        + attributes * (full - no_attributes)

    Args:
        logits: of one head, shape (4 * candidates, classes), the branches in this order.
        strength: scale of the style; 1 with zeros for the others gives `full`.
        preserve: scale of the skeleton.
        attributes: scale of the control attributes.

    Returns:
        The guided log-probabilities, not normalised, shape (candidates, classes); and `full` and
        `no_style`, shape (2, candidates, classes).

    Example:
        The style makes the first class more probable: 0.8 with it, 0.5 without it.

        >>> with_style, without = [0.8, 0.2], [0.5, 0.5]
        >>> logits = jnp.log(jnp.array([with_style, without, with_style, with_style]))
        >>> for strength in (0.0, 1.0, 2.0):
        ...     guided, _ = guide(logits, strength, preserve=0.0)
        ...     print([round(float(p), 2) for p in jax.nn.softmax(guided)[0]])
        [0.5, 0.5]
        [0.8, 0.2]
        [0.94, 0.06]
    """
    full, no_style, no_skeleton, no_attributes = jax.nn.log_softmax(logits).reshape(
        4, logits.shape[0] // 4, -1
    )
    guided = (
        no_style
        + strength * (full - no_style)
        + preserve * (full - no_skeleton)
        + attributes * (full - no_attributes)
    )
    return guided, jnp.stack([full, no_style])


def at(parts: jax.Array, index: jax.Array) -> jax.Array:
    """Look up the log-probabilities of the classes that were drawn.

    Args:
        parts: log-probabilities of two branches, shape (2, candidates, classes).
        index: a class for each candidate, shape (candidates,).

    Returns:
        Shape (2, candidates).

    Example:
        >>> at(jnp.array([[[10, 11, 12]], [[20, 21, 22]]]), jnp.array([2])).tolist()
        [[12], [22]]
    """
    return jnp.take_along_axis(parts, index[None, :, None], axis=-1)[..., 0]


def nucleus(logits: jax.Array, top_p: float) -> jax.Array:
    """Rule out the classes outside the nucleus.

    The nucleus is the smallest set of the most probable classes whose probability is `top_p` or
    more.

    Args:
        logits: shape (..., classes).
        top_p: probability of the nucleus, from 0 to 1.

    Returns:
        The logits, of the same shape; -1e9 outside the nucleus.

    Example:
        >>> kept = nucleus(jnp.log(jnp.array([0.6, 0.3, 0.1])), top_p=0.8)
        >>> (kept > -1e9).tolist()
        [True, True, False]

    Reference:
        Holtzman et al. (2020), The curious case of neural text degeneration, ICLR, section 3.1.
    """
    p = jax.nn.softmax(logits)
    ordered = jnp.sort(p, axis=-1)[..., ::-1]
    before = jnp.cumsum(ordered, axis=-1) - ordered
    least = jnp.min(jnp.where(before < top_p, ordered, 2.0), axis=-1, keepdims=True)
    return jnp.where(p >= least, logits, _NEVER)


def towards(logits: jax.Array, weights: jax.Array, latest: jax.Array) -> jax.Array:
    """Raise pitch classes where they are nearest to the latest pitch, so that leaps are not raised.

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
    """Logits of durations, (candidates, len(DURATIONS)), with a tilt, of notes at positions
    (candidates,) of the beat.
    """
    return logits + tilt.breath[position]


def next_direction_run(direction_run: jax.Array, move: jax.Array) -> jax.Array:
    """Count the successive moves in one direction, one move later.

    A repeated note is no move and changes nothing.

    Args:
        direction_run: the count up to the latest note, positive for moves up and negative for
            moves down; any shape.
        move: from the latest note to the next, in semitones; the same shape.

    Returns:
        The count up to the next note; the same shape.

    Example:
        Two moves up, followed by a move up, a move down and a repeated note:

        >>> next_direction_run(jnp.array([2, 2, 2]), jnp.array([4, -3, 0])).tolist()
        [3, -1, 2]
    """
    sign = jnp.sign(move)
    return jnp.where(
        sign == 0, direction_run, jnp.where(sign * direction_run > 0, direction_run + sign, sign)
    )
