"""Readers of the sources: one function for each kind of data."""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import PurePosixPath

from stylernn.corpus import cache, openewld, weimar
from stylernn.corpus.cache import Parsed
from stylernn.corpus.catalogue import Source, root
from stylernn.corpus.folder import folder_jobs
from stylernn.corpus.parsing import Job, parse
from stylernn.corpus.quartets import read_movements
from stylernn.corpus.tunes import Progress
from stylernn.errors import CorpusError, FileFormatError
from stylernn.formats.registry import endings
from stylernn.system import archives

__all__ = ["READERS", "read", "reader_version"]

_ETUDES = "etudes.zip"

Reader = Callable[[Source, str, Progress | None], Iterator[Parsed]]


def read(source: Source, style: str, progress: Progress | None = None) -> Iterator[Parsed]:
    """Parse the tunes of one style of a source. This is slow; `library.parsed` uses a cache.

    Args:
        source: an installed source.
        style: a key of `source.styles`.
        progress: called after each file.

    Returns:
        An iterator over the tunes of each file.
    """
    return READERS[source.reader](source, style, progress)


def reader_version(source: Source) -> str:
    """The version of the package that parses a source's files; part of the key of the cache.

    Args:
        source: a catalogue entry.

    Returns:
        Name and version of the package.
    """
    package = {"weimar": "rdata", "etudes": "symusic"}.get(source.reader, "music21")
    return f"{package} {version(package)}"


def _scores(source: Source, style: str, progress: Progress | None) -> Iterator[Parsed]:
    """Scores of one melody each, or collections of tunes in ABC."""
    return parse(source.name, _jobs(source, style), progress=progress)


def _quartets(source: Source, style: str, progress: Progress | None) -> Iterator[Parsed]:
    """Scores that may hold several movements; the first part of each."""
    return parse(source.name, _jobs(source, style), progress=progress, reader=read_movements)


def _weimar(source: Source, style: str, progress: Progress | None) -> Iterator[Parsed]:
    """Weimar's three tables, which are read as a whole."""
    if progress:
        progress(source.name, 0, 1)
    yield Parsed(
        *weimar.read(root(source) / "data", style=style, source=source.name, licence=source.licence)
    )
    if progress:
        progress(source.name, 1, 1)


def _openewld(source: Source, style: str, progress: Progress | None) -> Iterator[Parsed]:
    """OpenEWLD's lead sheets, chosen with its database.

    The entry of the jazz standards has `recorded_as`, that of the popular songs has `genres`.
    """
    entries = source.styles.values()
    [jazz_styles] = [entry["recorded_as"] for entry in entries if "recorded_as" in entry]
    [genres] = [entry["genres"] for entry in entries if "genres" in entry]
    database = root(source) / "OpenEWLD.db"
    wants_jazz = "recorded_as" in source.styles[style]
    jobs = [
        Job(
            str(root(source) / song.path),
            song.path,
            style,
            source.name,
            source.licence,
            title=song.title,
        )
        for song in openewld.songs(database, jazz_styles=jazz_styles, genres=genres)
        if song.jazz == wants_jazz
    ]
    return parse(source.name, jobs, progress=progress)


def _etudes(source: Source, style: str, progress: Progress | None) -> Iterator[Parsed]:
    """A bundled archive of MIDI files with a manifest; unpacked into the cache folder."""
    archive = root(source) / _ETUDES
    if not archive.is_file():
        raise CorpusError(
            f"the etudes of {source.name} are not here",
            expected=str(archive),
            remedy="Install stylernn again",
        )
    target = cache.folder() / "unpacked" / f"{source.name}-{source.digest[:16]}"
    try:
        archives.extract(archive, target, [*endings(), "manifest.csv"])
    except (FileFormatError, OSError) as error:
        raise CorpusError(
            f"cannot unpack {archive}", found=str(error), remedy="Install stylernn again"
        ) from None
    jobs = folder_jobs(target, style, source=source.name, licence=source.licence)
    return parse(source.name, jobs, progress=progress)


def _jobs(source: Source, style: str) -> list[Job]:
    """A job for each file that the globs of a style match."""
    entry, folder = source.styles[style], root(source)
    names = {
        path.relative_to(folder).as_posix() for glob in entry["files"] for path in folder.glob(glob)
    }
    return [
        Job(
            path=str(folder / name),
            identity=name,
            style=style,
            source=source.name,
            licence=source.licence,
            title=entry.get("title", "").format_map(_path_parts(name)).replace("_", " "),
            composer=entry.get("composer", "").format_map(_path_parts(name)),
            substyle=entry.get("substyle", "").format_map(_path_parts(name)),
            part=entry.get("part"),
        )
        for name in sorted(names - set(entry.get("without", ())))
    ]


def _path_parts(name: str) -> dict[str, str]:
    """Parts of a path that an entry may use: {stem}, {parent}, {grandparent} and {top}."""
    path = PurePosixPath(name)
    return {
        "stem": path.stem,
        "parent": path.parent.name,
        "grandparent": path.parent.parent.name,
        "top": path.parts[0],
    }


READERS: Mapping[str, Reader] = {
    "scores": _scores,
    "quartets": _quartets,
    "weimar": _weimar,
    "openewld": _openewld,
    "etudes": _etudes,
}
