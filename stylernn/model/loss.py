"""The loss: masked cross-entropy of the three heads, and their accuracy.

Padding does not count, so neither the loss nor its gradient depends on how far a batch is padded.
Of END, the onset counts; of REST, the onset and the pitch.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from stylernn.model.network import Network
from stylernn.representation import features as ft
from stylernn.representation.arrays import Batch
from stylernn.representation.copy_memory import ONSETS
from stylernn.representation.event_codec import PITCHES

__all__ = ["Score", "mask_onset", "mask_pitch", "mean_loss", "score"]

_IMPOSSIBLE = -1e9


class Score(NamedTuple):
    """Sums over the events of each window.

    The first three have shape (batch, 3), for the heads onset, pitch and duration.

    Args:
        bits: cross-entropy in bits.
        hits: events of which the class with the greatest probability was the true one.
        choices: events that count.
        notes: number of notes, shape (batch,).
    """

    bits: jax.Array
    hits: jax.Array
    choices: jax.Array
    notes: jax.Array


def score(
    network: Network, batch: Batch, key: jax.Array | None = None, products: DTypeLike = jnp.float32
) -> Score:
    """Score how well a network predicts a batch.

    Args:
        network: the model.
        batch: windows of melodies.
        key: of the dropout; without it there is none.
        products: type of the matrix products of the recurrent layers.

    Returns:
        Sums for each window.
    """
    logits = network(batch.piece, batch.history, batch.time, batch.pitch, key, products)
    before = batch.history.time[:, :-1]
    allowed = jax.vmap(jax.vmap(ft.allowed_onsets, (None, 0)))(batch.piece, before)
    onset = ft.onset_class(before, batch.time)
    is_note = batch.scored * (batch.pitch < PITCHES)
    is_pitch = batch.scored * (batch.pitch <= PITCHES)
    heads = [
        (mask_onset(logits.onset, allowed), onset, batch.scored),
        (mask_pitch(logits.pitch, onset), jnp.minimum(batch.pitch, PITCHES), is_pitch),
        (logits.duration, batch.duration, is_note),
    ]
    bits, hits, choices = [], [], []
    for scores, target, counted in heads:
        log_p = jnp.take_along_axis(jax.nn.log_softmax(scores), target[..., None], axis=-1)[..., 0]
        bits.append(-(log_p * counted).sum(axis=1) / jnp.log(2.0))
        hits.append(((scores.argmax(axis=-1) == target) * counted).sum(axis=1))
        choices.append(counted.sum(axis=1))
    sums = [jnp.stack(heads_of, axis=-1) for heads_of in (bits, hits, choices)]
    return Score(sums[0], sums[1], sums[2], is_note.sum(axis=1))


def mean_loss(
    network: Network, batch: Batch, key: jax.Array | None, products: DTypeLike = jnp.float32
) -> jax.Array:
    """Compute the loss that training minimises.

    Args:
        network: the model.
        batch: windows of melodies.
        key: of the dropout; None for none.
        products: type of the matrix products of the recurrent layers.

    Returns:
        Bits per note of all windows together; float32, shape ().
    """
    result = score(network, batch, key, products)
    return result.bits.sum() / jnp.maximum(result.notes.sum(), 1)


def mask_onset(scores: jax.Array, allowed: jax.Array) -> jax.Array:
    """Rule out the onsets that the grammar forbids.

    Args:
        scores: logits, shape (..., ONSETS).
        allowed: bool, the same shape, see `features.allowed_onsets`.

    Returns:
        Logits of the same shape, very low where an onset is forbidden.

    Example:
        >>> mask_onset(jnp.zeros(3), jnp.array([True, False, True])).tolist()
        [0.0, -1000000000.0, 0.0]
    """
    return jnp.where(allowed, scores, _IMPOSSIBLE)


def mask_pitch(scores: jax.Array, onset: jax.Array) -> jax.Array:
    """Rule out REST except where it bridges a long rest, 15 beats ahead and on the beat.

    Args:
        scores: logits of pitches and REST, shape (..., PITCHES + 1).
        onset: onset classes of the same events, shape (...).

    Returns:
        Logits of the same shape, very low where REST is forbidden.

    Example:
        >>> masked = mask_pitch(jnp.zeros((2, PITCHES + 1)), jnp.array([16, ONSETS - 16]))
        >>> masked[:, PITCHES].tolist()
        [-1000000000.0, 0.0]
    """
    bridges = onset == ONSETS - 16
    rest = jax.lax.broadcast_to_rank(jnp.arange(PITCHES + 1) == PITCHES, scores.ndim)
    return jnp.where(rest & ~bridges[..., None], _IMPOSSIBLE, scores)
