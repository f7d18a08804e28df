"""`stylernn train`: a model from labelled melodies."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylernn.cli import display, notation, options
from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.corpus import Tune

__all__ = ["command"]


def command(
    styles: Annotated[
        list[str] | None,
        typer.Option("--styles", metavar="STYLE...", help="Styles to learn; `stylernn corpus list` shows them."),
    ] = None,
    config: Annotated[
        str, typer.Option(metavar="NAME_OR_FILE", help="A shipped configuration or a .toml file.")
    ] = "default",
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Your own music: subfolders named after styles.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Run folder; runs/STYLES by default.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Go on with the run in this folder, exactly.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of weights, batches and dropout.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Most training steps.")] = None,
) -> None:
    """Train a model on one or more styles.

    The run folder keeps the best and the last checkpoint, the settings, all metrics and a learning curve. At the end
    the model is compared on melodies it has never seen with a Markov chain of order 3 and with its untrained self.
    """
    if resume and (out or seed is not None):
        raise UsageError("--resume goes on with a run as it is", expected="no --out and no --seed with it")
    if not (styles or data):
        raise UsageError("nothing to learn from", expected="--styles STYLE... or --data FOLDER")

    from rich.console import Console

    from stylernn import settings, train

    overrides = options.given(**{"train.seed": seed, "train.steps": steps})
    chosen = settings.load(resume / "config.toml" if resume else config, overrides)
    tunes = _tunes(styles, data)
    folder = resume or out or _new_run(styles or [data.name])
    console = Console(highlight=False)
    console.print(f"{notation.count(len(tunes), 'tune')}; run folder {folder}")
    try:
        with display.training() as show:
            outcome = train.fit(chosen, tunes, folder, resume=resume is not None, on_event=show)
    except KeyboardInterrupt:
        console.print(f"stopped; --resume {folder} goes on from the last checkpoint")
        raise
    console.print(display.table_of(outcome.table))
    console.print(f"best model (step {outcome.best_step:,}) and learning curve: {outcome.run_folder}")


def _tunes(styles: list[str] | None, data: Path | None) -> list["Tune"]:
    """The melodies to learn from: those of the named styles, or of a folder, or of the named styles in the folder."""
    from stylernn import corpus

    with display.loading() as show:
        if data is None:
            return corpus.load(styles or [], progress=show)
        tunes = corpus.load_folder(data, progress=show)
    present = sorted({tune.style for tune in tunes})
    for style in styles or present:
        if style not in present:
            raise UsageError(f"{data} has no style {style}", expected=f"one of {', '.join(present)}")
    return [tune for tune in tunes if tune.style in (styles or present)]


def _new_run(names: list[str]) -> Path:
    """A run folder that does not exist yet."""
    base = Path("runs") / "-".join(names)
    later = (base.with_name(f"{base.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([base], later) if not path.exists())
