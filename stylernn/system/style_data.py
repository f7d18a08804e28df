"""What is known of each style, read from its folder of the catalogue.

`corpora/styles/<label>/style.toml` describes the style of that label::

    parent, description, improvised, hold   what it is
    [guidance]                              see `stylernn.generation.guidance_scales`
    [manner]                                how it is played, see `stylernn.sound.performance`
    [accompaniment]                         see `stylernn.sound.accompaniment`

Every key is optional. A key of the tables that a style leaves out has the value of its parent, and
then that of `corpora/styles/default.toml`. Labels without a folder are allowed: they are styles
without a parent. A file is read when its style is asked for.
"""

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from stylernn.errors import UsageError
from stylernn.system import paths

__all__ = ["StyleData", "accompaniment", "guidance", "labels", "manner", "style_data"]

_NUMBER = int | float
_MANNER = {
    "instrument": str,
    "swing": _NUMBER,
    "legato": _NUMBER,
    "accents": list,
    "looseness": _NUMBER,
}
_ACCOMPANIMENT = {"figure": str, "bass": str, "chords": str}
_GUIDANCE = {
    "style": _NUMBER,
    "content": _NUMBER,
    "attributes": _NUMBER,
    "chroma": _NUMBER,
    "rhythm": _NUMBER,
    "temperature": _NUMBER,
}
_KINDS: Mapping[str, Any] = {
    "parent": str,
    "description": str,
    "improvised": bool,
    "hold": _NUMBER,
    "guidance": dict,
    "manner": dict,
    "accompaniment": dict,
}
_NAMES = {
    str: "a text",
    bool: "true or false",
    _NUMBER: "a finite number",
    list: "a list of 3 whole numbers",
    dict: "a table",
}


@dataclass(frozen=True)
class StyleData:
    """What a style's file says.

    Args:
        label: name of the style.
        parent: label of its parent style, "" for a style without one.
        description: one line.
        improvised: whether no bar returns as it was.
        hold: guidance towards the tune, against that of other styles; 1 by default.
        guidance: scales of guidance; only the keys that the file has.
        manner: how it is played; only the keys that the file has.
        accompaniment: how it is accompanied; only the keys that the file has.
    """

    label: str
    parent: str = ""
    description: str = ""
    improvised: bool = False
    hold: float = 1.0
    guidance: Mapping[str, Any] = field(default_factory=dict)
    manner: Mapping[str, Any] = field(default_factory=dict)
    accompaniment: Mapping[str, Any] = field(default_factory=dict)


def labels() -> tuple[str, ...]:
    """Labels of the styles that have a folder, in alphabetical order.

    Example:
        >>> "celtic" in labels()
        True
    """
    return _labels(_folder())


def style_data(label: str) -> StyleData:
    """What is known of a style.

    Args:
        label: name of the style; it need not have a folder.

    Returns:
        What its file says, or a style without a parent if it has no file.

    Raises:
        UsageError: if the file is not valid TOML, a key is unknown or a value is of the wrong kind.

    Example:
        >>> style_data("irish").parent
        'celtic'
        >>> style_data("a label of your own").parent
        ''
    """
    return _read(_folder(), label) if label in labels() else StyleData(label)


def guidance(label: str) -> dict[str, float]:
    """Scales of guidance: a style's own, else those of its parent, else those of default.toml.

    Args:
        label: name of the style; it need not have a folder.

    Returns:
        The keys style, content, attributes, chroma, rhythm and temperature; see
        `stylernn.generation.guidance_scales`.

    Raises:
        UsageError: if a file cannot be used, see `style_data`.

    Example:
        >>> guidance("a label of your own")["style"]
        3.5
    """
    found = _inherited(label, "guidance")
    if missing := sorted(set(_GUIDANCE) - set(found)):
        raise UsageError(f"{_folder() / 'default.toml'} lacks guidance.{missing[0]}")
    return found


