"""The command line. Each command has a file of its own; this one puts them together.

Commands read arguments, call the library and print; they decide nothing about music. Large packages
(jax, flax, music21, matplotlib, scipy) are imported inside the command that needs them, so that
`stylernn --help` answers at once. An error that a user can cause ends as one line on standard error
and an exit code: 1 for a file that cannot be used, 2 for a wrong call.
"""

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from stylernn.cli import (
    add_style,
    corpus,
    evaluate,
    generate,
    inspect,
    listen,
    render,
    show,
    styles,
    train,
    transfer,
)
from stylernn.cli.variadic import SeveralValuesCommand
from stylernn.errors import StylernnError
from stylernn.system.paths import cache_folder
from stylernn.version import __version__

__all__ = ["app", "main"]

_INTERRUPTED = 130
_EXTRAS = {
    **dict.fromkeys(("midirenderer", "pretty_midi", "pyloudnorm", "soundfile"), "sound"),
    **dict.fromkeys(("verovio", "resvg_py"), "pictures"),
}

app = typer.Typer(
    name="stylernn",
    help="Turn a melody into another style, write new ones, and train on your own corpora.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("transfer")(transfer.command)
app.command("generate")(generate.command)
app.command("train", cls=SeveralValuesCommand)(train.command)
app.command("add-style")(add_style.command)
app.command("styles")(styles.command)
app.command("inspect")(inspect.command)
app.command("render")(render.command)
app.command("show")(show.command)
for name, group in (("corpus", corpus), ("evaluate", evaluate), ("listen-test", listen)):
    app.add_typer(group.app, name=name, no_args_is_help=False)


@app.callback(invoke_without_command=True)
def _frame(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Handle the options of `stylernn` itself."""
    if version:
        typer.echo(f"stylernn {__version__}")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name; by default those of the process.

    Returns:
        The exit code: 0, 1 (a file cannot be used), 2 (a wrong call) or 130 (interrupted).
    """
    # Objects made by imports stay; without this, garbage collections take a tenth of a second.
    gc.set_threshold(100_000)
    _keep_compiled_programs()
    _print_any_name()
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        return int(app(words, prog_name="stylernn", standalone_mode=False) or 0)
    except StylernnError as error:
        return _complain(str(error), error.exit_code)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        hint = f" Try '{context.command_path} --help'." if context else ""
        return _complain(error.format_message() + hint, error.exit_code)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0], "evaluation")
        return _complain(
            f"this needs the package {error.name}. "
            f"Install it with: pip install 'stylernn[{extra}]'",
            1,
        )
    except OSError as error:
        return _complain(
            f"{error.strerror or error}: {error.filename}" if error.filename else str(error), 1
        )
    except (typer.Abort, KeyboardInterrupt):
        return _INTERRUPTED


def _keep_compiled_programs() -> None:
    """Have jax keep compiled programs in the user's cache, so that later runs do not compile."""
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_folder() / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")


def _print_any_name() -> None:
    """Print characters that the terminal does not know as escapes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _complain(message: str, exit_code: int) -> int:
    """Print one line on standard error, without line breaks that a file name may contain."""
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    return exit_code
