"""A tilt: what the pitches of a style's transfers lack, made up for note by note.

Over the skeleton of another style the model's lines turn too often, dwell too little on the tonic, leap too far. For
each style, in simple and in compound metre, a few weights move its odds of the next pitch so that counts of its
transfers agree with those of real melodies: of scale degrees, of intervals, of turns after so many moves in one
direction, of chromatic runs. Of all corrections that make them agree this log-linear one is nearest to the model. It
lies in the model file, as arrays named `tilt/...`; a style without one is not corrected.

References:
    Khalifa, Elsahar & Dymetman, A distributional approach to controlled text generation (2021), ICLR, section 2.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.codec import LOWEST, PITCHES
from stylernn.melody import Melody
from stylernn.styles import Style
from stylernn.tonality import Tonality

__all__ = [
    "PREFIX",
    "Tilt",
    "Weights",
    "counts",
    "headed",
    "named",
    "nothing",
    "of_style",
    "piece",
    "tilted",
    "unweighted",
]

PREFIX = "tilt/"

_LARGEST = 12
_LONGEST = 4  # notes in one direction, beyond which more are counted as so many


class Weights(NamedTuple):
    """Weights, or counts, of what a tilt goes by; float arrays.

    Args:
        degree: in major and in minor, each from the tonic up, (2, 12).
        interval: from an octave down to an octave up, further ones with these, (25,).
        turn: after 1, 2, 3, 4 and more moves in one direction, whether the next one is in the other, (4,); of counts
            (4, 2), on and back.
        chromatic: whether a semitone is followed by another in its direction, (1,); of counts (1, 2), by anything else
            and by that.
    """

    degree: np.ndarray
    interval: np.ndarray
    turn: np.ndarray
    chromatic: np.ndarray


class Tilt(NamedTuple):
    """What is added to the logits of one piece's pitches: for each pitch, (PITCHES,), and as in `Weights`."""

    pitch: np.ndarray
    interval: np.ndarray
    turn: np.ndarray
    chromatic: np.ndarray


def unweighted() -> Weights:
    """Weights of 0, which change nothing."""
    return Weights(*(np.zeros(shape, np.float32) for shape in ((2, 12), 2 * _LARGEST + 1, _LONGEST, 1)))


def nothing() -> Tilt:
    """A tilt that changes nothing."""
    return Tilt(np.zeros(PITCHES, np.float32), *unweighted()[1:])


def of_style(arrays: Mapping[str, np.ndarray], style: Style, compound: bool, tonality: Tonality) -> Tilt:
    """The tilt of a style for a piece; `nothing` where the model has none for it.

    Args:
        arrays: of a model.
        style: the style; a child may have its parent's.
        compound: whether the piece is in a compound metre.
        tonality: of the piece.
    """
    for name in (style.name, style.parent):
        parts = [arrays.get(f"{named(name, compound)}/{part}") for part in Weights._fields]
        if all(part is not None for part in parts):
            return piece(Weights(*(np.asarray(part, np.float32) for part in parts)), tonality)
    return nothing()


def named(style: str, compound: bool) -> str:
    """The name of a tilt's arrays in a model file, without the last part."""
    return f"{PREFIX}{style}/{'compound' if compound else 'simple'}"


def piece(weights: Weights, tonality: Tonality) -> Tilt:
    """The tilt of a piece in a key."""
    degree = (np.arange(PITCHES) + LOWEST - tonality.tonic) % 12
    return Tilt(weights.degree[int(tonality.mode == "minor"), degree], *weights[1:])


def tilted(logits: jax.Array, tilt: Tilt, latest: jax.Array, before: jax.Array, heading: jax.Array) -> jax.Array:
    """Logits of pitches with a tilt; the odds of a REST stay.

    Args:
        logits: of pitches and REST, (candidates, PITCHES + 1).
        tilt: what to add.
        latest: the last pitch, less LOWEST, (candidates,).
        before: the one before it.
        heading: see `headed`, (candidates,).
    """
    move = jnp.arange(PITCHES)[None] - latest[:, None]
    step = (latest - before)[:, None]
    turn = tilt.turn[jnp.clip(jnp.abs(heading), 1, _LONGEST) - 1][:, None]
    added = tilt.pitch[None] + tilt.interval[jnp.clip(move, -_LARGEST, _LARGEST) + _LARGEST]
    added += jnp.where(move * heading[:, None] < 0, turn, 0.0)
    added += jnp.where((move == step) & (jnp.abs(step) == 1), tilt.chromatic[0], 0.0)
    pitches = logits[:, :PITCHES] + added
    shift = jax.nn.logsumexp(logits[:, :PITCHES], axis=-1) - jax.nn.logsumexp(pitches, axis=-1)
    return logits.at[:, :PITCHES].set(pitches + shift[:, None])


def headed(heading: jax.Array, move: jax.Array) -> jax.Array:
    """How many moves in one direction there are after one more: positive up, negative down; a repeated note is none."""
    sign = jnp.sign(move)
    return jnp.where(sign == 0, heading, jnp.where(sign * heading > 0, heading + sign, sign))


def counts(melody: Melody, tonality: Tonality) -> Weights:
    """How often what a tilt goes by comes in a melody.

    Args:
        melody: with notes.
        tonality: of the melody, or of what it was made from.
    """
    pitch = melody.array[:, 2].astype(int)
    moves = np.diff(pitch)
    degree = np.zeros((2, 12))
    degree[int(tonality.mode == "minor")] = np.bincount((pitch - tonality.tonic) % 12, minlength=12)
    going = moves[moves != 0]
    back = np.append(False, np.sign(going[1:]) != np.sign(going[:-1]))[: len(going)]
    since = np.arange(len(going)) - np.maximum.accumulate(np.where(back, np.arange(len(going)), 0))
    turn = np.zeros((_LONGEST, 2))
    np.add.at(turn, (np.minimum(since[:-1], _LONGEST - 1), back[1:].astype(int)), 1)
    semitones = np.abs(moves[:-1]) == 1
    again = int((moves[1:] == moves[:-1])[semitones].sum())
    return Weights(
        degree,
        np.bincount(np.clip(moves, -_LARGEST, _LARGEST) + _LARGEST, minlength=2 * _LARGEST + 1).astype(float),
        turn,
        np.array([[int(semitones.sum()) - again, again]], float),
    )
