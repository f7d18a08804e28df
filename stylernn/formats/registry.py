"""The file formats that melodies are read from and written to: one list, chosen from by a name's ending.

A format is a module with two functions, `read(path, track=None)` and `write(melody, path)`, and an
entry in `FORMATS`. A module whose files hold several tunes has `parse_all(path, part=None)` as well.
The module is imported when a file of its format is first met.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.music.melody import Melody

__all__ = [
    "FORMATS",
    "Format",
    "endings",
    "format_names",
    "format_of",
    "is_midi",
    "read",
    "read_all",
    "register",
    "write",
]


@dataclass(frozen=True)
class Format:
    """One file format.

    Args:
        name: what people call it, for help texts and messages.
        endings: of its files, lower-case and with the dot.
        module: dotted name of the module that reads and writes it.
        is_fast: whether a file is read in less time than a pool of processes takes to start.
    """

    name: str
    endings: tuple[str, ...]
    module: str
    is_fast: bool = False

    @property
    def functions(self) -> Any:
        """The module, imported now if it was not."""
        return import_module(self.module)


_SCORES = "stylernn.formats.scores"

FORMATS: list[Format] = [
    Format("MIDI", (".mid", ".midi", ".kar"), "stylernn.formats.midi", is_fast=True),
    Format("MusicXML", (".musicxml", ".xml", ".mxl"), _SCORES),
    Format("ABC", (".abc",), _SCORES),
    Format("Humdrum", (".krn",), _SCORES),
]
"""All formats, in the order in which people are told of them."""


def register(new: Format) -> None:
    """Add a format for as long as the process lives.

    Args:
        new: with endings that no other format has.

    Raises:
        ValueError: if an ending is taken.
    """
    if taken := set(new.endings) & set(endings()):
        raise ValueError(f"endings that another format has: {', '.join(sorted(taken))}")
    FORMATS.append(new)


def endings() -> tuple[str, ...]:
    """Endings of all files that can be read and written, in the order of `FORMATS`.

    Example:
        >>> endings()[:3]
        ('.mid', '.midi', '.kar')
    """
    return tuple(_all_endings())


def format_names() -> str:
    """Names of all formats as a phrase.

    Example:
        >>> format_names()
        'MIDI, MusicXML, ABC or Humdrum'
    """
    *first, last = (each.name for each in FORMATS)
    return f"{', '.join(first)} or {last}"


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format of a file by the ending of its name, in capitals or not.

    Args:
        path: the file need not exist.

    Raises:
        UsageError: if no format has that ending.

    Example:
        >>> format_of("tune.ABC").name
        'ABC'
    """
    ending = Path(path).suffix.lower()
    for each in FORMATS:
        if ending in each.endings:
            return each
    raise UsageError(
        f"cannot tell the format of {path}",
        expected=f"an ending out of {', '.join(endings())}",
        found=ending or "none",
        remedy="Rename or convert the file.",
    )


def read(path: str | os.PathLike[str], *, track: int | None = None) -> "Melody":
    """Read the melody of a music file.

    Args:
        path: a file with one of the `endings`.
        track: the track or part to read, counted from 0; by default the melody by the rule of
            `melody_extraction`.

    Raises:
        UsageError: if no format has that ending, or `track` names no part of the file.
        FileFormatError: if the file cannot be read or has no melody.
    """
    melody: Melody = format_of(path).functions.read(path, track=track)
    return melody


def read_all(
    path: str | os.PathLike[str], *, part: str | int | None = None
) -> tuple[list["Melody"], list[str]]:
    """Read every tune of a music file, leaving out the broken ones.

    Args:
        path: a file with one of the `endings`.
        part: the part to read of each tune, by index or name; by default the melody.

    Returns:
        The melodies, and one line on each tune that could not be read.

    Raises:
        UsageError: if no format has that ending.
        FileFormatError: if the file as a whole cannot be read.
    """
    functions = format_of(path).functions
    if hasattr(functions, "parse_all"):
        found: tuple[list[Melody], list[str]] = functions.parse_all(path, part=part)
        return found
    return [functions.read(path)], []


def write(melody: "Melody", path: str | os.PathLike[str]) -> None:
    """Write a melody in the format that the ending of `path` says; an existing file is replaced as a whole.

    Args:
        melody: what to write.
        path: a file name with one of the `endings`.

    Raises:
        UsageError: if no format has that ending, or the file cannot be written.
    """
    format_of(path).functions.write(melody, path)


def is_midi(path: str | os.PathLike[str]) -> bool:
    """Whether the ending of a file's name is one of MIDI files.

    Args:
        path: the file need not exist.

    Example:
        >>> is_midi("song.KAR"), is_midi("song.abc")
        (True, False)
    """
    return Path(path).suffix.lower() in FORMATS[0].endings


def _all_endings() -> Iterator[str]:
    for each in FORMATS:
        yield from each.endings
