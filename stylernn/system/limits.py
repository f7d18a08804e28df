"""Limits of what is read, so that no file can exhaust the machine.

Files come from the internet. Each reader counts before it builds, keeps to these limits, and ends in an error that
names the limit. `STYLERNN_LIMITS` sets some of them, for a process and for those that it starts:

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
_UNITS = {"config_kilobytes": (1e3, "kB")}  # of sizes of files, where they are not counted in MB


@dataclass(frozen=True)
class Limits:
    """The most of everything.

    Args:
        megabytes: size of a music file, a table of answers or a manifest, and of what a compressed score unpacks to.
        tracks: tracks or parts of a file.
        file_notes: notes of a MIDI file, all tracks together.
        events: events of a track, where they are read one by one, as of files that count frames.
        notes: notes of the part that is read as the melody.
        bars: length of the melody.
        symbols: notes, rests, bar lines and other signs of a score, or of one tune of an ABC file.
        tunes: tunes of an ABC file.
        depth: nesting of XML.
        seconds: of computing for a score, or for one tune of an ABC file; 20 more for each megabyte of it.
        ratio: unpacked over packed size of anything compressed.
        members: files in an archive.
        archive_megabytes: what an archive of a corpus unpacks to.
        model_megabytes: size of a model file or training state.
        font_megabytes: size of a sound font.
        config_kilobytes: size of a configuration.
        rows: rows of a table.
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
    """The limits in force.

    Raises:
        UsageError: if `STYLERNN_LIMITS` names no limit, or gives one that is no positive whole number.
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
    """Refuse what is above a limit.

    Args:
        name: of the field of `Limits`.
        found: how much there is.
        problem: what is wrong then, naming the file, without a full stop.
        unit: what is counted, for the error message.
        remedy: what the user can do now, apart from raising the limit.

    Raises:
        FileFormatError: if there is more than the limit.
    """
    most = getattr(current(), name)
    if found > most:
        raise FileFormatError(
            problem,
            expected=f"at most {most:,} {unit}".rstrip(),
            found=(f"{found:,}" if isinstance(found, int) else f"{found:,.1f}")
            + f" {unit}".rstrip(),
            remedy=f"{remedy} {VARIABLE}={name}=N raises the limit.",
        )


def contents(
    path: str | os.PathLike[str], name: str, *, remedy: str = "Save only the melody's part."
) -> bytes:
    """Contents of a file of limited size.

    Only ordinary files are opened, because a pipe or a device may never end; and no more is read than the limit allows,
    because a file of the system may be longer than it says.

    Args:
        path: the file.
        name: of the limit, a size in megabytes or kilobytes.
        remedy: what the user can do now, apart from raising the limit.

    Raises:
        FileFormatError: if it is larger than the limit.
        OSError: if it cannot be read, or is no ordinary file.
    """
    file = Path(path)
    found = file.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(file))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no ordinary file", str(file))
    scale, unit = _UNITS.get(name, (1e6, "MB"))
    check(name, found.st_size / scale, f"{file} is too large", unit=unit, remedy=remedy)
    with file.open("rb") as opened:
        data = opened.read(
            found.st_size + 1
        )  # a buffer of the most allowed would cost more than to read a small file
        if len(data) > found.st_size:
            data += opened.read(round(getattr(current(), name) * scale) + 1 - len(data))
            check(name, len(data) / scale, f"{file} is too large", unit=unit, remedy=remedy)
    return data


@cache
def _parse(text: str) -> Limits:
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
