"""Compiled programs that outlive the process: traced once, kept in the user's cache folder, found again by a key.

jax keeps what it has compiled, but must trace a function anew in every process to know what to look up, which for the
sampler takes longer than to run it. What is kept here is the traced function (StableHLO, in jax's own portable format);
it holds no code of Python's and no weights.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import flatbuffers  # noqa: F401  (jax.export keeps its files with it; missed here, it is missed by name)
import jax
from jax import export

from stylernn.atomic import replacing
from stylernn.paths import cache_folder

__all__ = ["Program", "compiled"]

_DIGEST = 32  # bytes of a SHA-256

_CODE = (
    *("pieces.py", "lookback.py", "features.py", "loss.py", "choice.py", "script.py", "sample.py", "codec.py"),
    *("model/lstm.py", "model/layers.py", "model/network.py", "model/stepping.py"),
)


@dataclass(frozen=True)
class Program:
    """A function of arrays, and what tells it from others.

    Args:
        name: of the function.
        facts: all that its trace depends on beside the shapes of its arguments and the code of the package.
        function: takes and returns arrays in flat sequences; only called if there is no kept trace.
    """

    name: str
    facts: str
    function: Callable[..., Sequence[jax.Array]] = field(compare=False, repr=False)


def compiled(program: Program, arguments: Sequence[Any]) -> Callable[..., Sequence[jax.Array]]:
    """The program for arguments of these shapes, from the cache if it is there; else it is put there."""
    return _compiled(program, tuple(jax.api_util.shaped_abstractify(argument) for argument in arguments))


@cache
def _compiled(program: Program, shapes: tuple[Any, ...]) -> Callable[..., Sequence[jax.Array]]:
    key = repr((program, shapes, jax.__version__, jax.default_backend(), _code()))
    path = cache_folder() / "programs" / f"{program.name}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.stablehlo"
    kept = _read(path)
    if kept is not None:
        return jax.jit(export.deserialize(bytearray(kept)).call)
    traced = export.export(jax.jit(program.function))(*shapes)
    _keep(path, traced.serialize())
    return jax.jit(traced.call)


def _read(path: Path) -> bytes | None:
    """What was kept in a file, behind its checksum; a damaged cache is no cache."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, kept = data[:_DIGEST], data[_DIGEST:]
    return kept if hashlib.sha256(kept).digest() == digest else None


def _keep(path: Path, traced: bytes | bytearray) -> None:
    """Write a trace; where the cache cannot be written, do without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            draft.write_bytes(hashlib.sha256(traced).digest() + traced)
    except OSError:
        return


@cache
def _code() -> str:
    package = files("stylernn")
    return hashlib.sha256(b"".join(package.joinpath(name).read_bytes() for name in _CODE)).hexdigest()
