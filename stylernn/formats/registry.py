"""The registry of file formats, in which the ending of a file name selects the reader or writer.

A format is a module with two functions, `read(path, track=None)` and `write(melody, path)`, and an
entry in `FORMATS`. If its files contain several tunes, the module also has
`parse_all(path, part=None)`. The module is imported when it is first needed.
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
        name: as in help texts and messages.
        endings: of its file names, lower-case and with the dot.
        module: dotted name of the module that reads and writes it.
        is_fast: whether reading a file takes less time than starting a pool of processes.
    """

    name: str
    endings: tuple[str, ...]
    module: str
    is_fast: bool = False

    @property
    def functions(self) -> Any:
        """The module, imported on first use."""
        return import_module(self.module)


_SCORES = "stylernn.formats.scores"

FORMATS: list[Format] = [
    Format("MIDI", (".mid", ".midi", ".kar"), "stylernn.formats.midi", is_fast=True),
    Format("MusicXML", (".musicxml", ".xml", ".mxl"), _SCORES),
    Format("ABC", (".abc",), _SCORES),
    Format("Humdrum", (".krn",), _SCORES),
]
"""All formats, in the order of help texts and messages."""


def register(new: Format) -> None:
    """Add a format to the registry of this process.

    Args:
        new: the format; no other format may have one of its endings.

    Raises:
        ValueError: if another format has one of the endings.

    Example:
        >>> register(Format("text", (".abc", ".txt"), "text_reader"))
        Traceback (most recent call last):
        ValueError: endings that another format has: .abc
    """
    if taken := set(new.endings) & set(endings()):
        raise ValueError(f"endings that another format has: {', '.join(sorted(taken))}")
    FORMATS.append(new)


def endings() -> tuple[str, ...]:
    """List the endings of all files that can be read and written.

    Returns:
        Endings with the dot, in the order of `FORMATS`.

    Example:
        >>> endings()[:3]
        ('.mid', '.midi', '.kar')
    """
    return tuple(_all_endings())


def format_names() -> str:
    """Join the names of all formats to a phrase.

    Returns:
        Such as "MIDI or ABC".

    Example:
        >>> format_names()
        'MIDI, MusicXML, ABC or Humdrum'
    """
    *first, last = (each.name for each in FORMATS)
    return f"{', '.join(first)} or {last}"


def format_of(path: str | os.PathLike[str]) -> Format:
    """Find the format of a file by the ending of its name; capitals do not matter.

    Args:
        path: the file need not exist.

    Returns:
        The format.

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
        track: the track or part to read, counted from 0; by default the one that
            `melody_extraction.find_melody` chooses.

    Returns:
        The melody.

    Raises:
        UsageError: if no format has that ending, or the file has no such track.
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
        part: the part to read of each tune, by index or name; by default the melody. Formats with
            one tune a file ignore it.

    Returns:
        The melodies, and a message of one line for each tune that could not be read.

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
    """Write a melody in the format of the ending of `path`.

    Args:
        melody: what to write.
        path: a file name with one of the `endings`; an existing file is replaced as a whole.

    Raises:
        UsageError: if no format has that ending, or the file cannot be written.

    Example:
        >>> import tempfile
        >>> from stylernn.music.melody import Melody, Note
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.mid")
        ...     write(Melody((Note(0, 24, 60), Note(24, 72, 62))), path)
        ...     [note.pitch for note in read(path).notes]
        [60, 62]
    """
    format_of(path).functions.write(melody, path)


def is_midi(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file has the ending of a MIDI file.

    Args:
        path: the file need not exist.

    Returns:
        True for .mid, .midi and .kar, in capitals or not.

    Example:
        >>> is_midi("song.KAR"), is_midi("song.abc")
        (True, False)
    """
    return Path(path).suffix.lower() in FORMATS[0].endings


def _all_endings() -> Iterator[str]:
    """Endings of all formats."""
    for each in FORMATS:
        yield from each.endings
