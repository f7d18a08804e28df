"""`stylernn add-style`: learns a style of the user's own from a few tunes."""

from pathlib import Path
from typing import Annotated

import typer

from stylernn.cli import display, formatting, options
from stylernn.formats.registry import format_names

__all__ = ["command"]

_SHOWN = 3


def command(
    folder: Annotated[
        Path,
        typer.Argument(help=f"Folder of {format_names()} files; 5 to 50 are enough."),
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the new style.")],
    model: options.ModelFile = None,
    seed: options.Seed = 0,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Replace a style of that name.")
    ] = False,
) -> None:
    """Learn a style of your own from a folder of tunes; the model is not changed.

    The new style can be used like any other one, in mixtures too. `stylernn styles` lists it, and
    removes it.
    """
    from stylernn.adaptation import adapt

    loaded = options.load(model)
    with display.loading() as show:

        def report(done: int, total: int) -> None:
            show("learning", done, total)

        own, dropped = adapt.from_folder(
            loaded, folder, name, seed=seed, force=force, loading=show, progress=report
        )
    for entry in dropped:
        typer.echo(f"left out: {entry.where}: {entry.reason}", err=True)
    styles = ["no style", *(style.name for style in loaded.header.styles)]
    nearest = sorted(zip(own.facts["mixture"], styles, strict=True), reverse=True)[:_SHOWN]
    tunes, notes = own.style.tunes, own.style.notes
    learnt = f"{formatting.count(tunes, 'tune')}, {formatting.count(notes, 'note')}"
    typer.echo(f"{name}: learnt from {learnt}")
    typer.echo(f"  nearest  {', '.join(f'{style} {share:.0%}' for share, style in nearest)}")
    before, after = own.facts["bits_of_mixture"], own.facts["bits"]
    typer.echo(f"  bits per note of held-out tunes: {before:.3f} -> {after:.3f}")
