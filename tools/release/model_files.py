"""Model files of a release, each with the n-gram index of its training set beside it.

Only `install` writes to the model file that ships with the package.
"""

import shutil
from pathlib import Path

from stylernn.errors import UsageError
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.reranking import originality
from stylernn.system.atomic_write import atomic_write
from stylernn.system.paths import bundled_model

__all__ = ["NAME", "copy", "install", "write"]

NAME = "stylernn.safetensors"
"""Name of a model file in the folder of a step."""


def write(path: Path, model: Model) -> None:
    """Write a model file in float16 and print its size.

    Args:
        path: any but that of the shipped model.
        model: what to write.

    Raises:
        UsageError: if `path` is the shipped model, or cannot be written.
    """
    _refuse_shipped(path)
    checkpoint.save_model(path, model, dtype="float16")
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def copy(source: Path, target: Path) -> None:
    """Copy a model file, and the index beside it if there is one that belongs to it.

    Args:
        source: the model file.
        target: any path but that of the shipped model; the index goes beside it.

    Raises:
        UsageError: if `target` is the shipped model, or cannot be written.
    """
    _refuse_shipped(target)
    _copy(source, target)


def install(source: Path) -> None:
    """Replace the model that ships with the package, and its index, by a model file.

    Args:
        source: the model file.
    """
    _copy(source, bundled_model())


def _copy(source: Path, target: Path) -> None:
    """Copy a model file and its index to any place."""
    index = originality.beside(source)
    with atomic_write(target) as draft:
        shutil.copyfile(source, draft)
    if index is not None:
        originality.save_index(target, index)


def _refuse_shipped(path: Path) -> None:
    """Raise a UsageError if a path is that of the shipped model."""
    if path.resolve() == bundled_model().resolve():
        raise UsageError(
            f"{path} is the model that ships with stylernn",
            expected="another path",
            remedy="The command `all` replaces it if --install is given.",
        )
