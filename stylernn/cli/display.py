"""What training shows: live progress and the table at the end.

On a terminal the progress is one line that changes; where the output is kept in a file, one line a validation.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from stylernn import corpus
    from stylernn.training import likelihood, progress

__all__ = ["loading", "training", "table_of"]


@contextmanager
def loading() -> Iterator["corpus.Progress"]:
    """A callback for `corpus.load` that shows a bar for each corpus that has to be parsed."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield show


@contextmanager
def training() -> Iterator[Callable[["progress.Progress"], None]]:
    """A callback for `train.fit` that shows step, bits per note, speed, the wait for data and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(highlight=False)
    columns = (
        TextColumn("step {task.completed:,}/{task.total:,}"),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("compiling", total=None)
        validated = None

        def show(event: "progress.Progress") -> None:
            nonlocal validated
            bar.update(task, completed=event.step, total=event.steps, description=_state(event))
            if event.valid_bits != validated:
                validated = event.valid_bits
                console.print(f"step {event.step:>6,}  {_state(event)}", soft_wrap=True)

        yield show


def _state(event: "progress.Progress") -> str:
    valid = "-" if event.valid_bits is None else f"{event.valid_bits:.3f}"
    left = timedelta(seconds=round(event.seconds_left))
    return (
        f"bits/note {event.train_bits:.3f} train, {valid} validation  "
        f"{event.notes_per_second:,.0f} notes/s, {event.waiting:.1%} waiting for data  {left} left"
    )


def table_of(rows: Sequence["likelihood.StyleResult"]) -> "Table":
    """The test-set table: bits per note beside the baselines, and how often each part of a note is guessed right."""
    from rich.table import Table

    table = Table(
        title="test set, melodies never trained on",
        caption="bits per note: lower is better",
        box=None,
    )
    table.add_column("style")
    for heading in (
        "tunes",
        "notes",
        "bits/note",
        "Markov-3",
        "untrained",
        "onset",
        "pitch",
        "duration",
    ):
        table.add_column(heading, justify="right")
    for row in rows:
        bits = (f"{value:.3f}" for value in (row.bits, row.markov_bits, row.untrained_bits))
        shares = (
            f"{value:.0%}"
            for value in (row.onset_accuracy, row.pitch_accuracy, row.duration_accuracy)
        )
        table.add_row(row.style, f"{row.tunes:,}", f"{row.notes:,}", *bits, *shares)
    return table
