"""`stylernn evaluate`: numbers that a reviewer believes, for our model or for any system's files."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.cli import evaluation_data, options, outputs
from stylernn.errors import UsageError

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
        "--data", metavar="DIR", help="Real melodies, one folder a style, instead of the corpora."
    ),
]
From = Annotated[
    list[str],
    typer.Option(
        "--from", metavar="STYLE", help="Style of the sources; several are taken in equal parts."
    ),
]
Styles = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Further styles that the evaluator knows, instead of the usual ones.",
    ),
]
Count = Annotated[
    int, typer.Option("--count", "-n", metavar="N", min=10, help="How many held-out tunes.")
]

_SWEEP = {"preserve": (0.0, 0.25, 0.5, 0.75, 1.0), "strength": (0.0, 0.5, 1.0, 2.0, 4.0)}
_SWEPT = 20  # tunes a seed on which the dials are turned; few will do for looking
_RETURNED = 50


@app.command("files")
def evaluate_files(
    source: Annotated[Path, typer.Option(metavar="DIR", help="Source melodies.")],
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Outputs, under the names of their sources.")
    ],
    target: Annotated[
        str, typer.Option(metavar="STYLE", help="The style that the outputs should be in.")
    ],
    out: Out,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Real melodies, one folder a style, with one named as the target."
        ),
    ] = None,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Judge the files of any system; no model is needed.

    Without --reference only content and music are measured. With it, style, realism and originality too, against the
    held-out part of its melodies and with the cheats beside.
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
        with evaluation_data.progress(8) as tell, evaluation_data.pool() as pool:
            report = study.compare(task, [made], name=output.name, pool=pool, tell=tell)
    evaluation_data.finish(report, out, {"pairs": len(sources), "target": target, "seed": seed})


@app.command("transfer")
def evaluate_transfer(
    source_styles: From,
    target: Annotated[str, typer.Option("--to", metavar="STYLE", help="Style to transfer to.")],
    out: Out = Path("report"),
    model: options.ModelFile = None,
    count: Count = 100,
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, help="Runs with different seeds; 3 for a claim.")
    ] = 1,
    data: Data = None,
    styles: Styles = None,
    preserve: Annotated[
        float | None, typer.Option(metavar="X", help="As in `stylernn transfer`.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(metavar="X", help="As in `stylernn transfer`.")
    ] = None,
    candidates: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="As in `stylernn transfer`.")
    ] = None,
    sweep: Annotated[
        bool, typer.Option(help="Also turn the dials, for the trade-off curve.")
    ] = True,
    ablate: Annotated[bool, typer.Option(help="Also run the model with parts taken away.")] = True,
    cycle: Annotated[
        bool, typer.Option(help="Also transfer outputs back, for the strength S.")
    ] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Hold the result against the project's requirements.")
    ] = False,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Transfer held-out tunes with a model and judge the results beside real music and cheats.

    The evaluator tells source, target and all root styles of the model apart, unless --styles names others. With
    --check every bar is printed beside the value; the exit status is 1 where one is missed.
    """
    outputs.check_folder(out, evaluation_data.REPORT, force=force)

    from dataclasses import replace

    from stylernn import api
    from stylernn.adaptation import style_mixtures
    from stylernn.evaluation import dials, requirements, study, systems
    from stylernn.generation import transfer
    from stylernn.reranking import originality

    shipped = options.load(model)
    loaded = style_mixtures.knowing(shipped, [*source_styles, target])
    loaded.style(target)
    given = transfer.TransferConfig(
        **options.given(preserve=preserve, strength=strength, candidates=candidates)
    )
    known = {style.name for style in shipped.header.styles}
    wanted = tuple(dict.fromkeys([*source_styles, target, *(styles.split(",") if styles else ())]))
    roots = [style.name for style in shipped.header.styles if style.parent == style.name]
    every = tuple(dict.fromkeys([*wanted, *roots]))
    split = evaluation_data.unseen(evaluation_data.tunes(data, every), known)
    train, held_out = evaluation_data.by_style(
        split, every if styles is None else wanted, only=True
    )
    task = _task(train, held_out, target, source_styles=source_styles, count=count, seed=seed)
    total = len(task.sources)
    parts = systems.ablations(loaded, target, given) if ablate else {}
    # A style that the model does not know, such as a corpus kept for testing, has no way back.
    has_way_back = {style.name for style in loaded.header.styles}.issuperset(source_styles)
    returned = min(_RETURNED, total) if cycle and has_way_back else 0
    turned = min(_SWEPT * seeds, total) if sweep else 0
    swept = turned * sum(map(len, _SWEEP.values()))
    drawn = total * (seeds + len(parts) + (seeds - 1) * bool(parts))
    with (
        evaluation_data.progress(drawn + swept + returned + 7 + seeds + len(parts)) as tell,
        evaluation_data.pool() as pool,
    ):
        beside = study.standing(task, pool)
        system = systems.transfer_system(
            loaded, target, given, originality.beside(api.model_file(model))
        )
        runs, scores = _runs(task, system, seeds, partial(tell, "transfer"), pool)
        further = {
            name: _runs(
                task, part, seeds if name == "one candidate" else 1, partial(tell, name), pool
            )[1]
            for name, part in parts.items()
        }
        points: list[dict[str, Any]] = []
        if swept:
            points = dials.sweep(
                task, systems.dialled(loaded, target, given), _SWEEP, count=turned, tell=tell
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
            tell=tell,
        )
    if back:
        report["rows"][0]["values"]["strength"] = list(dials.cycle_strength(task, runs[0], back))
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
        typer.Option("--out", "-o", metavar="FILE", help="Also write the table as JSON."),
    ] = None,
    force: options.Force = False,
) -> None:
    """Bits per note and accuracy per style on the test split, beside Markov-3 and a variable-order model.

    All code the same events. PPM is a model of order 10 that also learns from each melody as it goes, after IDyOM.
    Intervals are of 95 %, by resampling compositions; the last two are of what the model saves.
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
    with evaluation_data.progress(sum(style.parent == style.name for style in tree)) as tell:
        rows = []
        for tested in likelihood.tested(loaded, split):
            rows.append(likelihood_table.row(tested))
            tell(tested.style)
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
    source_styles: From = ["folk"],  # noqa: B006  (typer reads it and never changes it)
    target: Annotated[str, typer.Option("--to", metavar="STYLE", help="Target style.")] = "jazz",
    styles: Styles = None,
    count: Count = 100,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Also write the report.")
    ] = None,
    seed: options.Seed = 0,
    force: options.Force = False,
) -> None:
    """Check the instrument itself: floors and ceilings on real melodies. Exits with 1 where one is not met."""
    if out:
        outputs.check_folder(out, evaluation_data.REPORT, force=force)

    from stylernn.evaluation import calibration, study

    wanted = tuple(dict.fromkeys([*source_styles, target, *(styles.split(",") if styles else ())]))
    split = evaluation_data.splits(evaluation_data.tunes(data, wanted))
    train, held_out = evaluation_data.by_style(split, wanted, only=styles is not None)
    task = _task(train, held_out, target, source_styles=source_styles, count=count, seed=seed)
    with evaluation_data.progress(8) as tell, evaluation_data.pool() as pool:
        report = study.compare(task, [task.sources], name="the sources", pool=pool, tell=tell)
    checks = calibration.check(report["rows"])
    evaluation_data.print_checks(checks)
    if out:
        evaluation_data.finish(report, out, {"sources": len(task.sources), "seed": seed})
    if not all(check.met for check in checks):
        raise typer.Exit(1)


def _task(train: "Labelled", held_out: "Labelled", target: str, **wishes: Any) -> "Task":
    from stylernn.evaluation import task

    try:
        return task.prepare(train, held_out, target, **wishes)
    except ValueError as error:
        raise UsageError(f"these melodies cannot be judged: {error}") from error


def _runs(
    task: "Task",
    system: "System",
    seeds: int,
    progress: "Callable[[], None]",
    pool: "Executor | None",
) -> tuple[list[list["Melody"]], list["Waiting"]]:
    """The outputs of each seed, and what waits for their rows; no two of them share a source's random key."""
    from stylernn.evaluation import benchmark, study

    runs, rows = [], []
    for number in range(seeds):
        seed = task.seed + number * len(task.sources)
        runs.append(benchmark.run(system, task, seed=seed, progress=progress))
        rows.append(study.begin(task, runs[-1], pool))
    return runs, rows
