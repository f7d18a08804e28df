"""Put all packages into one folder, as the wheel does: `python .ci/assemble.py FOLDER`.

`configs/`, `corpora/` and `evaluation/` stand at the top of the repository and are installed inside
`stylernn`. Checks of types and of import layers follow files, not the installer's mapping, so they
look at this copy. `tools/` is not part of the wheel, but its types are checked with the same
settings.
"""

import shutil
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent

BESIDE = ("tools",)
"""Packages that are checked and not installed."""


def assemble(folder: Path) -> None:
    """Copy every package to its place in a folder, replacing what was there.

    Args:
        folder: gets the packages of `[tool.setuptools.package-dir]` and those of `BESIDE`.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    sources = {**settings["package-dir"], **{package: package for package in BESIDE}}
    shutil.rmtree(folder, ignore_errors=True)
    for package, source in sources.items():
        target = folder.joinpath(*package.split("."))
        shutil.copytree(
            ROOT / source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
