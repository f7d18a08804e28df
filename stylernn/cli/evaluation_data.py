"""What the commands of `stylernn evaluate` share: their data, their progress bar and processes, their last words."""

import os
import shlex
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from stylernn.cli import display
from stylernn.errors import StylernnError, UsageError

if TYPE_CHECKING:
    from stylernn.corpus import LabelledMelody, Split
    from stylernn.evaluation.benchmark import Tell
    from stylernn.evaluation.calibration import Check
    from stylernn.evaluation.task import Labelled
    from stylernn.music.melody import Melody

__all__ = [
    "REPORT",
    "by_style",
    "splits",
    "finish",
    "pairs",
    "pool",
    "print_checks",
    "progress",
    "tunes",
    "unseen",
]

REPORT = ("report.json", "report.html")
"""Files of a report."""

_MOST_PROCESSES = 6


def pairs(source: Path, output: Path) -> tuple[list["Melody"], list["Melody"]]:
    """Melodies of the files that stand in both folders under one name, whatever their endings."""
    from stylernn.formats import registry

    folders: list[dict[str, Path]] = []
    for folder in (source, output):
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}", expected="a folder of melodies")
        folders.append(
            {
                path.stem: path
                for path in sorted(folder.iterdir())
                if path.suffix.lower() in registry.endings()
            }
        )
    common = sorted(folders[0].keys() & folders[1].keys())
    if not common:
        found = f"{len(folders[0])} and {len(folders[1])} music files"
        raise UsageError(
            f"{source} and {output} share no file name",
            found=found,
            remedy="Name outputs as sources.",
        )
    read: list[tuple[Melody, Melody]] = []
    for name in common:
        try:
            read.append((registry.read(folders[0][name]), registry.read(folders[1][name])))
        except StylernnError as error:
            typer.echo(f"left out: {error}", err=True)
    if not read:
        raise UsageError(f"no pair of {source} and {output} can be read")
    return [a for a, _ in read], [b for _, b in read]


def tunes(folder: Path | None, styles: tuple[str, ...]) -> list["LabelledMelody"]:
    """All tunes of a folder, or those of some styles of the installed corpora."""
    from stylernn import corpus

    with display.loading() as show:
        return (
            corpus.load_folder(folder, progress=show)
            if folder
            else corpus.load(styles, progress=show)
        )


def splits(found: list["LabelledMelody"]) -> "Split":
    """The frozen split."""
    from stylernn import corpus

    return corpus.split(found)


def unseen(found: list["LabelledMelody"], learnt: set[str]) -> "Split":
    """The frozen split, less what a model may have met: works can be tied together by tunes it never learnt from.

    Args:
        found: tunes of all styles.
        learnt: the styles that the model was trained on, with the split of these alone.
    """
    from dataclasses import replace

    whole = splits(found)
    trained = {
        (tune.source, tune.identity)
        for tune in splits([t for t in found if t.style in learnt]).train
    }
    valid, test = (
        [t for t in side if (t.source, t.identity) not in trained]
        for side in (whole.valid, whole.test)
    )
    return replace(whole, valid=valid, test=test)


def by_style(
    split: "Split", wanted: tuple[str, ...], *, only: bool = False
) -> tuple["Labelled", "Labelled"]:
    """Training melodies, and those of the validation and test parts together, by style.

    A substyle counts as its parent (irish as celtic) unless it is wanted by name.

    Args:
        split: of tunes.
        wanted: styles asked for by name.
        only: leave out all others.
    """
    from stylernn.corpus import catalogue, styles

    parents = {
        child: parent
        for parent in catalogue.styles_known()
        for child in catalogue.substyles(parent)
    }
    train: dict[str, list[Melody]] = {}
    held_out: dict[str, list[Melody]] = {}
    for part, members in ((train, split.train), (held_out, [*split.valid, *split.test])):
        for tune in members:
            root = parents.get(tune.style, tune.style)
            name = next((name for name in (styles.label(tune), tune.style) if name in wanted), root)
            if name in wanted or not only:
                part.setdefault(name, []).append(tune.melody)
    return train, held_out


@contextmanager
def progress(total: int) -> Iterator["Tell"]:
    """A bar that moves a step with every call, with the time elapsed; where no terminal shows it, ten lines in all."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:28.28s}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("preparing", total=total)

        def report(what: str) -> None:
            before = 10 * bar.tasks[task].completed // total
            bar.update(task, advance=1, description=what)
            if not console.is_terminal and 10 * bar.tasks[task].completed // total > before:
                minutes = (bar.tasks[task].elapsed or 0) / 60
                console.print(
                    f"{bar.tasks[task].completed:.0f} of {total} after {minutes:.1f} minutes: {what}"
                )

        yield report


@contextmanager
def pool() -> Iterator[Executor | None]:
    """Processes for what needs no network, beside this one; none on a machine with one core."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    if cores < 2:
        yield None
        return
    # A forked process would inherit the threads of jax in whatever state they are.
    workers = ProcessPoolExecutor(min(cores - 1, _MOST_PROCESSES), mp_context=get_context("spawn"))
    try:
        yield workers
    finally:
        workers.shutdown(wait=False, cancel_futures=True)


def print_checks(checks: list["Check"]) -> None:
    """One line a check: whether it is met, the value, and what is wanted."""
    for check in checks:
        typer.echo(
            f"{'ok  ' if check.met else 'FAIL'} {check.name:52s} {check.value:6.3f}   {check.wanted}"
        )


def finish(report: dict[str, Any], out: Path, facts: dict[str, object]) -> None:
    """Write the report and say what its verdict is and where it stands."""
    from stylernn.evaluation import report as reports
    from stylernn.version import __version__

    command = shlex.join(["stylernn", *sys.argv[1:]])
    _, page = reports.write(
        {**report, "facts": {**facts, "version": __version__, "command": command}}, out
    )
    for statement in report["verdict"]:
        typer.echo(
            f"{'yes' if statement['holds'] else 'no ':3s} {statement['question']} {statement['answer']}"
        )
    typer.echo(str(page))
