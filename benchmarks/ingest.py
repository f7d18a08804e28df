"""Reading MIDI: `python benchmarks/ingest.py [--files 100000]`, the peer with `pip install -e '.[benchmarks]'`.

First files a second on one core: our reader, from file to melody, in turn with pretty_midi, which only parses. Then a
corpus of many files, made from the examples by transposing and perturbing, through the pool and into the cache, with
the memory of this process; the time for the 176,581 files of the Lakh dataset is that of these, scaled.
"""

import argparse
import os
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import timing

from stylernn import files, midi
from stylernn.corpus.folder import folder_jobs
from stylernn.corpus.parsing import parse_one

LAKH = 176_581
DISTINCT = 300


def main() -> None:
    """Time the readers in turn, then read a corpus."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        made = make(Path(home) / "few" / "style", DISTINCT)
        rows = compared(made, arguments.rounds)
        make(Path(home) / "many" / "style", arguments.files)
        rows += [ingested(Path(home) / "many", arguments.files // size) for size in (10, 1)]
    timing.report("ingest", rows)


def make(folder: Path, count: int) -> list[Path]:
    """Files that differ: the examples, transposed, and a third of the notes moved by a semitone."""
    folder.mkdir(parents=True)
    tunes = [midi.read(path) for path in sorted((timing.ROOT / "examples").glob("*.mid"))]
    rng, paths = np.random.default_rng(1), []
    for number in range(count):
        tune = tunes[number % len(tunes)].transpose(int(rng.integers(-6, 7)))
        moved = rng.integers(-1, 2, size=len(tune.notes)) * rng.integers(2, size=len(tune.notes))
        notes = (note._replace(pitch=note.pitch + int(by)) for note, by in zip(tune.notes, moved, strict=True))
        path = folder / f"{number:06}.mid"
        files.write(replace(tune, notes=tuple(notes)), path)
        paths.append(path)
    return paths


def compared(paths: list[Path], count: int) -> list[dict[str, object]]:
    """Our reader and pretty_midi on the same files."""
    import pretty_midi

    jobs = folder_jobs(paths[0].parents[1], None)
    contestants = {
        "stylernn, file to melody": lambda: [parse_one(job) for job in jobs],
        "pretty_midi": lambda: [pretty_midi.PrettyMIDI(str(path)) for path in paths],
    }
    seconds = timing.rounds(contestants, count)
    return [
        {
            "reader": name,
            "files/s": timing.spread([len(paths) / taken for taken in each], 0),
            "against pretty_midi": round(timing.ratio(seconds, name, "pretty_midi"), 2),
            "memory": "",
            "Lakh, minutes": "",
        }
        for name, each in seconds.items()
    ]


def ingested(folder: Path, count: int) -> dict[str, object]:
    """A corpus through the pool of processes into the cache."""
    from stylernn.corpus import cache
    from stylernn.corpus.parsing import parse

    os.environ["STYLERNN_CACHE"] = str(folder.parent / "cache")
    jobs = folder_jobs(folder, None)[:count]
    began = time.perf_counter()
    cache.save("many", "key", parse("many", jobs))
    taken = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "reader": f"pool of {os.cpu_count()}, {count:,} files",
        "files/s": f"{count / taken:,.0f}",
        "against pretty_midi": "",
        "memory": f"{memory:,.0f} MiB",
        "Lakh, minutes": f"{LAKH * taken / count / 60:.1f}",
    }


if __name__ == "__main__":
    main()
