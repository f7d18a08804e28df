"""What a sampler is told of the tune beside its skeleton: events that are given, in locked bars and at a beginning, the
pitch classes around each beat, and the tilt of the style.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.representation.arrays import PAD_TIME
from stylernn.representation.copy_memory import ONSETS
from stylernn.sampling.tilt import Tilt

__all__ = ["ForcedEvent", "Constraints", "next_forced_event", "free_onsets"]


class Constraints(NamedTuple):
    """Events that are given, not drawn, where nothing else may stand, and what the tune sounds like there.

    Args:
        time: time codes, rising, filled up with FAR, (events,).
        pitch, duration: of the same events.
        locked: beats in which no other note can begin, bool (beats,).
        chroma: of the tune around each beat, see `chroma.around`, zeros where there is none; float32 (beats, 12).
        tilt: of the style, in the key of the tune, see `tilt`.
    """

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    locked: np.ndarray
    chroma: np.ndarray
    tilt: Tilt


class ForcedEvent(NamedTuple):
    """The next given event of every candidate, its time FAR where there is none."""

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array


def next_forced_event(constraints: Constraints, before: jax.Array) -> ForcedEvent:
    """The given events that come next after times (candidates,)."""
    size = constraints.time.shape[0]
    after = (constraints.time[None, :] <= before[:, None]).sum(axis=1)
    index = jnp.minimum(after, size - 1)
    return ForcedEvent(
        jnp.where(after < size, constraints.time[index], PAD_TIME),
        constraints.pitch[index],
        constraints.duration[index],
    )


def free_onsets(constraints: Constraints, before: jax.Array, until: jax.Array) -> jax.Array:
    """Onset classes that the script leaves open after a time: none past the next given event, and in locked beats
    only that event, or a REST that bridges many of them; bool (ONSETS,).
    """
    ahead, position = jnp.divmod(jnp.arange(ONSETS), 16)
    beat = (before >> 4) + ahead
    code = 16 * beat + position
    locked = constraints.locked[jnp.clip(beat, 0, constraints.locked.shape[0] - 1)]
    bridges = (ahead == ONSETS // 16 - 1) & (position == 0)
    return (code <= until) & (~locked | (code == until) | bridges)
