"""Parsed corpora on disk, so that a second start reads arrays instead of files.

One corpus is three files: `<name>.npy`, the notes of all tunes as one int32 array of rows (onset, duration, pitch) that
is memory-mapped when read; `<name>.json`, everything else, one entry a tune; `<name>.dropped.csv`, what was left out
and why. The index names the key it was made for and is written last: without it, or with another key, there is no
cached corpus. The key holds a hash of the parsing code, so a corrected parser never meets its own old results.
"""

import csv
import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stylernn.corpus.tunes import Dropped, Tune
from stylernn.melody import Chord, Key, Melody, Metre, Note
from stylernn.paths import cache_folder

__all__ = ["Parsed", "cache_key", "folder", "load", "save"]

_PARSERS = (
    "melody.py",
    "midi.py",
    "scores.py",
    "corpus/parsing.py",
    "corpus/works.py",
    "corpus/weimar.py",
)


class Parsed(NamedTuple):
    """What a corpus gave."""

    tunes: list[Tune]
    dropped: list[Dropped]


def folder() -> Path:
    """Where cached corpora are kept."""
    return cache_folder() / "corpora"


def cache_key(*facts: object) -> str:
    """A key for everything that a parsed corpus depends on: the given facts and the code that parses."""
    return hashlib.sha256(repr((facts, _parser_version())).encode()).hexdigest()


def save(name: str, key: str, results: Iterable[Parsed]) -> None:
    """Write a corpus as it is parsed; memory stays flat in the number of notes.

    Args:
        name: of the three files, without an ending.
        key: from `cache_key`.
        results: parts of the corpus, in an order that does not change.
    """
    folder().mkdir(parents=True, exist_ok=True)
    notes, index, dropped = (
        folder() / f"{name}.{ending}" for ending in ("npy", "json", "dropped.csv")
    )
    index.unlink(missing_ok=True)
    entries: list[dict[str, Any]] = []
    lost: list[Dropped] = []
    raw = _temporary(notes)
    try:
        with raw.open("wb") as file:
            for part in results:
                lost += part.dropped
                for tune in part.tunes:
                    file.write(tune.melody.array.astype("<i4").tobytes())
                    entries.append(_entry(tune))
        _wrap_raw(raw, notes)
    finally:
        raw.unlink(missing_ok=True)
    partial = _temporary(dropped)
    with partial.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([Dropped._fields, *lost])
    os.replace(partial, dropped)
    partial = _temporary(index)
    partial.write_text(
        json.dumps({"key": key, "tunes": entries}, ensure_ascii=False), encoding="utf-8"
    )
    os.replace(partial, index)


def load(name: str, key: str) -> Parsed | None:
    """The corpus saved under this name and key, or None."""
    notes, index, dropped = (
        folder() / f"{name}.{ending}" for ending in ("npy", "json", "dropped.csv")
    )
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        if content["key"] != key:
            return None
        array = np.load(notes, mmap_mode="r")
        with dropped.open(newline="", encoding="utf-8") as file:
            lost = [Dropped(*row) for row in list(csv.reader(file))[1:]]
        stops = np.cumsum(
            [entry["notes"] for entry in content["tunes"]], dtype=np.int64
        ).tolist()
        if (stops[-1] if stops else 0) != len(array):
            return None
        starts = [0, *stops[:-1]]
        entries = zip(content["tunes"], starts, stops, strict=True)
        return Parsed(
            [_tune(entry, array[start:stop]) for entry, start, stop in entries], lost
        )
    except (OSError, ValueError, KeyError, TypeError):  # a damaged cache is no cache
        return None


def _entry(tune: Tune) -> dict[str, Any]:
    melody = tune.melody
    return {
        "notes": len(melody.notes),
        "tune": [
            tune.style,
            tune.identity,
            tune.work,
            tune.source,
            tune.licence,
            tune.substyle,
        ],
        "metres": [[tick, *metre] for tick, metre in melody.metres],
        "key": melody.key,
        "tempo": melody.tempo,
        "pickup": melody.pickup,
        "end": melody.end,
        "title": melody.title,
        "chords": melody.chords,
    }


def _tune(entry: dict[str, Any], array: np.ndarray) -> Tune:
    melody = Melody(
        tuple(map(Note._make, array.tolist())),
        metres=tuple(
            (tick, Metre(numerator, denominator))
            for tick, numerator, denominator in entry["metres"]
        ),
        key=Key(*entry["key"]) if entry["key"] else None,
        tempo=entry["tempo"],
        pickup=entry["pickup"],
        end=entry["end"],
        title=entry["title"],
        chords=tuple(Chord(*chord) for chord in entry["chords"]),
    )
    return Tune(melody, *entry["tune"])


def _wrap_raw(raw: Path, notes: Path) -> None:
    """Turn a file of int32 rows into a .npy file, block by block."""
    rows = raw.stat().st_size // 12
    partial = _temporary(notes)
    with raw.open("rb") as source, partial.open("wb") as target:
        header = {"descr": "<i4", "fortran_order": False, "shape": (rows, 3)}
        np.lib.format.write_array_header_1_0(target, header)
        while block := source.read(1 << 20):
            target.write(block)
    os.replace(partial, notes)


def _temporary(path: Path) -> Path:
    """A name beside `path` that no other process uses."""
    return path.with_name(f"{path.name}.{os.getpid()}.part")


@cache
def _parser_version() -> str:
    package = files("stylernn")
    code = [package.joinpath(name) for name in _PARSERS]
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in code if path.is_file())
    ).hexdigest()
