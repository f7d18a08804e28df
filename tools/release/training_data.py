"""The labelled folder that a model learns from.

It is made from a plain labelled folder, whose music files are copied, or from a collection. A
collection holds `styles/`, one folder of MIDI files a style with a manifest, and `mirror/`, the
publishers' originals. Of a collection training_data.toml says which styles are taken. Three things
are done to it:

- Files whose licence does not let a trained model be passed on, or does not say, are left out. This
  is done to a plain folder with a manifest, too.
- In one jazz file of six the bars are shifted against the music by one to three beats. The tables
  of the Weimar Jazz Database say where the bars belong, and the notes are moved there. Only the
  solos of the manifest are taken.
- The result gets a manifest, so that its tunes keep their works and thereby their side of the
  split.
"""

import csv
import re
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stylernn.corpus import weimar
from stylernn.errors import CorpusError, UsageError
from stylernn.formats import registry
from stylernn.music.melody import Melody
from stylernn.system.csv_tables import read_table

__all__ = ["Rules", "in_its_bars", "inputs", "rules", "training_data"]

_MANIFEST = "manifest.csv"

Row = dict[str, str]
"""A row of a manifest."""


@dataclass(frozen=True)
class Rules:
    """What is taken of a collection.

    Args:
        styles: names of the styles that are taken.
        unclear_licences: words of a licence for which a file is left out.
        weimar_style: the style whose bars come from the Weimar Jazz Database.
    """

    styles: tuple[str, ...]
    unclear_licences: tuple[str, ...]
    weimar_style: str


def rules() -> Rules:
    """The rules of training_data.toml.

    Example:
        >>> rules().unclear_licences
        ('see file', 'GPL', 'Attribution')
    """
    path = Path(__file__).with_suffix(".toml")
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    return Rules(tuple(facts["styles"]), tuple(facts["unclear_licences"]), facts["weimar_style"])


def inputs(data: Path) -> list[Path]:
    """What `training_data` reads.

    Args:
        data: a collection or a labelled folder.

    Returns:
        Files and folders.

    Raises:
        CorpusError: if there is no such folder, or it has no solos beside its styles.
    """
    if not data.is_dir():
        raise CorpusError(f"no folder {data}", expected="a folder of music files")
    if not _is_collection(data):
        return [data]
    return [data / "styles", _weimar_folder(data)]


def training_data(data: Path, out: Path) -> None:
    """Make the labelled folder that a model learns from, and print how many tunes it has.

    Args:
        data: a collection or a labelled folder, see the module.
        out: the folder to make; an empty one may be there.

    Raises:
        CorpusError: if there is no such collection or folder, or no music in it.
        FileFormatError: if a manifest or a file cannot be read.
        UsageError: if `out` is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder", remedy="Choose another.")
    inputs(data)
    out.mkdir(parents=True, exist_ok=True)
    if _is_collection(data):
        _make_of_collection(data, out, rules())
    else:
        _make_of_folder(data, out, rules())


def in_its_bars(melody: Melody, solo: Melody) -> Melody:
    """The notes of a solo's MIDI file in the bars of the database, and with its key, chords and
    tempo.

    The notes come from the file because outcomes are compared with such files, which write each
    onset on the nearest twelfth of a beat and keep more of the silence between notes than
    `stylernn.corpus.weimar` does. Where the two are not the same notes, the database's stay.

    Args:
        melody: of the file.
        solo: of the database.

    Returns:
        The solo with the notes of the file.
    """
    notes, annotated = melody.array, solo.array
    if not np.array_equal(notes[:, 2], annotated[:, 2]):
        return solo
    late = int(np.median(notes[:, 0] - annotated[:, 0]))
    onsets = np.maximum(notes[:, 0] - late, 0)
    moved = Melody.from_array(np.column_stack([onsets, notes[:, 1:]])).notes
    earlier = int(annotated[0, 0] - onsets[0])
    return replace(solo, notes=moved, pickup=solo.pickup and solo.pickup + earlier)


def _is_collection(data: Path) -> bool:
    """Whether a folder is a collection rather than a labelled folder."""
    return (data / "styles" / _MANIFEST).is_file()


def _make_of_collection(data: Path, out: Path, chosen: Rules) -> None:
    """Copy, or write anew, the clean files of the styles that are taken."""
    styles = data / "styles"
    table = read_table(styles / _MANIFEST, ("style", "file", "source", "licence"))
    rows = [row for row in table if row["style"] in chosen.styles]
    clean = [row for row in rows if _is_clean(row, chosen)]
    solos = _solos(data, chosen.weimar_style)
    written = []
    for row in clean:
        target = out / row["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if row["style"] != chosen.weimar_style:
            shutil.copyfile(styles / row["file"], target)
        elif (number := _number(row["file"])) in solos:
            registry.write(in_its_bars(registry.read(styles / row["file"]), solos[number]), target)
        else:
            continue
        # A collection of music21 is one source, however many pieces or parts it was read from.
        source = re.sub(r"(\(music21 corpus[^)]*\)).*", r"\1", row["source"])
        written.append({**row, "source": source})
    _write_manifest(out, written)
    by_licence, without_bars = len(rows) - len(clean), len(clean) - len(written)
    print(f"{len(written):,} tunes; left out {by_licence} by licence, {without_bars} without bars")


def _make_of_folder(data: Path, out: Path, chosen: Rules) -> None:
    """Copy the music files of a labelled folder, but for those with an unclear licence."""
    manifest = data / _MANIFEST
    rows = read_table(manifest, ("file",)) if manifest.is_file() else []
    unclean = {row["file"] for row in rows if not _is_clean(row, chosen)}
    files = list(_music_files(data))
    taken = [name for name in files if name not in unclean]
    if not taken:
        expected = "music files in subfolders named after styles"
        raise CorpusError(f"nothing to learn from in {data}", expected=expected)
    for name in taken:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data / name, out / name)
    _write_manifest(out, [row for row in rows if row["file"] not in unclean])
    print(f"{len(taken):,} tunes; left out {len(files) - len(taken)} by licence")


def _music_files(data: Path) -> Iterator[str]:
    """The music files below the styles of a labelled folder, by their paths in it."""
    for path in sorted(data.glob("*/**/*")):
        if path.is_file() and path.suffix.lower() in registry.endings():
            yield path.relative_to(data).as_posix()


def _is_clean(row: Row, chosen: Rules) -> bool:
    """Whether the licence of a file lets a trained model be passed on."""
    return not any(word in row.get("licence", "") for word in chosen.unclear_licences)


def _write_manifest(out: Path, rows: Sequence[Row]) -> None:
    """Write a manifest with the columns of its rows; none where there are no rows."""
    if not rows:
        return
    with (out / _MANIFEST).open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def _weimar_folder(data: Path) -> Path:
    """The data of the Weimar Jazz Database in a collection."""
    folders = sorted((data / "mirror" / "klausfrieler" / "jazzodata").glob("*/data"))
    if not folders:
        raise CorpusError(f"{data / 'mirror'} has no Weimar Jazz Database")
    return folders[0]


def _solos(data: Path, style: str) -> dict[str, Melody]:
    """The solos of the Weimar Jazz Database by their number of three digits."""
    folder = _weimar_folder(data)
    tunes, _ = weimar.read(folder, style=style, source="weimar", licence="ODbL-1.0")
    return {tune.identity[:3]: tune.melody for tune in tunes}


def _number(name: str) -> str:
    """The number of a solo: `jazz/wjd_001_art_pepper_anthropology.mid` -> `001`."""
    return Path(name).name.split("_")[1]
