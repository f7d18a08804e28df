"""The melody's own past: what it did at this moment of earlier bars, and after the same few notes.

Two kinds of memory that a recurrent network of this size lacks. A lag looks a fixed number of bars back, or to the bar
that the map of repetitions names. The echo looks for the latest earlier moment at which the last events came just as
they came now, at whatever pitch, and proposes to go on as it went on there: the short-term model of IDyOM, and an
induction head. All functions work on one piece and one event and are mapped over events and batches.

Reference:
    Pearce, The construction and evaluation of statistical models of melodic structure (2005), chapter 6.
    Olsson et al., In-context learning and induction heads (2022).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from stylernn.representation.arrays import ConditioningArrays, History
from stylernn.representation.event_codec import MAX_AHEAD, PITCHES

__all__ = [
    "LAGS",
    "LONGEST_SUFFIX",
    "ONSETS",
    "SUGGESTIONS",
    "SuffixMatch",
    "suffix_memory",
    "echoes",
    "next_suffix_match",
    "onset_suggestions",
    "pitch_suggestions",
]

ONSETS = MAX_AHEAD * 16
"""Onset classes: 16 * (beats ahead) + place."""

LAGS = (1, 2, 4, 8, 0)
"""Bars looked back; 0 stands for the bar that the map of repetitions names."""

SUGGESTIONS = len(LAGS) + 1
"""One a lag, and the echo's."""

LONGEST_SUFFIX = 6
_MEMORY = 1536  # events that an echo can look back: nearly all tunes as a whole


class SuffixMatch(NamedTuple):
    """An earlier moment that is like now: index of its last event, and how many events agree, 0 to LONGEST_ECHO."""

    at: Array
    agree: Array


def echoes(history: History) -> SuffixMatch:
    """The echo of every event of a history, each (events + 1,), in work that grows with their number."""

    def turn(before: Array, i: Array) -> tuple[Array, SuffixMatch]:
        found, agree = next_suffix_match(history, i, before)
        return agree, found

    size = history.time.shape[0]
    return jax.lax.scan(turn, jnp.zeros(suffix_memory(size), jnp.int32), jnp.arange(size))[1]


def next_suffix_match(history: History, i: Array, before: Array) -> tuple[SuffixMatch, Array]:
    """Find the moment before event `i` whose last events agree longest with those up to `i`; of several, the latest.

    Events agree in the step from the onset before and in the interval from the pitch before. Agreements with event `i`
    go on from those with the event before it.

    Args:
        history: the events up to `i`.
        i: the latest of them.
        before: how far events agreed with event `i - 1`, from the last call; zeros before the first, (`suffix_memory`,).

    Returns:
        The echo, and how far events agree with event `i`.
    """
    past, size = _past(history, i), before.shape[0]
    same = (past.events > 0) & (past.events < past.now)
    for values in (past.step, past.interval, past.kind):
        same &= values == values[past.now]
    # An event stands one place after the one before it, unless what is remembered has moved on by one.
    earlier = jnp.where(i >= size, before, jnp.roll(before, 1))
    agree = jnp.where(same, jnp.minimum(earlier + 1, jnp.minimum(past.events, LONGEST_SUFFIX)), 0)
    return _latest_longest(past, agree), agree


def suffix_memory(events: int) -> int:
    """How many of a history's events an echo can look back to."""
    return min(events, _MEMORY)


class _Past(NamedTuple):
    """The events that an echo can look back to, (`suffix_memory`,).

    Args:
        start: index of the first of them in the history.
        now: place of the latest event among them.
        events: their places, counted from 0.
        step: from the onset before, in places.
        interval: from the pitch before.
        kind: see `History`.
    """

    start: Array
    now: Array
    events: Array
    step: Array
    interval: Array
    kind: Array


def _past(history: History, i: Array) -> _Past:
    size = suffix_memory(history.time.shape[0])
    start = jnp.clip(i - size + 1, 0, history.time.shape[0] - size)
    time, pitch, kind = (
        jax.lax.dynamic_slice(x, (start,), (size,))
        for x in (history.time, history.pitch, history.kind)
    )
    step = 16 * ((time >> 4) - jnp.roll(time >> 4, 1)) + (time & 15)
    return _Past(start, i - start, jnp.arange(size), step, pitch - jnp.roll(pitch, 1), kind)


def _latest_longest(past: _Past, agree: Array) -> SuffixMatch:
    best = jnp.argmax(agree * len(past.events) + jnp.where(past.events < past.now, past.events, 0))
    return SuffixMatch(past.start + best, agree[best])


def onset_suggestions(
    piece: ConditioningArrays, history: History, found: SuffixMatch, i: Array
) -> Array:
    """Onset classes that would repeat what followed in the past, (SUGGESTIONS,); ONSETS where nothing is suggested.

    `found` is the echo of event `i`.
    """
    time = history.time[i]
    now, known = _look_back(piece, jnp.maximum(time, 0))
    j = (history.time[None, :] <= now[:, None]).sum(axis=1)
    then = history.time[jnp.minimum(j, history.time.shape[0] - 1)]
    ahead = (then >> 4) - (now >> 4)
    usable = known & (time >= 0) & (then <= time) & (ahead < MAX_AHEAD)
    by_lag = jnp.where(usable, 16 * ahead + (then & 15), ONSETS)
    return jnp.append(by_lag, _echoed_onset(history, found))


def pitch_suggestions(
    piece: ConditioningArrays, history: History, found: SuffixMatch, i: Array, time: Array
) -> tuple[Array, Array, Array]:
    """Pitches that sounded at this moment of the past, each (SUGGESTIONS,): pitch, whether it began there, if known."""
    then, known = _look_back(piece, time)
    j = (history.time[None, :] <= then[:, None]).sum(axis=1) - 1
    known = known & (j > 0) & (history.kind[j] == 0)
    begins = history.time[j] == then
    pitch = history.pitch[i] + history.pitch[found.at + 1] - history.pitch[found.at]
    usable = (
        (found.agree > 0) & (history.kind[found.at + 1] == 0) & (pitch >= 0) & (pitch < PITCHES)
    )
    onset = 16 * ((time >> 4) - (history.time[i] >> 4)) + (time & 15)
    meets = _echoed_onset(history, found) == onset
    return (
        jnp.append(history.pitch[j], pitch),
        jnp.append(begins, meets).astype(jnp.int32),
        jnp.append(known, usable),
    )


def _echoed_onset(history: History, found: SuffixMatch) -> Array:
    then = history.time[found.at + 1]
    ahead = (then >> 4) - (history.time[found.at] >> 4)
    usable = (found.agree > 0) & (ahead >= 0) & (ahead < MAX_AHEAD)
    return jnp.where(usable, 16 * ahead + (then & 15), ONSETS)


def _look_back(piece: ConditioningArrays, time: Array) -> tuple[Array, Array]:
    """The same moment of earlier bars, one time code a lag, and whether there is such a bar."""
    beat = jnp.minimum(time >> 4, piece.bar.shape[0] - 1)
    bar = piece.bar[beat]
    lags = jnp.array(LAGS)
    target = jnp.where(lags > 0, bar - lags, piece.repeats[bar])
    then = piece.first[jnp.maximum(target, 0)] + beat - piece.first[bar]
    return 16 * then + (time & 15), target >= 0
