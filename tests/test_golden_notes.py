"""A third of the golden cases against what was stored, on the processor that it was stored on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def test_notes_are_those_that_were_stored(tmp_path: Path) -> None:
    sys.path.insert(0, str(GOLDEN))
    try:
        import notes
    finally:
        sys.path.remove(str(GOLDEN))
    stored = json.loads((GOLDEN / "notes.json").read_text(encoding="utf-8"))
    if stored["processor"] != notes.processor():
        pytest.skip(f"stored on another processor: {stored['processor']}")
    out = tmp_path / "notes.json"
    subprocess.run(
        [sys.executable, GOLDEN / "notes.py", out, "--third"],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(out.read_text(encoding="utf-8"))
    differing = [
        case for case, value in stored["outcomes"].items() if found["outcomes"].get(case) != value
    ]
    assert not differing
    assert len(stored["outcomes"]) == len(found["outcomes"]) > 20
