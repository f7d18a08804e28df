"""The features that the network reads at each event; trainer and sampler share these functions.

Every feature is a small integer, and the network sums one learnt vector for each. Pitches are
counted from the tonic, the median pitch, the previous note or a structural note, so a transposed
melody has the same features. All functions take the arrays of one melody and one event; callers map
them over events and batches with `jax.vmap`.
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

_LARGEST_INTERVAL = 16  # semitones; larger intervals count as this one
_INTERVALS = 2 * _LARGEST_INTERVAL + 2  # the last class stands for an unknown interval
_AHEAD = MAX_AHEAD + 1

ONSET_FEATURES = (
    *(3, 24, 49, _INTERVALS, len(DURATIONS), _AHEAD, 16),
    *(8, 18, 8, 18, 8, 2),
    *(_INTERVALS, _INTERVALS, _AHEAD, 17, 10),
    *(_AHEAD, 17) * SUGGESTIONS,
    LONGEST_SUFFIX + 1,
)
"""Number of values of each feature of `onset_features`, in its order."""

PITCH_FEATURES = (
    *(_AHEAD, 16, 8, 8, 18, _INTERVALS, _INTERVALS, 2, _AHEAD),
    *(2 * _INTERVALS,) * SUGGESTIONS,
    LONGEST_SUFFIX + 1,
)
"""The same of `pitch_features`."""

DURATION_FEATURES = (24, _INTERVALS, 2)
"""The same of `duration_features`."""

SKELETON_FEATURES = (24, 49, _INTERVALS, _AHEAD, 16, 8)
"""The same of `skeleton_features`."""


class View(NamedTuple):
    """The structural notes around a moment; int32, shape ().

    Args:
        current: 1 + the index of the latest structural note, 0 where there is none.
        following: the same of the next one.
    """

    current: Array
    following: Array


def onset_features(
    conditions: ConditioningArrays, history: History, found: SuffixMatch, i: Array
) -> tuple[Array, View, Array]:
    """Compute the features from which the next onset is predicted.

    Args:
        conditions: of one melody, without a batch axis.
        history: of the same melody.
        found: the suffix match of event `i`.
        i: index of the latest event, shape ().

    Returns:
        The features, int32, shape (len(ONSET_FEATURES),); the view of the skeleton; and
        `copy_memory.onset_suggestions`.
    """
    time, pitch = history.time[i], history.pitch[i]
    beat = jnp.maximum(time >> 4, 0)
    before = history.pitch[jnp.maximum(i - 1, 0)]
    view, current, following, to_next, exact = _skeleton(conditions, time, pitch)
    del exact
    since = jnp.where(view.current > 0, beat - (conditions.skeleton_time[view.current - 1] >> 4), 9)
    next_position = jnp.where(
        view.following > 0, conditions.skeleton_time[view.following - 1] & 15, 16
    )
    ahead = jnp.where(i > 0, beat - (history.time[jnp.maximum(i - 1, 0)] >> 4), MAX_AHEAD)
    suggested = onset_suggestions(conditions, history, found, i)
    lags = jnp.stack(
        [
            jnp.where(suggested < ONSETS, suggested >> 4, MAX_AHEAD),
            jnp.where(suggested < ONSETS, suggested & 15, 16),
        ]
    )
    values = [
        history.kind[i],
        _degree(conditions, pitch),
        jnp.clip(pitch - conditions.median_pitch + 24, 0, 48),
        _interval(pitch - before, i > 1),
        history.duration[i],
        jnp.clip(ahead, 0, MAX_AHEAD),
        time & 15,
        *_position(conditions, beat),
        conditions.level,
        (conditions.repeats[conditions.bar[beat]] >= 0).astype(jnp.int32),
        current,
        following,
        to_next,
        next_position,
        jnp.clip(since, 0, 9),
        *lags.T.ravel(),
        found.agree,
    ]
    return jnp.stack(values), view, suggested


def pitch_features(
    conditions: ConditioningArrays, history: History, found: SuffixMatch, i: Array, time: Array
) -> tuple[Array, View, tuple[Array, Array, Array]]:
    """Compute the features from which the next pitch is predicted, given the onset.

    Args:
        conditions: of one melody, without a batch axis.
        history: of the same melody.
        found: the suffix match of event `i`.
        i: index of the latest event, shape ().
        time: time code of the next event, shape ().

    Returns:
        The features, int32, shape (len(PITCH_FEATURES),); the view of the skeleton at `time`; and
        `copy_memory.pitch_suggestions`.
    """
    pitch = history.pitch[i]
    beat = time >> 4
    view, current, following, to_next, exact = _skeleton(conditions, time, pitch)
    suggested = pitch_suggestions(conditions, history, found, i, time)
    pitches, exactly, known = suggested
    lags = jnp.where(
        known, _interval(pitches - pitch, known) + _INTERVALS * exactly, _INTERVALS - 1
    )
    ahead = jnp.clip(beat - (history.time[i] >> 4), 0, MAX_AHEAD)
    beat_in_bar, _, phrase, left = _position(conditions, beat)
    position = [ahead, time & 15, beat_in_bar, phrase, left]
    structural = [current, following, exact.astype(jnp.int32), to_next]
    return jnp.stack([*position, *structural, *lags, found.agree]), view, suggested


def duration_features(
    conditions: ConditioningArrays, history: History, i: Array, pitch: Array, view: View
) -> Array:
    """Compute the features from which the next duration is predicted, given the pitch.

    Args:
        conditions: of one melody, without a batch axis.
        history: of the same melody.
        i: index of the latest event, shape ().
        pitch: of the next event, less LOWEST, shape ().
        view: of the skeleton at the next event.

    Returns:
        int32, shape (len(DURATION_FEATURES),).
    """
    structural = (view.current > 0) & (conditions.skeleton_pitch[view.current - 1] == pitch)
    return jnp.stack(
        [
            _degree(conditions, pitch),
            _interval(pitch - history.pitch[i], i > 0),
            structural.astype(jnp.int32),
        ]
    )


def skeleton_features(conditions: ConditioningArrays) -> Array:
    """Compute the features of every structural note, for the skeleton encoder.

    Args:
        conditions: of one melody, without a batch axis.

    Returns:
        int32, shape (notes, len(SKELETON_FEATURES)); rows of padding have no meaning.
    """
    time, pitch = conditions.skeleton_time, conditions.skeleton_pitch
    used = time < PAD_TIME
    beat = jnp.where(used, time >> 4, 0)
    before = jnp.roll(pitch, 1).at[0].set(pitch[0])
    gap = jnp.clip(beat - jnp.roll(beat, 1).at[0].set(0), 0, MAX_AHEAD)
    in_bar = jnp.clip(beat - conditions.first[conditions.bar[beat]], 0, 7)
    columns = [
        _degree(conditions, pitch),
        jnp.clip(pitch - conditions.median_pitch + 24, 0, 48),
        _interval(pitch - before, used),
        gap,
        time & 15,
        in_bar,
    ]
    return jnp.stack(columns, axis=-1)


def onset_class(before: Array, time: Array) -> Array:
    """Classify an onset by its distance from the event before it.

    Args:
        before: time code of the event before, any shape; -1 for START.
        time: time code of the onset, the same shape.

    Returns:
        16 * (beats ahead) + position, from 0 to ONSETS - 1; int32, the same shape.

    Example:
        >>> int(onset_class(jnp.array(24), jnp.array(40)))  # the middle of the next beat
        24
    """
    return jnp.clip(16 * ((time >> 4) - (before >> 4)) + (time & 15), 0, ONSETS - 1)


def allowed_onsets(conditions: ConditioningArrays, time: Array) -> Array:
    """Find the onset classes that can follow an event: the grammar of melodies.

    An event begins at a position where a note can begin, after the event before it and not after
    the end of the melody. At the end, only END can stand.

    Args:
        conditions: of one melody, without a batch axis.
        time: time code of the event, shape ().

    Returns:
        bool, shape (ONSETS,).

    Example:
        >>> import jax
        >>> from stylernn.music.melody import Melody, Note
        >>> from stylernn.representation.batching import window_arrays
        >>> from stylernn.representation.examples import Condition, prepare
        >>> example = prepare(Melody((Note(0, 96, 60),)))
        >>> nothing = Condition(0, 0, example.skeletons[0], example.repeats)
        >>> conditions = window_arrays(example, 0, 1, nothing, beats=8, notes=1)
        >>> classes = jnp.flatnonzero(allowed_onsets(jax.tree.map(jnp.asarray, conditions), 56))
        >>> classes.tolist()  # from the middle of the last beat: seven positions, and the bar line
        [9, 10, 11, 12, 13, 14, 15, 16]
    """
    beats = (time >> 4) + jnp.arange(MAX_AHEAD)
    codes = 16 * beats[:, None] + jnp.arange(16)[None]
    positions = conditions.positions[jnp.clip(beats, 0, conditions.positions.shape[0] - 1)]
    return (positions & (codes > time) & (codes >= 0) & (codes <= conditions.end)).ravel()


def _position(conditions: ConditioningArrays, beat: Array) -> tuple[Array, Array, Array, Array]:
    """Beat in the bar, kind of the bar, bar of the phrase, and bars to the end."""
    beat = jnp.minimum(beat, conditions.bar.shape[0] - 1)
    in_bar = jnp.clip(beat - conditions.first[conditions.bar[beat]], 0, 7)
    return in_bar, conditions.kind[beat], conditions.phrase[beat], conditions.left[beat]


def _skeleton(
    conditions: ConditioningArrays, time: Array, pitch: Array
) -> tuple[View, Array, Array, Array, Array]:
    """The view, the intervals to both notes, beats to the next, and whether one begins here."""
    used = (conditions.skeleton_time < PAD_TIME).sum()
    at = (conditions.skeleton_time <= time).sum()
    following = jnp.where(at < used, at + 1, 0)
    last = conditions.skeleton_time.shape[0] - 1
    here, after = jnp.maximum(at - 1, 0), jnp.minimum(at, last)
    to_next = jnp.clip(
        (conditions.skeleton_time[after] >> 4) - jnp.maximum(time >> 4, 0), 0, MAX_AHEAD - 1
    )
    return (
        View(at, following),
        _interval(conditions.skeleton_pitch[here] - pitch, at > 0),
        _interval(conditions.skeleton_pitch[after] - pitch, following > 0),
        jnp.where(following > 0, to_next, MAX_AHEAD),
        (at > 0) & (conditions.skeleton_time[here] == time),
    )


def _degree(conditions: ConditioningArrays, pitch: Array) -> Array:
    """Semitones above the tonic, and 12 more in a minor key; 0 to 23."""
    return (pitch - conditions.tonic) % 12 + 12 * conditions.minor


def _interval(semitones: Array, known: Array) -> Array:
    """The class of an interval; the last one where the interval is not known."""
    return jnp.where(
        known,
        jnp.clip(semitones, -_LARGEST_INTERVAL, _LARGEST_INTERVAL) + _LARGEST_INTERVAL,
        _INTERVALS - 1,
    )
