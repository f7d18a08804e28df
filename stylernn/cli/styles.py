"""`stylernn styles`: lists the styles of a model and the user's own, with their licences."""

from typing import TYPE_CHECKING, Annotated

import typer

from stylernn.cli import options

if TYPE_CHECKING:
    from stylernn.corpus.styles import Style
    from stylernn.model.checkpoint import Model

__all__ = ["command"]


def command(
    model: options.ModelFile = None,
    table: Annotated[
        bool,
        typer.Option(
            "--pairs", help="Show the measured quality of transfer between all pairs of styles."
        ),
    ] = False,
    remove: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Remove a style of your own. [default: nothing is removed, styles are listed]",
        ),
    ] = None,
) -> None:
    """List the styles of a model, substyles under their parents, with licences of their sources."""
    from rich.console import Console
    from rich.table import Table

    from stylernn.adaptation import user_styles

    if remove is not None:
        user_styles.remove(remove)
        typer.echo(f"{remove} is removed")
        return
    loaded = options.load(model)
    if table:
        _print_pairs(loaded)
        return
    learnt = sorted(
        loaded.header.styles,
        key=lambda style: (style.parent, style.name != style.parent, style.name),
    )
    styles = [*learnt, *_own(loaded)]
    licences = list(dict.fromkeys(licence for style in styles for licence in style.licences))
    rows = Table(box=None, pad_edge=False)
    rows.add_column("style", no_wrap=True)
    rows.add_column("what it is", overflow="fold")
    for heading in ("tunes", "notes", "licences", "works from"):
        rows.add_column(heading, justify="right", no_wrap=True)
    for style in styles:
        name = style.name if style.name == style.parent else f"  {style.name}"
        terms = ", ".join(str(licences.index(licence) + 1) for licence in style.licences)
        rows.add_row(
            name,
            style.description,
            f"{style.tunes:,}",
            f"{style.notes:,}",
            terms,
            _works_from(loaded, style),
        )
    console = Console(highlight=False)
    console.print(rows)
    for number, licence in enumerate(licences, 1):
        console.print(f"{number}  {licence}", soft_wrap=True, markup=False)


def _works_from(model: "Model", style: "Style") -> str:
    """From how many of the other styles a transfer into this one works."""
    from stylernn.generation import pair_quality

    tried = pair_quality.into(model.header.metrics, style.name)
    return f"{sum(pair.works for pair in tried)} of {len(tried)}" if tried else ""


def _print_pairs(model: "Model") -> None:
    """Print a row for each pair of styles, sorted by target style."""
    from rich.console import Console
    from rich.table import Table

    from stylernn.errors import StylernnError
    from stylernn.generation import pair_quality

    found = sorted(
        pair_quality.measured(model.header.metrics), key=lambda pair: (pair.target, pair.source)
    )
    if not found:
        raise StylernnError(
            "the pairs of styles of this model have not been measured",
            remedy="See tools/release/measure_pairs.py.",
        )
    rows = Table("to", "from", box=None, pad_edge=False)
    for heading in ("tunes", "in style", "real", "tune found"):
        rows.add_column(heading, justify="right")
    rows.add_column("")
    for pair in found:
        verdict = "" if pair.works else "do not expect much"
        real = "-" if pair.real is None else f"{pair.real:.0%}"
        shares = f"{pair.accuracy:.0%}", real, f"{pair.top1:.0%}"
        rows.add_row(pair.target, pair.source, str(pair.tunes), *shares, verdict)
    Console(highlight=False).print(rows)


def _own(model: "Model") -> list["Style"]:
    """The user's styles, with a note on those that were learnt for another model."""
    from dataclasses import replace

    from stylernn.adaptation import user_styles
    from stylernn.errors import ModelFileError

    found = []
    for name in user_styles.saved_styles():
        try:
            own = user_styles.load(user_styles.file_of(name))
        except ModelFileError as error:
            typer.echo(f"left out: {error}", err=True)
            continue
        note = "your own" if own.model == model.digest else "your own, learnt for another model"
        found.append(replace(own.style, description=note))
    return found
