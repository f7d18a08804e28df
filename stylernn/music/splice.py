"""Bars that stay as they are.

A locked bar of the result sounds like that bar of the source, note for note: what begins in it, and what rings into it.
New notes around it end where it begins.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from stylernn.errors import UsageError
from stylernn.music.melody import Melody, Note

__all__ = ["check", "splice"]


def check(locked: Collection[int], melody: Melody) -> None:
    """Make sure that a melody has the bars to lock, numbered from 0, and others.

    Raises:
        UsageError: if it has not.
    """
    if not locked:
        return
    first = 0 if melody.pickup else 1
    for bar in (min(locked), max(locked)):
        if not 0 <= bar < melody.bars:
            bars = f"bars {first} to {melody.bars - 1 + first}"
            raise UsageError("there is no such bar", expected=bars, found=f"bar {bar + first}")
    if len(set(locked)) == melody.bars:
        raise UsageError("all bars are locked", remedy="Leave some bars to be rewritten.")


def splice(source: Melody, made: Melody, locked: Collection[int]) -> Melody:
    """The locked bars of a source amid the other bars of a melody on the same bar lines.

    Args:
        source: where the locked bars come from.
        made: where the rest comes from.
        locked: bar numbers, from 0.
    """
    stretches = _stretches(source, locked)
    lines = np.array(stretches).ravel()
    notes = []
    for note in made.notes:
        place = int(np.searchsorted(lines, note.onset, side="right"))
        if place % 2 == 0:  # begins outside: it ends at the latest where the next stretch begins
            limit = int(lines[place]) if place < len(lines) else note.end
            notes.append(Note(note.onset, min(note.end, limit) - note.onset, note.pitch))
    for start, stop in stretches:
        for note in source.notes:
            if note.onset < stop and note.end > start:
                onset = max(note.onset, start)
                notes.append(Note(onset, note.end - onset, note.pitch))
    notes.sort()
    limits = [note.onset for note in notes[1:]] + [made.end]
    cut = [
        note._replace(duration=min(note.end, limit) - note.onset)
        for note, limit in zip(notes, limits, strict=False)
    ]
    return replace(made, notes=tuple(cut))


def _stretches(melody: Melody, bars: Collection[int]) -> list[tuple[int, int]]:
    """First and last tick of each run of consecutive bars."""
    lines = melody.bar_lines
    runs: list[tuple[int, int]] = []
    for bar in sorted(set(bars)):
        start, stop = int(lines[bar]), int(lines[bar + 1])
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    return runs
