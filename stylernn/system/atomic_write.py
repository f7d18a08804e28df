"""Atomic writing: every output gets a temporary name first and is renamed when complete."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stylernn.errors import UsageError

__all__ = ["remove_drafts", "atomic_write"]

_DRAFT = re.compile(r"\..+\.[0-9a-f]{8}(\.\w+)?")


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` on success and is removed on failure.

    The temporary name has the same ending, because some writers choose their format by it.

    Args:
        path: the file to make or to replace as a whole.

    Yields:
        A path in the same folder, so that both are on one file system.

    Raises:
        UsageError: if the folder does not exist or cannot be written to.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.abc")
        ...     with atomic_write(path) as draft:
        ...         _ = draft.write_text("X:1")
        ...     path.read_text(), draft.exists()
        ('X:1', False)
    """
    target = Path(path)
    draft = target.with_name(f".{target.stem[:80]}.{secrets.token_hex(4)}{target.suffix}")
    try:
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        remedy = (
            "Create the folder first."
            if not target.parent.is_dir()
            else "Choose another place to write to."
        )
        raise UsageError(
            f"cannot write {target}", found=error.strerror or str(error), remedy=remedy
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(folder: Path) -> None:
    """Remove temporary files that killed processes left behind.

    Args:
        folder: no process may be writing to it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Path(folder, ".tune.0123abcd.mid").touch()
        ...     remove_drafts(Path(folder))
        ...     list(Path(folder).iterdir())
        []
    """
    for path in folder.iterdir():
        if _DRAFT.fullmatch(path.name):
            path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a loss of power, where folders can be synced (not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
