"""How far a batch of candidates has come: what the sampler hands on from one call of its program to the next."""

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
"""Ways in which each event is scored, see `choice`."""


class SamplerState(NamedTuple, Generic[A]):
    """What a turn changes; leaves are int32 unless said otherwise.

    Args:
        i: events so far of every candidate that has not come to a halt, ().
        states: a `CellState` of each layer; parts are float32, (guidance branches, candidates, ...).
        history: events so far, each (candidates, events + 1).
        agree: how far pasts agree with the latest event, see `copy_memory.next_suffix_match`, (candidates, memory).
        pitch: of the events, with REST and END, (candidates, events).
        ended: who has written all, bool (candidates,).
        halted: who has, or has come past the point up to which was asked, bool (candidates,).
        log_p, log_p_plain: given style and skeleton, and without the style, float32 (candidates,).
        direction_run: moves in one direction up to the latest note, see `guidance.next_direction_run`, (candidates,).
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
    """Nothing written yet.

    Args:
        settings: of the network.
        median_pitch: see `arrays.ConditioningArrays`.
        count: number of candidates.
        events: most events that there is room for.
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
    """All candidates as candidate `k` is, to go on from there."""

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
