"""A checksum of modules and of all that they import, so that what is cached hangs on the code that made it.

The modules are found by following the import statements in the source text, those inside functions included. A new
module is therefore part of the checksum from the moment that it is imported, and no list has to be kept.
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
    """The checksum of some modules and of every module of the package that they import.

    Args:
        modules: dotted names, such as "stylernn.formats.registry"; they may be somebody else's.

    Returns:
        A SHA-256 as hexadecimal digits.

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
    """Names of some modules and of all of the package that they import, directly or not, in order.

    Args:
        modules: dotted names.

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
    """What a module may import from the package; some of the names are no modules."""
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
    """The text of a module or of a package's `__init__`; None where there is no such module."""
    path = _file(name)
    return path.read_bytes() if path is not None else None


def _file(name: str) -> Traversable | None:
    package, _, rest = name.partition(".")
    if package != _PACKAGE:
        spec = find_spec(name)
        return Path(spec.origin) if spec and spec.origin else None
    if not rest:
        return None
    root, parts = files(_PACKAGE), rest.split(".")
    if parts[0] in ("configs", "corpora", "evaluation"):  # stand elsewhere in a checkout
        root, parts = files(f"{_PACKAGE}.{parts[0]}"), parts[1:]
    for path in (
        root.joinpath(*parts[:-1], f"{parts[-1]}.py") if parts else root,
        root.joinpath(*parts, "__init__.py"),
    ):
        if path.is_file():
            return path
    return None


def _is_package(name: str) -> bool:
    path = _file(name)
    return path is not None and path.name == "__init__.py"
