"""What the network sees at each event: one set of functions for the trainer and the sampler.

Every feature is a small integer; the network sums a learnt vector
for each. All pitches are heard relative to tonic, register, previous note and skeleton, so that a transposed melody
gives the same features. The functions work on one piece and one event and are mapped over events and batches.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from stylernn.representation.arrays import PAD_TIME, ConditioningArrays, History
from stylernn.representation.copy_memory import (
    LONGEST_SUFFIX,
    ONSETS,
    SUGGESTIONS,
    SuffixMatch,
    onset_suggestions,
    pitch_suggestions,
)
from stylernn.representation.event_codec import DURATIONS, MAX_AHEAD

__all__ = [
    "DURATION_FEATURES",
    "ONSET_FEATURES",
    "PITCH_FEATURES",
    "SKELETON_FEATURES",
    "View",
    "allowed_onsets",
    "duration_features",
    "onset_class",
    "onset_features",
    "pitch_features",
    "skeleton_features",
]

_REACH = 16
_INTERVALS = 2 * _REACH + 2
_AHEAD = MAX_AHEAD + 1

# Number of values of each feature, in the order in which the functions below list them.
ONSET_FEATURES = (
    *(3, 24, 49, _INTERVALS, len(DURATIONS), _AHEAD, 16),
    *(8, 18, 8, 18, 8, 2),
    *(_INTERVALS, _INTERVALS, _AHEAD, 17, 10),
    *(_AHEAD, 17) * SUGGESTIONS,
    LONGEST_SUFFIX + 1,
)
PITCH_FEATURES = (
    *(_AHEAD, 16, 8, 8, 18, _INTERVALS, _INTERVALS, 2, _AHEAD),
    *(2 * _INTERVALS,) * SUGGESTIONS,
    LONGEST_SUFFIX + 1,
)
DURATION_FEATURES = (24, _INTERVALS, 2)
SKELETON_FEATURES = (24, 49, _INTERVALS, _AHEAD, 16, 8)


class View(NamedTuple):
    """The skeleton around a moment: indices of the structural notes, 0 for none, else 1 + position."""

    current: Array
    following: Array


def onset_features(
    piece: ConditioningArrays, history: History, found: SuffixMatch, i: Array
) -> tuple[Array, View, Array]:
    """Features that predict the onset of the event after event `i` of the history, whose echo is `found`.

    Returns:
        int32 (len(ONSET_FEATURES),), the view of the skeleton, and `copy_memory.onset_suggestions`.
    """
    time, pitch = history.time[i], history.pitch[i]
    beat = jnp.maximum(time >> 4, 0)
    before = history.pitch[jnp.maximum(i - 1, 0)]
    view, current, following, to_next, exact = _skeleton(piece, time, pitch)
    del exact
    since = jnp.where(view.current > 0, beat - (piece.skeleton_time[view.current - 1] >> 4), 9)
    next_place = jnp.where(view.following > 0, piece.skeleton_time[view.following - 1] & 15, 16)
    ahead = jnp.where(i > 0, beat - (history.time[jnp.maximum(i - 1, 0)] >> 4), MAX_AHEAD)
    suggested = onset_suggestions(piece, history, found, i)
    lags = jnp.stack(
        [
            jnp.where(suggested < ONSETS, suggested >> 4, MAX_AHEAD),
            jnp.where(suggested < ONSETS, suggested & 15, 16),
        ]
    )
    values = [
        history.kind[i],
        _degree(piece, pitch),
        jnp.clip(pitch - piece.median_pitch + 24, 0, 48),
        _interval(pitch - before, i > 1),
        history.duration[i],
        jnp.clip(ahead, 0, MAX_AHEAD),
        time & 15,
        *_position(piece, beat),
        piece.level,
        (piece.repeats[piece.bar[beat]] >= 0).astype(jnp.int32),
        current,
        following,
        to_next,
        next_place,
        jnp.clip(since, 0, 9),
        *lags.T.ravel(),
        found.agree,
    ]
    return jnp.stack(values), view, suggested


def pitch_features(
    piece: ConditioningArrays, history: History, found: SuffixMatch, i: Array, time: Array
) -> tuple[Array, View, tuple[Array, Array, Array]]:
    """Features that predict the pitch of an event at `time`, after event `i`, whose echo is `found`.

    Returns:
        int32 (len(PITCH_FEATURES),), the view of the skeleton, and `copy_memory.pitch_suggestions`.
    """
    pitch = history.pitch[i]
    beat = time >> 4
    view, current, following, to_next, exact = _skeleton(piece, time, pitch)
    suggested = pitch_suggestions(piece, history, found, i, time)
    pitches, exactly, known = suggested
    lags = jnp.where(
        known, _interval(pitches - pitch, known) + _INTERVALS * exactly, _INTERVALS - 1
    )
    ahead = jnp.clip(beat - (history.time[i] >> 4), 0, MAX_AHEAD)
    beat_in_bar, _, phrase, left = _position(piece, beat)
    position = [ahead, time & 15, beat_in_bar, phrase, left]
    structural = [current, following, exact.astype(jnp.int32), to_next]
    return jnp.stack([*position, *structural, *lags, found.agree]), view, suggested


def duration_features(
    piece: ConditioningArrays, history: History, i: Array, pitch: Array, view: View
) -> Array:
    """Features that predict the duration of a note of a given pitch; int32 (len(DURATION_FEATURES),)."""
    structural = (view.current > 0) & (piece.skeleton_pitch[view.current - 1] == pitch)
    return jnp.stack(
        [
            _degree(piece, pitch),
            _interval(pitch - history.pitch[i], i > 0),
            structural.astype(jnp.int32),
        ]
    )


def skeleton_features(piece: ConditioningArrays) -> Array:
    """Features of every structural note; int32 (notes, len(SKELETON_FEATURES))."""
    time, pitch = piece.skeleton_time, piece.skeleton_pitch
    used = time < PAD_TIME
    beat = jnp.where(used, time >> 4, 0)
    before = jnp.roll(pitch, 1).at[0].set(pitch[0])
    gap = jnp.clip(beat - jnp.roll(beat, 1).at[0].set(0), 0, MAX_AHEAD)
    in_bar = jnp.clip(beat - piece.first[piece.bar[beat]], 0, 7)
    columns = [
        _degree(piece, pitch),
        jnp.clip(pitch - piece.median_pitch + 24, 0, 48),
        _interval(pitch - before, used),
        gap,
        time & 15,
        in_bar,
    ]
    return jnp.stack(columns, axis=-1)


def onset_class(before: Array, time: Array) -> Array:
    """The class of an onset at `time` after an event at `before`."""
    return jnp.clip(16 * ((time >> 4) - (before >> 4)) + (time & 15), 0, ONSETS - 1)


def allowed_onsets(piece: ConditioningArrays, time: Array) -> Array:
    """The grammar: onset classes that can follow an event at `time`; bool (ONSETS,).

    A note begins on a place of the grid, after the event before it and not after the end; only END stands at the end.
    """
    beats = (time >> 4) + jnp.arange(MAX_AHEAD)
    codes = 16 * beats[:, None] + jnp.arange(16)[None]
    positions = piece.positions[jnp.clip(beats, 0, piece.positions.shape[0] - 1)]
    return (positions & (codes > time) & (codes >= 0) & (codes <= piece.end)).ravel()


def _position(piece: ConditioningArrays, beat: Array) -> tuple[Array, Array, Array, Array]:
    """Beat in the bar, kind of the bar, bar of the phrase, bars left."""
    beat = jnp.minimum(beat, piece.bar.shape[0] - 1)
    in_bar = jnp.clip(beat - piece.first[piece.bar[beat]], 0, 7)
    return in_bar, piece.kind[beat], piece.phrase[beat], piece.left[beat]


def _skeleton(
    piece: ConditioningArrays, time: Array, pitch: Array
) -> tuple[View, Array, Array, Array, Array]:
    """The structural notes around a moment: intervals to them, beats to the next, whether one begins just here."""
    used = (piece.skeleton_time < PAD_TIME).sum()
    at = (piece.skeleton_time <= time).sum()
    following = jnp.where(at < used, at + 1, 0)
    last = piece.skeleton_time.shape[0] - 1
    here, after = jnp.maximum(at - 1, 0), jnp.minimum(at, last)
    to_next = jnp.clip(
        (piece.skeleton_time[after] >> 4) - jnp.maximum(time >> 4, 0), 0, MAX_AHEAD - 1
    )
    return (
        View(at, following),
        _interval(piece.skeleton_pitch[here] - pitch, at > 0),
        _interval(piece.skeleton_pitch[after] - pitch, following > 0),
        jnp.where(following > 0, to_next, MAX_AHEAD),
        (at > 0) & (piece.skeleton_time[here] == time),
    )


def _degree(piece: ConditioningArrays, pitch: Array) -> Array:
    return (pitch - piece.tonic) % 12 + 12 * piece.minor


def _interval(semitones: Array, known: Array) -> Array:
    return jnp.where(known, jnp.clip(semitones, -_REACH, _REACH) + _REACH, _INTERVALS - 1)
