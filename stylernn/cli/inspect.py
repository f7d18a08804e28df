"""`stylernn inspect`: what is in a music file, and which of it is taken for the melody."""

from pathlib import Path
from typing import Annotated

import typer

from stylernn.cli import words

__all__ = ["command"]


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A MIDI, MusicXML, ABC or Humdrum file.")],
    track: Annotated[int | None, typer.Option(metavar="N", min=0, help="A track other than the chosen one.")] = None,
) -> None:
    """Show a file's tracks and the melody that would be read from it."""
    from rich.console import Console
    from rich.table import Table

    from stylernn import files

    parts = files.parts(file)
    if parts:
        table = Table("track", "name", "notes", "one at a time", "mean pitch", "", title=str(file))
        for part in parts:
            remark = "melody" if part.chosen else "drums" if part.is_drum else ""
            pitch, alone = f"{part.mean_pitch:.0f}", f"{part.monophony:.0%}"
            table.add_row(str(part.index), part.name, str(part.notes), alone, pitch, remark)
        Console(highlight=False).print(table)
    melody = files.read(file, track=track)
    typer.echo(words.describe(melody))
