"""How well the network predicts: masked cross-entropy and accuracy per head.

Sums over real events only, so that neither the loss nor its gradient depends on how far a batch is filled up. END and
REST events count where they say something: the onset of END, the onset and pitch of REST.
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
    """Sums per window, each (batch, 3) for the heads onset, pitch, duration: bits, hits and number of choices.

    `notes` is the number of notes, (batch,).
    """

    bits: jax.Array
    hits: jax.Array
    choices: jax.Array
    notes: jax.Array


def score(
    network: Network, batch: Batch, key: jax.Array | None = None, products: DTypeLike = jnp.float32
) -> Score:
    """Score a batch; with a key, under dropout; with the products of the LSTM layers in the type `products`."""
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
    """Bits per note of a batch, see `score`."""
    result = score(network, batch, key, products)
    return result.bits.sum() / jnp.maximum(result.notes.sum(), 1)


def mask_onset(scores: jax.Array, allowed: jax.Array) -> jax.Array:
    """Rule out the onsets that the grammar forbids."""
    return jnp.where(allowed, scores, _IMPOSSIBLE)


def mask_pitch(scores: jax.Array, onset: jax.Array) -> jax.Array:
    """Rule out REST but where it bridges: a whole stretch of beats ahead, on the beat."""
    bridges = onset == ONSETS - 16
    rest = jax.lax.broadcast_to_rank(jnp.arange(PITCHES + 1) == PITCHES, scores.ndim)
    return jnp.where(rest & ~bridges[..., None], _IMPOSSIBLE, scores)
