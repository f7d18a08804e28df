"""Choosing stretch by stretch: of a group of candidates the one that keeps closest to the tune goes on for all.

Over a long tune whole candidates are all alike on average, so that a choice among finished ones gains little. Every
`EVENTS` events the candidate of a group that kept closest to the tune since the last time replaces its fellows; from
there they differ again, as each draws with a key of its own. Closeness is a cosine: by time, held notes would win.

Reference:
    Mudgal et al., Controlled decoding from language models (2024), section 3.2: blockwise best-of-K.
"""

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.codec import LOWEST, BeatGrid
from stylernn.melody import Melody
from stylernn.pieces import History

__all__ = ["EVENTS", "beat_chroma", "leaders"]

EVENTS = 32
"""Length of a stretch in events."""

_BEATS = 48  # that are looked at from the start of a stretch
_SAMPLES = 6  # a beat


def beat_chroma(melody: Melody, grid: BeatGrid, beats: int) -> np.ndarray:
    """What sounds in each beat and the next, by pitch class: rows of length 1 or 0; float32, shape (beats, 12).

    Args:
        melody: over the beats of a grid.
        grid: its beats.
        beats: number of rows, at least the beats of the grid; the rest are 0.
    """
    points = np.linspace(grid.start[:-1], grid.start[1:], _SAMPLES, endpoint=False, axis=1).astype(int)
    heard = melody.sounding_at(points.ravel()).reshape(points.shape)
    beat, sample = np.nonzero(heard >= 0)
    found = np.zeros((beats + 1, 12), np.float32)
    np.add.at(found, (beat, melody.array[heard[beat, sample], 2] % 12), 1)
    both = found[:-1] + found[1:]
    return both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-6)


def leaders(history: History[jax.Array], i: jax.Array, chroma: jax.Array, group: int) -> jax.Array:
    """For each candidate the one of its group that kept closest to the tune in the latest stretch; (candidates,).

    Args:
        history: of all candidates, each array (candidates, events + 1).
        i: index of the latest event in it, `EVENTS` or more.
        chroma: of the tune, see `beat_chroma`.
        group: candidates in a group; they stand one after another.
    """
    near = jax.vmap(_closeness, (0, None, None))(history, i, chroma)
    best = near.reshape(-1, group).argmax(axis=1)
    return jnp.repeat(group * jnp.arange(len(best)) + best, group)


def _closeness(history: History[jax.Array], i: jax.Array, chroma: jax.Array) -> jax.Array:
    """Mean cosine of the chroma of a candidate and of the tune over the beats of the latest stretch."""
    parts = history.time, history.pitch, history.kind
    time, pitch, kind = (jax.lax.dynamic_slice_in_dim(part, i - EVENTS, EVENTS + 1) for part in parts)
    beat = (time[0] >> 4) + jnp.arange(_BEATS)
    # Sixteenths of a beat, of which the places in it are nearly linear; a note is taken to last until the next event.
    overlap = jnp.minimum(time[1:, None], 16 * (beat[None] + 1)) - jnp.maximum(time[:-1, None], 16 * beat[None])
    sounds = jnp.maximum(overlap, 0) * (kind[:-1, None] == 0)
    found = sounds.astype(jnp.float32).T @ jax.nn.one_hot((pitch[:-1] + LOWEST) % 12, 12)
    both = found[:-1] + found[1:]
    cosine = (both * chroma[jnp.clip(beat[:-1], 0, len(chroma) - 1)]).sum(axis=1)
    cosine = cosine / jnp.maximum(jnp.linalg.norm(both, axis=1), 1e-6)
    written = (beat[:-1] >= 0) & (beat[:-1] + 1 < time[-1] >> 4)
    return (cosine * written).sum() / jnp.maximum(written.sum(), 1)
