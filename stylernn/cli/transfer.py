"""`stylernn transfer`: the user's melody in another style."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.cli import options, outputs, words
from stylernn.errors import StylernnError

if TYPE_CHECKING:
    from stylernn.api import Tune

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
    melody_only: Annotated[
        bool, typer.Option("--melody-only", help="Write the melody alone, without the other tracks of its file.")
    ] = False,
    max_copy: Annotated[
        int | None,
        typer.Option(metavar="N", min=12, help="Draw again where N notes running stand in the training set."),
    ] = None,
    sidecar: Annotated[
        bool,
        typer.Option("--provenance/--no-provenance", help="Write OUT.provenance.json beside each result, or do not."),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print all facts as JSON, for other programs.")] = False,
    plot: options.Plot = None,
    force: options.Force = False,
) -> None:
    """Put a melody into another style.

    The result keeps the tune's bars, metre and structural notes. In a MIDI file of several tracks the others stay as
    they are. Several inputs are transferred one after the other and keep their names in the folder given with -o; a
    file that cannot be read does not stop the others.
    """
    paths = outputs.plan(inputs, out, to)
    outputs.check(paths, force=force, sources=inputs)
    plots = outputs.plots(plot, paths)
    outputs.check(plots, force=force, sources=inputs, endings=outputs.PICTURES)
    drawn: list[Path | None] = [*plots] or [None] * len(paths)

    from stylernn import api, pictures, provenance

    options.load(model).style(to)  # an unknown style is told once, not for each input
    dials = options.given(preserve=preserve, strength=strength, candidates=candidates, temperature=temperature)
    made, failures = [], []
    for source, path, picture in zip(inputs, paths, drawn, strict=True):
        try:
            tune = api.read(source, track=track)
            tune = replace(tune, arranged=tune.is_put_back(path, melody_only=melody_only))
            result = api.transfer(tune, to, seed=seed, model=model, max_copy=max_copy, **dials)
            result.write(path)
            if picture and result.result:
                pictures.roll(result.melody, picture, result.result.source)
        except StylernnError as error:
            if len(inputs) == 1:
                raise
            failures.append(f"error: {error}")
            continue
        facts = {"input": str(source), "output": str(path), **(result.provenance or {})}
        if sidecar:
            provenance.write(facts, provenance.beside(path))
        made.append(facts)
        if not as_json:
            typer.echo(_summary(facts, tune, result))
    if as_json:
        typer.echo(json.dumps({"results": made}, indent=1))
    if failures:
        typer.echo("\n".join([*failures, f"{len(failures)} of {len(inputs)} files could not be transferred"]), err=True)
        raise typer.Exit(1)


def _summary(facts: dict[str, Any], tune: "Tune", made: "Tune") -> str:
    totals, structural, copy = facts["totals"], facts["structural_notes"], facts["originality"]["longest_copy"]
    kinds = ", ".join(f"{totals[kind]} {kind}" for kind in ("kept", "moved", "ornament", "new"))
    tonality = words.tonality_name(made.result.tonality) if made.result else ""
    written = "" if made.melody.metre == tune.melody.metre else f", written in {made.melody.metre}"
    lines = [
        f"{facts['input']} -> {facts['style']}",
        f"  key    {tonality}",
        f"  form   {words.count(tune.melody.bars, 'bar')} of {tune.melody.metre}{written}",
        f"  notes  {len(tune.melody.notes)} in the tune, {len(made.melody.notes)} in the result: {kinds}",
        f"  kept   bars, key, and {structural['kept']} of {structural['tune']} structural notes at their places",
        *([f"  copied {copy or 'no'} notes running of the training set"] if copy is not None else []),
        *(["  tracks all others stay as they were"] if tune.arranged else []),
        f"  file   {facts['output']}",
    ]
    return "\n".join(lines)
