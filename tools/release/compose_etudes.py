"""The bundled etudes of a style: `python -m tools.release.compose_etudes FOLDER --style STYLE`.

FOLDER is the labelled folder that the bundled model was trained on. An etude that shares a run of
12 notes (interval and ratio of inter-onset intervals) with any melody in it, or with an etude
before it, is dropped. Two thirds are sixteen bars long, the rest up to thirty-two, over the style
and its substyles in turn, in common keys. They become the archive of the corpus `STYLE_etudes` in
the catalogue.
"""

import argparse
import csv
import io
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stylernn.evaluation import originality

from stylernn import corpus
from stylernn.errors import UsageError
from stylernn.formats import midi
from stylernn.generation import generate
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Key, Melody
from stylernn.system.atomic_write import atomic_write
from stylernn.system.paths import catalogue
from tools import command_line

__all__ = ["bundle", "compose_etudes", "main"]

_BATCH = 8
_KEYS = (-3, -2, -1, 0, 1, -4)
_BARS = (16, 16, 24, 16, 16, 32)
_LEAST_NOTES_PER_BAR = 2.0

Etude = tuple[str, Melody]
"""A style and a melody in it."""


def main() -> None:
    """Compose, check and bundle."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--style", required=True, help="a root style of the bundled model")
    parser.add_argument("--count", type=int, default=440)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    out = catalogue() / f"{options.style}_etudes" / "etudes.zip"
    if not out.parent.is_dir():
        raise UsageError(f"the catalogue has no corpus {out.parent.name}")
    model = checkpoint.load_model()
    known = [tune.melody for tune in corpus.load_folder(options.folder)]
    etudes = compose_etudes(model, known, options.style, options.count, options.seed)
    bundle(etudes, out, options.style, options.seed, model)


def compose_etudes(
    model: Model, known: Sequence[Melody], style: str, count: int, seed: int
) -> list[Etude]:
    """Compose etudes that copy nothing, and print how many there are.

    Args:
        model: the model.
        known: melodies of which no etude may share a run of 12 notes, at least one.
        style: a root style of the model.
        count: number of etudes.
        seed: of the first batch; the others have the numbers after it.

    Returns:
        The etudes with their styles, which are the given one and its substyles.

    Raises:
        UsageError: if the model does not know the style.
    """
    model.style(style)
    index = originality.index(known)
    etudes: list[Etude] = []
    dropped = 0
    for name, melody in _composed(model, style, seed):
        earlier = originality.index([known[0], *(etude for _, etude in etudes)])
        longest = max(
            int(originality.longest_copies([melody], part)[0]) for part in (index, earlier)
        )
        if longest >= originality.COPY_NOTES or not _is_full(melody):
            dropped += 1
            continue
        etudes.append((name, melody))
        print(f"\r{len(etudes)} etudes, {dropped} dropped", end="", flush=True)
        if len(etudes) == count:
            return etudes
    return etudes


def bundle(etudes: Sequence[Etude], out: Path, style: str, seed: int, model: Model) -> None:
    """Write an archive of MIDI files and a manifest; the same etudes give the same bytes in a day.

    Args:
        etudes: with their styles.
        out: the archive.
        style: the root style; other styles of etudes are given as substyles.
        seed: that the etudes were composed with.
        model: that composed them.
    """
    today = datetime.now(UTC).date().isoformat()
    made = model.header.provenance or {}
    weights = f"{made.get('corpus', '')}/{made.get('seed', '')}"
    composer = f"composed by stylernn, seed {seed}, model {weights}, {today}"
    table = io.StringIO()
    manifest = csv.writer(table)
    manifest.writerow(["style", "file", "title", "composer", "licence", "substyle"])
    with (
        tempfile.TemporaryDirectory() as scratch,
        atomic_write(out) as draft,
        zipfile.ZipFile(draft, "w") as archive,
    ):
        for number, (name, melody) in enumerate(etudes, 1):
            title = f"Etude {number:03d} ({name})"
            file = Path(scratch) / f"etude-{number:03d}.mid"
            midi.write(replace(melody, title=title, tempo=float(round(melody.tempo))), file)
            substyle = "" if name == style else name
            manifest.writerow([style, file.name, title, composer, "Apache-2.0", substyle])
            _add(archive, file.name, file.read_bytes())
        _add(archive, "manifest.csv", table.getvalue().encode())


def _composed(model: Model, style: str, seed: int) -> Iterator[Etude]:
    """Melodies without end, a style, a key and a length at a time."""
    names = [known.name for known in model.header.styles if style in (known.name, known.parent)]
    turn = 0
    while True:
        name = names[turn % len(names)]
        key = Key(_KEYS[turn % len(_KEYS)], "minor" if turn % 5 == 4 else "major")
        bars = _BARS[turn % len(_BARS)]
        for melody in generate.generate(
            model, name, bars=bars, count=_BATCH, seed=seed + turn, key=key
        ):
            yield name, melody
        turn += 1


def _is_full(melody: Melody) -> bool:
    """Whether a melody has notes enough, and some in its last bar."""
    is_silent_at_the_end = melody.notes[-1].end <= melody.bar_lines[-2]
    return len(melody.notes) >= _LEAST_NOTES_PER_BAR * melody.bars and not is_silent_at_the_end


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a file with a fixed time."""
    entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
