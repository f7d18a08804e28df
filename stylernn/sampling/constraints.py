"""What a sampler is told of the tune beside its skeleton: events that are given, in locked bars and at a beginning, the
pitch classes around each beat, and the tilt of the style.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.representation.arrays import FAR
from stylernn.representation.copy_memory import ONSETS
from stylernn.sampling.tilt import Tilt

__all__ = ["Due", "Script", "due", "free_onsets"]


class Script(NamedTuple):
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


class Due(NamedTuple):
    """The next given event of every candidate, its time FAR where there is none."""

    time: jax.Array
    pitch: jax.Array
    duration: jax.Array


def due(script: Script, before: jax.Array) -> Due:
    """The given events that come next after times (candidates,)."""
    size = script.time.shape[0]
    after = (script.time[None, :] <= before[:, None]).sum(axis=1)
    index = jnp.minimum(after, size - 1)
    return Due(
        jnp.where(after < size, script.time[index], FAR),
        script.pitch[index],
        script.duration[index],
    )


def free_onsets(script: Script, before: jax.Array, until: jax.Array) -> jax.Array:
    """Onset classes that the script leaves open after a time: none past the next given event, and in locked beats
    only that event, or a REST that bridges many of them; bool (ONSETS,).
    """
    ahead, place = jnp.divmod(jnp.arange(ONSETS), 16)
    beat = (before >> 4) + ahead
    code = 16 * beat + place
    locked = script.locked[jnp.clip(beat, 0, script.locked.shape[0] - 1)]
    bridges = (ahead == ONSETS // 16 - 1) & (place == 0)
    return (code <= until) & (~locked | (code == until) | bridges)
