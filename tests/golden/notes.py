"""Notes that stylernn makes of the golden inputs, as JSON: `python notes.py OUT [--third]`.

It uses the command line and `stylernn.api` alone, so that it also runs against an older commit.
`compare.py` runs it twice; `tests/test_golden_notes.py` compares a third of it with `notes.json`.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"
FILES = HERE / "files"

TUNES = [
    EXAMPLES / "ah-vous-dirai-je.mid",
    EXAMPLES / "auld-lang-syne.mid",
    EXAMPLES / "greensleeves.mid",
    FILES / "lane-by-the-mill.abc",
    FILES / "harbour-waltz.abc",
]
ROOTS = [
    *(
        "art_song",
        "celtic",
        "chorale",
        "classical",
        "jazz",
        "jazz_standard",
        "pop_vintage",
        "ragtime",
        "romantic",
    ),
]
OWN = "golden_own"
TARGETS = [*ROOTS, "bebop", "jazz=0.7,celtic=0.3", OWN]
GENERATED = ["celtic", "chorale", "jazz", "ragtime"]
READ = [
    *TUNES,
    *(FILES / name for name in ("harbour-waltz.musicxml", "greensleeves.mxl", "two-voices.krn")),
]
READ += [FILES / "band.mid", FILES / "band.kar"]
CANDIDATES, SEED = 4, 0


def facts(melody: Any) -> dict[str, Any]:
    """Everything that a melody says, in plain values."""
    key = melody.key
    return {
        "notes": melody.array.tolist(),
        "metres": [[tick, str(metre)] for tick, metre in melody.metres],
        "key": [key.fifths, key.mode] if key else None,
        "tempo": melody.tempo,
        "pickup": melody.pickup,
        "end": melody.end,
        "chords": [list(chord) for chord in melody.chords],
    }


def learn_own_style() -> None:
    """Learn the personal style from the five tunes, by the command line."""
    with tempfile.TemporaryDirectory() as folder:
        for tune in TUNES:
            Path(folder, tune.name).write_bytes(tune.read_bytes())
        command = [sys.executable, "-m", "stylernn", "add-style", folder, "--name", OWN]
        subprocess.run(command, check=True, capture_output=True, text=True)


def cases(third: bool) -> list[tuple[str, str, Path | None]]:
    """Every case as (kind, style, file); a third of the transfers has all targets and tunes."""
    pairs = [(target, tune) for target in TARGETS for tune in TUNES]
    if third:
        pairs = [
            (target, TUNES[number % len(TUNES)])
            for number, target in enumerate(TARGETS)
            if target != OWN
        ] + [
            ("jazz", TUNES[3]),
            ("celtic", TUNES[2]),
        ]
    generated = GENERATED[:2] if third else GENERATED
    return [
        *(("read", "", path) for path in READ),
        *(("transfer", target, tune) for target, tune in pairs),
        *(("generate", style, None) for style in generated),
    ]


def outcomes(third: bool) -> dict[str, Any]:
    """The melodies of all cases by name."""
    from stylernn import api

    if not third:
        learn_own_style()
    found: dict[str, Any] = {}
    for kind, style, path in cases(third):
        name = " ".join(part for part in (kind, style, path.name if path else "") if part)
        if kind == "read":
            made = [api.read(path)]
        elif kind == "transfer":
            made = [api.transfer(path, style, seed=SEED, candidates=CANDIDATES)]
        else:
            made = api.generate(style, seed=SEED, bars=16, count=2, candidates=CANDIDATES)
        found[name] = [facts(tune.melody) for tune in made]
        sys.stderr.write(f"{name}\n")
    return found


def hashed(found: dict[str, Any]) -> dict[str, str]:
    """A hash of each outcome, for the stored file."""
    return {
        name: hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
        for name, value in found.items()
    }


def processor() -> str:
    """The processor's name: floating-point results may round differently on another."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def main() -> None:
    """Write the outcomes to the file that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--third", action="store_true", help="a third of the cases, as hashes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["STYLERNN_HOME"] = home
        os.environ.setdefault("STYLERNN_CACHE", str(Path(home) / "cache"))
        found = outcomes(asked.third)
    written = {"processor": processor(), "outcomes": hashed(found)} if asked.third else found
    asked.out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
