"""How far a batch of candidates has come: what the sampler hands on from one call of its program to the next."""

from typing import Any, Generic, NamedTuple

import jax
import numpy as np

from stylernn.config import ModelSettings
from stylernn.model.lstm import LSTMState
from stylernn.representation.arrays import FAR, A, History
from stylernn.representation.copy_memory import echo_memory
from stylernn.representation.event_codec import END

__all__ = ["Course", "begin", "gone_on_from"]

_WAYS = 4
"""Ways in which each event is scored, see `choice`."""


class Course(NamedTuple, Generic[A]):
    """What a turn changes; leaves are int32 unless said otherwise.

    Args:
        i: events so far of every candidate that has not come to a halt, ().
        states: an `LSTMState` of each layer, each part float32 (ways, candidates, hidden).
        history: events so far, each (candidates, events + 1).
        agree: how far pasts agree with the latest event, see `copy_memory.next_echo`, (candidates, memory).
        pitch: of the events, with REST and END, (candidates, events).
        ended: who has written all, bool (candidates,).
        halted: who has, or has come past the point up to which was asked, bool (candidates,).
        log_p, log_p_plain: given style and skeleton, and without the style, float32 (candidates,).
        heading: moves in one direction up to the latest note, see `guidance.headed`, (candidates,).
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
    heading: A


def begin(settings: ModelSettings, anchor: int, count: int, events: int) -> Course[np.ndarray]:
    """Nothing written yet.

    Args:
        settings: of the network.
        anchor: see `arrays.Piece`.
        count: number of candidates.
        events: most events that there is room for.
    """
    shape = (count, events + 1)
    time, kind = np.full(shape, FAR, np.int32), np.zeros(shape, np.int32)
    time[:, 0], kind[:, 0] = -1, 2
    history = History(time, np.full(shape, anchor, np.int32), np.zeros(shape, np.int32), kind)
    state = LSTMState(*np.zeros((2, _WAYS, count, settings.hidden), np.float32))
    return Course(
        i=np.zeros((), np.int32),
        states=[state] * settings.layers,
        history=history,
        agree=np.zeros((count, echo_memory(events + 1)), np.int32),
        pitch=np.full((count, events), END, np.int32),
        ended=np.zeros(count, bool),
        halted=np.zeros(count, bool),
        log_p=np.zeros(count, np.float32),
        log_p_plain=np.zeros(count, np.float32),
        heading=np.zeros(count, np.int32),
    )


def gone_on_from(course: Course[np.ndarray], k: int) -> Course[np.ndarray]:
    """All candidates as candidate `k` is, to go on from there."""

    def spread(leaf: np.ndarray, axis: int = 0) -> np.ndarray:
        return np.repeat(leaf.take([k], axis=axis), len(course.ended), axis=axis)

    return Course(
        i=np.array((course.history.time[k] < FAR).sum() - 1, np.int32),
        states=jax.tree.map(lambda part: spread(part, 1), course.states),
        history=History(*map(spread, course.history)),
        agree=spread(course.agree),
        pitch=spread(course.pitch),
        ended=spread(course.ended),
        halted=spread(course.ended),
        log_p=spread(course.log_p),
        log_p_plain=spread(course.log_p_plain),
        heading=spread(course.heading),
    )
