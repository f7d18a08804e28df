"""A folder of the user's own music files as a corpus.

Every readable music file below the subfolder `<style>/` is a tune of that style. Where one style is
given for the whole folder, every readable file below the folder is a tune of it. An optional
`manifest.csv` in the folder has the columns style, file, title, composer, source, licence and
substyle, with `file` relative to the folder; files that it does not name are loaded too. Folders
that were added under a style are listed in a file of the cache folder.
"""

import hashlib
import json
import os
from pathlib import Path

from stylernn.corpus import cache
from stylernn.corpus.cache import Parsed
from stylernn.corpus.parsing import Job, parse
from stylernn.corpus.tunes import LabelledMelody, Progress
from stylernn.errors import CorpusError, FileFormatError
from stylernn.formats.registry import endings
from stylernn.system.atomic_write import atomic_write
from stylernn.system.csv_tables import read_table

__all__ = ["folder_jobs", "load_folder", "read_folder", "register", "registered"]

_SHOWN = 3  # reasons for leaving files out that a message names


def load_folder(
    path: str | Path, *, style: str | None = None, progress: Progress | None = None
) -> list[LabelledMelody]:
    """All tunes of a folder.

    Args:
        path: of a folder with one subfolder a style, or of any folder if `style` is given.
        style: label of all files in the folder.
        progress: called after each file.

    Returns:
        The tunes, in the order of their paths.

    Raises:
        CorpusError: if there is no such folder or no music in it.
    """
    return read_folder(path, style=style, progress=progress).tunes


def read_folder(
    path: str | Path, *, style: str | None = None, progress: Progress | None = None
) -> Parsed:
    """All tunes of a folder, and the files that cannot be used.

    Args:
        path: of a folder with one subfolder a style, or of any folder if `style` is given.
        style: label of all files in the folder.
        progress: called after each file.

    Returns:
        The tunes, and the files and tunes that were dropped with the reasons.

    Raises:
        CorpusError: if there is no such folder or no music in it.
    """
    root = Path(os.path.realpath(path))  # `resolve` fails on links in a circle
    jobs = folder_jobs(root, style)
    stamps = [
        (job, Path(job.path).stat().st_size, Path(job.path).stat().st_mtime_ns) for job in jobs
    ]
    key = cache.cache_key(stamps)
    name = "folder-" + hashlib.sha256(f"{root}\n{style}".encode()).hexdigest()[:16]
    found = cache.load(name, key)
    if found is None:
        cache.save(name, key, parse(root.name, jobs, progress=progress))
        found = cache.load(name, key)
    if found is None:
        raise CorpusError(
            f"cannot save the parsed corpus in {cache.folder()}",
            remedy="Set STYLERNN_CACHE to a folder with room",
        )
    return found


def register(style: str, path: str | Path, *, progress: Progress | None = None) -> Parsed:
    """Add a folder to the tunes of a style, for later sessions too.

    Args:
        style: a label; it need not be known yet.
        path: of the folder.
        progress: called after each file.

    Returns:
        The tunes of the folder, and what was dropped.

    Raises:
        CorpusError: if there is no such folder or no music in it.
    """
    root = Path(os.path.realpath(path))
    found = read_folder(root, style=style, progress=progress)
    if not found.tunes:
        reasons = "; ".join(sorted({entry.reason for entry in found.dropped})[:_SHOWN])
        raise CorpusError(
            f"no melodies in {root}", expected="music files that can be read", found=reasons
        )
    entries = registered()
    entries[style] = sorted({*entries.get(style, []), str(root)})
    target = _registry()
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as draft:
        draft.write_text(json.dumps(entries, indent=2, ensure_ascii=False), encoding="utf-8")
    return found


def registered() -> dict[str, list[str]]:
    """The folders that were added.

    Returns:
        Absolute paths, by label of the style.

    Raises:
        CorpusError: if the list of folders is damaged.
    """
    try:
        return json.loads(_registry().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        remedy = "Delete it and add the folders again"
        raise CorpusError(
            f"cannot read the list of added folders, {_registry()}", found=str(error), remedy=remedy
        ) from None


def folder_jobs(
    root: Path, style: str | None, *, source: str = "", licence: str = "unknown"
) -> list[Job]:
    """The files to read in a folder.

    Args:
        root: the folder.
        style: label of all its files; None takes the names of its subfolders.
        source: name of the corpus; "" takes that of the manifest, else that of the folder.
        licence: of files for which the manifest gives none.

    Returns:
        One job a file, in the order of their paths.

    Raises:
        CorpusError: if there is no such folder or no music in it, or its manifest is damaged.
    """
    if not root.is_dir():
        raise CorpusError(f"no folder {root}", expected="a folder of music files")
    rows = _manifest(root)
    jobs = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if (
            path.suffix.lower() not in endings()
            or not path.is_file()
            or (style is None and "/" not in name)
        ):
            continue
        row = rows.get(name, {})
        jobs.append(
            Job(
                path=str(path),
                identity=name,
                style=style or name.split("/")[0],
                source=source or row.get("source") or root.name,
                licence=row.get("licence") or licence,
                substyle=(row.get("substyle") or "").lower(),
                title=(row.get("title") or "").replace("_", " "),
                composer=row.get("composer") or "",
            )
        )
    if not jobs:
        expected = f"music files ({' '.join(sorted(endings()))})" + (
            "" if style else " in subfolders named after styles"
        )
        raise CorpusError(f"nothing to load in {root}", expected=expected)
    return jobs


def _registry() -> Path:
    return cache.folder() / "folders.json"


def _manifest(root: Path) -> dict[str, dict[str, str]]:
    path = root / "manifest.csv"
    if not path.is_file():
        return {}
    try:
        return {row["file"]: row for row in read_table(path, ("file",))}
    except FileFormatError as error:
        raise CorpusError(
            error.problem, expected=error.expected, found=error.found, remedy=error.remedy
        ) from None
