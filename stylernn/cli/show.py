"""`stylernn show`: draws a melody as sheet music, or two melodies as piano rolls."""

from pathlib import Path
from typing import Annotated

import typer

from stylernn.cli import options, outputs
from stylernn.formats.registry import format_names

__all__ = ["command"]


def command(
    file: Annotated[Path, typer.Argument(metavar="A", help=f"A {format_names()} file.")],
    result: Annotated[
        Path | None,
        typer.Argument(metavar="[B]", help="A melody made from A. [default: none, A is engraved]"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Sheet music: .svg or .png; piano rolls: .png, .svg or .pdf. "
            "[default: the name of the last file with the ending .png]",
        ),
    ] = None,
    force: options.Force = False,
) -> None:
    """Engrave a melody, or compare two: which notes are kept, moved, ornaments and new."""
    path = out or Path(f"{(result or file).stem}.png")
    sources = [file] if result is None else [file, result]
    outputs.check(
        [path],
        force=force,
        sources=sources,
        endings=outputs.PAGES if result is None else outputs.PICTURES,
    )

    from stylernn.formats import registry

    melodies = [registry.read(source) for source in sources]
    if result is None:
        from stylernn.display import sheet

        sheet.engrave(melodies[0], path)
        typer.echo(f"{path}: {file} as a page")
        return
    from stylernn.display import piano_roll
    from stylernn.representation import metre_mapping, note_alignment

    tune, made = melodies
    if tune.bars == made.bars and len(tune.metres) == len(made.metres):
        # Transfer may write a tune in 6/8 as one in 2/4.
        tune = metre_mapping.to_original_metre(tune, made)
    piano_roll.roll(made, path, tune)
    totals = note_alignment.compare(tune, made).totals
    typer.echo(f"{path}: " + ", ".join(f"{number} {kind}" for kind, number in totals.items()))
