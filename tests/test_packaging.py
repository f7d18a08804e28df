"""The wheel holds the tree, all of it, under one name; the metadata agree with each other."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import stylernn

ROOT = Path(__file__).parent.parent

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_versions_agree() -> None:
    from importlib.metadata import version

    assert version("stylernn") == stylernn.__version__
    assert f"version: {stylernn.__version__}" in (ROOT / "CITATION.cff").read_text()
    assert f"## [{stylernn.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_at_most_fifteen_dependencies_each_imported() -> None:
    names = [re.match(r"[\w-]+", line)[0].lower() for line in PROJECT["project"]["dependencies"]]
    assert len(names) <= 15
    imported = set()
    for folder in ("stylernn", "evaluation"):
        for path in (ROOT / folder).rglob("*.py"):
            imported |= set(re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE))
    assert set(names) <= imported


def test_every_package_is_listed() -> None:
    mapping = PROJECT["tool"]["setuptools"]["package-dir"]
    found = set()
    for package, folder in mapping.items():
        for path in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join([package, *path.parent.relative_to(ROOT / folder).parts]))
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


@pytest.mark.slow
def test_the_wheel_holds_the_tree(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        text=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in names} == {"stylernn"}
    assert names == committed()


def committed() -> set[str]:
    """Where the files under version control are to be found in the wheel."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    places = {
        folder: package.replace(".", "/") for package, folder in PROJECT["tool"]["setuptools"]["package-dir"].items()
    }
    expected = set()
    for line in listing.splitlines():
        folder, _, rest = line.partition("/")
        if folder in places:
            expected.add(f"{places[folder]}/{rest}")
    return expected
