"""The corpora of this machine: which are installed, and the tunes of each style.

Bundled etudes are used only while a style has no other source.
"""

from collections.abc import Iterable
from dataclasses import replace

from stylernn.corpus import cache, download
from stylernn.corpus.cache import Parsed
from stylernn.corpus.catalogue import Source, check_styles, leaves, root, sources, substyles
from stylernn.corpus.folder import read_folder, registered
from stylernn.corpus.readers import read, reader_version
from stylernn.corpus.tunes import LabelledMelody, Progress
from stylernn.errors import CorpusError

__all__ = ["fetch", "in_use", "is_installed", "load", "parsed", "parts"]


def load(styles: Iterable[str], *, progress: Progress | None = None) -> list[LabelledMelody]:
    """All tunes of some styles.

    A tune is labelled with the style that was asked for. If that is a parent style ("celtic"), the
    substyle of the tune is its own style ("irish"). If a style and its substyle are asked for in
    one call, the tunes of the substyle are labelled with the substyle.

    Args:
        styles: labels that `styles_known` lists.
        progress: called while files are parsed; a second call finds the tunes in the cache.

    Returns:
        Tunes in the order of the styles asked for, each once.

    Raises:
        UsageError: if a style is unknown.
        CorpusError: if no source of a style is installed.
    """
    asked = list(dict.fromkeys(styles))
    check_styles(asked)
    found: dict[str, list[LabelledMelody]] = {}
    taken: set[tuple[str, str]] = set()
    for style in sorted(asked, key=lambda name: len(substyles(name))):
        held = [tune for part in parts(style, progress=progress).values() for tune in part.tunes]
        tunes = [tune for tune in held if (tune.source, tune.identity) not in taken]
        taken.update((tune.source, tune.identity) for tune in tunes)
        found[style] = tunes
    return [tune for style in asked for tune in found[style]]


def parts(style: str, *, progress: Progress | None = None) -> dict[str, Parsed]:
    """The tunes of one style, labelled with it, source by source.

    Args:
        style: a label that `styles_known` lists.
        progress: called while files are parsed.

    Returns:
        Tunes and what was dropped, by name of the source or path of the folder.

    Raises:
        UsageError: if the style is unknown.
        CorpusError: if no source of the style is installed.
    """
    check_styles([style])
    found: dict[str, Parsed] = {}
    for leaf in leaves(style):
        held = {source.name: parsed(source, leaf, progress=progress) for source in _sources(leaf)}
        for path in registered().get(leaf, []):
            held[path] = read_folder(path, style=leaf, progress=progress)
        for name, part in held.items():
            before = found.get(name, Parsed([], []))
            found[name] = Parsed(
                before.tunes + _labelled(part.tunes, leaf, style), before.dropped + part.dropped
            )
    if not any(part.tunes for part in found.values()):
        fetchable = any(
            s.kind == "download" and set(leaves(style)) & set(s.styles) for s in sources().values()
        )
        remedy = (
            f"Run `stylernn corpus fetch {style}`"
            if fetchable
            else "Add files with `stylernn corpus add`"
        )
        raise CorpusError(f"no tunes of style {style!r} are installed", remedy=remedy)
    return found


def in_use(style: str) -> list[str]:
    """Names of the sources, and paths of the folders, that `load` takes a style from.

    Args:
        style: a label that `styles_known` lists.

    Returns:
        Names and paths, each once.

    Raises:
        UsageError: if the style is unknown.
    """
    check_styles([style])
    names = []
    for leaf in leaves(style):
        names += [source.name for source in _sources(leaf)] + registered().get(leaf, [])
    return list(dict.fromkeys(names))


def is_installed(source: Source) -> bool:
    """Whether a source's files are on this machine.

    Args:
        source: a catalogue entry.

    Returns:
        True if its files exist; their contents are not compared.
    """
    if source.kind == "download":
        return download.is_fetched(source)
    return root(source).is_dir() if source.kind == "music21" else any(root(source).glob("*.zip"))


def parsed(source: Source, style: str, *, progress: Progress | None = None) -> Parsed:
    """The tunes of one style of an installed source, parsed now or read from the cache.

    Args:
        source: an installed source.
        style: a key of `source.styles`.
        progress: called while files are parsed.

    Returns:
        Tunes, and what was dropped.

    Raises:
        CorpusError: if a file is not the one of the catalogue, or the result cannot be saved.
    """
    name = f"{source.name}-{style}"
    key = cache.cache_key(source.digest, style, reader_version(source))
    found = cache.load(name, key)
    if found is None:
        download.check(source)
        cache.save(name, key, read(source, style, progress))
        found = cache.load(name, key)
    if found is None:
        raise CorpusError(
            f"cannot save {name} in {cache.folder()}",
            remedy="Set STYLERNN_CACHE to a folder with room",
        )
    return found


def fetch(
    styles: Iterable[str], *, mirror: str | None = None, progress: Progress | None = None
) -> dict[str, int]:
    """Download the sources of some styles.

    Args:
        styles: labels that `styles_known` lists.
        mirror: base address, see `stylernn.corpus.download`.
        progress: called after each file.

    Returns:
        Number of new files by source; empty if none of the styles has anything to download.

    Raises:
        UsageError: if a style is unknown or the base address is not usable.
        CorpusError: if a file cannot be fetched or its SHA-256 is not that of the catalogue.
    """
    asked = list(styles)
    check_styles(asked)
    held = {leaf for style in asked for leaf in leaves(style)}
    wanted = [
        source
        for source in sources().values()
        if source.kind == "download" and held & set(source.styles)
    ]
    return {
        source.name: download.fetch(source, mirror=mirror, progress=progress) for source in wanted
    }


def _sources(leaf: str) -> list[Source]:
    """The installed sources of a style; bundled ones only if there is no other source or folder."""
    installed = [
        source for source in sources().values() if leaf in source.styles and is_installed(source)
    ]
    real = [source for source in installed if source.kind != "bundled"]
    return real or ([] if leaf in registered() else installed)


def _labelled(tunes: list[LabelledMelody], leaf: str, style: str) -> list[LabelledMelody]:
    """A source's tunes, labelled with the style asked for: the same, its parent or a substyle."""
    if leaf == style:
        return tunes
    if leaf in substyles(style):
        return [replace(tune, style=style, substyle=leaf) for tune in tunes]
    return [replace(tune, style=style, substyle="") for tune in tunes if tune.substyle == style]
