"""Compare this tree with a base commit, note for note: `python tests/golden/compare.py BASE`.

The base commit is put into a temporary folder as its wheel would be. `notes.py` of this tree runs
against it and against this tree, on one machine, each with a cache of its own. The exit code
is 1 if one note differs.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def checked_out(commit: str, folder: Path) -> Path:
    """The files of a commit."""
    archive = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def outcomes(checkout: Path, folder: Path) -> dict[str, Any]:
    """What the packages of a checkout make of the golden inputs."""
    tree, out = folder / "tree", folder / "notes.json"
    subprocess.run([sys.executable, checkout / ".ci" / "assemble.py", tree], check=True)
    environment = {**os.environ, "PYTHONPATH": str(tree), "STYLERNN_CACHE": str(folder / "cache")}
    subprocess.run(
        [sys.executable, HERE / "notes.py", out], check=True, env=environment, cwd=folder
    )
    return json.loads(out.read_text(encoding="utf-8"))


def main() -> int:
    """Run both and print what differs."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python tests/golden/compare.py BASE\n")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("base", "base-run", "this-run"):
            (folder / part).mkdir()
        before = outcomes(checked_out(sys.argv[1], folder / "base"), folder / "base-run")
        after = outcomes(ROOT, folder / "this-run")
    differing = [case for case in {**before, **after} if before.get(case) != after.get(case)]
    sys.stdout.writelines(f"differs: {case}\n" for case in differing)
    sys.stdout.write(
        f"{len(before) - len(differing)} of {len(before)} cases are note for note the same\n"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
