"""Progress bars for parsing and training, and the table at the end of training.

On a terminal, progress is one line that changes. Elsewhere, training prints one line for each
validation.
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
    """Show a bar for each corpus that has to be parsed.

    Returns:
        A context that gives the callback for `corpus.load`.
    """
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
    """Show step, bits per note, speed, the time spent waiting for data, and the time left.

    Returns:
        A context that gives the callback for `train.fit`.
    """
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
    """One line on the state of training."""
    valid = "-" if event.valid_bits is None else f"{event.valid_bits:.3f}"
    left = timedelta(seconds=round(event.seconds_left))
    return (
        f"bits/note {event.train_bits:.3f} train, {valid} validation  "
        f"{event.notes_per_second:,.0f} notes/s, {event.waiting:.1%} waiting for data  {left} left"
    )


def table_of(rows: Sequence["likelihood.StyleResult"]) -> "Table":
    """Make the table of the test set: bits per note beside baselines, and accuracies.

    Args:
        rows: one a style.

    Returns:
        The table to print.
    """
    from rich.table import Table

    table = Table(
        title="test set: melodies that the model was not trained on",
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
