"""Files of arrays with a header, in the safetensors format, which cannot contain code.

The header is JSON: the format version, the kind of file, what its writer adds, and a checksum of
the header and the arrays. Files are replaced as a whole when written, and checked when read. The
checksum protects against damage, not against manipulation, because it can be computed anew.
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
"""Version of the format that is written; newer ones are not read."""

Arrays = dict[str, np.ndarray]
"""Arrays by their names."""

_KEY = "stylernn"


def write(path: str | Path, kind: str, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Write arrays with a header.

    Args:
        path: the file to make or to replace as a whole.
        kind: of the file, such as "model"; `read` compares it.
        arrays: numbers by name.
        facts: further entries of the header; JSON values.

    Raises:
        UsageError: if the file cannot be written.
    """
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    mapping = {"format": FORMAT, **facts, "kind": kind}
    header = json.dumps({**mapping, "sha256": digest(contiguous, mapping)})
    with atomic_write(path) as draft:
        draft.write_bytes(save(contiguous, metadata={_KEY: header}))


def read(path: Path, kind: str) -> tuple[Arrays, dict[str, Any]]:
    """Read and check a file of arrays.

    Args:
        path: the file.
        kind: that the file must have.

    Returns:
        The arrays by name, and the header without its checksum.

    Raises:
        ModelFileError: if the file is missing, too large, damaged, of another kind or of a newer
            version, or if it contains numbers that are not finite.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.safetensors")
        ...     write(path, "state", {"weights": np.zeros(2)}, {"step": 7})
        ...     arrays, header = read(path, "state")
        >>> arrays["weights"].tolist(), header["step"]
        ([0.0, 0.0], 7)
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
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
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
    # isinstance would accept true, which is an int in Python.
    if type(mapping.get("format")) is not int or mapping["format"] < 1:
        raise ModelFileError(f"{path} has a damaged header", found="no format version")
    if mapping["format"] > FORMAT:
        raise ModelFileError(
            f"{path} comes from a newer stylernn", remedy="Update with pip install -U stylernn."
        )
    checksum = mapping.pop("sha256", None)  # the first files had none
    if checksum is not None and checksum != digest(arrays, mapping):
        raise ModelFileError(
            f"{path} is damaged",
            expected=f"contents with the SHA-256 {checksum!s:.12}...",
            found="other contents",
        )
    if any(not np.isfinite(array).all() for array in arrays.values()):
        raise ModelFileError(
            f"{path} contains numbers that are not finite", remedy="Train it again."
        )
    return arrays, mapping


def digest(arrays: Arrays, mapping: Mapping[str, Any]) -> str:
    """Compute a checksum of a header, and of the names, types, shapes and contents of arrays.

    Args:
        arrays: numbers by name.
        mapping: the header; JSON values.

    Returns:
        A SHA-256 as 64 hexadecimal digits.

    Example:
        >>> digest({"a": np.zeros(2)}, {}) == digest({"a": np.ones(2)}, {})
        False
    """
    total = hashlib.sha256(json.dumps(mapping, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        total.update(f"{name} {array.dtype} {array.shape} ".encode())
        total.update(array.tobytes())
    return total.hexdigest()
