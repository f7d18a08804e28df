"""`stylernn styles`: what a model has learnt, from how much, and under which licences; and the user's own styles."""

from typing import TYPE_CHECKING, Annotated

import typer

from stylernn.cli import options

if TYPE_CHECKING:
    from stylernn.checkpoint import Model
    from stylernn.styles import Style

__all__ = ["command"]


def command(
    model: options.ModelFile = None,
    remove: Annotated[
        str | None, typer.Option(metavar="NAME", help="Remove a style of your own, instead of listing.")
    ] = None,
) -> None:
    """List a model's styles, the finer ones under their parent, with the licences of what they were learnt from."""
    from rich.console import Console
    from rich.table import Table

    from stylernn import personal

    if remove is not None:
        personal.remove(remove)
        typer.echo(f"{remove} is removed")
        return
    loaded = options.load(model)
    shipped = sorted(loaded.header.styles, key=lambda style: (style.parent, style.name != style.parent, style.name))
    styles = [*shipped, *_own(loaded)]
    licences = list(dict.fromkeys(licence for style in styles for licence in style.licences))
    table = Table(box=None, pad_edge=False)
    table.add_column("style", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    for heading in ("tunes", "notes", "licences"):
        table.add_column(heading, justify="right", no_wrap=True)
    for style in styles:
        name = style.name if style.name == style.parent else f"  {style.name}"
        terms = ", ".join(str(licences.index(licence) + 1) for licence in style.licences)
        table.add_row(name, style.description, f"{style.tunes:,}", f"{style.notes:,}", terms)
    console = Console(highlight=False)
    console.print(table)
    for number, licence in enumerate(licences, 1):
        console.print(f"{number}  {licence}", soft_wrap=True, markup=False)


def _own(model: "Model") -> list["Style"]:
    """The user's styles; one that cannot be used with this model says so."""
    from dataclasses import replace

    from stylernn import personal
    from stylernn.errors import ModelFileError

    found = []
    for name in personal.kept():
        try:
            own = personal.load(personal.file_of(name))
        except ModelFileError as error:
            typer.echo(f"left out: {error}", err=True)
            continue
        note = "your own" if own.model == model.digest else "your own, learnt for another model"
        found.append(replace(own.style, description=note))
    return found
