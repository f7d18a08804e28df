"""How the commands of `tools` end: an error is one line on standard error and an exit code."""

from collections.abc import Callable

import typer

from stylernn.errors import StylernnError

__all__ = ["run"]

_INTERRUPTED = 130


def run(command: Callable[[], object]) -> int:
    """Run a command and report its errors as the command line of stylernn does.

    Args:
        command: does the work; what it returns is the exit code if it is a number.

    Returns:
        The exit code: 0, 1 (bad files), 2 (a bad call) or 130 (interrupted).

    Example:
        >>> run(lambda: None)
        0
    """
    try:
        outcome = command()
    except StylernnError as error:
        return _complain(str(error), error.exit_code)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        hint = f" Try '{context.command_path} --help'." if context else ""
        return _complain(error.format_message() + hint, error.exit_code)
    except ModuleNotFoundError as error:
        remedy = "Install it with: pip install 'stylernn[evaluation]'"
        return _complain(f"this needs the package {error.name}. {remedy}", 1)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _complain(f"{error.strerror or error}{where}", 1)
    except (typer.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    return outcome if isinstance(outcome, int) else 0


def _complain(message: str, exit_code: int) -> int:
    """Print one line on standard error, whatever line breaks a file name brought in."""
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    return exit_code
