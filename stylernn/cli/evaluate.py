"""`stylernn evaluate`: numbers that a reviewer believes, for our model or for any system's files."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.cli import display, options
from stylernn.errors import StylernnError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from stylernn.corpus import Split
    from stylernn.evaluation.benchmark import Labelled
    from stylernn.evaluation.study import Say
    from stylernn.melody import Melody

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Measure style transfer: content, style, realism, originality.")

Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for report.json and report.html.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Real melodies, one folder a style, instead of the corpora."),
]
Styles = Annotated[
    str | None,
    typer.Option(metavar="A,B,...", help="Styles that the evaluator knows; by default source, target and all in DATA."),
]
Count = Annotated[int, typer.Option("--count", "-n", metavar="N", min=10, help="How many held-out tunes.")]


@app.command("files")
def evaluate_files(
    source: Annotated[Path, typer.Option(metavar="DIR", help="Source melodies.")],
    output: Annotated[Path, typer.Option(metavar="DIR", help="Outputs, under the names of their sources.")],
    target: Annotated[str, typer.Option(metavar="STYLE", help="The style that the outputs should be in.")],
    out: Out,
    reference: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Real melodies, one folder a style, with one named as the target."),
    ] = None,
    seed: options.Seed = 0,
) -> None:
    """Judge the files of any system; no model is needed.

    Without --reference only content and music are measured. With it, style, realism and originality too, against the
    held-out part of its melodies and with the cheats beside.
    """
    from stylernn.evaluation import study

    sources, outputs = _pairs(source, output)
    typer.echo(f"{len(sources)} pairs")
    if reference is None:
        report = study.compare_files(sources, outputs, name=output.name)
    else:
        from stylernn.evaluation import benchmark

        train, held_out = _by_style(_split(reference, ()))
        try:
            task = benchmark.prepare(train, held_out, target, sources=sources, seed=seed)
        except ValueError as error:
            raise UsageError(f"{reference} cannot serve as reference: {error}") from error
        with _saying() as say:
            report = study.compare(task, outputs, name=output.name, say=say)
    _finish(report, out, {"pairs": len(sources), "target": target, "seed": seed})


@app.command("transfer")
def evaluate_transfer(
    source_style: Annotated[str, typer.Option("--from", metavar="STYLE", help="Style of the sources.")],
    target: Annotated[str, typer.Option("--to", metavar="STYLE", help="Style to transfer to.")],
    out: Out = Path("report"),
    model: options.ModelFile = None,
    count: Count = 100,
    data: Data = None,
    styles: Styles = None,
    preserve: Annotated[float | None, typer.Option(metavar="X", help="As in `stylernn transfer`.")] = None,
    strength: Annotated[float | None, typer.Option(metavar="X", help="As in `stylernn transfer`.")] = None,
    candidates: Annotated[int | None, typer.Option(metavar="N", min=1, help="As in `stylernn transfer`.")] = None,
    sweep: Annotated[bool, typer.Option(help="Also try the dials, for the trade-off curve.")] = True,
    ablate: Annotated[bool, typer.Option(help="Also run the model without tune, without style and freely.")] = True,
    cycle: Annotated[bool, typer.Option(help="Also transfer the outputs back, for the strength S.")] = True,
    seed: options.Seed = 0,
) -> None:
    """Transfer held-out tunes with a model and judge the results beside real music and cheats."""
    from stylernn import transfer
    from stylernn.evaluation import benchmark, study, systems

    loaded = options.load(model)
    dials = transfer.Options(**options.given(preserve=preserve, strength=strength, candidates=candidates))
    wanted = styles.split(",") if styles else [] if data else [style.name for style in loaded.header.styles]
    train, held_out = _by_style(_split(data, tuple(dict.fromkeys([source_style, target, *wanted]))))
    try:
        task = benchmark.prepare(train, held_out, target, source_style=source_style, count=count, seed=seed)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with _saying() as say:
        say("transfer")
        outputs = benchmark.run(systems.transfer_system(loaded, target, dials), task)
        points: list[dict[str, Any]] = []
        if sweep:
            by_dial = systems.dialled(loaded, target, dials)
            points = study.sweep(task, by_dial, (0.2, 0.5, 0.8), (1.0, 2.0, 3.0), count=15, say=say)
        further = systems.ablations(loaded, target, dials) if ablate else {}
        report = study.compare(task, outputs, name="stylernn", further=further, trade_off=points, say=say)
        # A style that the model does not know, such as a corpus kept for testing, has no way back.
        if cycle and source_style in {style.name for style in loaded.header.styles}:
            say("transfer back")
            back = systems.transfer_system(loaded, source_style, dials)
            returned = [back(melody, seed + number) for number, melody in enumerate(outputs)]
            report["rows"][0]["values"]["strength"] = list(study.cycle_strength(task, outputs, returned))
    _finish(report, out, {"sources": len(task.sources), "options": str(dials), "seed": seed})


@app.command("model")
def evaluate_model(
    model: options.ModelFile = None,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Also write the table as JSON.")
    ] = None,
) -> None:
    """Bits per note and accuracy per style on the test split, beside Markov-3 and a variable-order model.

    The column PPM is a model of order 10 that also learns from each melody as it goes, after IDyOM.
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from stylernn import codec, measure
    from stylernn.atomic import replacing
    from stylernn.evaluation import bits

    loaded = options.load(model)
    divided = _split(data, tuple(style.name for style in loaded.header.styles if style.parent == style.name))
    rows = [asdict(row) for row in measure.table(loaded, divided)]
    for row in rows:
        # What the model cannot write cannot count against it: both see melodies on the model's grid.
        train, test = (
            [codec.decode(codec.encode(tune.melody)) for tune in part if tune.style == row["style"]]
            for part in (divided.train, divided.test)
        )
        fitted = bits.fit(train, "ppm")
        costs = [bits.bits(fitted, melody).sum() for melody in test]
        row["ppm_bits"] = float(sum(costs) / sum(len(melody.notes) for melody in test))
    Console().print(_table(rows))
    if out:
        with replacing(out) as draft:
            draft.write_text(json.dumps(rows, indent=1), encoding="utf-8")


