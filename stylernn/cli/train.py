"""`stylernn train`: a model from labelled melodies."""

import itertools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from stylernn.cli import display, formatting, options
from stylernn.errors import StylernnError, UsageError
from stylernn.system import limits
from stylernn.system.atomic_write import atomic_write
from stylernn.system.process import keep_freed

if TYPE_CHECKING:
    from stylernn.corpus import LabelledMelody

__all__ = ["command"]

_SOURCE = "source.json"
_BEGINNINGS = {_SOURCE, "config.toml", "metrics.jsonl", "lock"}  # run.json comes after them


def command(
    styles: Annotated[
        list[str] | None,
        typer.Option(
            "--styles",
            metavar="STYLE...",
            help="Styles to learn; `stylernn corpus list` shows them.",
        ),
    ] = None,
    config: Annotated[
        str, typer.Option(metavar="NAME_OR_FILE", help="A shipped configuration or a .toml file.")
    ] = "default",
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Your own music: subfolders named after styles."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="Run folder; runs/STYLES by default."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Go on with the run in this folder, exactly."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Seed of weights, batches and dropout.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Most training steps.")
    ] = None,
    distributed: Annotated[
        bool,
        typer.Option(
            "--distributed", help="Train together with other processes, each started with this."
        ),
    ] = False,
    coordinator: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where the first process listens.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many processes there are.")
    ] = None,
    process: Annotated[
        int | None, typer.Option(metavar="K", min=0, help="This one's number, from 0.")
    ] = None,
) -> None:
    """Train a model on one or more styles.

    The run folder keeps the best and the last checkpoint, the settings, all metrics and a learning curve. At the end
    the model is compared on melodies it has never seen with a Markov chain of order 3 and with its untrained self.
    Several processes learn as one with --distributed; on a cluster that jax knows, no other option is needed.
    """
    together = _Together(coordinator, processes, process)
    if not distributed and together != _Together():
        raise UsageError("--coordinator, --processes and --process are options of --distributed")
    if distributed and not (out or resume):
        raise UsageError(
            "processes that train together need one folder",
            expected="--out FOLDER or --resume FOLDER",
        )
    source = _Source(tuple(styles or ()), os.path.realpath(data) if data else "")
    if resume:
        source = _recall(resume, source)
    elif source == _Source():
        raise UsageError("nothing to learn from", expected="--styles STYLE... or --data FOLDER")
    folder = resume or out or _new_folder(source)
    if not resume and not _is_free(folder):
        raise UsageError(
            f"{folder} is not an empty folder", remedy="Choose another, or --resume the run in it."
        )

    from rich.console import Console

    from stylernn import config as configuration
    from stylernn.training import devices, train

    if distributed:
        devices.join(*together)
        devices.wait_for_all("begun")

    keep_freed()
    overrides = options.given(**{"train.seed": seed, "train.steps": steps})
    chosen = configuration.load(folder / "config.toml" if resume else config, overrides)
    if resume and (out or chosen != configuration.load(folder / "config.toml")):
        raise UsageError(
            "--resume goes on with a run as it is",
            expected="no --out, and no other --seed or --steps",
        )
    tunes = _tunes(source)
    if not resume and devices.is_writer():
        _remember(folder, source)
    typer.echo(f"{formatting.count(len(tunes), 'tune')}; run folder {folder}")
    try:
        with display.training() as show:
            outcome = train.fit(chosen, tunes, folder, resume=resume is not None, on_event=show)
    except StylernnError:
        _forget(folder)
        raise
    except KeyboardInterrupt:
        typer.echo(f"stopped; stylernn train --resume {folder} goes on from the last checkpoint")
        raise
    Console(highlight=False).print(display.table_of(outcome.table))
    typer.echo(f"best model (step {outcome.best_step:,}) and learning curve: {outcome.folder}")


class _Together(NamedTuple):
    """How processes that train together find each other; None where the environment says it."""

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None


class _Source(NamedTuple):
    """What a run learns from: styles of the installed corpora, or of a folder (all of it where none is named)."""

    styles: tuple[str, ...] = ()
    folder: str = ""


def _tunes(source: _Source) -> list["LabelledMelody"]:
    """The melodies to learn from."""
    from stylernn import corpus

    with display.loading() as show:
        if not source.folder:
            return corpus.load(source.styles, progress=show)
        tunes = corpus.load_folder(source.folder, progress=show)
    present = sorted({tune.style for tune in tunes})
    for style in source.styles:
        if style not in present:
            raise UsageError(
                f"{source.folder} has no style {style}", expected=f"one of {', '.join(present)}"
            )
    return [tune for tune in tunes if tune.style in (source.styles or present)]


def _new_folder(source: _Source) -> Path:
    """A run folder that does not exist yet."""
    base = Path("runs") / "-".join(source.styles or [Path(source.folder).name])
    later = (base.with_name(f"{base.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([base], later) if not path.exists())


def _is_free(folder: Path) -> bool:
    """Whether a run can begin here: nothing is in the way but what one left that was killed before it began."""
    if not folder.is_dir():
        return not folder.exists()
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} <= _BEGINNINGS


def _remember(folder: Path, source: _Source) -> None:
    """Keep in the run folder what `--resume` has to load again."""
    if not _is_free(folder):
        raise UsageError(
            f"{folder} is not empty",
            remedy=f"Go on with its run by --resume {folder}, or choose another.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / _SOURCE) as draft:
        draft.write_text(json.dumps(source._asdict(), indent=2) + "\n", encoding="utf-8")


def _forget(folder: Path) -> None:
    """Leave nothing behind of a run that never began."""
    if {path.name for path in folder.iterdir()} == {_SOURCE}:
        (folder / _SOURCE).unlink()
        folder.rmdir()


def _recall(folder: Path, asked: _Source) -> _Source:
    """What the run in a folder learns from; what is asked for beside `--resume` must not contradict it."""
    try:
        noted = _Source(**json.loads(limits.contents(folder / _SOURCE, "config_kilobytes")))
        kept = _Source(tuple(map(str, noted.styles)), str(noted.folder))
    except (OSError, TypeError, ValueError) as error:
        raise UsageError(f"there is no run to resume in {folder}") from error
    if asked not in (_Source(), kept):
        raise UsageError(
            f"the run in {folder} learns from something else",
            expected=" ".join(filter(None, [*kept.styles, kept.folder])),
            found=" ".join(filter(None, [*asked.styles, asked.folder])),
        )
    return kept
