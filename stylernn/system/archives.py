"""Safe reading of zip archives: compressed scores, and collections of music files.

An archive is refused as a whole if the name of a member leaves the folder (an absolute path, a
drive, "..") or occurs twice, if a member is a link or encrypted, if members share bytes, or if a
member unpacks to more than the limits allow. No more is read than the archive declares, and the
checksums must be correct.
"""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path, PurePosixPath, PureWindowsPath

from stylernn.errors import FileFormatError
from stylernn.system import limits

__all__ = ["extract", "opened", "pack", "read_member"]

_LOCAL_HEADER = 30  # bytes before a member's name and data
_DAMAGE = (
    zipfile.BadZipFile,
    KeyError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)
_UNPACKING = (*_DAMAGE, zlib.error, struct.error)


@contextmanager
def opened(path: str | os.PathLike[str], data: bytes) -> Iterator[zipfile.ZipFile]:
    """Open an archive after a check of all that it declares.

    Args:
        path: the file name, for error messages.
        data: contents of the archive.

    Yields:
        The archive; use `read_member` to read from it.

    Raises:
        FileFormatError: if the archive is damaged or breaks a rule of this module. Damage may show
            only when a member is read inside the `with` block.

    Example:
        >>> with opened("tunes.zip", pack([("a.abc", b"X:1")])) as archive:
        ...     read_member("tunes.zip", archive, "a.abc")
        b'X:1'
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            limits.check("members", len(members), f"{path} has too many files", remedy="")
            names = [member.filename for member in members]
            if len(set(names)) < len(names):
                raise _refused(path, "a name that comes twice")
            for member in members:
                _check_member(path, member)
            _check_overlaps(path, members, archive.start_dir)
            yield archive
    except _UNPACKING as error:
        raise _refused(path, "a damaged archive") from error


def read_member(path: str | os.PathLike[str], archive: zipfile.ZipFile, name: str) -> bytes:
    """Read one member of an archive, within the limits `megabytes` and `ratio`.

    Args:
        path: the file name, for error messages.
        archive: from `opened`.
        name: name of the member.

    Returns:
        The unpacked contents.

    Raises:
        FileFormatError: if the member unpacks to more than the limits allow.
        KeyError: if there is no such member; `opened` makes a FileFormatError of it.
    """
    member = archive.getinfo(name)
    limits.check("megabytes", member.file_size / 1e6, f"{path} unpacks to too much", unit="MB")
    ratio = member.file_size / max(member.compress_size, 1)
    limits.check("ratio", ratio, f"{path} unpacks to too much", unit="times the packed size")
    return archive.read(member)


def extract(path: Path, folder: Path, endings: Iterable[str]) -> None:
    """Unpack the files of an archive that have one of the given endings.

    Args:
        path: the archive.
        folder: where to unpack; folders inside the archive are made there.
        endings: such as ".mid"; lower-case, but they match in capitals too.

    Raises:
        FileFormatError: if the archive is damaged or breaks a rule of this module; no file is
            written in that case.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as name:
        ...     folder = Path(name)
        ...     _ = (folder / "a.zip").write_bytes(pack([("a.abc", b"X:1"), ("b.txt", b"")]))
        ...     extract(folder / "a.zip", folder / "tunes", [".abc"])
        ...     [file.name for file in (folder / "tunes").iterdir()]
        ['a.abc']
    """
    wanted = tuple(endings)
    with opened(path, limits.contents(path, "archive_megabytes", remedy="")) as archive:
        members = [
            member for member in archive.infolist() if member.filename.lower().endswith(wanted)
        ]
        overall = sum(member.file_size for member in members)
        limits.check(
            "archive_megabytes", overall / 1e6, f"{path} unpacks to too much", unit="MB", remedy=""
        )
        contents = {
            member.filename: read_member(path, archive, member.filename) for member in members
        }
    for name, data in contents.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def pack(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Make a zip archive; the same members give the same bytes.

    Args:
        members: pairs of name and contents.

    Returns:
        Contents of the archive.

    Example:
        >>> pack([("a.abc", b"X:1")]) == pack([("a.abc", b"X:1")])
        True
    """
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _check_member(path: str | os.PathLike[str], member: zipfile.ZipInfo) -> None:
    """Raise a FileFormatError for a name that leaves the folder, a link or an encrypted member."""
    name = member.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if (
        not name
        or ".." in parts
        or name.startswith(("/", "\\"))
        or PureWindowsPath(name).drive
        or "\0" in name
    ):
        raise _refused(path, f"the name {name!r}, which leaves the folder")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(path, f"{name!r}, which is a link or device")
    if member.flag_bits & 0x1:
        raise _refused(path, f"{name!r}, which is encrypted")


def _check_overlaps(
    path: str | os.PathLike[str], members: Iterable[zipfile.ZipInfo], end: int
) -> None:
    """Raise a FileFormatError if members share bytes.

    Such members let a small archive unpack to a huge amount, each of them at a modest ratio.
    """
    spans = sorted(
        (member.header_offset, _LOCAL_HEADER + member.compress_size) for member in members
    )
    for (start, length), (following, _) in pairwise([*spans, (end, 0)]):
        if start < 0 or start + length > following:
            raise _refused(path, "members that overlap")


def _refused(path: str | os.PathLike[str], found: str) -> FileFormatError:
    """The error for an archive that is damaged or breaks a rule."""
    return FileFormatError(f"{path} cannot be read", expected="a plain zip archive", found=found)
