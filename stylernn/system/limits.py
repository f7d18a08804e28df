"""Limits on what is read, so that no file can exhaust the machine.

Input files may come from anybody. Each reader counts before it builds anything large. Above a limit
it raises an error that names the limit. The environment variable `STYLERNN_LIMITS` changes limits,
for a process and for the processes that it starts:

    STYLERNN_LIMITS="megabytes=100 notes=200000" stylernn transfer long.mid --to jazz
"""

import difflib
import errno
import os
import stat
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

from stylernn.errors import FileFormatError, UsageError

__all__ = ["VARIABLE", "Limits", "check", "contents", "current"]

VARIABLE = "STYLERNN_LIMITS"
"""Name of the environment variable that changes limits."""

_UNITS = {"config_kilobytes": (1e3, "kB")}  # of file sizes that are not counted in MB


@dataclass(frozen=True)
class Limits:
    """The largest allowed numbers and sizes. A megabyte is 1,000,000 bytes.

    Args:
        megabytes: size of a music file, a manifest or a table of answers, and of an unpacked score.
        tracks: number of tracks or parts of a file.
        file_notes: number of notes of a MIDI file, all tracks together.
        events: number of events of a MIDI track, where events are read one by one.
        notes: number of notes of the part that is read as the melody.
        bars: length of the melody in bars.
        symbols: number of notes, rests, bar lines and other signs of a score or an ABC tune.
        tunes: number of tunes of an ABC file.
        depth: nesting of XML elements.
        seconds: computing time for a score or an ABC tune; each megabyte of it adds 20 seconds.
        ratio: unpacked size over packed size of a member of an archive.
        members: number of files in an archive.
        archive_megabytes: unpacked size of the archive of a corpus.
        model_megabytes: size of a model file or training state.
        font_megabytes: size of a sound font.
        config_kilobytes: size of a configuration file.
        rows: number of rows of a table.
    """

    megabytes: int = 20
    tracks: int = 1_000
    file_notes: int = 2**20
    events: int = 2**19
    notes: int = 50_000
    bars: int = 20_000
    symbols: int = 60_000
    tunes: int = 10_000
    depth: int = 100
    seconds: int = 4
    ratio: int = 200
    members: int = 20_000
    archive_megabytes: int = 1_000
    model_megabytes: int = 2_000
    font_megabytes: int = 1_000
    config_kilobytes: int = 100
    rows: int = 1_000_000


def current() -> Limits:
    """Read the limits in force: the defaults, changed by `STYLERNN_LIMITS`.

    Returns:
        The limits.

    Raises:
        UsageError: if the variable contains an unknown name, or a value that is not a positive
            whole number.

    Example:
        >>> current().members
        20000
    """
    return _parse(os.environ.get(VARIABLE, ""))


def check(
    name: str,
    found: float,
    problem: str,
    *,
    unit: str = "",
    remedy: str = "Save only the melody's part.",
) -> None:
    """Raise an error if a number is above a limit.

    Args:
        name: the limit, a field of `Limits`.
        found: the number to compare with the limit.
        problem: the error message, with the name of the file and without a full stop.
        unit: what is counted, for the error message.
        remedy: what the user can do, apart from raising the limit; a sentence or "".

    Raises:
        FileFormatError: if the number is above the limit.

    Example:
        >>> check("tunes", 10_001, "a.abc has too many tunes")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        stylernn.errors.FileFormatError: a.abc has too many tunes; expected at most 10,000; ...
    """
    most = getattr(current(), name)
    if found > most:
        raise FileFormatError(
            problem,
            expected=f"at most {most:,} {unit}".rstrip(),
            found=(f"{found:,}" if isinstance(found, int) else f"{found:,.1f}")
            + f" {unit}".rstrip(),
            remedy=f"{remedy} {VARIABLE}={name}=N raises the limit.".lstrip(),
        )


def contents(
    path: str | os.PathLike[str], name: str, *, remedy: str = "Save only the melody's part."
) -> bytes:
    """Read a file of limited size.

    Only ordinary files are opened, because a pipe or a device may never end. No more is read than
    the limit allows, because a file may be longer than its declared size.

    Args:
        path: the file.
        name: the limit, a field of `Limits` in megabytes or kilobytes.
        remedy: what the user can do, apart from raising the limit; a sentence or "".

    Returns:
        Contents of the file.

    Raises:
        FileFormatError: if the file is larger than the limit.
        OSError: if the path cannot be read or is not an ordinary file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.abc")
        ...     _ = path.write_bytes(b"X:1")
        ...     contents(path, "megabytes")
        b'X:1'
    """
    file = Path(path)
    found = file.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(file))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not an ordinary file", str(file))
    scale, unit = _UNITS.get(name, (1e6, "MB"))
    check(name, found.st_size / scale, f"{file} is too large", unit=unit, remedy=remedy)
    with file.open("rb") as opened:
        # Reading with a buffer of the limit's size would take longer than to read a small file.
        data = opened.read(found.st_size + 1)
        if len(data) > found.st_size:
            data += opened.read(round(getattr(current(), name) * scale) + 1 - len(data))
            check(name, len(data) / scale, f"{file} is too large", unit=unit, remedy=remedy)
    return data


@cache
def _parse(text: str) -> Limits:
    """The limits by the text of the environment variable."""
    chosen = {}
    known = [field.name for field in fields(Limits)]
    for word in text.replace(",", " ").split():
        name, _, number = word.partition("=")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known limits: {', '.join(known)}."
            raise UsageError(f"{VARIABLE} names an unknown limit, {name}", remedy=hint)
        if (
            not number.isascii()
            or not number.isdecimal()
            or not 0 < len(number) <= 12
            or int(number) < 1
        ):
            raise UsageError(
                f"{VARIABLE} cannot be used",
                expected=f"{name}=N, a positive whole number",
                found=word,
            )
        chosen[name] = int(number)
    return replace(Limits(), **chosen)
