"""`stylernn styles`: what a model has learnt, from how much, and under which licences."""

from stylernn.cli import options

__all__ = ["command"]


def command(model: options.ModelFile = None) -> None:
    """List a model's styles, the finer ones under their parent, with the licences of what they were learnt from."""
    from rich.console import Console
    from rich.table import Table

    styles = sorted(
        options.load(model).header.styles, key=lambda style: (style.parent, style.name != style.parent, style.name)
    )
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
