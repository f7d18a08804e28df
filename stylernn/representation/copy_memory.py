"""The copy memory: events that would repeat what happened earlier in the same melody.

A recurrent network of this size cannot remember a bar exactly. The copy memory looks the past up
and suggests onsets and pitches to the network, which has learnt when to follow them. There are two
kinds of suggestions:

Lags
    The same moment some bars ago, or in the bar that the map of repetitions names for this one.
Suffix match
    The latest earlier moment at which the last few events had the same steps in time and the same
    intervals as now. The suggestion is to go on as the melody went on there, transposed. This is
    the short-term model of IDyOM, and what an induction head does.

All functions take the arrays of one melody and one event; callers map them over events and batches
with `jax.vmap`.

Reference:
    Pearce (2005), The construction and evaluation of statistical models of melodic structure in
    music perception and composition, PhD thesis, City University London, chapter 6.
    Olsson et al. (2022), In-context learning and induction heads, Transformer Circuits Thread.
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
    "suffix_matches",
    "next_suffix_match",
    "onset_suggestions",
    "pitch_suggestions",
]

ONSETS = MAX_AHEAD * 16
"""Number of onset classes: a class is 16 * (beats ahead) + position."""

LAGS = (1, 2, 4, 8, 0)
"""Bars that are looked back; 0 stands for the bar that the map of repetitions names."""

SUGGESTIONS = len(LAGS) + 1
"""Number of suggestions: one for each lag, and last that of the suffix match."""

LONGEST_SUFFIX = 6
"""Agreement of the last events is counted up to here."""

_MEMORY = 1536  # events that a suffix match can look back, nearly always the whole melody


class SuffixMatch(NamedTuple):
    """An earlier moment whose last events are those of now; int32, shape () or (events + 1,).

    Args:
        at: index into the history of the last of these events.
        agree: number of events that agree, 0 to LONGEST_SUFFIX; 0 means that there is no match.
    """

    at: Array
    agree: Array


def suffix_matches(history: History) -> SuffixMatch:
    """Find the suffix match of every event of a history.

    Args:
        history: of one melody.

    Returns:
        Matches, each array of shape (events + 1,).

    Example:
        >>> import numpy as np
        >>> from stylernn.representation.arrays import initial_history
        >>> pitch = np.array([[40, 42, 45, 40, 42]])  # a note on every beat
        >>> history = initial_history(np.array([40]), 16 * np.arange(5)[None], pitch, 0 * pitch)
        >>> found = suffix_matches(History(*(leaf[0] for leaf in history)))
        >>> int(found.at[-1]), int(found.agree[-1])  # the second note came two semitones higher too
        (2, 1)
    """

    def turn(before: Array, i: Array) -> tuple[Array, SuffixMatch]:
        found, agree = next_suffix_match(history, i, before)
        return agree, found

    size = history.time.shape[0]
    return jax.lax.scan(turn, jnp.zeros(suffix_memory(size), jnp.int32), jnp.arange(size))[1]


def next_suffix_match(history: History, i: Array, before: Array) -> tuple[SuffixMatch, Array]:
    """Find the earlier moment whose last events agree longest with those up to event `i`.

    Events agree if they have the same step from the onset before and the same interval from the
    pitch before. Of moments that agree in as many events, the latest is taken. The work is shared
    between calls: agreement with event `i` is agreement with event `i - 1` and one event more.

    Args:
        history: of one melody, up to event `i` or beyond.
        i: index of the latest event, shape ().
        before: for each event in memory, how many events up to it agree with those up to event
            `i - 1`, as the last call returned it; zeros before the first call. int32, shape
            (suffix_memory(events + 1),).

    Returns:
        The match, and the agreement with event `i` for the next call.
    """
    past, size = _past(history, i), before.shape[0]
    same = (past.events > 0) & (past.events < past.now)
    for values in (past.step, past.interval, past.kind):
        same &= values == values[past.now]
    # Agreement moves on by one event, unless the memory is full and has itself moved on by one.
    earlier = jnp.where(i >= size, before, jnp.roll(before, 1))
    agree = jnp.where(same, jnp.minimum(earlier + 1, jnp.minimum(past.events, LONGEST_SUFFIX)), 0)
    return _latest_longest(past, agree), agree


def suffix_memory(events: int) -> int:
    """How many events of a history a suffix match can look back to.

    Args:
        events: length of the history, START included.

    Returns:
        The length, up to 1536.

    Example:
        >>> suffix_memory(400), suffix_memory(4000)
        (400, 1536)
    """
    return min(events, _MEMORY)


class _Past(NamedTuple):
    """The events in memory, each array of shape (suffix_memory(events + 1),).

    Args:
        start: index in the history of the first of them, shape ().
        now: index among them of the latest event, shape ().
        events: their indices, from 0.
        step: from the onset before, as an onset class.
        interval: from the pitch before, in semitones.
        kind: see `History`.
    """

    start: Array
    now: Array
    events: Array
    step: Array
    interval: Array
    kind: Array


def _past(history: History, i: Array) -> _Past:
    """The events in memory when event `i` is the latest."""
    size = suffix_memory(history.time.shape[0])
    start = jnp.clip(i - size + 1, 0, history.time.shape[0] - size)
    time, pitch, kind = (
        jax.lax.dynamic_slice(x, (start,), (size,))
        for x in (history.time, history.pitch, history.kind)
    )
    step = 16 * ((time >> 4) - jnp.roll(time >> 4, 1)) + (time & 15)
    return _Past(start, i - start, jnp.arange(size), step, pitch - jnp.roll(pitch, 1), kind)


def _latest_longest(past: _Past, agree: Array) -> SuffixMatch:
    """The match of the longest agreement, of several the latest."""
    best = jnp.argmax(agree * len(past.events) + jnp.where(past.events < past.now, past.events, 0))
    return SuffixMatch(past.start + best, agree[best])


def onset_suggestions(
    conditions: ConditioningArrays, history: History, found: SuffixMatch, i: Array
) -> Array:
    """Suggest onsets that would repeat the past.

    Args:
        conditions: of one melody, without a batch axis.
        history: of the same melody.
        found: the suffix match of event `i`.
        i: index of the latest event, shape ().

    Returns:
        Onset classes of the next event, one for each suggestion; ONSETS where there is none. int32,
        shape (SUGGESTIONS,).
    """
    time = history.time[i]
    now, known = _look_back(conditions, jnp.maximum(time, 0))
    j = (history.time[None, :] <= now[:, None]).sum(axis=1)
    then = history.time[jnp.minimum(j, history.time.shape[0] - 1)]
    ahead = (then >> 4) - (now >> 4)
    usable = known & (time >= 0) & (then <= time) & (ahead < MAX_AHEAD)
    by_lag = jnp.where(usable, 16 * ahead + (then & 15), ONSETS)
    return jnp.append(by_lag, _matched_onset(history, found))


def pitch_suggestions(
    conditions: ConditioningArrays, history: History, found: SuffixMatch, i: Array, time: Array
) -> tuple[Array, Array, Array]:
    """Suggest pitches that would repeat the past.

    Args:
        conditions: of one melody, without a batch axis.
        history: of the same melody.
        found: the suffix match of event `i`.
        i: index of the latest event, shape ().
        time: time code of the next event, shape ().

    Returns:
        Three arrays of shape (SUGGESTIONS,): the pitch less LOWEST that sounded then; 1 if it began
        at the very moment, else 0; whether there is a suggestion.
    """
    then, known = _look_back(conditions, time)
    j = (history.time[None, :] <= then[:, None]).sum(axis=1) - 1
    known = known & (j > 0) & (history.kind[j] == 0)
    begins = history.time[j] == then
    pitch = history.pitch[i] + history.pitch[found.at + 1] - history.pitch[found.at]
    usable = (
        (found.agree > 0) & (history.kind[found.at + 1] == 0) & (pitch >= 0) & (pitch < PITCHES)
    )
    onset = 16 * ((time >> 4) - (history.time[i] >> 4)) + (time & 15)
    meets = _matched_onset(history, found) == onset
    return (
        jnp.append(history.pitch[j], pitch),
        jnp.append(begins, meets).astype(jnp.int32),
        jnp.append(known, usable),
    )


def _matched_onset(history: History, found: SuffixMatch) -> Array:
    """The onset class that goes on from a match as the melody did then; ONSETS if there is none."""
    then = history.time[found.at + 1]
    ahead = (then >> 4) - (history.time[found.at] >> 4)
    usable = (found.agree > 0) & (ahead >= 0) & (ahead < MAX_AHEAD)
    return jnp.where(usable, 16 * ahead + (then & 15), ONSETS)


def _look_back(conditions: ConditioningArrays, time: Array) -> tuple[Array, Array]:
    """The same moment of earlier bars: a time code for each lag, and whether there is that bar."""
    beat = jnp.minimum(time >> 4, conditions.bar.shape[0] - 1)
    bar = conditions.bar[beat]
    lags = jnp.array(LAGS)
    target = jnp.where(lags > 0, bar - lags, conditions.repeats[bar])
    then = conditions.first[jnp.maximum(target, 0)] + beat - conditions.first[bar]
    return 16 * then + (time & 15), target >= 0
