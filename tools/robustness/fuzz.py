"""Fuzz one reader, guided by coverage: `python -m tools.robustness.fuzz READER`.

Every input must end as a valid result or a `StylernnError`. Anything else, more than five seconds
or more than 1 GiB of memory is a finding: its input and traceback are written to build/fuzz/READER,
one for each line of the code, and the run goes on. The input that took longest is written there
too, and a summary of one line to build/fuzz/READER.json. It needs `pip install atheris`.
"""

import argparse
import faulthandler
import importlib
import inspect
import json
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import atheris

from tools.robustness.mutation import ENDINGS, MUTATORS, beginnings

PARSERS: dict[str, list[str]] = {
    "midi": [],
    "musicxml": ["music21.musicxml.xmlToM21"],
    "mxl": ["zipfile"],
    "abc": ["music21.abcFormat"],
    "krn": ["music21.humdrum.spineParser"],
    "model": [],
    "config": ["tomllib"],
    "archive": ["zipfile"],
    "answers": [],
    "manifest": [],
}
"""The readers, and the modules that are watched for coverage beside stylernn."""

SLOW, LARGE, STUCK = 5.0, 2**30, 900
LONGEST = {"model": 2**15, "musicxml": 2**14}
"""Bytes of an input, where not 4096."""


def main() -> None:
    """Set one reader up and fuzz it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reader", choices=PARSERS)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    name = arguments.reader
    with atheris.instrument_imports(include=["stylernn"]):
        read, started = _reader(name), list(beginnings(name))
    for module in PARSERS[name]:
        _watch(importlib.import_module(module))
    home = Path("build/fuzz") / name
    seeds = home / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(started):
        (seeds / f"seed-{number}").write_bytes(data)
    for known in Path("tests/regressions").glob(f"*.{ENDINGS.get(name, name)}"):
        (seeds / known.name).write_bytes(known.read_bytes())
    limits = [
        f"-runs={arguments.inputs}",
        f"-max_total_time={arguments.seconds}",
        f"-seed={arguments.seed}",
    ]
    limits += [
        f"-max_len={LONGEST.get(name, 4096)}",
        "-rss_limit_mb=0",
        "-verbosity=0",
        f"-artifact_prefix={home}/",
    ]
    mutator = MUTATORS.get(name)
    inside = {"custom_mutator": mutator} if mutator else {}
    atheris.Setup([sys.argv[0], *limits, str(seeds)], Findings(name, read, home).take, **inside)
    atheris.Fuzz()


def _watch(module: ModuleType) -> None:
    """Measure the coverage of one module of a library; atheris would take the whole library."""
    for thing in list(vars(module).values()):
        for part in vars(thing).values() if inspect.isclass(thing) else [thing]:
            if inspect.isfunction(part) and part.__module__ == module.__name__:
                atheris.instrument_func(part)


class Findings:
    """A reader that is fuzzed, and what has been found so far.

    Args:
        name: of the reader.
        read: reads a file.
        home: folder of the findings.
    """

    def __init__(self, name: str, read: Callable[[Path], object], home: Path) -> None:
        self.name, self.read, self.home = name, read, home
        self.path = Path(tempfile.mkdtemp(dir="/dev/shm")) / f"input.{ENDINGS.get(name, name)}"
        self.inputs = self.valid = self.refused = 0
        self.longest = self.shown = 0.0
        self.lines: set[str] = set()
        self.began = time.monotonic()

    def take(self, data: bytes) -> None:
        """Read one input and note how it ends.

        Args:
            data: the input.
        """
        from stylernn.errors import StylernnError

        self.path.write_bytes(data)
        faulthandler.dump_traceback_later(STUCK, exit=True)
        began = time.process_time()
        try:
            self.read(self.path)
            self.valid += 1
        except StylernnError:
            self.refused += 1
        except Exception as error:  # noqa: BLE001  (every kind is a finding)
            self.write(data, _line_of(error), traceback.format_exc())
        seconds = time.process_time() - began
        faulthandler.cancel_dump_traceback_later()
        if seconds > SLOW:
            self.write(data, f"slow-{seconds:.0f}", f"{seconds:.1f} s")
        if _peak() > LARGE:
            self.write(data, "large", f"{_peak() / 2**20:.0f} MiB")
        self.inputs += 1
        if seconds > self.longest:
            self.longest = seconds
            (self.home / f"longest{self.path.suffix}").write_bytes(data)
        if self.inputs % 1000 == 0 or time.monotonic() - self.shown > 1:
            self.shown = time.monotonic()
            self.summarise()

    def write(self, data: bytes, where: str, text: str) -> None:
        """Write the first input that fails at a line of the code.

        Args:
            data: the input.
            where: names the line, or the kind of finding.
            text: what is written beside the input.
        """
        if where not in self.lines:
            self.lines.add(where)
            (self.home / f"{where}.{self.path.suffix[1:]}").write_bytes(data)
            (self.home / f"{where}.txt").write_text(text)

    def summarise(self) -> None:
        """Write the summary."""
        facts = {
            "reader": self.name,
            "inputs": self.inputs,
            "valid": self.valid,
            "refused": self.refused,
            "findings": sorted(self.lines),
            "longest_s": round(self.longest, 2),
            "peak_mib": round(_peak() / 2**20),
            "seconds": round(time.monotonic() - self.began),
        }
        self.home.with_suffix(".json").write_text(json.dumps(facts) + "\n")


def _peak() -> int:
    """Most memory that this process has held, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _line_of(error: Exception) -> str:
    """The kind of an error and the last line of stylernn that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "music21" not in frame.filename][-1]
    return f"{type(error).__name__}-{Path(ours.filename).stem}-{ours.lineno}"


def _reader(name: str) -> Callable[[Path], object]:
    """The function that reads a file of this kind, as a command does."""
    if name in ("midi", "musicxml", "mxl", "abc", "krn"):
        return _read_music
    if name == "model":
        from stylernn.model.checkpoint import load_model

        return load_model
    if name == "config":
        from stylernn.config import load

        return load
    if name == "answers":
        from stylernn.evaluation.listening import read_answers, score

        key = {
            "styles": ["calm", "wild"],
            "items": [{"name": "a", "role": "system", "pair": 0, "style": "calm"}],
        }
        return lambda path: score(read_answers([path]), key)
    if name == "manifest":
        from stylernn.system.csv_tables import read_table

        return lambda path: read_table(path, ("file",))
    from stylernn.formats.registry import endings
    from stylernn.system.archives import extract

    return lambda path: extract(path, path.parent / "out", [*endings(), "manifest.csv"])


def _read_music(path: Path) -> None:
    """Read a melody, which must survive being written, and the list of tracks."""
    from stylernn.formats import midi, registry

    melody = registry.read(path)
    registry.write(melody, path.with_name("again.mid"))
    if path.suffix == ".mid":
        midi.tracks(path)
    # Bar 0 may be longer, where a short bar is a pickup to MIDI.
    again = midi.read(path.with_name("again.mid"))
    if [(note.duration, note.pitch) for note in again.notes] != [
        (note.duration, note.pitch) for note in melody.notes
    ]:
        raise ValueError("the melody changes when it is written and read")


if __name__ == "__main__":
    main()
