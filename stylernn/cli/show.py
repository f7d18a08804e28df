"""`stylernn show`: see a melody as a page of music, or what became of one as piano rolls."""

from pathlib import Path
from typing import Annotated

import typer

from stylernn.cli import options, outputs

__all__ = ["command"]


def command(
    file: Annotated[Path, typer.Argument(metavar="A", help="A MIDI, MusicXML, ABC or Humdrum file.")],
    result: Annotated[Path | None, typer.Argument(metavar="[B]", help="What became of A.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="A page: .svg or .png; piano rolls: .png, .svg or .pdf. By default the last file's name as .png.",
        ),
    ] = None,
    force: options.Force = False,
) -> None:
    """Engrave a melody, or compare two: what is kept, moved, ornament and new."""
    path = out or Path(f"{(result or file).stem}.png")
    sources = [file] if result is None else [file, result]
    outputs.check([path], force=force, sources=sources, endings=outputs.PAGES if result is None else outputs.PICTURES)

    from stylernn import files

    melodies = [files.read(source) for source in sources]
    if result is None:
        from stylernn import sheet

        sheet.engrave(melodies[0], path)
        typer.echo(f"{path}: {file} as a page")
        return
    from stylernn import changes, metres, pictures

    tune, made = melodies
    if tune.bars == made.bars and len(tune.metres) == len(made.metres):
        tune = metres.restored(tune, made)  # 6/8 beside 2/4, as transfer writes a jig in jazz
    pictures.roll(made, path, tune)
    totals = changes.compare(tune, made).totals
    typer.echo(f"{path}: " + ", ".join(f"{number} {kind}" for kind, number in totals.items()))
