"""`stylernn evaluate`: measures a stylernn model, or the files of any other system."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.cli import evaluation_data, options, outputs
from stylernn.errors import UsageError
from stylernn.evaluation.requirements import CALIBRATED_ON

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from stylernn.evaluation.baselines import System
    from stylernn.evaluation.study import Waiting
    from stylernn.evaluation.task import Labelled, Task
    from stylernn.music.melody import Melody

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="Measure style transfer: content, style, realism, originality."
)

Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for report.json and report.html.")
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Real melodies, one folder for each style. [default: the installed corpora]",
    ),
]
From = Annotated[
    list[str],
    typer.Option(
        "--from",
        metavar="STYLE",
        help="Style of the sources. Repeat it for several styles in equal parts.",
    ),
]
Styles = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Styles that the evaluator knows besides source and target. "
        "[default: all root styles of the model, or all of the data]",
    ),
]
Count = Annotated[
    int,
    typer.Option("--count", "-n", metavar="N", min=10, help="How many held-out tunes to transfer."),
]

_AS_IN_TRANSFER = "As in `stylernn transfer`, with the same default."
_SWEEP = {"preserve": (0.0, 0.25, 0.5, 0.75, 1.0), "strength": (0.0, 0.5, 1.0, 2.0, 4.0)}
_SWEPT = 20  # tunes of each seed on which settings are varied
_RETURNED = 50  # outputs that are transferred back


@app.command("files")
def evaluate_files(
    source: Annotated[Path, typer.Option(metavar="DIR", help="Folder of source melodies.")],
    output: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder of outputs; each has the name of its source."),
    ],
    target: Annotated[
        str, typer.Option(metavar="STYLE", help="The style that the outputs should be in.")
    ],
    out: Out,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Real melodies, one folder for each style, one of them named as the target. "
            "[default: none, only content and music are measured]",
        ),
    ] = None,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Evaluate the files of any system; no model is needed.

    Without --reference only content and music are measured. With it, style, realism and originality
    are measured too, in comparison with the held-out part of its melodies and with baselines.
    """
    outputs.check_folder(out, evaluation_data.REPORT, force=force)

    from stylernn.evaluation import study

    sources, made = evaluation_data.pairs(source, output)
    typer.echo(f"{len(sources)} pairs")
    if reference is None:
        report = study.compare_files(sources, made, name=output.name)
    else:
        train, held_out = evaluation_data.by_style(
            evaluation_data.splits(evaluation_data.tunes(reference, ())), (target,)
        )
        task = _task(train, held_out, target, sources=sources, seed=seed)
        with evaluation_data.progress(8) as progress, evaluation_data.pool() as pool:
            report = study.compare(task, [made], name=output.name, pool=pool, progress=progress)
    evaluation_data.finish(report, out, {"pairs": len(sources), "target": target, "seed": seed})


