"""Options that several commands share. What is not given is None: the library holds the only defaults."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Force", "ModelFile", "Seed", "Temperature", "given"]

ModelFile = Annotated[
    Path | None,
    typer.Option("--model", metavar="FILE", help="A model file or run folder instead of the shipped model."),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same notes.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace existing files.")]
Temperature = Annotated[
    float | None,
    typer.Option(min=0.05, max=3.0, help="Below the default: safer and plainer; above: bolder and stranger."),
]


def given(**options: object) -> dict[str, object]:
    """Only the options that the user gave."""
    return {name: value for name, value in options.items() if value is not None}
