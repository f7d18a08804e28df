"""Piano rolls of a source and its result, one above the other with the same bars.

The kind of each note (see `note_alignment`) is shown by colour, hatching and edge, so that the
picture can be read in grey and with every kind of colour vision. Bars are numbered as musicians
count them: the first full bar is 1, a pickup 0.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from stylernn.display.colours import BAR_LINE, KINDS, PITCH_LINE
from stylernn.formats.notation import spell
from stylernn.music.melody import Melody, Note
from stylernn.representation.note_alignment import compare
from stylernn.system.atomic_write import atomic_write

__all__ = ["roll"]

_LINES: Mapping[str, Mapping[str, Any]] = {
    "kept": {},
    "moved": {"hatch": "/////"},
    "ornament": {"hatch": "....."},
    "new": {"linewidth": 1.8},
    "dropped": {"linestyle": "--"},
}
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    kind: {"facecolor": look.fill, "edgecolor": look.edge, **_LINES[kind]}
    for kind, look in KINDS.items()
}
_BARS, _MOST_LINES = 16, 40  # bars a line, or more if there would be more lines
_WIDTH, _HEIGHT, _DPI = 14.0, 1.7, 110  # inches, inches a line, dots an inch


def roll(result: Melody, path: str | os.PathLike[str], source: Melody | None = None) -> None:
    """Draw a melody, below its source if there is one; an existing file is replaced as a whole.

    Args:
        result: the melody.
        path: of the picture; its suffix .png, .svg or .pdf decides the format.
        source: the tune that the melody was made from, in the same metre.
    """
    figure = _drawn(result, source)
    with atomic_write(path) as draft:
        metadata = {"Date": None} if Path(path).suffix.lower() == ".svg" else {}
        figure.savefig(draft, dpi=_DPI, metadata=metadata)


def _drawn(result: Melody, source: Melody | None) -> Figure:
    """The figure: lines of bars, each with a roll for the source and one for the result."""
    rows = (
        {"melody": [(note, "kept") for note in result.notes]}
        if source is None
        else _compared(source, result)
    )
    lines = result.bar_lines if source is None or result.end >= source.end else source.bar_lines
    bars = len(lines) - 1
    wide = max(_BARS, -(-bars // _MOST_LINES))
    count = -(-bars // wide)
    figure = Figure(figsize=(_WIDTH, 0.6 + count * len(rows) * _HEIGHT), layout="constrained")
    axes = figure.subplots(count * len(rows), 1, squeeze=False)[:, 0].tolist()
    pitches = [note.pitch for notes in rows.values() for note, _ in notes]
    for line in range(count):
        ticks = lines[line * wide : (line + 1) * wide + 1]
        missing = wide + 1 - len(ticks)  # bars, so that all lines have the same length
        ticks = np.append(ticks, ticks[-1] + missing * (ticks[-1] - ticks[-2]))
        first = line * wide + (0 if (source or result).pickup else 1)
        for row, (name, notes) in enumerate(rows.items()):
            where: Axes = axes[line * len(rows) + row]
            _frame(where, ticks, first if row == 0 else None, pitches, result)
            where.set_ylabel(name, fontsize=9)
            _draw(
                where,
                [
                    (note, kind)
                    for note, kind in notes
                    if note.onset < ticks[-1] and note.end > ticks[0]
                ],
            )
    if source is not None:
        shown = [Patch(label=kind, **look) for kind, look in _LOOKS.items()]
        figure.legend(
            handles=shown, loc="outside upper right", ncols=len(shown), fontsize=9, frameon=False
        )
    figure.suptitle(
        result.title or (source.title if source else ""), x=0.01, ha="left", fontsize=11
    )
    return figure


def _compared(source: Melody, result: Melody) -> dict[str, list[tuple[Note, str]]]:
    """Notes of source and result with their kinds; a source note has that of its counterpart."""
    alignment = compare(source, result)
    kinds = {
        change.origin: change.kind for change in alignment.notes if change.kind in ("kept", "moved")
    }
    return {
        "source": [(note, kinds.get(note, "dropped")) for note in source.notes],
        "result": [(change.note, change.kind) for change in alignment.notes],
    }


def _frame(
    axes: Axes,
    ticks: Sequence[int] | np.ndarray,
    first: int | None,
    pitches: list[int],
    melody: Melody,
) -> None:
    """Draw bar lines, names of tonic and fifth, and bar numbers from `first` on if given."""
    low, high = min(pitches, default=60) - 2, max(pitches, default=72) + 2
    axes.set_xlim(float(ticks[0]), float(ticks[-1]))
    axes.set_ylim(low - 0.5, high + 0.5)
    axes.set_xticks(
        ticks[:-1] if first is not None else [], None if first is None else _numbers(ticks, first)
    )
    axes.xaxis.tick_top()
    axes.vlines(ticks, low - 0.5, high + 0.5, color=BAR_LINE, linewidth=0.8, zorder=0)
    tonic = melody.key.tonic if melody.key else 0
    named = [pitch for pitch in range(low, high + 1) if pitch % 12 in (tonic, (tonic + 7) % 12)]
    axes.set_yticks(named, [_name(pitch, melody) for pitch in named])
    axes.hlines(named, float(ticks[0]), float(ticks[-1]), color=PITCH_LINE, linewidth=0.8, zorder=0)
    axes.tick_params(length=0, labelsize=8)


def _numbers(ticks: Sequence[int] | np.ndarray, first: int) -> list[str]:
    """Numbers of the bars between these bar lines."""
    return [str(first + k) for k in range(len(ticks) - 1)]


def _name(pitch: int, melody: Melody) -> str:
    """Name of a pitch, spelled in the melody's key."""
    step, alter, octave = spell(pitch, melody.key)
    return f"{step}{'♯' * alter}{'♭' * -alter}{octave}"


def _draw(axes: Axes, notes: Iterable[tuple[Note, str]]) -> None:
    """Draw notes in the look of their kind."""
    for note, kind in notes:
        look = {"linewidth": 0.7, **_LOOKS[kind]}
        axes.add_patch(
            Rectangle((note.onset, note.pitch - 0.5), note.duration, 1.0, label=kind, **look)
        )
