"""`stylernn train`: trains a model on melodies with known styles."""

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
            help="Styles to learn; `stylernn corpus list` shows them. "
            "[default: all styles of --data]",
        ),
    ] = None,
    config: Annotated[
        str,
        typer.Option(metavar="NAME_OR_FILE", help="An installed configuration, or a .toml file."),
    ] = "default",
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Your own music, one subfolder for each style. [default: the installed corpora]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="Run folder. [default: a new folder runs/STYLES]"
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Continue the run in this folder. [default: a new run is started]",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Seed of weights, batches and dropout. [default: that of the configuration]",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Largest number of training steps. [default: that of the configuration]",
        ),
    ] = None,
    distributed: Annotated[
        bool,
        typer.Option(
            "--distributed", help="Train in several processes; start each of them with this option."
        ),
    ] = False,
    coordinator: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Address of the first process. [default: jax finds it on a known cluster]",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Number of processes. [default: jax finds it on a known cluster]",
        ),
    ] = None,
    process: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            min=0,
            help="Number of this process, from 0. [default: jax finds it on a known cluster]",
        ),
    ] = None,
) -> None:
    """Train a model on one or more styles.

    The run folder gets the best and the last checkpoint, the configuration, all metrics and a
    learning curve. At the end the model is compared with a Markov chain of order 3 and with the
    untrained model on the test set. Several processes train one model with --distributed; on a
    cluster that jax knows, no other option is needed.
    """
    together = _Together(coordinator, processes, process)
    if not distributed and together != _Together():
        raise UsageError("--coordinator, --processes and --process are options of --distributed")
    if distributed and not (out or resume):
        raise UsageError(
            "processes that train one model need the same folder",
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
            f"{folder} is not an empty folder",
            remedy="Choose another one, or continue its run with --resume.",
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
            "--resume continues a run without changes",
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
        typer.echo(f"stopped; to continue: stylernn train --resume {folder}")
        raise
    Console(highlight=False).print(display.table_of(outcome.table))
    typer.echo(f"best model (step {outcome.best_step:,}) and learning curve: {outcome.folder}")


class _Together(NamedTuple):
    """How processes find each other; None where jax finds it out."""

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None


class _Source(NamedTuple):
    """What a run learns from: styles of the installed corpora or of a folder."""

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
    """Whether a run can start here; files of a run that was killed early do not matter."""
    if not folder.is_dir():
        return not folder.exists()
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} <= _BEGINNINGS


def _remember(folder: Path, source: _Source) -> None:
    """Write into the run folder what `--resume` has to load again."""
    if not _is_free(folder):
        raise UsageError(
            f"{folder} is not empty",
            remedy=f"Continue its run with --resume {folder}, or choose another folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / _SOURCE) as draft:
        draft.write_text(json.dumps(source._asdict(), indent=2) + "\n", encoding="utf-8")


def _forget(folder: Path) -> None:
    """Remove the files of a run that did not start."""
    if {path.name for path in folder.iterdir()} == {_SOURCE}:
        (folder / _SOURCE).unlink()
        folder.rmdir()


def _recall(folder: Path, asked: _Source) -> _Source:
    """What the run in a folder learns from; options beside `--resume` must agree with it."""
    try:
        noted = _Source(**json.loads(limits.contents(folder / _SOURCE, "config_kilobytes")))
        saved = _Source(tuple(map(str, noted.styles)), str(noted.folder))
    except (OSError, TypeError, ValueError) as error:
        raise UsageError(f"there is no run to resume in {folder}") from error
    if asked not in (_Source(), saved):
        raise UsageError(
            f"the run in {folder} learns from something else",
            expected=" ".join(filter(None, [*saved.styles, saved.folder])),
            found=" ".join(filter(None, [*asked.styles, asked.folder])),
        )
    return saved
