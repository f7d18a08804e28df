"""A melody as HTML: a piano roll, and a player if the extra `sound` is installed."""

import base64
import html
import io
from collections.abc import Mapping
from importlib.util import find_spec

from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note
from stylernn.representation.note_alignment import KINDS, NoteAlignment

__all__ = ["fragment", "piano_roll"]

_COLOURS = {
    "kept": "#000000",
    "moved": "#0072b2",
    "ornament": "#e69f00",
    "new": "#cc79a7",
    "dropped": "#bbbbbb",
}
_PLAIN = "#0072b2"
_QUARTER, _STEP, _MARGIN = 16, 5, 8  # pixels


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
    """A piano roll as SVG: bar lines, and a rectangle for each note.

    Args:
        melody: the melody to draw.
        alignment: of the melody with a source tune; it colours the notes by their kind, and the
            notes of the source that were dropped are drawn in grey.

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
    width, height = _x(melody.end) + _MARGIN, (high - low + 1) * _STEP
    colours = (
        {change.note: _COLOURS[change.kind] for change in alignment.notes} if alignment else {}
    )
    lines = [
        f'<path d="M{_x(int(tick)):g} 0V{height}" stroke="#dddddd"/>' for tick in melody.bar_lines
    ]
    shadows = [_rectangle(note, high, _COLOURS["dropped"]) for note in gone]
    notes = [_rectangle(note, high, colours.get(note, _PLAIN)) for note in melody.notes]
    size = f'width="{width:g}" height="{height}" viewBox="0 0 {width:g} {height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(lines + shadows + notes)}</svg>'
    return f'<div style="overflow-x:auto">{svg}</div>'


def _x(tick: int) -> float:
    """Horizontal position of a tick in pixels."""
    return _MARGIN + tick * _QUARTER / TICKS_PER_QUARTER


def _rectangle(note: Note, high: int, colour: str) -> str:
    """A note as a `<rect>` element, below the highest pitch `high`."""
    wide = max(note.duration * _QUARTER / TICKS_PER_QUARTER - 1, 1)
    top = (high - note.pitch) * _STEP
    position = f'x="{_x(note.onset):g}" y="{top}"'
    return f'<rect {position} width="{wide:g}" height="{_STEP}" fill="{colour}"/>'


def _legend(alignment: NoteAlignment | None) -> str:
    """The number of notes of each kind, in its colour."""
    if alignment is None:
        return ""
    totals: Mapping[str, int] = alignment.totals
    words = [
        f'<span style="color:{_COLOURS[kind]}">■</span> {totals[kind]} {kind}'
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
