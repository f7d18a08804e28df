"""`stylernn styles`: what a model has learnt, from how much, and under which licences."""

from stylernn.cli import options

__all__ = ["command"]


def command(model: options.ModelFile = None) -> None:
    """List a model's styles."""
    from rich.console import Console
    from rich.table import Table

    table = Table("style", "what it is", "tunes", "notes", "licences", box=None, pad_edge=False)
    for style in options.load(model).header.styles:
        table.add_row(style.name, style.description, f"{style.tunes:,}", f"{style.notes:,}", ", ".join(style.licences))
    Console(highlight=False).print(table)
