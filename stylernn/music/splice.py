"""Locked bars: bars of the source that the result contains unchanged.

A locked bar of the result has the notes of that bar of the source: those that begin in it, and
those that sound into it. New notes before a locked bar end at the latest where it begins.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from stylernn.errors import UsageError
from stylernn.music.melody import Melody, Note

__all__ = ["check", "splice"]


def check(locked: Collection[int], melody: Melody) -> None:
    """Check that a melody has the bars to lock, and at least one more.

    Args:
        locked: bar numbers, counted from 0.
        melody: the source.

    Raises:
        UsageError: if there is no such bar, or if all bars are locked. The message counts bars as
            musicians do: the first full bar is bar 1.

    Example:
        >>> check([2], Melody((), end=192))
        Traceback (most recent call last):
        stylernn.errors.UsageError: there is no such bar; expected bars 1 to 2; found bar 3
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
    """Combine the locked bars of a source with the other bars of a result.

    Args:
        source: the melody that the locked bars come from.
        made: the melody that the other bars come from; it has the bar lines of the source.
        locked: bar numbers, counted from 0.

    Returns:
        A melody with the attributes of `made`.

    Example:
        >>> source = Melody((Note(0, 96, 60), Note(96, 96, 62)))
        >>> made = Melody((Note(0, 48, 72), Note(48, 144, 74)))
        >>> [(note.onset, note.duration, note.pitch) for note in splice(source, made, [1]).notes]
        [(0, 48, 72), (48, 48, 74), (96, 96, 62)]
    """
    stretches = _stretches(source, locked)
    lines = np.array(stretches).ravel()
    notes = []
    for note in made.notes:
        passed = int(np.searchsorted(lines, note.onset, side="right"))
        if passed % 2 == 0:  # outside the locked bars
            limit = int(lines[passed]) if passed < len(lines) else note.end
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
