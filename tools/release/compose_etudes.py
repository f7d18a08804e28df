"""Compose the bundled jazz etudes: `python -m tools.release.compose_etudes FOLDER` (`make etudes DATA=FOLDER`).

FOLDER is the labelled folder that the boxed model was trained on; an etude that shares a run of 12 notes (interval and
ratio of inter-onset intervals) with any melody in it, or with an etude before it, is thrown away. Two thirds are
sixteen bars long, the rest up to thirty-two, over the model's jazz styles in turn, in the keys that jazz is played in.
"""

import argparse
import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stylernn.evaluation import originality

from stylernn import corpus
from stylernn.formats import midi
from stylernn.generation import generate
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Key, Melody
from stylernn.system.atomic_write import atomic_write
from stylernn.system.paths import catalogue

_COUNT = 440
_BATCH = 8
_KEYS = (-3, -2, -1, 0, 1, -4)
_BARS = (16, 16, 24, 16, 16, 32)
_LEAST_NOTES_PER_BAR = 2.0


def main() -> None:
    """Compose, check and bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    model = checkpoint.load_model()
    known = [tune.melody for tune in corpus.load_folder(arguments.folder)]
    index = originality.index(known)
    kept: list[tuple[str, Melody]] = []
    thrown = 0
    for style, melody in _composed(model, arguments.seed):
        earlier = originality.index([known[0], *(m for _, m in kept)])
        longest = max(
            int(originality.longest_copies([melody], part)[0]) for part in (index, earlier)
        )
        silent = melody.notes[-1].end <= melody.bar_lines[-2]
        if (
            longest >= originality.COPY_NOTES
            or len(melody.notes) < _LEAST_NOTES_PER_BAR * melody.bars
            or silent
        ):
            thrown += 1
            continue
        kept.append((style, melody))
        print(f"\r{len(kept)} etudes, {thrown} thrown away", end="", flush=True)
        if len(kept) == _COUNT:
            break
    _bundle(kept, catalogue() / "jazz_etudes" / "etudes.zip", arguments.seed, model)


def _composed(model: Model, seed: int) -> Iterator[tuple[str, Melody]]:
    """Melodies without end, a style, a key and a length at a time."""
    styles = [style.name for style in model.header.styles if "jazz" in (style.name, style.parent)]
    turn = 0
    while True:
        style, key, bars = (
            styles[turn % len(styles)],
            _KEYS[turn % len(_KEYS)],
            _BARS[turn % len(_BARS)],
        )
        mode = "minor" if turn % 5 == 4 else "major"
        for melody in generate.generate(
            model, style, bars=bars, count=_BATCH, seed=seed + turn, key=Key(key, mode)
        ):
            yield style, melody
        turn += 1


def _bundle(etudes: list[tuple[str, Melody]], path: Path, seed: int, model: Model) -> None:
    """Write the archive: MIDI files and a manifest, with fixed times so that the same etudes give the same bytes."""
    today = datetime.now(UTC).date().isoformat()
    made = model.header.provenance or {}
    weights = f"{made.get('corpus', '')}/{made.get('seed', '')}"
    table = io.StringIO()
    manifest = csv.writer(table)
    manifest.writerow(["style", "file", "title", "composer", "licence", "substyle"])
    with (
        tempfile.TemporaryDirectory() as scratch,
        atomic_write(path) as draft,
        zipfile.ZipFile(draft, "w") as archive,
    ):
        for number, (style, melody) in enumerate(etudes, 1):
            name, file = f"Etude {number:03d} ({style})", Path(scratch) / f"etude-{number:03d}.mid"
            midi.write(replace(melody, title=name, tempo=float(round(melody.tempo))), file)
            composer = f"composed by stylernn, seed {seed}, model {weights}, {today}"
            manifest.writerow(
                ["jazz", file.name, name, composer, "Apache-2.0", "" if style == "jazz" else style]
            )
            _add(archive, file.name, file.read_bytes())
        _add(archive, "manifest.csv", table.getvalue().encode())


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


if __name__ == "__main__":
    main()
