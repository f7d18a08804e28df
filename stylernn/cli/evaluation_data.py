"""What the commands of `stylernn evaluate` share: data, progress bar, processes and reports."""

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
    from stylernn.evaluation.benchmark import Progress
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
"""Names of the files of a report."""

_MOST_PROCESSES = 6


def pairs(source: Path, output: Path) -> tuple[list["Melody"], list["Melody"]]:
    """Read the melodies of all files that are in two folders under the same name.

    The endings may differ. A pair that cannot be read is left out with a message.

    Args:
        source: folder of sources.
        output: folder of outputs.

    Returns:
        Sources and outputs, in the order of the names.

    Raises:
        UsageError: if a folder does not exist or there is no pair.
    """
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
            remedy="Give each output the name of its source.",
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
    """Load all tunes of a folder, or those of some styles of the installed corpora.

    Args:
        folder: with one subfolder for each style; None for the corpora.
        styles: styles of the corpora to load.

    Returns:
        The tunes.
    """
    from stylernn import corpus

    with display.loading() as show:
        return (
            corpus.load_folder(folder, progress=show)
            if folder
            else corpus.load(styles, progress=show)
        )


def splits(found: list["LabelledMelody"]) -> "Split":
    """Split tunes into training, validation and test sets, always in the same way.

    Args:
        found: tunes of all styles.

    Returns:
        The split.
    """
    from stylernn import corpus

    return corpus.split(found)


def unseen(found: list["LabelledMelody"], learnt: set[str]) -> "Split":
    """Split tunes, and take what a model was trained on out of the validation and test sets.

    A model was trained with the split of its own styles. With more styles the split can differ,
    because a work may be in several of them.

    Args:
        found: tunes of all styles.
        learnt: the styles that the model was trained on.

    Returns:
        The split.
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
    """Sort training and held-out melodies by style.

    A substyle counts as its parent unless it is wanted by name.

    Args:
        split: from `splits` or `unseen`.
        wanted: styles asked for by name.
        only: leave out all other styles.

    Returns:
        Training melodies by style, and those of the validation and test sets together by style.
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
def progress(total: int) -> Iterator["Progress"]:
    """Show a progress bar with the time elapsed; without a terminal, ten lines in all.

    Args:
        total: number of steps.

    Returns:
        A context that gives a callback: one call a step, with the name of what was done.
    """
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
                done = f"{bar.tasks[task].completed:.0f} of {total}"
                console.print(f"{done} after {minutes:.1f} minutes: {what}")

        yield report


@contextmanager
def pool() -> Iterator[Executor | None]:
    """Start processes for measurements that need no model.

    Returns:
        A context that gives the processes; None on a machine with one core.
    """
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    if cores < 2:
        yield None
        return
    # A forked process would inherit the threads of jax in an undefined state.
    workers = ProcessPoolExecutor(min(cores - 1, _MOST_PROCESSES), mp_context=get_context("spawn"))
    try:
        yield workers
    finally:
        workers.shutdown(wait=False, cancel_futures=True)


def print_checks(checks: list["Check"]) -> None:
    """Print one line a check: whether it is met, the value, and what is wanted.

    Args:
        checks: from `calibration.check` or `requirements.check`.
    """
    for check in checks:
        state = "ok  " if check.met else "FAIL"
        typer.echo(f"{state} {check.name:52s} {check.value:6.3f}   {check.wanted}")


def finish(report: dict[str, Any], out: Path, facts: dict[str, object]) -> None:
    """Write the report, and print its verdict and the path of its page.

    Args:
        report: from `study.compare` or `study.compare_files`.
        out: folder to write to.
        facts: what was measured; version and command are added.
    """
    from stylernn.evaluation import report as reports
    from stylernn.version import __version__

    command = shlex.join(["stylernn", *sys.argv[1:]])
    _, page = reports.write(
        {**report, "facts": {**facts, "version": __version__, "command": command}}, out
    )
    for statement in report["verdict"]:
        holds = "yes" if statement["holds"] else "no "
        typer.echo(f"{holds} {statement['question']} {statement['answer']}")
    typer.echo(str(page))
