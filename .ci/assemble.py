"""Lay the packages out in one folder as the wheel does: `python .ci/assemble.py FOLDER`.

`configs/`, `corpora/` and `evaluation/` stand at the top of the repository and are installed inside `stylernn`. Type
and layer checks follow files, not the installer's mapping, so they look at this copy.
"""

import shutil
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def assemble(folder: Path) -> None:
    """Copy every package of `[tool.setuptools.package-dir]` to its place in `folder`, replacing what was there."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    shutil.rmtree(folder, ignore_errors=True)
    for package, source in settings["package-dir"].items():
        target = folder.joinpath(*package.split("."))
        shutil.copytree(
            ROOT / source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
