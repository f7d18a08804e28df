"""Measurements of real melodies, kept on disk for later reports.

An entry is a set of arrays. Its key depends on everything that the arrays depend on: the notes of
the melodies, the settings, the code of this package and of the modules that it imports, and the
versions of the numerical libraries. An entry is therefore never out of date. If the folder cannot
be read or written, everything is computed again.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import scipy
import sklearn

from stylernn.errors import StylernnError
from stylernn.music.melody import Melody
from stylernn.system.atomic_write import atomic_write
from stylernn.system.paths import cache_folder
from stylernn.system.source_digest import source_digest

__all__ = ["digest", "remembered"]

Arrays = Mapping[str, np.ndarray]


def digest(melodies: Iterable[Melody]) -> str:
    """The checksum of a sequence of melodies.

    Args:
        melodies: in order. Notes and bar lines count, titles do not.

    Returns:
        A SHA-256 as hexadecimal digits.

    Example:
        >>> low = Melody.from_array(np.array([(0, 24, 60)]))
        >>> high = Melody.from_array(np.array([(0, 24, 72)]))
        >>> digest([low, high]) == digest([high, low])
        False
    """
    total = hashlib.sha256()
    for melody in melodies:
        total.update(repr((melody.metres, melody.pickup, melody.end, len(melody.notes))).encode())
        total.update(melody.array.astype("<i4").tobytes())
    return total.hexdigest()


def remembered(facts: object, compute: Callable[[], Arrays]) -> Arrays:
    """Arrays from the disk, or computed now and kept there.

    Args:
        facts: what the arrays depend on beside the code; its `repr` must contain all of it.
        compute: returns the arrays by name; names must not contain a slash.

    Returns:
        The arrays by name.
    """
    name = hashlib.sha256(repr((facts, _version())).encode()).hexdigest()[:32]
    path = cache_folder() / "evaluation" / f"{name}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return dict(kept)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        arrays = compute()
    _keep(path, arrays)
    return arrays


def _keep(path: Path, arrays: Arrays) -> None:
    """Write an entry, unless the folder cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as draft:
            np.savez_compressed(draft, allow_pickle=False, **arrays)
    except (OSError, StylernnError):
        return


@cache
def _version() -> str:
    """The checksum of the code and the versions of the libraries."""
    package = files(__package__)
    kit = sorted(
        item.name.removesuffix(".py") for item in package.iterdir() if item.name.endswith(".py")
    )
    code = source_digest(*(f"stylernn.evaluation.{name}" for name in kit if name != "__init__"))
    return f"{code} {np.__version__} {scipy.__version__} {sklearn.__version__}"
