"""A cache of compiled programs in the user's cache folder.

The compilation cache of jax is not enough: to find a program there, a process must trace and lower
the function first, and for the sampler this takes as long as to run it. Here the executable itself
is stored, under a key that needs no tracing. As in the cache of jax, an entry is machine code, so
the cache folder must be trusted. It contains no weights.
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

from stylernn.errors import StylernnError
from stylernn.system.atomic_write import atomic_write
from stylernn.system.paths import cache_folder
from stylernn.system.source_digest import source_digest

__all__ = ["Program", "compiled"]

_DIGEST = 32  # bytes of a SHA-256
_JAX_CACHE = "jax_enable_compilation_cache"


@dataclass(frozen=True)
class Program:
    """A function of arrays, and what its compiled form depends on.

    Args:
        name: of the function; part of the file name.
        module: dotted name of the module that defines the function. A change of its code, or of
            the code that it imports, makes a new program.
        facts: all other values that the function depends on, apart from its arguments' shapes.
        results: number of arrays that it returns.
        function: takes and returns arrays in flat sequences; called only if no program is stored.
    """

    name: str
    module: str
    facts: str
    results: int
    function: Callable[..., Sequence[jax.Array]] = field(compare=False, repr=False)


def compiled(program: Program, arguments: Sequence[Any]) -> Callable[..., Sequence[jax.Array]]:
    """Load a compiled program from the cache, or compile and store it.

    Args:
        program: what to compile.
        arguments: arrays, or other values with shape and type; only shapes and types are used.

    Returns:
        A function that takes arrays of these shapes and types, and returns arrays.
    """
    return _compiled(
        program, tuple(jax.api_util.shaped_abstractify(argument) for argument in arguments)
    )


@cache
def _compiled(program: Program, shapes: tuple[Any, ...]) -> Callable[..., Sequence[jax.Array]]:
    """As `compiled`, by the shapes and types of the arguments; loaded once a process."""
    key = repr((program, shapes, jax.__version__, _machine(), source_digest(program.module)))
    path = (
        cache_folder()
        / "programs"
        / f"{program.name}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.program"
    )
    stored = _read(path)
    loaded = _loaded(stored, len(shapes), program.results) if stored is not None else None
    if loaded is not None:
        return loaded
    with _without_jax_cache():
        made = jax.jit(program.function).lower(*shapes).compile()
    _store(path, serialize_executable.serialize(made)[0])
    return made


@contextmanager
def _without_jax_cache() -> Iterator[None]:
    """Switch the cache of jax off, because a program from there serialises without its code."""
    enabled = getattr(jax.config, _JAX_CACHE)
    jax.config.update(_JAX_CACHE, False)
    reset_cache()
    try:
        yield
    finally:
        jax.config.update(_JAX_CACHE, enabled)
        reset_cache()


def _loaded(stored: bytes, arguments: int, results: int) -> jax.stages.Compiled | None:
    """The program of a file; None if this machine cannot load it."""
    flat = jax.tree.structure(((0,) * arguments, {})), jax.tree.structure((0,) * results)
    try:
        return serialize_executable.deserialize_and_load(
            stored, *flat, execution_devices=jax.devices()[:1]
        )
    except (ValueError, jax.errors.JaxRuntimeError):
        return None


def _read(path: Path) -> bytes | None:
    """The program in a file, after its checksum; None if the file is missing or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, stored = data[:_DIGEST], data[_DIGEST:]
    return stored if hashlib.sha256(stored).digest() == digest else None


def _store(path: Path, made: bytes) -> None:
    """Write a program; a cache that cannot be written to is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as draft:
            draft.write_bytes(hashlib.sha256(made).digest() + made)
    except (OSError, StylernnError):
        return


def _machine() -> tuple[str, ...]:
    """What the machine code depends on, since machines may share a cache folder."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    client = backend.get_backend()
    return platform.node(), platform.machine(), features, client.platform, client.platform_version
