"""`stylernn corpus`: lists, downloads, adds and counts the melodies to learn from."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylernn.cli import display
from stylernn.errors import UsageError
from stylernn.formats.registry import format_names

if TYPE_CHECKING:
    from rich.table import Table

    from stylernn import corpus
    from stylernn.corpus import Parsed

__all__ = ["app"]

_SHOWN_METRES = 4
_SHOWN_REASONS = 3

app = typer.Typer(
    help="List, download, add and count the corpora to learn from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Styles = Annotated[list[str], typer.Argument(metavar="STYLE...", help="Styles, such as jazz.")]
Mirror = Annotated[
    str | None,
    typer.Option(
        help="Where to download from: an https address, or a folder with the same files. "
        "[env: STYLERNN_MIRROR] [default: the address of each source]",
    ),
]


@app.command("list")
def list_() -> None:
    """List styles and their sources, with size, licence and state."""
    from stylernn import corpus

    table = _table("style", "source", ">tunes", ">notes", "state", "licence")
    used = {style: corpus.in_use(style) for style in corpus.styles_known()}
    rows = [(style, source) for source in corpus.sources().values() for style in source.styles]
    for style, source in sorted(rows, key=lambda row: (row[0], row[1].name)):
        counts = source.styles[style]
        state = "in use" if source.name in used[style] else _idle(source)
        sizes = (f"{counts[unit]:,}" if unit in counts else "" for unit in ("tunes", "notes"))
        table.add_row(style, source.name, *sizes, state, source.licence)
    for style, folders in sorted(corpus.registered().items()):
        for folder in folders:
            table.add_row(style, folder, "", "", "in use", "your own")
    _print(table)


@app.command()
def fetch(styles: Styles, mirror: Mirror = None) -> None:
    """Download the corpora of some styles, and check every file against its known SHA-256."""
    from stylernn import corpus

    with display.loading() as show:
        fetched = corpus.fetch(styles, mirror=mirror, progress=show)
    if not fetched:
        installed = [name for style in styles for name in corpus.in_use(style)]
        typer.echo(
            f"nothing to fetch: {', '.join(styles)} comes from "
            f"{', '.join(installed) or 'no source'}"
        )
    for name, new in fetched.items():
        source = corpus.sources()[name]
        typer.echo(f"{name}: {len(source.sha256)} files verified, {new} new. {source.title}")
        typer.echo(f"  licence: {source.licence}\n  please cite: {source.citation}")


@app.command()
def add(
    style: Annotated[str, typer.Argument(help="Style of all melodies in the folder.")],
    folder: Annotated[
        Path,
        typer.Argument(help=f"Folder of {format_names()} files; it is not copied."),
    ],
) -> None:
    """Add a folder of your own melodies under a style."""
    from stylernn import corpus

    if not style.replace("_", "").replace("-", "").isalnum():
        raise UsageError(f"{style!r} cannot name a style", expected="letters, digits, - and _")
    with display.loading() as show:
        found = corpus.register(style, folder, progress=show)
    typer.echo(f"{style}: {len(found.tunes):,} melodies in {folder}")
    for line in _reasons(found):
        typer.echo(f"  left out: {line}")


@app.command()
def stats(
    styles: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STYLE...]", help="Styles to count. [default: all in use]"),
    ] = None,
) -> None:
    """Count tunes, notes, bars, metres, splits, and what was left out and why."""
    from stylernn import corpus

    table = _table(
        "style",
        "source",
        ">tunes",
        ">notes",
        ">bars",
        ">train",
        ">valid",
        ">test",
        "metres",
        "left out",
    )
    for style in styles or [name for name in corpus.styles_known() if corpus.in_use(name)]:
        with display.loading() as show:
            parts = corpus.parts(style, progress=show)
        sides = corpus.split(tune for part in parts.values() for tune in part.tunes)
        for name, part in parts.items():
            own = set(map(id, part.tunes))
            sizes = [
                f"{sum(id(tune) in own for tune in side):,}"
                for side in (sides.train, sides.valid, sides.test)
            ]
            table.add_row(
                style, name, *_counts(part), *sizes, _metres(part), "; ".join(_reasons(part))
            )
    _print(table)


def _idle(source: "corpus.Source") -> str:
    """The state of a source that is not in use."""
    from stylernn import corpus

    if corpus.is_installed(source):
        return "installed"
    return "to fetch" if source.kind == "download" else "missing"


def _counts(part: "Parsed") -> tuple[str, str, str]:
    """Numbers of tunes, notes and bars."""
    notes = sum(len(tune.melody.notes) for tune in part.tunes)
    return f"{len(part.tunes):,}", f"{notes:,}", f"{sum(tune.melody.bars for tune in part.tunes):,}"


def _metres(part: "Parsed") -> str:
    """The most frequent metres and their shares of the tunes."""
    counted = _commonest(str(tune.melody.metre) for tune in part.tunes)
    return ", ".join(
        f"{metre} {count / len(part.tunes):.0%}" for metre, count in counted[:_SHOWN_METRES]
    )


def _reasons(part: "Parsed") -> list[str]:
    """The most frequent reasons for leaving something out, with counts."""
    counted = _commonest(entry.reason for entry in part.dropped)
    rest = sum(count for _, count in counted[_SHOWN_REASONS:])
    return [f"{count} {reason}" for reason, count in counted[:_SHOWN_REASONS]] + (
        [f"{rest} other"] if rest else []
    )


def _commonest(words: Iterable[str]) -> list[tuple[str, int]]:
    """Words with their counts, the most frequent first."""
    return Counter(words).most_common()


def _table(*headings: str) -> "Table":
    """A table without lines; headings that begin with ">" are aligned right."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(
            heading.lstrip(">"),
            justify="right" if heading.startswith(">") else "left",
            overflow="fold",
        )
    return table


def _print(table: "Table") -> None:
    """Print a table."""
    from rich.console import Console

    Console(highlight=False).print(table)
