"""`stylernn transfer`: the user's melody in another style."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylernn.cli import options, outputs, words
from stylernn.errors import StylernnError

if TYPE_CHECKING:
    from stylernn.checkpoint import Model
    from stylernn.melody import Melody
    from stylernn.transfer import Options, Result

__all__ = ["command"]


def command(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help="MIDI, MusicXML, ABC or Humdrum files.")],
    to: Annotated[str, typer.Option(metavar="STYLE", help="The style to transfer to; `stylernn styles` lists them.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Output file, or folder for several inputs. "
            "By default tune.mid becomes tune.STYLE.mid in the current folder.",
        ),
    ] = None,
    preserve: Annotated[
        float | None, typer.Option(metavar="0..1", help="How closely to keep to the tune: 0 loosely, 1 most closely.")
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(metavar="X", help="How strongly to take on the style: 0 not at all, 1 as learnt, above: more so."),
    ] = None,
    seed: options.Seed = 0,
    model: options.ModelFile = None,
    track: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="The melody's track, as `stylernn inspect` numbers them."),
    ] = None,
    candidates: Annotated[
        int | None, typer.Option(metavar="K", help="Melodies to compose, of which the best is kept.")
    ] = None,
    temperature: options.Temperature = None,
    force: options.Force = False,
) -> None:
    """Put a melody into another style.

    The result keeps the tune's bars, metre and structural notes. Several inputs are transferred one after the other
    and keep their names in the folder given with -o; a file that cannot be read does not stop the others.
    """
    paths = outputs.plan(inputs, out, to)
    outputs.check(paths, force=force, sources=inputs)

    from stylernn import transfer

    loaded = options.load(model)
    dials = transfer.Options(
        **options.given(preserve=preserve, strength=strength, candidates=candidates, temperature=temperature)
    )
    loaded.style(to)  # an unknown style is told once, not for each input
    if len(inputs) == 1:
        typer.echo(_transfer(loaded, inputs[0], paths[0], to, dials, seed, track))
        return
    failures = []
    for source, path in zip(inputs, paths, strict=True):
        try:
            typer.echo(_transfer(loaded, source, path, to, dials, seed, track))
        except StylernnError as error:
            failures.append(f"error: {error}")
    if failures:
        typer.echo("\n".join([*failures, f"{len(failures)} of {len(inputs)} files could not be transferred"]), err=True)
        raise typer.Exit(1)


def _transfer(
    model: "Model", source: Path, path: Path, style: str, dials: "Options", seed: int, track: int | None
) -> str:
    """Transfer one file and say what was done."""
    from stylernn import files, transfer

    melody = files.read(source, track=track)
    result = transfer.transfer(model, melody, style, dials, seed=seed)
    outputs.write(result.melody, path, style, seed=seed)
    return _summary(source, path, style, melody, result)


def _summary(source: Path, path: Path, style: str, melody: "Melody", result: "Result") -> str:
    lines = [
        f"{source} -> {style}",
        f"  key    {words.tonality_name(result.tonality)}",
        f"  form   {words.count(melody.bars, 'bar')} of {melody.metre}",
        f"  notes  {len(melody.notes)} in the tune, {len(result.melody.notes)} in the result",
        f"  kept   bars, metre, key, and {result.kept} of {result.structural} structural notes at their places",
        f"  file   {path}",
    ]
    return "\n".join(lines)
