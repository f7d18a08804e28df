"""Files of arrays with a header, as safetensors, so that no file can run code.

The header is JSON: format version, the kind of file, whatever its writer adds, and a checksum of all of it. Files are
written aside and renamed, and checked before use. The checksum is there against damage, not against malice: whoever can
write the file can write another one, and a model of another's is as good as its author.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stylernn.errors import FileFormatError, ModelFileError
from stylernn.system import limits
from stylernn.system.atomic_write import atomic_write

__all__ = ["FORMAT", "Arrays", "digest", "read", "write"]

FORMAT = 1

Arrays = dict[str, np.ndarray]

_KEY = "stylernn"


def write(path: str | Path, kind: str, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Write arrays and the facts of their header, plain data, as a file of a kind."""
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    mapping = {"format": FORMAT, **facts, "kind": kind}
    header = json.dumps({**mapping, "sha256": digest(contiguous, mapping)})
    with atomic_write(path) as draft:
        draft.write_bytes(save(contiguous, metadata={_KEY: header}))


def read(path: Path, kind: str) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of a file of a kind, and its header.

    Raises:
        ModelFileError: if the file is missing, too large, damaged, of another kind or of a newer version.
    """
    if not path.is_file():
        raise ModelFileError(
            f"there is no model file {path}", remedy="Train one with stylernn train."
        )
    try:
        limits.check(
            "model_megabytes",
            path.stat().st_size / 1e6,
            f"{path} is too large",
            unit="MB",
            remedy="",
        )
        with safe_open(path, framework="numpy") as file:
            mapping = json.loads((file.metadata() or {}).get(_KEY, "{}"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
    except FileFormatError as error:
        raise ModelFileError(
            error.problem, expected=error.expected, found=error.found, remedy=error.remedy
        ) from None
    except (
        SafetensorError,
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ModelFileError(f"{path} is damaged or no model file", found=str(error)) from error
    if not isinstance(mapping, dict) or mapping.get("kind") != kind:
        found = (
            mapping.get("kind", "no stylernn header")
            if isinstance(mapping, dict)
            else "another header"
        )
        raise ModelFileError(f"{path} is not a stylernn {kind} file", found=str(found)[:50])
    if type(mapping.get("format")) is not int or mapping["format"] < 1:  # true is an int to Python
        raise ModelFileError(f"{path} has a damaged header", found="no format version")
    if mapping["format"] > FORMAT:
        raise ModelFileError(
            f"{path} comes from a newer stylernn", remedy="Update with pip install -U stylernn."
        )
    checksum = mapping.pop("sha256", None)  # early files have none
    if checksum is not None and checksum != digest(arrays, mapping):
        raise ModelFileError(
            f"{path} is damaged", expected=f"contents of sha256 {checksum!s:.12}", found="others"
        )
    if any(not np.isfinite(array).all() for array in arrays.values()):
        raise ModelFileError(f"{path} holds numbers that are not finite", remedy="Train it again.")
    return arrays, mapping


def digest(arrays: Arrays, mapping: Mapping[str, Any]) -> str:
    """Checksum of the header, and of names, kinds, shapes and contents of the arrays."""
    total = hashlib.sha256(json.dumps(mapping, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        total.update(f"{name} {array.dtype} {array.shape} ".encode())
        total.update(array.tobytes())
    return total.hexdigest()
