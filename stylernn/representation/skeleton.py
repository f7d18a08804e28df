"""The skeleton of a melody: its structural notes at a grain.

Transfer keeps a skeleton and writes a new surface over it, so this module decides what "the same tune" means to the
model: one note per span (a beat, half a bar, a bar), the one that weighs most there. `normalise` moves a skeleton
towards a style before the model sees it: into its scale and its range.
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

# The model learns all of these; NONE is an empty skeleton.
LEVELS = ("none", "bar", "half", "beat")

_FIFTH = 7
_NEAR = 8  # bars
_MOVED = 0.3  # price of a note in another octave, in semitones of a leap


class Skeleton(NamedTuple):
    """Structural notes: time codes (see `codec`) and pitches as MIDI number less LOWEST; int32, shape (notes,)."""

    time: np.ndarray
    pitch: np.ndarray


def reduce(events: Events, level: str, tonality: Tonality) -> Skeleton:
    """Reduce a melody to its heaviest note in every span.

    A note's weight in a span is its share of the span, and more if it begins the span or a beat, is a turning point of
    the contour, or belongs to the tonic triad. A note that is heaviest in several spans running counts once. It stands
    at the start of its span, wherever it sounds there: the exact onset is rhythm, and rhythm belongs to the style.

    Args:
        events: the melody.
        level: one of GRAINS.
        tonality: of the melody.

    Reference:
        Weights by metre and duration after Lerdahl & Jackendoff, A Generative Theory of Tonal Music (1983), chapter 7.
    """
    sounding = events.pitch < PITCHES
    time, pitch = events.time[sounding], events.pitch[sounding]
    if level == "none" or len(time) == 0:
        return Skeleton(np.zeros(0, np.int32), np.zeros(0, np.int32))
    span = _spans(events.grid, level)
    # Times as 16ths of a beat are close enough to weigh durations with.
    following = np.append(events.time[1:], events.time[-1])[sounding]
    first, last = span[time // 16], span[np.maximum(following - 1, time) // 16]
    pieces = np.repeat(np.arange(len(time)), last - first + 1)
    where = (
        first[pieces]
        + np.arange(len(pieces))
        - np.repeat(np.cumsum(last - first + 1) - (last - first + 1), last - first + 1)
    )
    edges = 16 * np.append(np.flatnonzero(np.append(True, np.diff(span) > 0)), len(span))
    share = np.minimum(following[pieces], edges[where + 1]) - np.maximum(time[pieces], edges[where])
    weight = share / (edges[where + 1] - edges[where])
    weight = weight + 0.35 * (time[pieces] == edges[where]) + 0.15 * (time[pieces] % 16 == 0)
    weight = weight + 0.1 * _turns(pitch)[pieces] + 0.1 * _in_triad(pitch, tonality)[pieces]
    order = np.lexsort((weight, where))
    last_of_span = order[np.append(np.diff(where[order]) > 0, True)]
    longest_note_per_span = pieces[last_of_span]
    begins = np.append(True, np.diff(longest_note_per_span) > 0)
    return Skeleton(
        edges[where[last_of_span]][begins].astype(np.int32),
        pitch[longest_note_per_span][begins].astype(np.int32),
    )


def in_scale(events: Events, members: np.ndarray) -> Events:
    """Events without the notes outside a scale, whose time falls to the note before; if none is left, all.

    So a beat of which a chromatic note is the heaviest has its heaviest note of the scale instead, which is a note of
    the tune, where `normalise` would put one that is not.

    Args:
        events: of the tune.
        members: pitch classes of the scale.
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
    """Move structural notes by octaves into a range so that few new leaps of more than a fifth arise.

    Moving each note by itself would break a line wherever it crosses the edge of the range. Here whole stretches move,
    and change octave where the line leaps anyway: a shortest path over the octaves of each note. What lies in the range
    stays as it is.

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
    """The structural notes that a boolean mask chooses."""
    return Skeleton(skeleton.time[chosen], skeleton.pitch[chosen])


def repetitions(events: Events, least: float = 0.7) -> np.ndarray:
    """For every bar, the latest earlier bar that it repeats, or -1.

    Two bars are alike where `least` of the places at which either has an onset carry the same pitch class in both.

    Returns:
        int32, shape (bars,).
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
    """A map of repetitions with bars that are merely alike, for a tune without strains that is to become a dance.

    A bar that repeats none takes that of the eight before it whose structural notes sound on most of the same beats.

    Args:
        skeleton: one note a beat at most.
        grid: its beats.
        repeats: from `repetitions`.
        least: share of the beats on which the pitch classes must agree.
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
    # Half of an even bar; a bar of three beats is one long and one short half, as in a waltz.
    begins = (beat_in_bar == 0) | ((beat_in_bar == (length + 1) // 2) & (length > 1))
    return np.cumsum(begins) - 1


def _turns(pitch: np.ndarray) -> np.ndarray:
    """Which notes are higher or lower than both neighbours."""
    step = np.sign(np.diff(pitch, prepend=pitch[:1], append=pitch[-1:]))
    return step[:-1] * step[1:] < 0


def _in_triad(pitch: np.ndarray, tonality: Tonality) -> np.ndarray:
    third = 4 if tonality.mode == "major" else 3
    return np.isin((pitch + LOWEST - tonality.tonic) % 12, (0, third, 7))


def _merge(skeleton: Skeleton) -> Skeleton:
    """Of repeated notes running, the first."""
    return keep(skeleton, np.append(True, np.diff(skeleton.pitch) != 0)[: len(skeleton.pitch)])
