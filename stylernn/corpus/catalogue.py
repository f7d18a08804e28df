"""The catalogue: which corpora there are, where they come from and under which licence.

`corpora/<name>/corpus.toml` describes one source::

    title, kind, reader, licence, citation, url, note
    repository, commit      of a download: "owner/name" and the commit that its files are taken from
    [styles.<style>]        its tunes of a style: `tunes` and `notes` count them, `files` are globs,
                            `without` names files to leave out

A source is of one of three kinds:

- `music21`: part of that package, always installed;
- `download`: fetched from a repository at a fixed commit; the SHA-256 of each file stands in
  `corpora/<name>/sha256sums`;
- `bundled`: an archive beside its entry.

Folders of the user's own are sources too, see `stylernn.corpus.folder`. Which style is part of
which, `corpora/styles/<label>/style.toml` says, see `stylernn.system.style_data`.
"""

import difflib
import hashlib
import importlib.util
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stylernn.corpus.folder import registered
from stylernn.errors import UsageError
from stylernn.system import paths
from stylernn.system.style_data import labels, style_data

__all__ = ["Source", "check_styles", "leaves", "root", "sources", "styles_known", "substyles"]

_COUNTS = ("tunes", "notes")


@dataclass(frozen=True)
class Source:
    """A catalogue entry.

    Args:
        name: of its folder in the catalogue.
        title: of the collection.
        licence: of its files.
        citation: the publication to cite.
        url: of its home page.
        note: restrictions and known faults, "" for none.
        kind: "music21", "download" or "bundled".
        reader: name of the function that reads it, a key of `readers.READERS`.
        styles: by label of a style, the counts, globs and other values that its reader needs.
        repository: "owner/name" on GitHub; "" unless a download.
        commit: that the files are taken from; "" unless a download.
        sha256: of each file, by its path in the repository.
        digest: of the entry without its counts, and of the bundled files; part of the key under
            which its tunes are cached.
    """

    name: str
    title: str
    licence: str
    citation: str
    url: str
    note: str
    kind: str
    reader: str
    styles: Mapping[str, Mapping[str, Any]]
    repository: str
    commit: str
    sha256: Mapping[str, str]
    digest: str


def sources() -> dict[str, Source]:
    """All catalogue entries by name, in alphabetical order.

    Example:
        >>> sources()["weimar"].kind
        'download'
    """
    return _sources(paths.catalogue())


def root(source: Source) -> Path:
    """The folder that the paths of a source start from; it need not exist.

    Args:
        source: a catalogue entry.

    Returns:
        The folder of the download, of the catalogue entry or of music21's corpus.
    """
    if source.kind == "download":
        return paths.cache_folder() / "downloads" / source.repository / source.commit
    if source.kind == "bundled":
        return paths.catalogue() / source.name
    package = importlib.util.find_spec("music21")  # finds without importing
    if package is None or package.origin is None:
        return Path("music21-is-not-installed")
    return Path(package.origin).parent / "corpus"


def styles_known() -> list[str]:
    """Labels of all styles that tunes can be loaded of.

    These are the styles of sources and of folders that were added, their parents, and their
    substyles.

    Returns:
        Labels in alphabetical order.

    Example:
        >>> "celtic" in styles_known()
        True
    """
    held = {style for source in sources().values() for style in source.styles} | set(registered())
    above = {style_data(style).parent for style in held} - {""}
    below = {style for style in labels() if style_data(style).parent in held}
    return sorted(held | above | below)


def check_styles(styles: list[str]) -> None:
    """Refuse unknown styles.

    Args:
        styles: labels.

    Raises:
        UsageError: if one of them is unknown; the message names the nearest known one.

    Example:
        >>> check_styles(["irish", "bebop"])
    """
    known = styles_known()
    for style in styles:
        if style not in known:
            near = difflib.get_close_matches(style, known, n=1)
            hint = (
                f"Did you mean {near[0]}?"
                if near
                else "Add your own with `stylernn corpus add STYLE FOLDER`."
            )
            raise UsageError(
                f"unknown style {style!r}", expected=f"one of {', '.join(known)}", remedy=hint
            )


def leaves(style: str) -> list[str]:
    """Labels of the styles, as sources have them, that the tunes of a style are stored under.

    Args:
        style: a label that `styles_known` lists.

    Returns:
        The style itself and its substyles, as far as a source or folder has them; the parent of a
        substyle that none has by itself.

    Example:
        >>> leaves("celtic")
        ['fiddle', 'irish', 'scottish']
        >>> leaves("bebop")
        ['jazz']
    """
    held = {name for source in sources().values() for name in source.styles} | set(registered())
    found = sorted(held & {style, *substyles(style)})
    return found or [style_data(style).parent or style]


def substyles(style: str) -> list[str]:
    """Labels of the styles whose parent is this one.

    Args:
        style: label of the parent.

    Returns:
        Labels in alphabetical order.

    Example:
        >>> substyles("celtic")
        ['fiddle', 'irish', 'scottish']
    """
    return [name for name in labels() if style and style_data(name).parent == style]


@cache
def _sources(folder: Path) -> dict[str, Source]:
    return {path.parent.name: _read(path) for path in sorted(folder.glob("*/corpus.toml"))}


def _read(path: Path) -> Source:
    entry = tomllib.loads(path.read_text(encoding="utf-8"))
    counted = {
        style: {k: v for k, v in held.items() if k not in _COUNTS}
        for style, held in entry["styles"].items()
    }
    facts = entry | {"styles": counted}
    sums = path.with_name("sha256sums")
    listed = sums.read_text(encoding="utf-8") if sums.is_file() else ""
    bundle = [archive.read_bytes() for archive in sorted(path.parent.glob("*.zip"))]
    hashes = {line[66:]: line[:64] for line in listed.splitlines()}
    return Source(
        name=path.parent.name,
        title=entry["title"],
        licence=entry["licence"],
        citation=entry["citation"],
        url=entry["url"],
        note=entry.get("note", ""),
        kind=entry["kind"],
        reader=entry["reader"],
        styles=entry["styles"],
        repository=entry.get("repository", ""),
        commit=entry.get("commit", ""),
        sha256=hashes,
        digest=hashlib.sha256(
            b"".join([repr(facts).encode(), listed.encode(), *bundle])
        ).hexdigest(),
    )
