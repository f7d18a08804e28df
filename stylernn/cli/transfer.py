"""`stylernn transfer`: the user's melody in another style."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from stylernn.cli import formatting, options, outputs, tune_options
from stylernn.errors import StylernnError, UsageError
from stylernn.formats.registry import format_names

if TYPE_CHECKING:
    from stylernn.api import MelodyFile

__all__ = ["command"]


def command(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help=f"{format_names()} files.")],
    style: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="STYLE", help="The style to transfer to; `stylernn styles` lists them."
        ),
    ] = None,
    like: options.Like = None,
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
        float | None,
        typer.Option(
            metavar="0..1",
            help="How closely to keep to the tune: 0 loosely, 1 most closely. Default: 0.5.",
        ),
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="How strongly to take on the style: 0 not at all, over 4 too much. Default: 3.5.",
        ),
    ] = None,
    seed: options.Seed = 0,
    model: options.ModelFile = None,
    track: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="The melody's track, as `stylernn inspect` numbers them."
        ),
    ] = None,
    candidates: Annotated[
        int | None,
        typer.Option(
            metavar="K", help="Melodies to compose, of which the best is kept. Default: 32."
        ),
    ] = None,
    temperature: options.Temperature = None,
    melody_only: Annotated[
        bool,
        typer.Option(
            "--melody-only", help="Write the melody alone, without the other tracks of its file."
        ),
    ] = False,
    lock: tune_options.Lock = None,
    rewrite: tune_options.Rewrite = None,
    variations: tune_options.Variations = 1,
    key: tune_options.InKey = None,
    pitches: tune_options.Range = None,
    tempo: tune_options.Tempo = None,
    bars: tune_options.Bars = None,
    end_on_tonic: tune_options.EndOnTonic = False,
    mood: tune_options.Mood = None,
    max_copy: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=12, help="Draw again where N notes running stand in the training set."
        ),
    ] = None,
    sidecar: Annotated[
        bool,
        typer.Option(
            "--provenance/--no-provenance",
            help="Write OUT.provenance.json beside each result, or do not.",
        ),
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all facts as JSON, for other programs.")
    ] = False,
    plot: options.Plot = None,
    force: options.Force = False,
) -> None:
    """Put a melody into another style.

    The result keeps the tune's bars, beats and structural notes. In a MIDI file of several tracks
    the others stay as they are. Several inputs are transferred one after the other and keep their
    names in the folder given with -o; a file that cannot be read does not stop the others, and the
    same command again does only what is missing.
    """
    to = options.style(style, like, "--to")
    asked = options.given(
        lock=lock,
        rewrite=rewrite,
        key=key,
        range=pitches,
        tempo=tempo,
        bars=bars,
        end_on_tonic=end_on_tonic,
        mood=mood,
        preserve=preserve,
        strength=strength,
        candidates=candidates,
        temperature=temperature,
    )
    if lock and rewrite:  # before any file is looked at
        raise UsageError("--lock and --rewrite contradict each other", remedy="Give one of them.")
    if variations > 1 and max_copy:
        raise UsageError("--variations and --max-copy cannot be combined")
    todo = _todo(inputs, outputs.plan(inputs, out, to), variations, force=force)
    plots = outputs.plots(plot, [path for _, paths in todo for path in paths[:1]])
    outputs.check(plots, force=force, sources=inputs, endings=outputs.PICTURES)

    from stylernn import api
    from stylernn.adaptation import style_mixtures
    from stylernn.generation import pair_quality

    # An unknown style is one error, not one for each input.
    resolved, index = style_mixtures.resolve(api.load(model), to)
    if warning := pair_quality.caution(resolved.header.metrics, resolved.header.styles[index - 1]):
        typer.echo(f"note: {warning}", err=True)
    job = _Job(to, seed, model, track, melody_only, variations, max_copy, sidecar, asked)
    made, failures = [], []
    pictures: list[Path | None] = [*plots] or [None] * len(todo)
    for (source, paths), picture in zip(todo, pictures, strict=True):
        try:
            for facts, summary in _transfer(job, source, paths, picture):
                made.append(facts)
                if not as_json:
                    typer.echo(summary)
        except StylernnError as error:
            if len(inputs) == 1:
                raise
            failures.append(f"error: {error}")
    if as_json:
        typer.echo(json.dumps({"results": made}, indent=1))
    if failures:
        typer.echo(
            "\n".join(
                [*failures, f"{len(failures)} of {len(inputs)} files could not be transferred"]
            ),
            err=True,
        )
        raise typer.Exit(1)


class _Job(NamedTuple):
    """What is the same for all inputs: the command's options under their own names."""

    to: str
    seed: int
    model: Path | None
    track: int | None
    melody_only: bool
    variations: int
    max_copy: int | None
    sidecar: bool
    options: dict[str, Any]