@app.command("transfer")
def evaluate_transfer(
    source_styles: From,
    target: Annotated[str, typer.Option("--to", metavar="STYLE", help="Style to transfer to.")],
    out: Out = Path("report"),
    model: options.ModelFile = None,
    count: Count = 100,
    seeds: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, help="Number of runs with different seeds; use 3 or more."
        ),
    ] = 1,
    data: Data = None,
    styles: Styles = None,
    preserve: Annotated[float | None, typer.Option(metavar="X", help=_AS_IN_TRANSFER)] = None,
    strength: Annotated[float | None, typer.Option(metavar="X", help=_AS_IN_TRANSFER)] = None,
    candidates: Annotated[
        int | None, typer.Option(metavar="N", min=1, help=_AS_IN_TRANSFER)
    ] = None,
    sweep: Annotated[
        bool, typer.Option(help="Also vary preserve and strength, for the trade-off curve.")
    ] = True,
    ablate: Annotated[bool, typer.Option(help="Also run the model with one part left out.")] = True,
    cycle: Annotated[
        bool, typer.Option(help="Also transfer outputs back, for the strength S.")
    ] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Compare the result with the project's requirements.")
    ] = False,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Transfer held-out tunes with a model and compare the results with real music and baselines.

    The evaluator distinguishes source, target and all root styles of the model, unless --styles
    names others. With --check every requirement is printed beside the value; the exit code is 1 if
    one is not met.
    """
    outputs.check_folder(out, evaluation_data.REPORT, force=force)

    from dataclasses import replace

    from stylernn import api
    from stylernn.adaptation import style_mixtures
    from stylernn.evaluation import requirements, study, sweeps, systems
    from stylernn.generation import transfer
    from stylernn.reranking import originality

    trained = options.load(model)
    loaded = style_mixtures.knowing(trained, [*source_styles, target])
    loaded.style(target)
    given = transfer.TransferConfig(
        **options.given(preserve=preserve, strength=strength, candidates=candidates)
    )
    known = {style.name for style in trained.header.styles}
    wanted = tuple(dict.fromkeys([*source_styles, target, *(styles.split(",") if styles else ())]))
    roots = [style.name for style in trained.header.styles if style.parent == style.name]
    every = tuple(dict.fromkeys([*wanted, *roots]))
    split = evaluation_data.unseen(evaluation_data.tunes(data, every), known)
    train, held_out = evaluation_data.by_style(
        split, every if styles is None else wanted, only=True
    )
    task = _task(train, held_out, target, source_styles=source_styles, count=count, seed=seed)
    total = len(task.sources)
    parts = systems.ablations(loaded, target, given) if ablate else {}
    # Nothing can be transferred back to a style that the model does not know.
    returns = {style.name for style in loaded.header.styles}.issuperset(source_styles)
    returned = min(_RETURNED, total) if cycle and returns else 0
    varied = min(_SWEPT * seeds, total) if sweep else 0
    swept = varied * sum(map(len, _SWEEP.values()))
    drawn = total * (seeds + len(parts) + (seeds - 1) * bool(parts))
    with (
        evaluation_data.progress(drawn + swept + returned + 7 + seeds + len(parts)) as progress,
        evaluation_data.pool() as pool,
    ):
        beside = study.standing(task, pool)
        system = systems.transfer_system(
            loaded, target, given, originality.beside(api.model_file(model))
        )
        runs, scores = _runs(task, system, seeds, partial(progress, "transfer"), pool)
        further = {
            name: _runs(
                task, part, seeds if name == "one candidate" else 1, partial(progress, name), pool
            )[1]
            for name, part in parts.items()
        }
        points: list[dict[str, Any]] = []
        if swept:
            points = sweeps.sweep(
                task,
                systems.with_setting(loaded, target, given),
                _SWEEP,
                count=varied,
                progress=progress,
            )
        once = replace(given, candidates=1)
        back = [
            systems.transfer_system(loaded, task.origins[i], once)(runs[0][i], seed + i)
            for i in range(returned)
        ]
        report = study.compare(
            task,
            runs,
            name="stylernn",
            scores=scores,
            further=further,
            beside=beside,
            trade_off=points,
            progress=progress,
        )
    if back:
        report["rows"][0]["values"]["strength"] = list(sweeps.cycle_strength(task, runs[0], back))
    facts = {
        "sources": total,
        "candidates for retrieval": total + len(task.distractors),
        "seeds": seeds,
    }
    evaluation_data.finish(report, out, {**facts, "options": str(given), "seed": seed})
    if check:
        checks = requirements.check(report, target)
        evaluation_data.print_checks(checks)
        if not all(each.met for each in checks):
            raise typer.Exit(1)


@app.command("model")
def evaluate_model(
    model: options.ModelFile = None,
    data: Data = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write the table as JSON, too. [default: it is only printed]",
        ),
    ] = None,
    force: options.Force = False,
) -> None:
    """Print bits per note and accuracy of a model for each style on the test split.

    Beside them are those of two n-gram models of the same events: a Markov chain of order 3, and
    PPM, a model of variable order up to 10 that also learns from the melody that it reads (IDyOM).
    Intervals are of 95 %, by resampling compositions. The last two columns are the bits that the
    model saves.
    """
    outputs.check([out] if out else [], force=force, endings=(".json",))

    import json

    from rich.console import Console

    from stylernn.cli import likelihood_table
    from stylernn.system.atomic_write import atomic_write
    from stylernn.training import likelihood

    loaded = options.load(model)
    tree = loaded.header.styles
    learnt = {style.name for style in tree}
    found = evaluation_data.tunes(
        data, tuple(style.name for style in tree if style.parent == style.name)
    )
    split = evaluation_data.splits([tune for tune in found if tune.style in learnt])
    with evaluation_data.progress(sum(style.parent == style.name for style in tree)) as progress:
        rows = []
        for tested in likelihood.tested(loaded, split):
            rows.append(likelihood_table.row(tested))
            progress(tested.style)
    if not rows:
        expected = f"held-out melodies of {', '.join(sorted(learnt))}"
        raise UsageError(
            "there is nothing to measure the model on",
            expected=expected,
            found=f"{len(found)} melodies",
        )
    Console().print(likelihood_table.table(rows))
    if out:
        with atomic_write(out) as draft:
            draft.write_text(json.dumps(rows, indent=1), encoding="utf-8")


@app.command("calibrate")
def evaluate_calibrate(
    data: Data = None,
    source_styles: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="STYLE",
            help="Style of the sources. Repeat it for several styles in equal parts. "
            f"[default: {CALIBRATED_ON[0]}]",
        ),
    ] = None,
    target: Annotated[
        str, typer.Option("--to", metavar="STYLE", help="Target style.")
    ] = CALIBRATED_ON[1],
    styles: Styles = None,
    count: Count = 100,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for report.json and report.html. [default: none, only checks are printed]",
        ),
    ] = None,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Check the metrics themselves on real melodies and baselines.

    The exit code is 1 if a metric does not give the value that it must.
    """
    if out:
        outputs.check_folder(out, evaluation_data.REPORT, force=force)

    from stylernn.evaluation import calibration, study

    origins = source_styles or [CALIBRATED_ON[0]]
    wanted = tuple(dict.fromkeys([*origins, target, *(styles.split(",") if styles else ())]))
    split = evaluation_data.splits(evaluation_data.tunes(data, wanted))
    train, held_out = evaluation_data.by_style(split, wanted, only=styles is not None)
    task = _task(train, held_out, target, source_styles=origins, count=count, seed=seed)
    with evaluation_data.progress(8) as progress, evaluation_data.pool() as pool:
        report = study.compare(
            task, [task.sources], name="the sources", pool=pool, progress=progress
        )
    checks = calibration.check(report["rows"])
    evaluation_data.print_checks(checks)
    if out:
        evaluation_data.finish(report, out, {"sources": len(task.sources), "seed": seed})
    if not all(check.met for check in checks):
        raise typer.Exit(1)


def _task(train: "Labelled", held_out: "Labelled", target: str, **given: Any) -> "Task":
    """`task.prepare`, with an error for the user."""
    from stylernn.evaluation import task

    try:
        return task.prepare(train, held_out, target, **given)
    except ValueError as error:
        raise UsageError(f"these melodies cannot be evaluated: {error}") from error


def _runs(
    task: "Task",
    system: "System",
    seeds: int,
    progress: "Callable[[], None]",
    pool: "Executor | None",
) -> tuple[list[list["Melody"]], list["Waiting"]]:
    """The outputs of each seed, and functions that wait for their rows."""
    from stylernn.evaluation import benchmark, study

    runs, rows = [], []
    for number in range(seeds):
        seed = task.seed + number * len(task.sources)
        runs.append(benchmark.run(system, task, seed=seed, progress=progress))
        rows.append(study.begin(task, runs[-1], pool))
    return runs, rows
