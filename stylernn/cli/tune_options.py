"""Options of `transfer` beside the style; `generation.tune_options` says what they do."""

from typing import Annotated

import typer

__all__ = [
    "Bars",
    "EndOnTonic",
    "InKey",
    "Lock",
    "Mood",
    "Range",
    "Rewrite",
    "Tempo",
    "Variations",
]

Lock = Annotated[
    str | None, typer.Option(metavar="BARS", help="Bars that stay as they are, such as 1-4,9.")
]
Rewrite = Annotated[
    str | None, typer.Option(metavar="BARS", help="Change these bars only; all others stay.")
]
Variations = Annotated[
    int,
    typer.Option(metavar="N", min=1, max=64, help="How many different results, the best first."),
]
InKey = Annotated[
    str | None,
    typer.Option(
        "--key", metavar="KEY", help="Transpose the tune to this tonic first; the mode stays."
    ),
]
Range = Annotated[
    str | None,
    typer.Option(
        "--range", metavar="LOW-HIGH", help="Range of the new notes, such as G3-C6 or 55-84."
    ),
]
Tempo = Annotated[
    float | None, typer.Option(metavar="X", min=20, max=400, help="Quarter notes per minute.")
]
Bars = Annotated[
    str | None,
    typer.Option(metavar="BARS", help="Take only this stretch of the tune, such as 1-16."),
]
EndOnTonic = Annotated[bool, typer.Option("--end-on-tonic", help="Let the last note be the tonic.")]
Mood = Annotated[str | None, typer.Option(metavar="MOOD", help="calm, energetic, happy or sad.")]
