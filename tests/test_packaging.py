"""The wheel holds the tree, all of it, under one name; the metadata agree with each other."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

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
            imported |= set(
                re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
            )
    assert set(names) <= imported


def test_every_package_is_listed() -> None:
    mapping = PROJECT["tool"]["setuptools"]["package-dir"]
    found = set()
    for package, folder in mapping.items():
        for path in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join([package, *path.parent.relative_to(ROOT / folder).parts]))
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


def test_the_wheel_holds_the_tree(tmp_path: Path) -> None:
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)  # it would keep deleted files
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        text=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in names} == {"stylernn"}
    assert names == wanted()


def wanted() -> set[str]:
    """Where the files of the checkout, ignored ones left out, are to be found in the wheel."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    packages = {
        folder: name.replace(".", "/")
        for name, folder in PROJECT["tool"]["setuptools"]["package-dir"].items()
    }
    split = (line.partition("/") for line in listing if (ROOT / line).exists())
    return {f"{packages[folder]}/{rest}" for folder, _, rest in split if folder in packages}
