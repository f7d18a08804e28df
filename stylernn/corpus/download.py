"""Downloads of corpora; no other module of the package uses the network.

Files are taken from `<base>/<owner>/<repository>/<commit>/<path>`, the layout of GitHub's raw
files. The base address is the argument `mirror`, else the variable `STYLERNN_MIRROR`, else GitHub;
it is an https address or a folder. Each file is compared with the SHA-256 in the catalogue before
it is saved. Files that were saved before are compared too and are not fetched again, so that an
interrupted download continues with the missing files. Redirects are not followed, because they
could leave https.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from stylernn.corpus.catalogue import Source, root
from stylernn.corpus.tunes import Progress
from stylernn.errors import CorpusError, UsageError
from stylernn.system import limits

__all__ = ["GITHUB", "base_address", "check", "fetch", "is_fetched"]

GITHUB = "https://raw.githubusercontent.com"
_CONNECTIONS = 4
_TIMEOUT = 60


def fetch(source: Source, *, mirror: str | None = None, progress: Progress | None = None) -> int:
    """Download all files of a source.

    Args:
        source: of kind "download".
        mirror: base address; see the head of this module.
        progress: called after each file.

    Returns:
        Number of files that were new on this machine.

    Raises:
        CorpusError: if a file cannot be fetched or its SHA-256 is not that of the catalogue.
        UsageError: if the base address is neither a folder nor https.
    """
    import pooch  # imports requests

    pooch.get_logger().setLevel(logging.ERROR)
    base, folder = base_address(mirror), root(source)
    new = 0

    def get(path: str) -> bool:
        target = folder / path
        present = target.is_file() and pooch.file_hash(str(target)) == source.sha256[path]
        if not present:
            _retrieve(_locate(base, source, path), source.sha256[path], target)
        return not present

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        for done, fetched in enumerate(_stopping(pool, pool.map(get, source.sha256)), 1):
            new += fetched
            if progress:
                progress(source.name, done, len(source.sha256))
    return new


def is_fetched(source: Source) -> bool:
    """Whether all files of a download are on this machine; their contents are not compared.

    Args:
        source: of any kind; one that is no download has no files to look for.

    Returns:
        True if every file of the catalogue entry exists.
    """
    folder = root(source)
    return all((folder / path).is_file() for path in source.sha256)


def check(source: Source) -> None:
    """Compare the files of a download with the catalogue; other kinds of sources pass.

    Args:
        source: of any kind.

    Raises:
        CorpusError: if a file is missing or differs; the message names the first one.
    """
    import pooch

    for path, sha256 in source.sha256.items():
        target = root(source) / path
        if not target.is_file() or pooch.file_hash(str(target)) != sha256:
            remedy = "Fetch the corpus again"
            raise CorpusError(
                f"{target} is not the file of the catalogue",
                expected=f"sha256 {sha256}",
                remedy=remedy,
            )


def base_address(mirror: str | None = None) -> str:
    """The base address of downloads: the argument, else `STYLERNN_MIRROR`, else GitHub's.

    Args:
        mirror: an https address or a folder.

    Returns:
        The address without a slash at its end.

    Raises:
        UsageError: if it is neither an https address nor a folder.

    Example:
        >>> base_address("https://mirror.example/")
        'https://mirror.example'
    """
    base = (mirror or os.environ.get("STYLERNN_MIRROR") or GITHUB).rstrip("/")
    if urlsplit(base).scheme != "https" and not Path(base).is_dir():
        raise UsageError(
            f"cannot fetch from {base}", expected="an https address or an existing folder"
        )
    return base


def _locate(base: str, source: Source, path: str) -> str:
    below = f"{source.repository}/{source.commit}/{path}"
    return f"{base}/{quote(below)}" if base.startswith("https:") else str(Path(base, below))


def _retrieve(address: str, sha256: str, target: Path) -> None:
    import pooch

    downloader = _download if address.startswith("https:") else _copy
    try:
        pooch.retrieve(
            address,
            f"sha256:{sha256}",
            fname=target.name,
            path=target.parent,
            downloader=downloader,
        )
    except ValueError as error:  # raised by pooch if the hash differs; it saves nothing then
        remedy = "Nothing was saved. Try again, or another mirror"
        raise CorpusError(
            f"{address} is not the file of the catalogue",
            expected=f"sha256 {sha256}",
            remedy=remedy,
        ) from error
    except OSError as error:  # requests' errors are OSErrors too
        raise CorpusError(
            f"cannot fetch {address}", found=str(error), remedy="Check the network or --mirror"
        ) from error


class _Bounded:
    """A file that does not grow beyond the limit for archives; a mirror may send any amount."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, limits.current().archive_megabytes * 10**6

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise OSError(f"more than {limits.current().archive_megabytes} MB")
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _download(address: str, output: str, manager: object) -> None:
    """A downloader for pooch that follows no redirects and bounds the size of the file."""
    import pooch

    remote = pooch.HTTPDownloader(timeout=_TIMEOUT, allow_redirects=False)
    with Path(output).open("wb") as file:
        remote(address, _Bounded(file), manager)


def _copy(address: str, output: str, _pooch: object) -> None:
    """A downloader for pooch that copies a file from a folder."""
    shutil.copyfile(address, output)


def _stopping(pool: ThreadPoolExecutor, results: Iterator[bool]) -> Iterator[bool]:
    """Pass results on; after the first failure no further download starts."""
    try:
        yield from results
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
