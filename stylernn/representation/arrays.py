"""The arrays that the network is given: conditions, the events so far, and batches of both.

`ConditioningArrays` hold all that is fixed before the first note: style, key, beats, skeleton and
the map of repetitions. A `History` holds the events so far, with START before the first. A compiled
program takes arrays of one shape only, so shorter ones are padded.
"""

from typing import Generic, NamedTuple, TypeVar

import numpy as np

from stylernn.representation.event_codec import PITCHES

__all__ = ["PAD_TIME", "Batch", "History", "ConditioningArrays", "initial_history"]

PAD_TIME = 1 << 24
"""A time code after the end of any melody; pads arrays of time codes."""

A = TypeVar("A")
"""Type of the leaves below: numpy arrays outside compiled functions, jax arrays inside."""


class ConditioningArrays(NamedTuple, Generic[A]):
    """What is known of a melody before its first note; int32, shape () unless stated otherwise.

    Args:
        style: index of the style, 0 for none.
        tonic: pitch class of the tonic, 0 for that of LOWEST.
        minor: 1 in a minor key, else 0.
        median_pitch: median pitch less LOWEST.
        level: index into `skeleton.LEVELS`, plus 4 where the skeleton is normalised.
        end: time code of the closing bar line; PAD_TIME in a window that stops before it.
        attributes: classes of the control attributes, see `attributes.control_attributes`, shape
            (len(ATTRIBUTES),).
        bar: bar of each beat, shape (beats,).
        first: first beat of each bar and of the closing bar line, padded with the number of beats,
            shape (beats,).
        kind: beats in each beat's bar (at most 8), plus 9 in a compound metre, shape (beats,).
        phrase: number of each beat's bar modulo 8, counted from the first full bar, shape (beats,).
        left: bars from each beat to the end, at most 17, shape (beats,).
        positions: where a note can begin; bool, shape (beats, 16).
        repeats: for each bar an earlier bar that it repeats, or -1; padded with -1, shape (beats,).
        skeleton_time: time codes of the structural notes, padded with PAD_TIME, shape (notes,).
        skeleton_pitch: their pitches less LOWEST, shape (notes,).
    """

    style: A
    tonic: A
    minor: A
    median_pitch: A
    level: A
    end: A
    attributes: A
    bar: A
    first: A
    kind: A
    phrase: A
    left: A
    positions: A
    repeats: A
    skeleton_time: A
    skeleton_pitch: A


class History(NamedTuple, Generic[A]):
    """The events so far, START first; int32, shape (events + 1,).

    Args:
        time: time codes, -1 for START, padded with PAD_TIME.
        pitch: pitch less LOWEST of the latest note; the median pitch before the first note.
        duration: index into DURATIONS.
        kind: 0 for a note, 1 for REST and END, 2 for START.
    """

    time: A
    pitch: A
    duration: A
    kind: A


class Batch(NamedTuple, Generic[A]):
    """Windows of melodies, padded to one length.

    Args:
        piece: the conditions; each array has a batch axis before the others.
        history: START and the events, shape (batch, events + 1).
        time: time codes of the events, shape (batch, events).
        pitch: of the events, with REST and END, shape (batch, events).
        duration: of the events, shape (batch, events).
        scored: 1 for events that the loss counts, 0 for padding and for events that the cut of the
            window has changed; float32, shape (batch, events).
        style: index of the true style, also where `piece` hides it, shape (batch,).
    """

    piece: ConditioningArrays[A]
    history: History[A]
    time: A
    pitch: A
    duration: A
    scored: A
    style: A


def initial_history(
    median_pitch: np.ndarray, time: np.ndarray, pitch: np.ndarray, duration: np.ndarray
) -> History[np.ndarray]:
    """Put START before the events of a batch.

    Args:
        median_pitch: of each window, less LOWEST; int32, shape (batch,).
        time: time codes, shape (batch, events).
        pitch: less LOWEST, with REST and END, shape (batch, events).
        duration: indices into DURATIONS, shape (batch, events).

    Returns:
        The history, each array of shape (batch, events + 1). At REST and END, the pitch is that of
        the latest note.

    Example:
        >>> time, pitch = np.array([[0, 240, 272]]), np.array([[39, PITCHES, 41]])
        >>> history = initial_history(np.array([40]), time, pitch, np.zeros((1, 3), int))
        >>> history.pitch.tolist(), history.kind.tolist()
        ([[40, 39, 39, 41]], [[2, 0, 1, 0]])
    """
    batch, events = time.shape
    is_note = pitch < PITCHES
    latest = np.maximum.accumulate(np.where(is_note, np.arange(events), -1), axis=1)
    sounding = np.where(
        latest >= 0, np.take_along_axis(pitch, np.maximum(latest, 0), axis=1), median_pitch[:, None]
    )
    start = np.ones((batch, 1), np.int32)
    return History(
        np.concatenate([-start, time], axis=1),
        np.concatenate([median_pitch[:, None], sounding], axis=1).astype(np.int32),
        np.concatenate([0 * start, duration], axis=1),
        np.concatenate([2 * start, (~is_note).astype(np.int32)], axis=1),
    )
