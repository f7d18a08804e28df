"""Parsed corpora on disk, so that a second start reads arrays instead of files.

One corpus is three files:

- `<name>.notes`: the notes of all tunes as one int32 array of rows (onset, duration, pitch), which
  is memory-mapped when it is read;
- `<name>.jsonl`: the index, which holds everything else, one line a tune;
- `<name>.dropped.csv`: the files and tunes that were left out, and why.

The first line of the index is the key that the corpus was saved under. The index is written last:
without it, or with another key, there is no cached corpus. The key contains a hash of the parsing
code, so that results of an older parser are never used.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from stylernn.corpus.tunes import Dropped, LabelledMelody
from stylernn.formats.registry import FORMATS
from stylernn.music.melody import Chord, Key, Melody, TimeSignature
from stylernn.system import limits
from stylernn.system.atomic_write import atomic_write
from stylernn.system.paths import cache_folder
from stylernn.system.source_digest import source_digest

__all__ = ["Parsed", "cache_key", "folder", "load", "save"]

_ROW = np.dtype("<i4")
_READERS = ("stylernn.corpus.readers", "stylernn.corpus.folder")


class Parsed(NamedTuple):
    """The result of parsing a corpus.

    Args:
        tunes: the melodies that can be used.
        dropped: the files and tunes that cannot, with the reasons.
    """

    tunes: list[LabelledMelody]
    dropped: list[Dropped]


def folder() -> Path:
    """The folder of the cached corpora; it need not exist."""
    return cache_folder() / "corpora"


def cache_key(*facts: object) -> str:
    """A key for everything that a parsed corpus depends on.

    Args:
        facts: what is read, such as paths and dates of files; the same `repr` gives the same key.

    Returns:
        A SHA-256 in hexadecimal digits, of the facts, the limits in force and the parsing code.
    """
    return hashlib.sha256(repr((facts, limits.current(), _reader_digest())).encode()).hexdigest()


def save(name: str, key: str, results: Iterable[Parsed]) -> None:
    """Write a corpus part by part while it is parsed, so that it need not fit into memory.

    Args:
        name: of the three files, without a suffix.
        key: from `cache_key`.
        results: parts of the corpus, in an order that does not change.
    """
    folder().mkdir(parents=True, exist_ok=True)
    notes, index, dropped = _files(name)
    index.unlink(missing_ok=True)
    with ExitStack() as kept:
        # The files are closed in the opposite order, so the index is renamed last.
        entries = kept.enter_context(_replaced(index))
        table = kept.enter_context(_replaced(dropped))
        rows = kept.enter_context(kept.enter_context(atomic_write(notes)).open("wb"))
        lost = csv.writer(table)
        lost.writerow(Dropped._fields)
        entries.write(json.dumps({"key": key}) + "\n")
        for part in results:
            lost.writerows(part.dropped)
            for tune in part.tunes:
                rows.write(tune.melody.array.astype(_ROW).tobytes())
                entries.write(json.dumps(_entry(tune), ensure_ascii=False) + "\n")


def load(name: str, key: str) -> Parsed | None:
    """Read a saved corpus.

    Args:
        name: of the three files, without a suffix.
        key: from `cache_key`.

    Returns:
        The corpus, or None if there is none under this name and key, or its files are damaged.
    """
    notes, index, dropped = _files(name)
    try:
        with index.open(encoding="utf-8") as lines:
            if json.loads(lines.readline())["key"] != key:
                return None
            entries = [json.loads(line) for line in lines]
        with dropped.open(newline="", encoding="utf-8") as table:
            lost = [Dropped(*row) for row in list(csv.reader(table))[1:]]
        rows = (
            np.memmap(notes, dtype=_ROW, mode="r").reshape(-1, 3)
            if entries
            else np.empty((0, 3), _ROW)
        )
        stops = np.cumsum([0, *(entry["notes"] for entry in entries)]).tolist()
        if stops[-1] != len(rows):
            return None
        return Parsed(
            [
                _tune(entry, rows[start:stop])
                for entry, (start, stop) in zip(entries, pairwise(stops), strict=True)
            ],
            lost,
        )
    except (OSError, ValueError, KeyError, TypeError):  # a damaged cache is no cache
        return None


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    with atomic_write(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        yield file


def _files(name: str) -> tuple[Path, Path, Path]:
    return folder() / f"{name}.notes", folder() / f"{name}.jsonl", folder() / f"{name}.dropped.csv"


def _entry(tune: LabelledMelody) -> dict[str, Any]:
    melody = tune.melody
    return {
        "notes": len(melody.array),
        "tune": [tune.style, tune.identity, tune.work, tune.source, tune.licence, tune.substyle],
        "metres": [[tick, *metre] for tick, metre in melody.metres],
        "key": melody.key,
        "tempo": melody.tempo,
        "pickup": melody.pickup,
        "end": melody.end,
        "title": melody.title,
        "chords": melody.chords,
    }


def _tune(entry: dict[str, Any], array: np.ndarray) -> LabelledMelody:
    melody = Melody.from_array(
        array,
        metres=tuple(
            (tick, TimeSignature(numerator, denominator))
            for tick, numerator, denominator in entry["metres"]
        ),
        key=Key(*entry["key"]) if entry["key"] else None,
        tempo=entry["tempo"],
        pickup=entry["pickup"],
        end=entry["end"],
        title=entry["title"],
        chords=tuple(Chord(*chord) for chord in entry["chords"]),
    )
    return LabelledMelody(melody, *entry["tune"])


def _reader_digest() -> str:
    """A checksum of the code that reads corpora: all readers of sources and of file formats."""
    return source_digest(*_READERS, *(each.module for each in FORMATS))
