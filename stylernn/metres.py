"""Hearing a melody in a metre that the target style knows.

A style may never have met the source's metre: no jazz is written in 6/8. But a dotted quarter is a beat whose thirds
are those of a swung quarter, so a jig can be heard as swing, its bars taken in pairs, while every beat and bar line
stays where it is. Nothing of the melody changes here, only how its bars are counted for the model.
"""

from dataclasses import replace

import numpy as np

from stylernn.codec import PLACES, BeatGrid, Events
from stylernn.melody import TICKS_PER_QUARTER, Melody, Metre
from stylernn.styles import Style

__all__ = ["heard", "swung"]

_KNOWN = 0.03
# On a swung beat, straight subdivisions fall on thirds and sixths.
_SWING = {6: 8, 12: 16, 18: 20}


def heard(melody: Melody, grid: BeatGrid, style: Style) -> BeatGrid:
    """Count the beats of a melody in the metre of a style that fits best.

    Args:
        melody: the source.
        grid: its beats.
        style: the target.

    Returns:
        A grid of the same beats; its bars may be groups of the source's bars and its compound beats simple ones.
    """
    shares = {_kind(Metre(*map(int, name.split("/")))): 0.0 for name in style.metres}
    for name, share in style.metres.items():
        shares[_kind(Metre(*map(int, name.split("/"))))] += share
    beats, compound = _kind(melody.metre)
    if shares.get((beats, compound), 0.0) >= _KNOWN or not shares:
        return grid
    choices = [(beats * group, kind, group) for kind in {compound, False} for group in (1, 2, 4)]
    best = max(choices, key=lambda choice: (shares.get(choice[:2], 0.0), -choice[2]))
    if shares.get(best[:2], 0.0) == 0.0:
        return grid
    return _regrouped(grid, best[2], int(melody.pickup > 0), simple=compound and not best[1])


def swung(events: Events) -> Events:
    """Move straight subdivisions of compound beats to the nearest swung ones, where no other note is in the way."""
    place, beat = PLACES[events.time % 16], events.time // 16
    moves = np.array([_SWING.get(int(p), int(p)) for p in place])
    target = 16 * beat + np.searchsorted(PLACES, moves)
    # A beat that a change of metre cuts short may lack the place.
    free = (events.grid.unit[beat] != TICKS_PER_QUARTER) & (events.grid.ticks[target] >= 0)
    moved = np.where(free, target, events.time)
    clash = np.append(np.diff(moved) <= 0, False)
    blocked = np.isin(beat, beat[clash])
    return replace(events, time=np.where(blocked, events.time, moved).astype(np.int32))


def _kind(metre: Metre) -> tuple[int, bool]:
    """Felt beats per bar, and whether they are compound."""
    return max(metre.bar // metre.beat, 1), metre.is_compound


def _regrouped(grid: BeatGrid, group: int, pickup: int, *, simple: bool) -> BeatGrid:
    first = np.unique(np.concatenate([grid.first[:1], grid.first[pickup:-1:group], grid.first[-1:]]))
    bar = np.searchsorted(first, np.arange(grid.beats + 1), side="right") - 1
    unit = np.full_like(grid.unit, TICKS_PER_QUARTER) if simple else grid.unit
    return BeatGrid(grid.start, unit, bar, first)
