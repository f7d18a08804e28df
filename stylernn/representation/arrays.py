"""What the network is given: a piece, the events so far, batches of both.

A `ConditioningArrays` holds all that is fixed before the first note (style, key, beats, skeleton, map of repetitions), a `History`
the events so far, with START before the first. Arrays of one shape fit one compiled program, so they are filled up.
"""

from typing import Generic, NamedTuple, TypeVar

import numpy as np

from stylernn.representation.event_codec import PITCHES

__all__ = ["PAD_TIME", "Batch", "History", "ConditioningArrays", "initial_history"]

PAD_TIME = 1 << 24
"""A time code after the end of any melody; fills unused places of time arrays."""

A = TypeVar("A")
"""Type of the leaves below: numpy arrays outside compiled functions, jax arrays inside."""


class ConditioningArrays(NamedTuple, Generic[A]):
    """What is known before the first note; leaves are int32 unless said otherwise.

    Args:
        style: index of the style, 0 for none.
        tonic: pitch class of the tonic, counted from LOWEST.
        minor: 1 in a minor key.
        median_pitch: median pitch less LOWEST.
        level: index into GRAINS, plus 4 where the skeleton is normalised.
        end: time code of the closing bar line, or FAR in a window that stops before it.
        attributes: see `attributes.attributes`, (traits,).
        bar: bar of each beat, (beats,).
        first: first beat of each bar, (bars,).
        kind: beats per bar (at most 8), plus 9 in a compound metre, for each beat, (beats,).
        phrase: number of each beat's bar modulo 8, counted from the first full bar, (beats,).
        left: bars from each beat to the end, at most 17, (beats,).
        positions: where a note can begin, bool (beats, 16).
        repeats: for each bar an earlier one that it repeats, or -1, (bars,).
        skeleton_time: time codes of the structural notes, filled up with FAR, (notes,).
        skeleton_pitch: their pitches less LOWEST, (notes,).
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
    """The events so far, START first (time -1); int32, shape (events + 1,).

    Args:
        time: time codes, filled up with FAR.
        pitch: pitch less LOWEST of the note that sounds last, the anchor before the first note.
        duration: index into DURATIONS.
        kind: 0 note, 1 REST, 2 START.
    """

    time: A
    pitch: A
    duration: A
    kind: A


class Batch(NamedTuple, Generic[A]):
    """Windows filled up to one length.

    Args:
        piece: see `ConditioningArrays`, each leaf with a batch axis.
        history: START and the events, (batch, events + 1).
        time, pitch, duration: the events, (batch, events).
        scored: which events count, (batch, events) in {0, 1}; filling and the ends of cut windows do not.
        style: index of the true style, also where the piece hides it, (batch,).
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
    """START and the events; a REST carries on the pitch of the last note."""
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
