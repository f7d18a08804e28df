"""The skeleton of a melody: its structural notes, at one of several levels of reduction.

Transfer keeps the skeleton of a tune and writes other notes around it, so this module defines what
"the same tune" means to the network: in each span (a beat, half a bar or a bar) the note of the
greatest weight. `normalise` moves a skeleton to the scale and the pitch range of a style before the
network is conditioned on it.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from stylernn.music.key_estimation import Tonality, scale
from stylernn.representation.event_codec import LOWEST, PITCHES, BeatGrid, Events

__all__ = [
    "LEVELS",
    "Skeleton",
    "fold",
    "in_scale",
    "keep",
    "similar_bars",
    "normalise",
    "reduce",
    "repetitions",
]

LEVELS = ("none", "bar", "half", "beat")
"""Levels of reduction: no skeleton, and one note at most in a bar, half a bar or a beat."""

_FIFTH = 7  # semitones
_NEAR = 8  # bars that `similar_bars` looks back
_MOVED = 0.3  # price of a note in another octave, in semitones of a leap


class Skeleton(NamedTuple):
    """Structural notes; int32, shape (notes,).

    Args:
        time: time codes, see `event_codec`.
        pitch: MIDI numbers less LOWEST.
    """

    time: np.ndarray
    pitch: np.ndarray


def reduce(events: Events, level: str, tonality: Tonality) -> Skeleton:
    """Reduce a melody to the note of the greatest weight in every span.

    The weight of a note in a span is its share of the span's time. It is greater if the note begins
    the span or a beat, is a turning point of the contour, or belongs to the tonic triad. A note
    that has the greatest weight in several successive spans counts once. Its time is the start of
    its span and not its onset, because the exact onset is rhythm, which belongs to the style.

    Args:
        events: the melody.
        level: one of LEVELS.
        tonality: of the melody.

    Returns:
        The structural notes in order of time; none for the level "none".

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> from stylernn.representation.event_codec import encode
        >>> tune = Melody((Note(0, 36, 60), Note(36, 12, 62), Note(48, 12, 65), Note(60, 36, 64)))
        >>> skeleton = reduce(encode(tune), "half", Tonality(0, "major"))
        >>> skeleton.time.tolist(), (skeleton.pitch + LOWEST).tolist()
        ([0, 32], [60, 64])

    Reference:
        Lerdahl & Jackendoff (1983), A generative theory of tonal music, MIT Press, chapter 7, for
        weights by metre and duration.
    """
    sounding = events.pitch < PITCHES
    time, pitch = events.time[sounding], events.pitch[sounding]
    if level == "none" or len(time) == 0:
        return Skeleton(np.zeros(0, np.int32), np.zeros(0, np.int32))
    span = _spans(events.grid, level)
    # Time codes are near enough to linear time to compare durations.
    following = np.append(events.time[1:], events.time[-1])[sounding]
    first, last = span[time // 16], span[np.maximum(following - 1, time) // 16]
    note = np.repeat(np.arange(len(time)), last - first + 1)
    where = (
        first[note]
        + np.arange(len(note))
        - np.repeat(np.cumsum(last - first + 1) - (last - first + 1), last - first + 1)
    )
    edges = 16 * np.append(np.flatnonzero(np.append(True, np.diff(span) > 0)), len(span))
    share = np.minimum(following[note], edges[where + 1]) - np.maximum(time[note], edges[where])
    weight = share / (edges[where + 1] - edges[where])
    weight = weight + 0.35 * (time[note] == edges[where]) + 0.15 * (time[note] % 16 == 0)
    weight = weight + 0.1 * _turns(pitch)[note] + 0.1 * _in_triad(pitch, tonality)[note]
    order = np.lexsort((weight, where))
    last_of_span = order[np.append(np.diff(where[order]) > 0, True)]
    heaviest = note[last_of_span]
    begins = np.append(True, np.diff(heaviest) > 0)
    return Skeleton(
        edges[where[last_of_span]][begins].astype(np.int32),
        pitch[heaviest][begins].astype(np.int32),
    )


def in_scale(events: Events, members: np.ndarray) -> Events:
    """Remove the notes outside of a scale.

    A note that lasted until the removed one lasts until the next. Reduced after this, a beat whose
    note of the greatest weight is chromatic has another note of the tune instead, where `normalise`
    would put a note that is not in the tune.

    Args:
        events: of the tune.
        members: pitch classes of the scale, shape (n,).

    Returns:
        The other events; all events if no note would remain.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> from stylernn.representation.event_codec import encode
        >>> events = encode(Melody((Note(0, 24, 60), Note(24, 24, 61), Note(48, 48, 62))))
        >>> (in_scale(events, np.array([0, 2, 4, 5, 7, 9, 11])).pitch + LOWEST).tolist()
        [60, 62, 110]
    """
    member = (events.pitch >= PITCHES) | np.isin((events.pitch + LOWEST) % 12, members)
    if not (member & (events.pitch < PITCHES)).any():
        return events
    return replace(
        events,
        time=events.time[member],
        pitch=events.pitch[member],
        duration=events.duration[member],
    )


def normalise(
    skeleton: Skeleton, tonality: Tonality, low: int, high: int, members: np.ndarray | None = None
) -> Skeleton:
    """Snap a skeleton to the nearest notes of a scale and fold it by octaves into a range.

    Args:
        skeleton: what to move.
        tonality: whose diatonic scale is used.
        low: lowest pitch of the range, as a MIDI number less LOWEST.
        high: its highest pitch, an octave above or more.
        members: pitch classes of another scale.
    """
    pitches = np.arange(PITCHES + 24) - 12
    inside = pitches[
        np.isin((pitches + LOWEST) % 12, scale(tonality) if members is None else members)
    ]
    right = np.searchsorted(inside, skeleton.pitch)
    below, above = inside[right - 1], inside[right]
    nearer = np.sign((skeleton.pitch - below) - (above - skeleton.pitch))
    # Between two that are as near, the tonic triad's: it is what tunes in one key dwell on.
    draws = _in_triad(above, tonality) & ~_in_triad(below, tonality)
    pitch = np.where((nearer > 0) | ((nearer == 0) & draws), above, below)
    pitch = np.where(np.isin(skeleton.pitch, inside), skeleton.pitch, pitch)
    pitch = np.where(pitch < low, low + (pitch - low) % 12, pitch)
    pitch = np.where(pitch > high, high - 11 + (pitch - high - 1) % 12, pitch)
    return _merge(Skeleton(skeleton.time, pitch.astype(np.int32)))


def fold(skeleton: Skeleton, low: int, high: int) -> Skeleton:
    """Move structural notes by octaves into a range so that few new leaps over a fifth arise.

    Moving each note by itself would break a line wherever it crosses the edge of the range. Here
    whole stretches move, and change octave where the line leaps anyway: a shortest path over the
    octaves of each note. What lies in the range stays as it is.

    Args:
        skeleton: what to move.
        low: lowest pitch of the range, as a MIDI number less LOWEST.
        high: its highest pitch, an octave above or more.
    """
    if not len(skeleton.pitch):
        return skeleton
    octaves = 12 * np.arange(-(PITCHES // 12), PITCHES // 12 + 1)
    positions = skeleton.pitch[:, None] + octaves
    price = np.where((positions >= low) & (positions <= high), _MOVED * (octaves != 0), np.inf)
    total, back = price[0], []
    usual = np.maximum(np.abs(np.diff(skeleton.pitch)), _FIFTH)
    for before, after, own, leap in zip(
        positions[:-1], positions[1:], price[1:], usual, strict=True
    ):
        paths = total[:, None] + np.maximum(np.abs(after - before[:, None]) - leap, 0)
        back.append(paths.argmin(axis=0))
        total = paths.min(axis=0) + own
    chosen = [int(total.argmin())]
    for step in reversed(back):
        chosen.append(int(step[chosen[-1]]))
    pitch = positions[np.arange(len(positions)), chosen[::-1]]
    return Skeleton(skeleton.time, pitch.astype(np.int32))


def keep(skeleton: Skeleton, chosen: np.ndarray) -> Skeleton:
    """Choose structural notes.

    Args:
        skeleton: the notes.
        chosen: which notes stay; bool, shape (notes,).

    Returns:
        The chosen notes.

    Example:
        >>> keep(Skeleton(np.array([0, 32]), np.array([39, 43])), np.array([False, True])).time
        array([32])
    """
    return Skeleton(skeleton.time[chosen], skeleton.pitch[chosen])


def repetitions(events: Events, least: float = 0.7) -> np.ndarray:
    """Find the bars that repeat earlier bars: the map of repetitions.

    Args:
        events: the melody.
        least: a bar repeats another if at least this share of its notes, or of the other's if that
            has more, have the same pitch class at the same moment in both.

    Returns:
        For every bar the latest earlier bar that it repeats, or -1; int32, shape (bars,).

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> from stylernn.representation.event_codec import encode
        >>> pitches = [60, 62, 64, 65, 67, 69, 71, 72, 60, 62, 64, 65]
        >>> tune = Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(pitches)))
        >>> repetitions(encode(tune)).tolist()
        [-1, -1, 0]
    """
    grid = events.grid
    bars = len(grid.first) - 1
    sounding = events.pitch < PITCHES
    beat = events.time[sounding] // 16
    bar = grid.bar[beat]
    position = (beat - grid.first[bar]) * 16 + events.time[sounding] % 16
    points = [
        frozenset(zip(position[bar == b], events.pitch[sounding][bar == b] % 12, strict=True))
        for b in range(bars)
    ]
    source = np.full(bars, -1, np.int32)
    for b in range(1, bars):
        for a in range(b - 1, -1, -1):
            shared = len(points[a] & points[b])
            if shared and shared >= least * max(len(points[a]), len(points[b])):
                source[b] = a
                break
    return source


def similar_bars(
    skeleton: Skeleton, grid: BeatGrid, repeats: np.ndarray, *, least: float = 0.5
) -> np.ndarray:
    """Add to a map of repetitions bars that are only similar.

    It is used for a tune without repeats that is transferred into a dance. A bar that repeats none
    is mapped to that of the eight bars before it whose structural notes agree on most beats.

    Args:
        skeleton: of the tune, at most one note in each beat.
        grid: beats of the tune.
        repeats: from `repetitions`; int32, shape (bars,).
        least: share of the beats on which the pitch classes must agree.

    Returns:
        For every bar an earlier bar, or -1; int32, shape (bars,).

    Example:
        >>> grid = BeatGrid(np.arange(0, 216, 24), np.full(9, 24), np.repeat([0, 1], [4, 5]),
        ...                 np.array([0, 4, 8]))
        >>> skeleton = Skeleton(16 * np.arange(8), np.array([39, 41, 43, 44, 39, 41, 43, 46]))
        >>> similar_bars(skeleton, grid, np.array([-1, -1])).tolist()
        [-1, 0]
    """
    heard = np.full(grid.beats, -1)
    heard[skeleton.time // 16] = skeleton.pitch % 12
    latest = np.maximum.accumulate(np.where(heard >= 0, np.arange(grid.beats), 0))
    bars = np.split(heard[latest], grid.first[1:-1])
    found = repeats.copy()
    for number in np.flatnonzero(repeats < 0).tolist():
        own = bars[number]
        alike = {
            k: float(np.mean(own == bars[k]))
            for k in range(number - 1, max(number - 1 - _NEAR, -1), -1)
            if len(bars[k]) == len(own)
        }
        best = max(alike, key=lambda k: alike[k], default=-1)
        found[number] = best if best >= 0 and alike[best] >= least else -1
    return found


def _spans(grid: BeatGrid, level: str) -> np.ndarray:
    """Index of the span that each beat lies in, shape (beats,)."""
    beats = grid.beats
    bar = grid.bar[:beats]
    if level == "beat":
        return np.arange(beats)
    if level == "bar":
        return bar
    beat_in_bar = np.arange(beats) - grid.first[bar]
    length = np.diff(grid.first)[bar]
    # A bar of three beats is divided into two beats and one, as in a waltz.
    begins = (beat_in_bar == 0) | ((beat_in_bar == (length + 1) // 2) & (length > 1))
    return np.cumsum(begins) - 1


def _turns(pitch: np.ndarray) -> np.ndarray:
    """Which notes are higher or lower than both neighbours."""
    step = np.sign(np.diff(pitch, prepend=pitch[:1], append=pitch[-1:]))
    return step[:-1] * step[1:] < 0


def _in_triad(pitch: np.ndarray, tonality: Tonality) -> np.ndarray:
    """Which pitches belong to the tonic triad."""
    third = 4 if tonality.mode == "major" else 3
    return np.isin((pitch + LOWEST - tonality.tonic) % 12, (0, third, 7))


def _merge(skeleton: Skeleton) -> Skeleton:
    """Of successive notes of one pitch, the first."""
    return keep(skeleton, np.append(True, np.diff(skeleton.pitch) != 0)[: len(skeleton.pitch)])
