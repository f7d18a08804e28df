"""Choosing stretch by stretch: within a group of candidates the one that is closest to the tune goes on for all.

Over a long tune whole candidates are all alike on average, so that a choice among finished ones gains little. Every
`EVENTS` events the candidate of a group that kept closest to the tune since the last time replaces its fellows, and from
there they differ again.

Reference:
    Mudgal et al., Controlled decoding from language models (2024), section 3.2: blockwise best-of-K.
"""

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.codec import BeatGrid
from stylernn.melody import Melody
from stylernn.pieces import History

__all__ = ["EVENTS", "beat_chroma", "leaders"]

EVENTS = 32
"""Length of a stretch in events."""

_BEATS = 48
_SAMPLES = 6


def beat_chroma(melody: Melody, grid: BeatGrid, beats: int) -> np.ndarray:
    """What sounds in each beat and the next: pitch classes by time, of length 1 or 0; float32, shape (beats, 12).

    Args:
        melody: over the beats of a grid.
        grid: its beats.
        beats: rows, at least those of the grid; the rest are 0.
    """
    points = np.linspace(grid.start[:-1], grid.start[1:], _SAMPLES, endpoint=False, axis=1).astype(int)
    heard = melody.sounding_at(points.ravel())
    found = np.zeros((beats + 1, 12), np.float32)
    at = np.repeat(np.arange(len(points)), _SAMPLES)[heard >= 0]
    np.add.at(found, (at, melody.array[heard[heard >= 0], 2] % 12), 1)
    smooth = found[:-1] + found[1:]
    return smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-6)


def leaders(history: History, i: jax.Array, chroma: jax.Array, lowest: int, group: int) -> jax.Array:
    """For each candidate the one of its group that kept closest to the tune in the latest stretch, (candidates,).

    Args:
        history: of all candidates, (candidates, events + 1).
        i: index of the latest event in it.
        chroma: of the tune, see `beat_chroma`.
        lowest: pitch class of pitch 0.
        group: candidates in a group, which stand one after another.
    """
    near = jax.vmap(_closeness, (0, None, None, None))(history, i, chroma, lowest)
    best = near.reshape(-1, group).argmax(axis=1)
    return jnp.repeat(group * jnp.arange(len(best)) + best, group)


def _closeness(history: History, i: jax.Array, chroma: jax.Array, lowest: int) -> jax.Array:
    """Mean cosine of the chroma of a candidate and of the tune over the beats of the latest stretch."""
    first = jnp.maximum(i - EVENTS, 1)
    time, pitch, kind = (jax.lax.dynamic_slice_in_dim(x, first, EVENTS + 1) for x in (history.time, history.pitch, history.kind))
    onset, end = time[:-1, None] / 16, time[1:, None] / 16
    start = jnp.floor(onset[0, 0])
    beat = start + jnp.arange(_BEATS)[None]
    sounds = jnp.clip(jnp.minimum(end, beat + 1) - jnp.maximum(onset, beat), 0) * (kind[:-1, None] == 0)
    found = sounds.T @ jax.nn.one_hot((pitch[:-1] + lowest) % 12, 12)
    smooth = found[:-1] + found[1:]
    unit = smooth / jnp.maximum(jnp.linalg.norm(smooth, axis=1, keepdims=True), 1e-6)
    theirs = chroma[jnp.clip(beat[0, :-1].astype(int), 0, len(chroma) - 1)]
    counted = beat[0, :-1] + 1 < jnp.floor(end[-1, 0])
    return ((unit * theirs).sum(axis=1) * counted).sum() / jnp.maximum(counted.sum(), 1)
