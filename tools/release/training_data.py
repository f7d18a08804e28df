"""Lay out what the model in the box learns from: `python -m tools.release.training_data DATA OUT`, first of `make weights`.

DATA holds `styles/`, one folder of MIDI files a style with a manifest, and `mirror/`, the publishers' originals. Three
things are done to it. Files whose licence does not let a trained model be passed on, or does not say, are left out.
In one jazz file of six the bars are shifted against the music by one to three beats: the Weimar database's own tables
say where they belong, and the notes are moved there, otherwise as they are in the file; only the solos that the
manifest lists are taken, others are kept aside for evaluation.
And OUT gets a manifest, so that its tunes keep their works and thereby their side of the split.
"""

import argparse
import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from stylernn.corpus import weimar
from stylernn.formats import registry
from stylernn.music.melody import Melody

_STYLES = (
    *("jazz", "jazz_standard", "pop_vintage", "classical", "romantic", "art_song"),
    *("irish", "fiddle", "scottish", "chorale", "ragtime"),
)
_UNCLEAR = ("see file", "GPL", "Attribution")


def main() -> None:
    """Copy, or write anew, what may be learnt from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    styles = arguments.data / "styles"
    with (styles / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["style"] in _STYLES]
    clean = [row for row in rows if not any(word in row["licence"] for word in _UNCLEAR)]
    solos = _solos(arguments.data / "mirror")
    written = []
    for row in clean:
        target = arguments.out / row["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if row["style"] != "jazz":
            shutil.copyfile(styles / row["file"], target)
        elif (number := _number(row["file"])) in solos:
            registry.write(in_its_bars(registry.read(styles / row["file"]), solos[number]), target)
        else:
            continue
        # A collection is one source, however many pieces or parts it was read from.
        written.append(
            {**row, "source": re.sub(r"(\(music21 corpus[^)]*\)).*", r"\1", row["source"])}
        )
    with (arguments.out / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(written)
    left_out = len(rows) - len(clean), len(clean) - len(written)
    print(f"{len(written):,} tunes; left out {left_out[0]} by licence, {left_out[1]} without bars")


def _solos(mirror: Path) -> dict[str, Melody]:
    """The solos of the Weimar database by their number."""
    folder = next((mirror / "klausfrieler" / "jazzodata").glob("*/data"))
    tunes, _ = weimar.read(folder, style="jazz", source="weimar", licence="ODbL-1.0")
    return {tune.identity[:3]: tune.melody for tune in tunes}


def in_its_bars(melody: Melody, solo: Melody) -> Melody:
    """The notes of a solo's MIDI file in the bars of the database, and with its key, chords and tempo.

    The notes come from the file because outcomes are compared with such files, which write each onset on the nearest
    twelfth of a beat and keep more of the silence between notes than `stylernn.corpus.weimar` does. Where the two are
    not the same notes, the database's stay.
    """
    notes, annotated = melody.array, solo.array
    if not np.array_equal(notes[:, 2], annotated[:, 2]):
        return solo
    late = int(np.median(notes[:, 0] - annotated[:, 0]))
    onsets = np.maximum(notes[:, 0] - late, 0)
    moved = Melody.from_array(np.column_stack([onsets, notes[:, 1:]])).notes
    earlier = int(annotated[0, 0] - onsets[0])
    return replace(solo, notes=moved, pickup=solo.pickup and solo.pickup + earlier)


def _number(name: str) -> str:
    """`jazz/wjd_001_art_pepper_anthropology.mid` -> `001`."""
    return Path(name).name.split("_")[1]


if __name__ == "__main__":
    main()
