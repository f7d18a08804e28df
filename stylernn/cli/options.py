"""Options that several commands share.

An option that is not given is None; the library has the defaults.
"""

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
        "--model",
        metavar="FILE",
        help="A model file or run folder. [default: the bundled, pretrained model]",
    ),
]
Seed = Annotated[
    int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="The same seed gives the same notes.")
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace existing files.")]
Like = Annotated[
    Path | None,
    typer.Option(
        "--like",
        metavar="FILE",
        help="Use the style of this tune. [default: none, a style is given by name]",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw piano rolls, as .png, .svg or .pdf; several are numbered. [default: none]",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="Sampling temperature: below 1 results are less varied, above 1 more. [default: 1]",
    ),
]


def given(**options: Any) -> dict[str, Any]:
    """Leave out the options that the user did not give.

    Args:
        options: by name; None for those that were not given.

    Returns:
        The others.

    Example:
        >>> given(seed=0, tempo=None)
        {'seed': 0}
    """
    return {name: value for name, value in options.items() if value is not None}


def style(name: str | None, like: Path | None, option: str) -> str:
    """The style that the user asks for: a name, or the path of a tune.

    Args:
        name: value of the option for names.
        like: value of --like.
        option: name of the option for names, such as "--to".

    Returns:
        The name or the path.

    Raises:
        UsageError: if neither or both are given.
    """
    if (name is None) == (like is None):
        raise UsageError(
            f"give either {option} STYLE or --like FILE", remedy="stylernn styles lists the styles."
        )
    return name if name is not None else str(like)


def load(model: Path | None) -> "Model":
    """Load the model of `--model`.

    Args:
        model: a model file, or a run folder for its best model; None for the bundled, pretrained
            model.

    Returns:
        The model.

    Raises:
        ModelFileError: if the file is no model.
    """
    from stylernn.model import checkpoint
    from stylernn.training import run_folder

    return checkpoint.load_model(model / run_folder.MODEL if model and model.is_dir() else model)
