"""Speed of reading MIDI.

    python benchmarks/ingest.py [--files 100000]

The peer is installed by `pip install -e '.[benchmarks]'`. First the files a second on one core are
measured: our reader, from file to melody, and symusic, by which it parses, in turn with
pretty_midi, which only parses. They read files of one melody, the examples transposed and
perturbed, and arrangements of them like those of the Lakh dataset: six tracks, controllers, 1,500
to 4,500 notes. Then corpora go through the pool of processes and into the cache, with the memory of
this process. The time for the 176,581 files of the Lakh dataset is that of the arrangements,
scaled.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import symusic
import timing
from symusic import ControlChange, Score, Tempo, TimeSignature, Track

from stylernn.corpus.folder import folder_jobs
from stylernn.corpus.parsing import parse_one
from stylernn.formats import midi
from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note

LAKH = 176_581
DISTINCT, ARRANGED = 300, 60
SCALE = 20
PROGRAMS = {"Lead": 73, "Bass": 33, "Piano": 0, "Strings": 48, "Guitar": 25, "Drums": 0}


def main() -> None:
    """Time the readers in turn, then read a corpus."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        few = [file(tune) for tune, _ in made(DISTINCT)]
        small, large = Path(home) / "small", Path(home) / "large"
        rows = compared("melodies", written(small / "style", few), arguments.rounds)
        large_files = written(
            large / "style", [arrangement(tune, rng) for tune, rng in made(ARRANGED)]
        )
        rows += compared("arrangements", large_files, arguments.rounds)
        rows.append(ingested("arrangements", large, ARRANGED))
        many = Path(home) / "many"
        written(many / "style", (file(tune) for tune, _ in made(arguments.files)))
        rows += [ingested("melodies", many, arguments.files // size) for size in (10, 1)]
    timing.report("ingest", rows)


def made(count: int) -> Iterator[tuple[Melody, np.random.Generator]]:
    """Different tunes: the examples, transposed, a third of the notes moved by a semitone."""
    tunes = [midi.read(path) for path in sorted((timing.ROOT / "examples").glob("*.mid"))]
    rng = np.random.default_rng(1)
    for number in range(count):
        tune = tunes[number % len(tunes)].transpose(int(rng.integers(-6, 7)))
        moved = rng.integers(-1, 2, size=len(tune.notes)) * rng.integers(2, size=len(tune.notes))
        notes = (
            note._replace(pitch=note.pitch + int(by))
            for note, by in zip(tune.notes, moved, strict=True)
        )
        yield replace(tune, notes=tuple(notes)), rng


def file(tune: Melody) -> Score:
    """A score of the melody alone."""
    return score(tune, {"": [*tune.notes]})


def arrangement(tune: Melody, rng: np.random.Generator) -> Score:
    """The melody again and again, with bass, chords, arpeggios and drums, unevenly played."""
    beat, beats = tune.metre.beat, int(rng.integers(128, 320))
    roots = rng.integers(36, 48, size=beats // 4 + 1)
    tracks: dict[str, list[Note]] = {name: [] for name in PROGRAMS}
    for again in range(-(-beats * beat // tune.end)):
        tracks["Lead"] += [
            note._replace(onset=note.onset + again * tune.end) for note in tune.notes
        ]
    for number in range(beats):
        now, root = number * beat, int(roots[number // 4])
        chord = [root + 12 + above for above in (0, 4, 7)]
        tracks["Bass"].append(Note(now, beat - 2, root))
        tracks["Piano"] += [Note(now, beat // 2, pitch) for pitch in chord]
        tracks["Guitar"] += [
            Note(now + k * beat // 4, beat // 4, chord[k % 3] + 12) for k in range(4)
        ]
        tracks["Strings"] += [
            Note(now, 4 * beat - 1, pitch + 12) for pitch in chord if number % 4 == 0
        ]
        tracks["Drums"] += [
            Note(now + k * beat // 2, 3, key)
            for k, key in ((0, 36 + 2 * (number % 2)), (0, 42), (1, 42))
        ]
    played = score(tune, tracks)
    for track in played.tracks:
        for note, late, velocity in zip(
            track.notes, *rng.integers(0, [[9], [60]], (2, len(track.notes))), strict=True
        ):
            note.time, note.velocity = note.time + int(late), 60 + int(velocity)
        for number in range(0, beats, 2):
            track.controls.append(
                ControlChange(number * beat * SCALE, 11, int(rng.integers(90, 127)))
            )
    return played


def score(tune: Melody, tracks: dict[str, list[Note]]) -> Score:
    """A score of 480 ticks a quarter."""
    made = Score(SCALE * TICKS_PER_QUARTER)
    made.tempos.append(Tempo(0, tune.tempo))
    made.time_signatures.append(TimeSignature(0, tune.metre.numerator, tune.metre.denominator))
    for name, notes in tracks.items():
        made.tracks.append(Track(name, PROGRAMS.get(name, 0), name == "Drums"))
        for note in notes:
            made.tracks[-1].notes.append(
                symusic.Note(note.onset * SCALE, note.duration * SCALE, note.pitch, 80)
            )
    return made


def written(folder: Path, scores: Iterable[Score]) -> list[Path]:
    """Write scores as MIDI files into a new folder; their paths."""
    folder.mkdir(parents=True)
    paths = []
    for number, whole in enumerate(scores):
        paths.append(folder / f"{number:06}.mid")
        whole.dump_midi(paths[-1])
    return paths


def compared(kind: str, paths: list[Path], count: int) -> list[dict[str, object]]:
    """Rows of our reader, symusic and pretty_midi on the same files."""
    import pretty_midi

    jobs = folder_jobs(paths[0].parents[1], None)
    contestants = {
        "stylernn, file to melody": lambda: [parse_one(job) for job in jobs],
        "symusic, parsing only": lambda: [Score(path) for path in paths],
        "pretty_midi": lambda: [pretty_midi.PrettyMIDI(str(path)) for path in paths],
    }
    seconds = timing.rounds(contestants, count, time.process_time)
    return [
        {
            "files": kind,
            "reader": name,
            "files/s": timing.spread([len(paths) / taken for taken in each], 0),
            "against pretty_midi": round(timing.ratio(seconds, name, "pretty_midi"), 2),
            "memory": "",
            "Lakh, minutes": "",
        }
        for name, each in seconds.items()
    ]


def ingested(kind: str, folder: Path, count: int) -> dict[str, object]:
    """The row of a corpus that goes through the pool of processes into the cache."""
    from stylernn.corpus import cache
    from stylernn.corpus.parsing import parse

    os.environ["STYLERNN_CACHE"] = str(folder.parent / "cache")
    jobs = folder_jobs(folder, None)[:count]
    began = time.perf_counter()
    cache.save("many", "key", parse("many", jobs))
    taken = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "files": kind,
        "reader": f"pool of {os.cpu_count()}, {count:,} files",
        "files/s": f"{count / taken:,.0f}",
        "against pretty_midi": "",
        "memory": f"{memory:,.0f} MiB",
        "Lakh, minutes": f"{LAKH * taken / count / 60:.1f}" if kind == "arrangements" else "",
    }


if __name__ == "__main__":
    main()