def manner(label: str) -> dict[str, Any]:
    """How a style is played: its own values, else those of its parent, else those of default.toml.

    Args:
        label: name of the style; it need not have a folder.

    Returns:
        The keys instrument, swing, legato, accents and looseness; see
        `stylernn.sound.performance.Manner`.

    Raises:
        UsageError: if a file cannot be used, see `style_data`.

    Example:
        >>> manner("irish")["instrument"]
        'Fiddle'
    """
    return _inherited(label, "manner")


def accompaniment(label: str) -> dict[str, Any]:
    """How a style is accompanied: its own values, else its parent's, else those of default.toml.

    Args:
        label: name of the style; it need not have a folder.

    Returns:
        The keys figure, bass and chords; see `stylernn.sound.accompaniment`.

    Raises:
        UsageError: if a file cannot be used, see `style_data`.

    Example:
        >>> accompaniment("irish")["figure"]
        'alternating'
    """
    return _inherited(label, "accompaniment")


def _inherited(label: str, table: str) -> dict[str, Any]:
    """A table of a style, completed with those of its parents and the default one."""
    found: dict[str, Any] = {}
    for style in [*_lineage(label), _default(_folder())]:
        found = dict(getattr(style, table)) | found
    return found


def _lineage(label: str) -> list[StyleData]:
    """A style, its parent, the parent of that, and so on."""
    line = [style_data(label)]
    while line[-1].parent:
        if line[-1].parent in [style.label for style in line]:
            cycle = ", ".join(style.label for style in line)
            raise UsageError(f"styles are each other's parents: {cycle}")
        line.append(style_data(line[-1].parent))
    return line


def _folder() -> Path:
    return paths.catalogue() / "styles"


@cache
def _labels(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in folder.glob("*/style.toml")))


@cache
def _default(folder: Path) -> StyleData:
    return _parsed(folder / "default.toml", "default")


@cache
def _read(folder: Path, label: str) -> StyleData:
    path = folder / label / "style.toml"
    found = _parsed(path, label)
    if found.parent and found.parent not in _labels(folder):
        raise UsageError(
            f"{path}: unknown parent style {found.parent}",
            remedy=_hint(found.parent, _labels(folder)),
        )
    return found


def _parsed(path: Path, label: str) -> StyleData:
    """The content of a file whose keys are known and whose values are of the right kind."""
    try:
        entry = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {path}", expected="TOML", found=str(error)) from error
    _check(path, entry, _KINDS)
    _check(path, entry.get("guidance", {}), _GUIDANCE, "guidance.")
    if entry.get("guidance", {}).get("temperature", 1) <= 0:
        raise UsageError(f"{path}: guidance.temperature cannot be used", expected="more than 0")
    _check(path, entry.get("manner", {}), _MANNER, "manner.")
    _check(path, entry.get("accompaniment", {}), _ACCOMPANIMENT, "accompaniment.")
    return StyleData(label, **entry)


def _check(
    path: Path, entry: Mapping[str, Any], kinds: Mapping[str, Any], prefix: str = ""
) -> None:
    for key, value in entry.items():
        if key not in kinds:
            raise UsageError(f"{path}: unknown key {prefix}{key}", remedy=_hint(key, kinds, prefix))
        if not _fits(value, kinds[key]):
            raise UsageError(
                f"{path}: {prefix}{key} cannot be used",
                expected=_NAMES[kinds[key]],
                found=repr(value),
            )


def _fits(value: object, kind: Any) -> bool:
    """Whether a value is of a kind; lists hold three whole numbers, and true is no number."""
    if isinstance(value, list) and kind is list:
        return len(value) == 3 and all(type(item) is int for item in value)
    if kind is _NUMBER and isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _hint(name: str, known: Iterable[str], prefix: str = "") -> str:
    """The nearest known name, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {prefix}{near[0]}?" if near else f"Known: {', '.join(names)}."
