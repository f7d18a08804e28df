"""`stylernn generate`: new melodies in a style, from nothing or from a beginning."""

from pathlib import Path
from typing import Annotated

import typer

from stylernn.cli import formatting, options, outputs

__all__ = ["command"]


def command(
    style: Annotated[
        str | None, typer.Option(metavar="STYLE", help="The style; `stylernn styles` lists them.")
    ] = None,
    like: options.Like = None,
    bars: Annotated[
        int, typer.Option(metavar="N", min=1, max=512, help="Length, the seed melody included.")
    ] = 16,
    count: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="How many melodies.")
    ] = 1,
    seed_melody: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A melody to go on from; gives metre, key and tempo."),
    ] = None,
    metre: Annotated[
        str | None, typer.Option(metavar="N/D", help="Metre, such as 4/4 or 6/8.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help='Key, such as "D minor", Bb or F#m.')
    ] = None,
    tempo: Annotated[
        float | None, typer.Option(metavar="X", min=20, max=400, help="Quarter notes per minute.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Folder or file. By default STYLE-1.mid, STYLE-2.mid ... "
            "in the current folder; several melodies number a file's name.",
        ),
    ] = None,
    seed: options.Seed = 0,
    model: options.ModelFile = None,
    temperature: options.Temperature = None,
    plot: options.Plot = None,
    force: options.Force = False,
) -> None:
    """Write new melodies in a style."""
    style = options.style(style, like, "--style")
    paths = outputs.numbered(out, style, count)
    sources = [seed_melody] if seed_melody else []
    outputs.check(paths, force=force, sources=sources)
    plots = outputs.plots(plot, paths)
    outputs.check(plots, force=force, sources=sources, endings=outputs.PICTURES)

    from stylernn import api

    made = api.generate(
        style,
        bars=bars,
        count=count,
        seed_melody=seed_melody,
        seed=seed,
        model=model,
        **options.given(metre=metre, key=key, tempo=tempo, temperature=temperature),
    )
    melodies = [each.melody for each in made]
    for melody, path in zip(melodies, paths, strict=True):
        outputs.write(melody, path, style, seed=seed)
        typer.echo(f"{path}: {formatting.describe(melody)}")
    if plots:
        from stylernn.display import piano_roll

        for melody, path in zip(melodies, plots, strict=True):
            piano_roll.roll(melody, path)
            typer.echo(path)
