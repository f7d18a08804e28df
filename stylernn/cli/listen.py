"""`stylernn listen-test`: makes a listening test as one static page, and scores the answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.cli import options, outputs
from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.music.melody import Melody

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="Make a blind, balanced listening test, and score its answers."
)


@app.command("make")
def make(
    pairs: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folder with source/ and output/ (same names in both), real/ (melodies of the "
            "target style) and, for a second system, other/.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for index.html and key.json.")
    ],
    target: Annotated[
        str, typer.Option("--to", metavar="STYLE", help="The style that the outputs should be in.")
    ],
    source_style: Annotated[
        str, typer.Option("--from", metavar="STYLE", help="The style of the sources.")
    ],
    styles: Annotated[
        str,
        typer.Option(
            metavar="A,B,...",
            help="Further styles to choose from, besides source and target. [default: none]",
        ),
    ] = "",
    count: Annotated[
        int,
        typer.Option(
            "--count", "-n", metavar="N", min=2, help="How many sources; the first N are used."
        ),
    ] = 8,
    bars: Annotated[int, typer.Option(metavar="N", min=2, help="Bars of every item.")] = 8,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Write a listening test: index.html for the listeners, and key.json to score the answers."""
    outputs.check_folder(out, ("index.html", "key.json"), force=force)

    from stylernn.evaluation import listening

    folders = {name: _melodies(pairs / name) for name in ("source", "output", "real", "other")}
    names = sorted(folders["source"].keys() & folders["output"].keys())
    if folders["other"]:
        names = [name for name in names if name in folders["other"]]
    if not names or len(folders["real"]) < 2:
        found = f"{len(names)} pairs and {len(folders['real'])} real melodies"
        raise UsageError(
            f"{pairs} has too little", expected="2 pairs and 2 real melodies or more", found=found
        )
    offered = sorted({source_style, target, *filter(None, styles.split(","))})
    page, key = listening.make(
        out,
        [folders["source"][name] for name in names],
        [folders["output"][name] for name in names],
        [melody for _, melody in sorted(folders["real"].items())],
        source_style=source_style,
        target=target,
        styles=offered,
        other=[folders["other"][name] for name in names] if folders["other"] else None,
        bars=bars,
        count=count,
        seed=seed,
    )
    typer.echo(f"{page}: for listeners, each with a number of their own from 1")
    typer.echo(f"{key}: for you, to score the answers with")


@app.command("score")
def score(
    results: Annotated[
        list[Path], typer.Argument(metavar="CSV...", help="Files that listeners sent back.")
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The test's key. [default: key.json beside the results or one folder up]",
        ),
    ] = None,
) -> None:
    """Print preference and identification with exact intervals, and the judgements still needed."""
    from stylernn.evaluation import listening

    for path in results:
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
    folder = results[0].absolute().parent
    beside = [parent / "key.json" for parent in (folder, folder.parent)]
    found = key or next((path for path in beside if path.is_file()), None)
    if found is None or not found.is_file():
        raise UsageError("there is no key.json beside the results", remedy="Name it with --key.")
    scores = listening.score(listening.read_answers(results), listening.read_key(found))
    typer.echo(f"{scores['listeners']} listeners")
    if scores["preference"]:
        typer.echo(_line("system preferred", scores["preference"]))
    for role, share in scores["identification"].items():
        typer.echo(_line(f"{role} identified as intended", share))


def _line(name: str, share: dict[str, Any]) -> str:
    """One line on a share of hits."""
    low, high = share["interval"]
    needed = share["still_needed"]
    if needed is None:
        more = "not above chance"
    elif needed == 0:
        more = "enough"
    else:
        more = f"{needed} more judgements needed"
    counted = f"{share['hits']} of {share['trials']}"
    return (
        f"{name:28s} {share['share']:4.0%} [{low:.0%}, {high:.0%}]  {counted}, "
        f"chance {share['chance']:.0%}, p = {share['p']:.3f}; {more}"
    )


def _melodies(folder: Path) -> dict[str, "Melody"]:
    """Melodies of a folder by the names of their files."""
    from stylernn.formats import registry

    if not folder.is_dir():
        return {}
    return {
        path.stem: registry.read(path)
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in registry.endings()
    }
