"""Measurements of real melodies on disk, so that a second report does not take them again.

An entry is a set of arrays under a key that names everything they depend on: the melodies, by content; the settings;
the code of this kit and of what it reads melodies with; the versions of the numerical libraries. So an entry is never
wrong, only unused. A cache that cannot be written or read is no cache: everything is then computed.
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
    """A name for a sequence of melodies that changes with any note, bar line or the order; titles do not count."""
    total = hashlib.sha256()
    for melody in melodies:
        total.update(repr((melody.metres, melody.pickup, melody.end, len(melody.notes))).encode())
        total.update(melody.array.astype("<i4").tobytes())
    return total.hexdigest()


def remembered(facts: object, compute: Callable[[], Arrays]) -> Arrays:
    """The arrays computed for these facts before, or now.

    Args:
        facts: what they depend on beside the code; its `repr` must say all of it.
        compute: gives the arrays by name; no name may hold a slash.
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as draft:
            np.savez_compressed(draft, allow_pickle=False, **arrays)
    except (OSError, StylernnError):
        return


@cache
def _version() -> str:
    """Of the code and the libraries that measurements come from."""
    package = files(__package__)
    kit = sorted(
        item.name.removesuffix(".py") for item in package.iterdir() if item.name.endswith(".py")
    )
    code = source_digest(*(f"stylernn.evaluation.{name}" for name in kit if name != "__init__"))
    return f"{code} {np.__version__} {scipy.__version__} {sklearn.__version__}"