@app.command("calibrate")
def evaluate_calibrate(
    data: Data = None,
    source_style: Annotated[str, typer.Option("--from", metavar="STYLE", help="Style of the sources.")] = "folk",
    target: Annotated[str, typer.Option("--to", metavar="STYLE", help="Target style.")] = "jazz",
    styles: Styles = None,
    count: Count = 100,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Also write the report.")] = None,
    seed: options.Seed = 0,
) -> None:
    """Check the instrument itself: floors and ceilings on real melodies. Exits with 1 where one is not met."""
    from stylernn.evaluation import baselines, benchmark, calibration, study

    wanted = tuple(dict.fromkeys([source_style, target, *(styles.split(",") if styles else ())]))
    train, held_out = _by_style(_split(data, wanted if styles or data is None else ()))
    try:
        task = benchmark.prepare(train, held_out, target, source_style=source_style, count=count, seed=seed)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with _saying() as say:
        report = study.compare(task, benchmark.run(baselines.identity, task), name="the sources", say=say)
    checks = calibration.check(report["rows"])
    for check in checks:
        typer.echo(f"{'ok  ' if check.met else 'FAIL'} {check.name:52s} {check.value:6.3f}   {check.wanted}")
    if out:
        _finish(report, out, {"sources": len(task.sources), "seed": seed})
    if not all(check.met for check in checks):
        raise typer.Exit(1)


def _pairs(source: Path, output: Path) -> tuple[list["Melody"], list["Melody"]]:
    """Melodies of the files that stand in both folders under one name, whatever their endings."""
    from stylernn import files

    folders: list[dict[str, Path]] = []
    for folder in (source, output):
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}", expected="a folder of melodies")
        folders.append({path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in files.ENDINGS})
    common = sorted(folders[0].keys() & folders[1].keys())
    if not common:
        found = f"{len(folders[0])} and {len(folders[1])} music files"
        raise UsageError(f"{source} and {output} share no file name", found=found, remedy="Name outputs as sources.")
    pairs: list[tuple[Melody, Melody]] = []
    for name in common:
        try:
            pairs.append((files.read(folders[0][name]), files.read(folders[1][name])))
        except StylernnError as error:
            typer.echo(f"left out: {error}", err=True)
    if not pairs:
        raise UsageError(f"no pair of {source} and {output} can be read")
    return [a for a, _ in pairs], [b for _, b in pairs]


def _split(folder: Path | None, styles: tuple[str, ...]) -> "Split":
    """The frozen split of a folder, or of the installed corpora, of some or all styles."""
    from stylernn import corpus

    with display.loading() as show:
        tunes = corpus.load_folder(folder, progress=show) if folder else corpus.load(styles, progress=show)
    return corpus.split([tune for tune in tunes if not styles or tune.style in styles])


def _by_style(divided: "Split") -> tuple["Labelled", "Labelled"]:
    """Training melodies, and those of the validation and test parts together, by style."""
    train: dict[str, list[Melody]] = {}
    held_out: dict[str, list[Melody]] = {}
    for part, tunes in ((train, divided.train), (held_out, [*divided.valid, *divided.test])):
        for tune in tunes:
            part.setdefault(tune.style, []).append(tune.melody)
    return train, held_out


def _table(rows: list[dict[str, Any]]) -> "Table":
    """One line a style; numbers under a thousandth are not shown."""
    from rich.table import Table

    table = Table(caption="bits per note (lower is better) and share of right guesses", box=None)
    for heading in rows[0] if rows else ():
        table.add_column(heading.replace("_", " "), justify="left" if heading == "style" else "right")
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    return table


@contextmanager
def _saying() -> Iterator["Say"]:
    """A line on the terminal that says what is being done."""
    from rich.console import Console

    with Console(stderr=True).status("preparing") as status:

        def say(text: str) -> None:
            status.update(text)

        yield say


def _finish(report: dict[str, Any], out: Path, facts: dict[str, object]) -> None:
    from stylernn import __version__
    from stylernn.evaluation import report as reports

    command = shlex.join(["stylernn", *sys.argv[1:]])
    _, page = reports.write({**report, "facts": {**facts, "version": __version__, "command": command}}, out)
    for statement in report["verdict"]:
        typer.echo(f"{'yes' if statement['holds'] else 'no ':3s} {statement['question']} {statement['answer']}")
    typer.echo(str(page))
