"""Putting a melody into a metre that a style knows.

A style may never have met a tune's metre: no jazz of the training set is written in 6/8. But a
dotted quarter is a beat whose thirds are those of a swung quarter. So `to_supported_metre` writes a
jig in simple time, beat for beat: 6/8 becomes 2/4 and its eighths triplets, at the same speed. And
bars may be shorter or longer than those of the style: `regroup_bars` counts them in groups or in
halves, as the style does, without changing what is written.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple, Protocol

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Chord, Melody, Note, TimeSignature
from stylernn.representation import event_codec
from stylernn.representation.breaths import silence
from stylernn.representation.event_codec import BeatGrid

__all__ = [
    "MetreProfile",
    "knows_compound",
    "regroup_bars",
    "to_original_metre",
    "to_supported_metre",
]

_KNOWN = 0.03


class MetreProfile(Protocol):
    """In which metres the tunes of a style are; `corpus.styles.Style` is one."""

    @property
    def metres(self) -> Mapping[str, float]:
        """Share of the tunes in each metre, such as {"4/4": 0.9}."""

    @property
    def densities(self) -> Mapping[str, float]:
        """Notes a felt beat of the tunes in each metre."""


class _Usual(NamedTuple):
    """Of a kind of metre in a style: the share of its tunes, and the notes a felt beat of these."""

    share: float
    density: float


_UNKNOWN = _Usual(0.0, 0.0)


def knows_compound(style: MetreProfile) -> bool:
    """Whether a style has tunes in 6/8 and the like.

    Args:
        style: the target; one without statistics knows every metre.
    """
    if not style.metres:
        return True
    compound = (share for name, share in style.metres.items() if _kind(_metre(name))[1])
    return sum(compound) >= _KNOWN


def to_supported_metre(melody: Melody, style: MetreProfile) -> Melody:
    """Write a compound melody in simple metres, where the style has no compound ones.

    Bars and beats stay one to one; 3/8, which has a single beat a bar, becomes 3/4. The tempo
    changes with the note values, so that it sounds as it did. The melody is quantised first: what
    remains maps onto the grid exactly.

    Args:
        melody: the tune.
        style: the target.

    Returns:
        The melody itself where nothing has to change.

    Example:
        >>> from stylernn.corpus.styles import Style
        >>> jig = Melody((Note(0, 12, 60),), ((0, TimeSignature(6, 8)),), tempo=180)
        >>> simple = to_supported_metre(jig, Style("jazz", "jazz", metres={"4/4": 1.0}))
        >>> str(simple.metre), simple.tempo, simple.notes[0].duration
        ('2/4', 120.0, 8)
    """
    if knows_compound(style) or not any(metre.is_compound for _, metre in melody.metres):
        return melody
    changes = [_simple(metre) for _, metre in melody.metres]
    starts = np.array([tick for tick, _ in melody.metres] + [melody.end])
    lengths = [
        round(int(length) * factor)
        for length, (_, factor) in zip(np.diff(starts), changes, strict=True)
    ]
    times = np.append(0, np.cumsum(lengths))
    metres = tuple((int(tick), metre) for tick, (metre, _) in zip(times[:-1], changes, strict=True))
    pickup = round(melody.pickup * changes[0][1])
    tempo = float(melody.tempo * _simple(melody.metre)[1])
    quantised = event_codec.quantise(melody) if melody.notes else melody
    return _moved(
        quantised, starts, times, replace(melody, metres=metres, pickup=pickup, tempo=tempo)
    )


def to_original_metre(melody: Melody, original: Melody) -> Melody:
    """Write a result of `to_supported_metre` in the original's metres again.

    What the simple beat divides by four has no exact position in a compound one and goes to the
    nearest tick.

    Args:
        melody: over the beats of `to_supported_metre(original, ...)`.
        original: the tune, or any melody in its metres.

    Returns:
        The melody in the original's metres, at its tempo.
    """
    if melody.metres == original.metres:
        return melody
    starts = np.array([tick for tick, _ in melody.metres] + [melody.end])
    times = np.array([tick for tick, _ in original.metres] + [original.end])
    return _moved(melody, starts, times, original)


def regroup_bars(melody: Melody, grid: BeatGrid, style: MetreProfile) -> BeatGrid:
    """Count the bars of a melody in the metre of a style that fits best.

    Bars may be joined in groups. They are halved where the melody, while it plays, has so many
    notes a beat as the style has only in bars of half the length.

    Args:
        melody: the source.
        grid: its beats.
        style: the target.

    Returns:
        A grid of the same beats.
    """
    usual, pickup = _usual(style), int(melody.pickup > 0)
    beats, compound = _kind(melody.metre)
    own, half = (usual.get((length, compound)) for length in (beats, beats // 2))
    if own is None:
        group = max(
            (1, 2, 4),
            key=lambda group: (usual.get((beats * group, compound), _UNKNOWN).share, -group),
        )
        return grid if group == 1 else _regrouped(grid, group, pickup)
    if half is None or beats % 2 or half.density <= own.density:
        return grid
    # While it plays, nearer to the density of half bars than to that of whole ones, by ratio.
    playing = grid.beats * (1 - silence(melody))
    crowded = (len(melody.notes) / playing) ** 2 > own.density * half.density
    return _halved(grid, pickup) if crowded else grid


def _moved(melody: Melody, starts: np.ndarray, times: np.ndarray, frame: Melody) -> Melody:
    """Notes and chords moved by the map from `starts` to `times`, with the metres of a frame."""

    def map_ticks(ticks: np.ndarray) -> list[int]:
        return np.rint(np.interp(ticks, starts, times)).astype(int).tolist()

    onsets, ends = melody.array[:, 0], melody.array[:, 0] + melody.array[:, 1]
    pitches = melody.array[:, 2].tolist()
    moved = zip(map_ticks(onsets), map_ticks(ends), pitches, strict=True)
    symbols = zip(
        map_ticks(np.array([chord.onset for chord in melody.chords])), melody.chords, strict=True
    )
    return replace(
        melody,
        notes=tuple(Note(onset, max(end - onset, 1), pitch) for onset, end, pitch in moved),
        metres=frame.metres,
        tempo=frame.tempo,
        pickup=frame.pickup,
        end=int(times[-1]),
        chords=tuple(Chord(onset, chord.symbol) for onset, chord in symbols),
    )


def _simple(metre: TimeSignature) -> tuple[TimeSignature, Fraction]:
    """The metre that one becomes, and by how much its music is stretched."""
    if not metre.is_compound:
        return metre, Fraction(1)
    if metre.numerator == 3:
        return TimeSignature(3, 4), Fraction(3 * TICKS_PER_QUARTER, metre.bar)
    return TimeSignature(metre.bar // metre.beat, 4), Fraction(TICKS_PER_QUARTER, metre.beat)


def _metre(name: str) -> TimeSignature:
    return TimeSignature(*map(int, name.split("/")))


def _kind(metre: TimeSignature) -> tuple[int, bool]:
    """Felt beats per bar, and whether they are compound."""
    return max(metre.bar // metre.beat, 1), metre.is_compound


def _usual(style: MetreProfile) -> dict[tuple[int, bool], _Usual]:
    """The kinds of metre that a style knows."""
    kinds: dict[tuple[int, bool], list[str]] = {}
    for name in style.metres:
        kinds.setdefault(_kind(_metre(name)), []).append(name)
    found = {}
    for kind, names in kinds.items():
        share = sum(style.metres[name] for name in names)
        if share >= _KNOWN:
            notes = sum(style.metres[name] * style.densities.get(name, 0.0) for name in names)
            found[kind] = _Usual(share, notes / share)
    return found


def _regrouped(grid: BeatGrid, group: int, pickup: int) -> BeatGrid:
    return _with_bars(
        grid,
        np.unique(np.concatenate([grid.first[:1], grid.first[pickup:-1:group], grid.first[-1:]])),
    )


def _halved(grid: BeatGrid, pickup: int) -> BeatGrid:
    full, lengths = grid.first[pickup:-1], np.diff(grid.first[pickup:])
    return _with_bars(grid, np.union1d(grid.first, (full + lengths // 2)[lengths % 2 == 0]))


def _with_bars(grid: BeatGrid, first: np.ndarray) -> BeatGrid:
    bar = np.searchsorted(first, np.arange(grid.beats + 1), side="right") - 1
    return BeatGrid(grid.start, grid.unit, bar, first)
