"""Fetching corpora: the only place that uses the network.

Files are taken from `<base>/<owner>/<repository>/<commit>/<path>`, the layout of GitHub's raw files. The base is the
argument, else `STYLERNN_MIRROR`, else GitHub; it is an https address or a folder. A file is compared with the sha256
of its catalogue entry before it takes its place, and files that are in place are compared again: what was interrupted
goes on with the files that are missing. Redirects are not followed, because they could leave https.
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
    """Bring all files of a source to this machine.

    Args:
        source: of kind "download".
        mirror: base address, see above.
        progress: called after each file.

    Returns:
        Number of files that were not in place before.

    Raises:
        CorpusError: if a file cannot be had or is not the one that the catalogue knows.
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
    """Whether all files of a download are in place (as `fetch` left them; it alone compares their contents)."""
    folder = root(source)
    return all((folder / path).is_file() for path in source.sha256)


def check(source: Source) -> None:
    """Compare the files in place with the catalogue; of another kind of source there is nothing to compare.

    Raises:
        CorpusError: naming the first file that is missing or differs.
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
    """The address that downloads start from: the argument, else `STYLERNN_MIRROR`, else GitHub's.

    Raises:
        UsageError: if it is neither an https address nor a folder.
    """
    base = (mirror or os.environ.get("STYLERNN_MIRROR") or GITHUB).rstrip("/")
    if urlsplit(base).scheme != "https" and not Path(base).is_dir():
        raise UsageError(
            f"cannot fetch from {base}", expected="an https address or an existing folder"
        )
    return base


def _locate(base: str, source: Source, path: str) -> str:
    place = f"{source.repository}/{source.commit}/{path}"
    return f"{base}/{quote(place)}" if base.startswith("https:") else str(Path(base, place))


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
    except ValueError as error:  # pooch's word for a hash that differs; nothing is left in place
        remedy = "Nothing was kept. Try again, or another mirror"
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
    """A file that refuses to grow beyond the limit for archives: a mirror may send without end."""

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
    """A downloader for pooch."""
    import pooch

    remote = pooch.HTTPDownloader(timeout=_TIMEOUT, allow_redirects=False)
    with Path(output).open("wb") as file:
        remote(address, _Bounded(file), manager)


def _copy(address: str, output: str, _pooch: object) -> None:
    """A downloader for pooch that takes a file from a folder."""
    shutil.copyfile(address, output)


def _stopping(pool: ThreadPoolExecutor, results: Iterator[bool]) -> Iterator[bool]:
    """Pass results on; at the first failure start nothing more."""
    try:
        yield from results
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
