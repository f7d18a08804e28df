"""`stylernn inspect`: shows the tracks of a music file, and which one is read as the melody."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylernn.cli import formatting
from stylernn.formats.registry import format_names

if TYPE_CHECKING:
    from stylernn.formats.midi import TrackInfo

__all__ = ["command"]


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"A {format_names()} file.")],
    track: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Read this track. [default: the one that looks like the melody]",
        ),
    ] = None,
) -> None:
    """Show a file's tracks and the melody that would be read from it."""
    from stylernn.formats import midi, registry

    melody = registry.read(file, track=track)
    if registry.is_midi(file):
        _show(midi.tracks(file), str(file))
    typer.echo(formatting.describe(melody))


def _show(tracks: list["TrackInfo"], title: str) -> None:
    """Print a table of the tracks."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "track", "name", "notes", "one at a time", "mean pitch", "", title=title, box=None
    )
    for part in tracks:
        remark = "drums" if part.is_drum else ""
        remark = "melody" if part.chosen else remark
        pitch = formatting.pitch_name(round(part.mean_pitch))
        alone = f"{part.monophony:.0%}"
        table.add_row(str(part.index), part.name, f"{part.notes:,}", alone, pitch, remark)
    Console(highlight=False).print(table)
