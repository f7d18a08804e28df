"""The command line of a release: `python -m tools.release all DATA`, or one of its steps alone.

DATA is a labelled folder, or a collection of `styles/` and `mirror/` (see `training_data`). What is
heavy is imported when a command runs, so that `--help` answers at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tools import command_line

__all__ = ["app", "main"]

_PROGRAM = "python -m tools.release"

Data = Annotated[Path, typer.Argument(help="Labelled folder, or one of styles/ and mirror/.")]
Tunes = Annotated[Path, typer.Argument(help="Labelled folder that the model was trained on.")]
Model = Annotated[Path, typer.Argument(help="Model file.")]
Out = Annotated[Path, typer.Argument(help="Model file to write.")]
Config = Annotated[
    str, typer.Option(metavar="NAME_OR_FILE", help="A shipped configuration or a .toml file.")
]

app = typer.Typer(
    help="Make the model file, step by step.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.command("all")
def _all(
    data: Data,
    work: Annotated[Path, typer.Option(help="Work folder.")] = Path("runs/release"),
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Copy the model file and its index here.")
    ] = None,
    config: Config = "pretrained",
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Measure how well each style turns into each other.")
    ] = False,
    card: Annotated[bool, typer.Option("--card", help="Write the model card, too.")] = False,
    install: Annotated[
        bool, typer.Option("--install", help="Replace the model that ships with stylernn.")
    ] = False,
) -> None:
    """Do all steps, but for those that were done before.

    A run can be broken off at any time: the same command goes on with it.
    """
    from stylernn import config as configuration
    from tools.release import model_files, steps

    model = steps.release(data, work, configuration.load(config), pairs=pairs, card=card)
    if out is not None:
        model_files.copy(model, out)
    if install:
        model_files.install(model)
    print(f"the model file is {model if out is None else out}")


@app.command("training_data")
def _training_data(
    data: Data, out: Annotated[Path, typer.Argument(help="Labelled folder to make.")]
) -> None:
    """Make the labelled folder that a model learns from."""
    from tools.release.training_data import training_data

    training_data(data, out)


@app.command("train")
def _train(
    data: Tunes,
    out: Annotated[Path, typer.Argument(help="Run folder; a run in it is resumed.")],
    config: Config = "pretrained",
) -> None:
    """Train a model on all styles of a labelled folder."""
    from stylernn import config as configuration
    from tools.release.train_model import train_model

    train_model(data, out, configuration.load(config))


@app.command("package_model")
def _package_model(
    run: Annotated[Path, typer.Argument(help="Run folder.")], data: Tunes, out: Out
) -> None:
    """Write the model file of a run, with what it measures on the test split."""
    from tools.release.package_model import package_model

    package_model(run, data, out)


@app.command("fit_tilt")
def _fit_tilt(model: Model, data: Tunes, out: Out) -> None:
    """Add the weights of what transfers have too much or too little of."""
    from tools.release.fit_tilt import fit_tilt

    fit_tilt(model, data, out)


@app.command("fit_critic")
def _fit_critic(model: Model, data: Tunes, out: Out) -> None:
    """Add the critic, which tells real melodies from the model's own."""
    from tools.release.fit_critic import fit_critic

    fit_critic(model, data, out)


@app.command("fit_classifier")
def _fit_classifier(model: Model, data: Tunes, out: Out) -> None:
    """Add the classifier of styles."""
    from tools.release.fit_classifier import fit_classifier

    fit_classifier(model, data, out)


@app.command("index_training_set")
def _index_training_set(model: Model, data: Tunes, out: Out) -> None:
    """Add the n-gram index of the training set, beside a copy of the model file."""
    from tools.release.index_training_set import index_training_set

    index_training_set(model, data, out)


@app.command("measure_pairs")
def _measure_pairs(
    model: Model,
    data: Tunes,
    out: Out,
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STYLE", help="Measure only what goes to this style, and keep the other pairs."
        ),
    ] = None,
    tunes: Annotated[int, typer.Option(metavar="N", min=1, help="Most tunes a pair.")] = 20,
) -> None:
    """Add how well each style turns into each other one."""
    from tools.release.measure_pairs import PairsSize, measure_pairs

    measure_pairs(model, data, out, to or (), PairsSize(tunes=tunes))


@app.command("model_card")
def _model_card(
    out: Annotated[Path, typer.Argument(help="Markdown file to write.")],
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Model file; the shipped one by default.")
    ] = None,
) -> None:
    """Write the model card of a model file."""
    from stylernn.system.paths import bundled_model
    from tools.release.model_card import model_card

    model_card(model or bundled_model(), out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: words after the program's name; those of the process by default.

    Returns:
        The exit code, see `tools.command_line.run`.
    """
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return command_line.run(lambda: app(words, prog_name=_PROGRAM, standalone_mode=False))


if __name__ == "__main__":
    sys.exit(main())
