"""The catalogue: what corpora there are, where they come from and under which terms.

`corpora/<name>/corpus.toml` describes one source::

    title, kind, reader, licence, citation, url, note
    repository, commit              of a download: "owner/name" and the commit that its files are taken from
    [styles.<style>]                what it holds of a style: tunes, notes; `files` as globs, `without` some

Kinds: `music21` (in that package, always installed), `download` (fetched from a repository at a fixed commit, each file
with its sha256 in `corpora/<name>/sha256sums`), `bundled` (beside its entry). `corpora/styles/<label>/style.toml` says which style is
part of which. A folder of the user's is a source too: see `corpus.folder`.
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
        title, licence, citation, url, note: for people.
        kind: "music21", "download" or "bundled".
        reader: which of `readers.READERS` reads it.
        styles: what it holds: counts, globs and whatever else its reader wants to know, by style.
        repository, commit: "owner/name" and the commit that the files are taken from; "" unless a download.
        sha256: of each file, by its path in the repository.
        digest: of the entry, counts left out, and of what is bundled; part of the key of the cached tunes.
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
    """All catalogue entries by name, in alphabetical order."""
    return _sources(paths.catalogue())


def root(source: Source) -> Path:
    """The folder that the paths of a source start from; it need not exist."""
    if source.kind == "download":
        return paths.cache_folder() / "downloads" / source.repository / source.commit
    if source.kind == "bundled":
        return paths.catalogue() / source.name
    package = importlib.util.find_spec("music21")  # finds without importing
    if package is None or package.origin is None:
        return Path("music21-is-not-installed")
    return Path(package.origin).parent / "corpus"


def styles_known() -> list[str]:
    """Every style that can be asked for: of a source, a part or a sum of such styles, or a folder added."""
    held = {style for source in sources().values() for style in source.styles} | set(registered())
    above = {style_data(style).parent for style in held} - {""}
    below = {style for style in labels() if style_data(style).parent in held}
    return sorted(held | above | below)


def check_styles(styles: list[str]) -> None:
    """Refuse unknown styles.

    Raises:
        UsageError: naming the nearest style and all known ones.
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
    """The styles of sources that a style takes tunes from: itself and its parts; of a substyle, the whole."""
    held = {name for source in sources().values() for name in source.styles} | set(registered())
    found = sorted(held & {style, *substyles(style)})
    return found or [style_data(style).parent or style]


def substyles(style: str) -> list[str]:
    """The styles whose parent this one is."""
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
