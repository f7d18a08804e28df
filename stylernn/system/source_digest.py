"""Checksums of source code, so that a cached result depends on the code that made it.

A checksum covers a module and all modules of the package that it imports. They are found by the
import statements in the source text, including those inside functions. So a new module becomes part
of the checksum when it is imported, without a list of modules.
"""

import hashlib
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

__all__ = ["imported_modules", "source_digest"]

_PACKAGE = "stylernn"
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<modules>[\w.]+))",
    re.MULTILINE,
)
_NAME = re.compile(r"(\w+)(?:[ \t]+as[ \t]+\w+)?")


def source_digest(*modules: str) -> str:
    """Compute a checksum of modules and of every module of the package that they import.

    Args:
        modules: dotted names, such as "stylernn.formats.registry"; modules of other packages are
            allowed.

    Returns:
        A SHA-256 as 64 hexadecimal digits.

    Raises:
        ValueError: if one of the modules does not exist.

    Example:
        >>> len(source_digest("stylernn.music.melody"))
        64
    """
    total = hashlib.sha256()
    for name in imported_modules(*modules):
        total.update(_source(name) or b"")
    return total.hexdigest()


@cache
def imported_modules(*modules: str) -> tuple[str, ...]:
    """List modules and all modules of the package that they import, directly or indirectly.

    Args:
        modules: dotted names; modules of other packages are allowed.

    Returns:
        Dotted names, sorted.

    Raises:
        ValueError: if one of the modules does not exist.

    Example:
        >>> imported_modules("stylernn.music.key")
        ('stylernn.music.key',)
    """
    if missing := [name for name in modules if _source(name) is None]:
        raise ValueError(f"no such modules: {', '.join(missing)}")
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and (source := _source(name)) is not None:
            found.add(name)
            waiting += _imports(name, source.decode())
    return tuple(sorted(found))


def _imports(name: str, source: str) -> set[str]:
    """Names that a module may import from the package; some of them are not modules."""
    found = set()
    for match in _IMPORT.finditer(source):
        if match["modules"]:
            found.add(match["modules"])
            continue
        module = _absolute(match["module"], name)
        found.add(module)
        found |= {f"{module}.{each}" for each in _NAME.findall(match["names"])}
    return {module for module in found if module.startswith(f"{_PACKAGE}.")}


def _absolute(module: str, importer: str) -> str:
    """The full name of a module that may be given relative to its importer."""
    dots = len(module) - len(module.lstrip("."))
    if not dots:
        return module
    package = importer.split(".")
    if not _is_package(importer):
        package = package[:-1]
    base = package[: len(package) - dots + 1]
    return ".".join([*base, *filter(None, [module[dots:]])])


@cache
def _source(name: str) -> bytes | None:
    """Source text of a module or of a package's `__init__`; None if there is no such module."""
    path = _file(name)
    return path.read_bytes() if path is not None else None


def _file(name: str) -> Traversable | None:
    """The source file of a module; None if there is no such module."""
    package, _, rest = name.partition(".")
    if package != _PACKAGE:
        spec = find_spec(name)
        return Path(spec.origin) if spec and spec.origin else None
    if not rest:
        return None
    root, parts = files(_PACKAGE), rest.split(".")
    if parts[0] in ("configs", "corpora", "evaluation"):  # they are elsewhere in a checkout
        root, parts = files(f"{_PACKAGE}.{parts[0]}"), parts[1:]
    for path in (
        root.joinpath(*parts[:-1], f"{parts[-1]}.py") if parts else root,
        root.joinpath(*parts, "__init__.py"),
    ):
        if path.is_file():
            return path
    return None


def _is_package(name: str) -> bool:
    """Whether a name is that of a package."""
    path = _file(name)
    return path is not None and path.name == "__init__.py"
