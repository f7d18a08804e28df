"""Lay out what the model in the box learns from: `python benchmarks/box_data.py DATA OUT`, first of `make weights`.

DATA holds `styles/`, one folder of MIDI files a style with a manifest, and `mirror/`, the publishers' originals. Three
things are done to it. Files whose licence does not let a trained model be passed on, or does not say, are left out.
Jazz is read anew from the Weimar database's own tables, because in one MIDI file of six the bars are shifted against
the music by one to three beats; only the solos that the manifest lists are taken, others are kept aside for evaluation.
And OUT gets a manifest, so that its tunes keep their works and thereby their side of the split.
"""

import argparse
import csv
import re
import shutil
from pathlib import Path

from stylernn import files
from stylernn.corpus import weimar
from stylernn.melody import Melody

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
            files.write(solos[number], target)
        else:
            continue
        # A collection is one source, however many pieces or parts it was read from.
        written.append({**row, "source": re.sub(r"(\(music21 corpus[^)]*\)).*", r"\1", row["source"])})
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


def _number(name: str) -> str:
    """`jazz/wjd_001_art_pepper_anthropology.mid` -> `001`."""
    return Path(name).name.split("_")[1]


if __name__ == "__main__":
    main()
