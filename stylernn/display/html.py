"""A melody as HTML: a piano roll, and a player if the extra `sound` is installed."""

import base64
import html
import io
from collections.abc import Mapping
from importlib.util import find_spec

from stylernn.display import colours
from stylernn.display.colours import Look
from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note
from stylernn.representation.note_alignment import KINDS, NoteAlignment

__all__ = ["fragment", "piano_roll"]

_QUARTER, _STEP, _MARGIN, _NUMBERS = 16, 5, 8, 12  # pixels


def fragment(
    melody: Melody, alignment: NoteAlignment | None = None, *, style: str = "", seed: int = 0
) -> str:
    """Title, piano roll and player of a melody.

    Args:
        melody: the melody to show.
        alignment: of the melody with a source tune; it colours the notes by their kind.
        style: label of the style in whose manner the player plays it.
        seed: of the small deviations of its timing.

    Returns:
        A `<div>` element.
    """
    title = f"<b>{html.escape(melody.title)}</b> " if melody.title else ""
    heading = f"<p>{title}{_legend(alignment)}</p>"
    player = f"<p>{_player(melody, style, seed)}</p>"
    return f"<div>{heading}{piano_roll(melody, alignment)}{player}</div>"


def piano_roll(melody: Melody, alignment: NoteAlignment | None = None) -> str:
    """A piano roll as SVG: bar lines with their numbers, and a rectangle for each note.

    Args:
        melody: the melody to draw.
        alignment: of the melody with a source tune; it colours the notes by their kind, and the
            notes of the source that were dropped are drawn as grey outlines.

    Returns:
        A `<div>` element with an `<svg>` element in it.

    Example:
        >>> picture = piano_roll(Melody((Note(0, 24, 60), Note(24, 24, 62))))
        >>> picture.count("<rect")
        2
    """
    gone = alignment.dropped if alignment else ()
    pitches = [note.pitch for note in (*melody.notes, *gone)] or [60]
    low, high = min(pitches) - 1, max(pitches) + 1
    width, height = _x(melody.end) + _MARGIN, _NUMBERS + (high - low + 1) * _STEP
    kinds = {change.note: change.kind for change in alignment.notes} if alignment else {}
    looks = colours.KINDS
    lines = _bar_lines(melody, height)
    shadows = [_rectangle(note, high, looks["dropped"]) for note in gone]
    notes = [_rectangle(note, high, looks[kinds.get(note, "kept")]) for note in melody.notes]
    size = f'width="{width:g}" height="{height}" viewBox="0 0 {width:g} {height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(lines + shadows + notes)}</svg>'
    return f'<div style="overflow-x:auto">{svg}</div>'


def _bar_lines(melody: Melody, height: int) -> list[str]:
    """Bar lines, and above each bar its number: the first full bar is 1, a pickup 0."""
    first = 0 if melody.pickup else 1
    style = f'font-size="9" font-family="sans-serif" fill="{colours.GREY}"'
    found = []
    for number, tick in enumerate(melody.bar_lines.tolist(), start=first):
        x = _x(tick)
        found.append(f'<path d="M{x:g} {_NUMBERS}V{height}" stroke="{colours.BAR_LINE}"/>')
        if tick < melody.end:
            found.append(f'<text x="{x + 2:g}" y="{_NUMBERS - 3}" {style}>{number}</text>')
    return found


def _x(tick: int) -> float:
    """Horizontal position of a tick in pixels."""
    return _MARGIN + tick * _QUARTER / TICKS_PER_QUARTER


def _rectangle(note: Note, high: int, look: Look) -> str:
    """A note as a `<rect>` element, below the highest pitch `high`."""
    wide = max(note.duration * _QUARTER / TICKS_PER_QUARTER - 1, 1)
    top = _NUMBERS + (high - note.pitch) * _STEP
    position = f'x="{_x(note.onset):g}" y="{top}"'
    size = f'width="{wide:g}" height="{_STEP - 1}"'
    return f'<rect {position} {size} fill="{look.fill}" stroke="{look.edge}" stroke-width=".7"/>'


def _legend(alignment: NoteAlignment | None) -> str:
    """The number of notes of each kind, in its colour."""
    if alignment is None:
        return ""
    totals: Mapping[str, int] = alignment.totals
    words = [
        f'<span style="color:{colours.KINDS[kind].sign}">■</span> {totals[kind]} {kind}'
        for kind in (*KINDS, "dropped")
    ]
    return " &nbsp; ".join(words)


def _player(melody: Melody, style: str, seed: int) -> str:
    """An `<audio>` element with a recording, or a hint where sound is not installed."""
    if find_spec("midirenderer") is None or find_spec("soundfile") is None:
        return "To hear it: <code>pip install 'stylernn[sound]'</code>"
    import soundfile

    from stylernn.sound import RATE, recording

    sound = io.BytesIO()
    soundfile.write(sound, recording.record(melody, style, seed=seed), RATE, format="MP3")
    data = base64.b64encode(sound.getvalue()).decode()
    return f'<audio controls src="data:audio/mpeg;base64,{data}"></audio>'