def _todo(
    inputs: list[Path], planned: list[Path], variations: int, *, force: bool
) -> list[tuple[Path, list[Path]]]:
    """Inputs with the names of their results, less those of a batch that are there already."""
    todo = [
        (source, outputs.varied(path, variations))
        for source, path in zip(inputs, planned, strict=True)
    ]
    if len(inputs) > 1 and not force:
        missing = [
            (source, paths) for source, paths in todo if not all(path.exists() for path in paths)
        ]
        if done := len(todo) - len(missing):
            typer.echo(
                f"{formatting.count(done, 'input')} done already; --force does all again", err=True
            )
        todo = missing
    outputs.check([path for _, paths in todo for path in paths], force=force, sources=inputs)
    return todo


def _transfer(
    job: _Job, source: Path, paths: list[Path], picture: Path | None
) -> Iterator[tuple[dict[str, Any], str]]:
    """Transfer one file and write its results; yields the facts of each and their summary."""
    from stylernn import api
    from stylernn.generation import provenance

    tune = api.read(source, track=job.track)
    if not tune.is_put_back(paths[0], melody_only=job.melody_only):
        tune = replace(tune, arranged=False)
    asked: dict[str, Any] = {"seed": job.seed, "model": job.model, **job.options}
    if job.variations > 1:
        results = api.variations(tune, job.to, count=job.variations, **asked)
    else:
        results = [api.transfer(tune, job.to, max_copy=job.max_copy, **asked)]
    for result, path in zip(results, paths, strict=False):
        if picture and path == paths[0] and result.result:
            from stylernn.display import piano_roll  # and matplotlib with it

            piano_roll.roll(result.melody, picture, result.result.source)
        facts = {"input": str(source), "output": str(path), **(result.provenance or {})}
        if job.sidecar:
            provenance.write(facts, provenance.beside(path))
        result.write(path, replace=True)  # last: where it stands, nothing is missing
        yield facts, _summary(facts, result)


def _summary(facts: dict[str, Any], made: "MelodyFile") -> str:
    totals, structural = facts["totals"], facts["structural_notes"]
    kept = f"{structural['kept']} of {structural['tune']}"
    copy = facts["originality"]["longest_copy"]
    kinds = ", ".join(f"{totals[kind]} {kind}" for kind in ("kept", "moved", "ornament", "new"))
    tonality = formatting.tonality_name(made.result.tonality) if made.result else ""
    tune = made.source or made.melody
    written = "" if made.melody.metre == tune.metre else f", written in {made.melody.metre}"
    lines = [
        f"{facts['input']} -> {facts['style']}",
        f"  key    {tonality}",
        f"  form   {formatting.count(tune.bars, 'bar')} of {tune.metre}{written}",
        f"  notes  {len(tune.notes)} in the tune, {len(made.melody.notes)} in the result: {kinds}",
        f"  kept   bars, key, and {kept} structural notes at their places",
        *(
            [f"  copied {copy or 'no'} notes running of the training set"]
            if copy is not None
            else []
        ),
        *(["  tracks all others stay as they were"] if made.arranged else []),
        f"  file   {facts['output']}",
    ]
    return "\n".join(lines)
