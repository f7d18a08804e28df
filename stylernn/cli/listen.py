"""`stylernn listen-test`: make a listening test as one static page, and score what listeners send back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.cli import options, outputs
from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.music.melody import Melody

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="Listening tests: a blind, balanced page, and its statistics."
)


@app.command("make")
def make(
    pairs: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folder with source/ and output/ (same names in both), real/ (melodies of the target style) and, "
            "for a second system, other/.",
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
            help="Answers offered; source and target style are always among them.",
        ),
    ] = "",
    count: Annotated[
        int,
        typer.Option("--count", "-n", metavar="N", min=2, help="How many sources, the first N."),
    ] = 8,
    bars: Annotated[int, typer.Option(metavar="N", min=2, help="Length of every item.")] = 8,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Write the test: give listeners index.html and a number each, and keep key.json."""
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
        list[Path], typer.Argument(metavar="CSV...", help="What listeners sent back.")
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="key.json; by default that beside the results or one folder up."
        ),
    ] = None,
) -> None:
    """Print preference and identification with exact intervals, and how many judgements are still needed."""
    from stylernn.evaluation import listening

    for path in results:
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
    folder = results[0].absolute().parent
    beside = [place / "key.json" for place in (folder, folder.parent)]
    found = key or next((path for path in beside if path.is_file()), None)
    if found is None or not found.is_file():
        raise UsageError("there is no key.json beside the results", remedy="Name it with --key.")
    scores = listening.score(listening.read_answers(results), listening.read_key(found))
    typer.echo(f"{scores['listeners']} listeners")
    if scores["preference"]:
        typer.echo(_line("system preferred", scores["preference"]))
    for role, share in scores["identification"].items():
        typer.echo(_line(f"{role} heard as intended", share))


def _line(name: str, share: dict[str, Any]) -> str:
    low, high = share["interval"]
    needed = share["still_needed"]
    more = (
        "not above chance"
        if needed is None
        else "enough"
        if needed == 0
        else f"{needed} more judgements needed"
    )
    counted = f"{share['hits']} of {share['trials']}"
    return (
        f"{name:28s} {share['share']:4.0%} [{low:.0%}, {high:.0%}]  {counted}, "
        f"chance {share['chance']:.0%}, p = {share['p']:.3f}; {more}"
    )


def _melodies(folder: Path) -> dict[str, "Melody"]:
    from stylernn.formats import registry

    if not folder.is_dir():
        return {}
    return {
        path.stem: registry.read(path)
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in registry.endings()
    }
