"""Steps that are not done twice: each has a folder for its product and a stamp beside it.

The stamp of the step `train` is `train.json`, beside `train/`. A stamp holds a digest of the step's
inputs, written before the step begins, and a digest of its product, written when the step has
ended. A step is done if both are as they were. So a chain of steps can be broken off at any time,
and a changed input repeats the steps after it.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylernn.system.atomic_write import atomic_write

__all__ = ["Chain", "digest"]

_BEGINNING_OF_DRAFTS = "."


@dataclass(frozen=True)
class Chain:
    """Steps whose products lie in one folder.

    Args:
        folder: holds the products and the stamps; made if it is missing.
        report: called with one line about each step.
    """

    folder: Path
    report: Callable[[str], None] = print

    def step(
        self,
        name: str,
        inputs: Iterable[object],
        make: Callable[[Path], object],
        *,
        resumes: bool = False,
    ) -> Path:
        """Make the product of a step, unless it is there.

        Args:
            name: of the step, and of its folder.
            inputs: all that the product depends on: files and folders count by their contents,
                other values by their `repr`.
            make: writes the product into the folder that it is given, which exists.
            resumes: whether `make` can go on with what it left in the folder when it was broken
                off; otherwise the folder is empty when it begins.

        Returns:
            The folder of the product.
        """
        product = self.folder / name
        stamp = self.folder / f"{name}.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = digest(inputs)
        found = _read(stamp)
        begun = found.get("inputs") == wanted
        if begun and product.is_dir() and found.get("product") == digest([product]):
            self.report(f"{name}: done before")
            return product
        if product.exists() and not (resumes and begun and "product" not in found):
            shutil.rmtree(product)
        product.mkdir(parents=True, exist_ok=True)
        _write(stamp, {"inputs": wanted})
        self.report(f"{name}: begins")
        began = time.perf_counter()
        make(product)
        _write(stamp, {"inputs": wanted, "product": digest([product])})
        self.report(f"{name}: done in {time.perf_counter() - began:.0f} s")
        return product


def digest(values: Iterable[object]) -> str:
    """A checksum of values, of which files and folders count by their contents.

    Args:
        values: a `Path` stands for the file there, or for all files in the folder there with their
            names, but for those whose names begin with a dot; the place of the file or folder does
            not count. Other values stand for their `repr`.

    Returns:
        A SHA-256 as hexadecimal digits.

    Example:
        >>> digest([1, "a"]) == digest([1, "a"]), digest([1, "a"]) == digest([1, "b"])
        (True, False)
    """
    total = hashlib.sha256()
    for value in values:
        parts = _contents(value) if isinstance(value, Path) else [repr(value).encode()]
        for part in parts:
            total.update(hashlib.sha256(part).digest())
        total.update(b"end")
    return total.hexdigest()


def _contents(path: Path) -> Iterable[bytes]:
    """The bytes of a file, or the names and bytes of all files in a folder, in order."""
    if not path.is_dir():
        yield path.read_bytes()
        return
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        if not file.name.startswith(_BEGINNING_OF_DRAFTS):
            yield file.relative_to(path).as_posix().encode()
            yield file.read_bytes()


def _read(stamp: Path) -> dict[str, Any]:
    """What a stamp says; nothing where there is none or it is damaged."""
    try:
        facts = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _write(stamp: Path, facts: dict[str, str]) -> None:
    """Write a stamp, whole or not at all."""
    with atomic_write(stamp) as draft:
        draft.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
