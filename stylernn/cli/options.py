"""Options that several commands share. What is not given is None: the library holds the only defaults."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.model.checkpoint import Model

__all__ = ["Force", "Like", "ModelFile", "Plot", "Seed", "Temperature", "given", "load", "style"]

ModelFile = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="FILE", help="A model file or run folder instead of the shipped model."
    ),
]
Seed = Annotated[
    int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="The same seed gives the same notes.")
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace existing files.")]
Like = Annotated[
    Path | None,
    typer.Option(
        "--like", metavar="FILE", help="In the style of this tune, instead of a style's name."
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw piano rolls, as .png, .svg or .pdf; several are numbered.",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(metavar="X", help="1 is as varied as the style; below: plainer; above: stranger."),
]


def given(**options: Any) -> dict[str, Any]:
    """Only the options that the user gave."""
    return {name: value for name, value in options.items() if value is not None}


def style(name: str | None, like: Path | None, option: str) -> str:
    """The style that is asked for: by name with an option such as --to, or by a tune with --like.

    Raises:
        UsageError: if neither or both are given.
    """
    if (name is None) == (like is None):
        raise UsageError(
            f"give either {option} STYLE or --like FILE", remedy="stylernn styles lists the styles."
        )
    return name if name is not None else str(like)


def load(model: Path | None) -> "Model":
    """The model of `--model`: a file, the best one of a run folder, or by default the shipped one."""
    from stylernn.model import checkpoint
    from stylernn.training import run_folder

    return checkpoint.load_model(model / run_folder.MODEL if model and model.is_dir() else model)
