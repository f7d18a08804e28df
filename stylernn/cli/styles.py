"""`stylernn styles`: what a model has learnt, from how much, and under which licences; and the user's own styles."""

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
            "--pairs", help="How well each style turns into each other one, as it was measured."
        ),
    ] = False,
    remove: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Remove a style of your own, instead of listing."),
    ] = None,
) -> None:
    """List a model's styles, the finer ones under their parent, with the licences of what they were learnt from."""
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
    shipped = sorted(
        loaded.header.styles,
        key=lambda style: (style.parent, style.name != style.parent, style.name),
    )
    styles = [*shipped, *_own(loaded)]
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
    """From how many of the other styles tunes come well into this one."""
    from stylernn.generation import pair_quality

    tried = pair_quality.into(model.header.metrics, style.name)
    return f"{sum(pair.works for pair in tried)} of {len(tried)}" if tried else ""


def _print_pairs(model: "Model") -> None:
    """A row for each pair of styles, by where it goes to."""
    from rich.console import Console
    from rich.table import Table

    from stylernn.errors import StylernnError
    from stylernn.generation import pair_quality

    found = sorted(
        pair_quality.measured(model.header.metrics), key=lambda pair: (pair.target, pair.source)
    )
    if not found:
        raise StylernnError(
            "nobody has measured this model's pairs of styles",
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
    """The user's styles; one that cannot be used with this model says so."""
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
