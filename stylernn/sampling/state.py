"""The sampler's state: everything that a step changes.

`begin` makes the state in which no candidate has an event. `sampler.run` takes a state and returns
a later one, so a melody can be drawn in several calls. Between two calls `fork_from` can replace
all candidates with one of them, which is how a long melody is chosen section by section.

Arrays are NumPy arrays outside the compiled program, and JAX arrays inside it.
"""

from typing import Any, Generic, NamedTuple

import jax
import numpy as np

from stylernn.config import ModelSettings
from stylernn.model.cells import CELLS
from stylernn.representation.arrays import PAD_TIME, A, History
from stylernn.representation.copy_memory import suffix_memory
from stylernn.representation.event_codec import END

__all__ = ["SamplerState", "begin", "fork_from"]

_BRANCHES = 4
"""Number of guidance branches, see `guidance`."""


class SamplerState(NamedTuple, Generic[A]):
    """What a step changes; int32 unless stated otherwise.

    Args:
        i: number of events so far of every candidate that has not halted, shape ().
        states: a `CellState` for each recurrent layer; its arrays are float32, shape (guidance
            branches, candidates, ...).
        history: the events so far, each array of shape (candidates, events + 1).
        agree: state of the suffix match, see `copy_memory.next_suffix_match`, shape (candidates,
            memory).
        pitch: of the events, with REST and END, shape (candidates, events).
        ended: which candidates have ended; bool, shape (candidates,).
        halted: which candidates have ended, or have passed the time up to which this call draws;
            bool, shape (candidates,).
        log_p: log-probability of the events with all conditions, in nats; float32, shape
            (candidates,).
        log_p_plain: the same without the style.
        direction_run: moves in one direction up to the latest note, see
            `guidance.next_direction_run`, shape (candidates,).
    """

    i: A
    states: list[Any]
    history: History[A]
    agree: A
    pitch: A
    ended: A
    halted: A
    log_p: A
    log_p_plain: A
    direction_run: A


def begin(
    settings: ModelSettings, median_pitch: int, count: int, events: int
) -> SamplerState[np.ndarray]:
    """Make the state in which no candidate has an event.

    Args:
        settings: of the network.
        median_pitch: median pitch less LOWEST, see `arrays.ConditioningArrays`.
        count: number of candidates.
        events: most events of a candidate.

    Returns:
        The state. Every history begins with START.

    Example:
        >>> state = begin(ModelSettings(), median_pitch=39, count=2, events=8)
        >>> int(state.i), state.pitch.shape, state.history.time.shape
        (0, (2, 8), (2, 9))
        >>> state.history.time[:, 0].tolist()  # START
        [-1, -1]
    """
    shape = (count, events + 1)
    time, kind = np.full(shape, PAD_TIME, np.int32), np.zeros(shape, np.int32)
    time[:, 0], kind[:, 0] = -1, 2
    history = History(time, np.full(shape, median_pitch, np.int32), np.zeros(shape, np.int32), kind)
    state = CELLS[settings.cell].init_state((_BRANCHES, count, settings.hidden))
    return SamplerState(
        i=np.zeros((), np.int32),
        states=[state] * settings.layers,
        history=history,
        agree=np.zeros((count, suffix_memory(events + 1)), np.int32),
        pitch=np.full((count, events), END, np.int32),
        ended=np.zeros(count, bool),
        halted=np.zeros(count, bool),
        log_p=np.zeros(count, np.float32),
        log_p_plain=np.zeros(count, np.float32),
        direction_run=np.zeros(count, np.int32),
    )


def fork_from(state: SamplerState[np.ndarray], k: int) -> SamplerState[np.ndarray]:
    """Replace all candidates with one of them.

    They differ again from the next event on, because each candidate has its own random keys.

    Args:
        state: of several candidates.
        k: index of the candidate to continue from.

    Returns:
        A state of as many candidates.

    Example:
        >>> state = begin(ModelSettings(), median_pitch=39, count=3, events=8)
        >>> state.log_p[:] = -1.0, -2.0, -3.0
        >>> fork_from(state, 1).log_p.tolist()
        [-2.0, -2.0, -2.0]
    """

    def spread(leaf: np.ndarray, axis: int = 0) -> np.ndarray:
        return np.repeat(leaf.take([k], axis=axis), len(state.ended), axis=axis)

    return SamplerState(
        i=np.array((state.history.time[k] < PAD_TIME).sum() - 1, np.int32),
        states=jax.tree.map(lambda part: spread(part, 1), state.states),
        history=History(*map(spread, state.history)),
        agree=spread(state.agree),
        pitch=spread(state.pitch),
        ended=spread(state.ended),
        halted=spread(state.ended),
        log_p=spread(state.log_p),
        log_p_plain=spread(state.log_p_plain),
        direction_run=spread(state.direction_run),
    )
