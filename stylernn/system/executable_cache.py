"""Compiled programs that outlive the process: kept in the user's cache folder, found again by a key.

jax keeps what it has compiled, but must trace and lower a function anew in every process to know what to look up, which
for the sampler takes as long as to run it. What is kept here is the executable itself. Like what jax keeps, it is
machine code, to be trusted as far as the cache folder is; it holds no weights.
"""

import hashlib
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jax
from jax.experimental import serialize_executable
from jax.experimental.compilation_cache.compilation_cache import reset_cache
from jax.extend import backend

from stylernn.system.atomic_write import atomic_write
from stylernn.system.paths import cache_folder
from stylernn.system.source_digest import source_digest

__all__ = ["Program", "compiled"]

_DIGEST = 32  # bytes of a SHA-256
_JAX_CACHE = "jax_enable_compilation_cache"


@dataclass(frozen=True)
class Program:
    """A function of arrays, and what tells it from others.

    Args:
        name: of the function.
        module: that the function is defined by; its code and that of all it imports tells programs apart.
        facts: all that it depends on beside the shapes of its arguments and the code of the package.
        results: how many arrays it returns.
        function: takes and returns arrays in flat sequences; only called if no program is kept.
    """

    name: str
    module: str
    facts: str
    results: int
    function: Callable[..., Sequence[jax.Array]] = field(compare=False, repr=False)


def compiled(program: Program, arguments: Sequence[Any]) -> Callable[..., Sequence[jax.Array]]:
    """The program for arguments of these shapes, from the cache if it is there; else it is put there."""
    return _compiled(
        program, tuple(jax.api_util.shaped_abstractify(argument) for argument in arguments)
    )


@cache
def _compiled(program: Program, shapes: tuple[Any, ...]) -> Callable[..., Sequence[jax.Array]]:
    key = repr((program, shapes, jax.__version__, _machine(), source_digest(program.module)))
    path = (
        cache_folder()
        / "programs"
        / f"{program.name}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.program"
    )
    kept = _read(path)
    made = _loaded(kept, len(shapes), program.results) if kept is not None else None
    if made is None:
        with _compiling_anew():
            made = jax.jit(program.function).lower(*shapes).compile()
        _keep(path, serialize_executable.serialize(made)[0])
    return made


@contextmanager
def _compiling_anew() -> Iterator[None]:
    """Have jax not take a program from its own cache: written out once more, such a one would lack its code."""
    enabled = getattr(jax.config, _JAX_CACHE)
    jax.config.update(_JAX_CACHE, False)
    reset_cache()
    try:
        yield
    finally:
        jax.config.update(_JAX_CACHE, enabled)
        reset_cache()


def _loaded(kept: bytes, arguments: int, results: int) -> jax.stages.Compiled | None:
    """The program of a file; None where this machine cannot load it."""
    flat = jax.tree.structure(((0,) * arguments, {})), jax.tree.structure((0,) * results)
    try:
        return serialize_executable.deserialize_and_load(
            kept, *flat, execution_devices=jax.devices()[:1]
        )
    except (ValueError, jax.errors.JaxRuntimeError):
        return None


def _read(path: Path) -> bytes | None:
    """What was kept in a file, behind its checksum; a damaged cache is no cache."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, kept = data[:_DIGEST], data[_DIGEST:]
    return kept if hashlib.sha256(kept).digest() == digest else None


def _keep(path: Path, made: bytes) -> None:
    """Write a program; where the cache cannot be written, do without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as draft:
            draft.write_bytes(hashlib.sha256(made).digest() + made)
    except OSError:
        return


def _machine() -> tuple[str, ...]:
    """What tells machines apart that share a cache folder: the code of one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    client = backend.get_backend()
    return platform.node(), platform.machine(), features, client.platform, client.platform_version
