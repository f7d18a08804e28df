"""Links of the documents resolve, their words are plain, the site builds without a warning."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pages import DOCS, PAGES, ROOT, name, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)|\{download\}`[^<`]*<([^>]+)>`")
_REMOTE = re.compile(r"""<(?:script|link|img|audio|iframe)[^>]*(?:src|href)=["'](?:https?:)?//""")

PRIVATE = [
    "tilt",
    "tilts",
    "tilted",
    "trait",
    "traits",
    "adrift",
    "worthy",
    "boxed",
    "compass",
    "lookback",
    "echo",
    "breath",
    "breaths",
    "grain",
    "grains",
    "likeness",
    "likenesses",
    "merits",
    "dial",
    "dials",
    "wishes",
    "anchor",
    "hushed",
    "experiment",
    "experiments",
]
PHRASES = ["in the box", "heard as", "heard in", "laid out", "the model is told", "tell the model"]

FOLDERS = [
    "stylernn",
    "evaluation",
    "tools",
    "tests",
    "corpora",
    "configs",
    "benchmarks",
    "docs",
    "examples",
]
# Files that a reader makes, or that are named as history.
MADE = ("bossa", "formats/toy", "docs/experiments.md", "docs/listening-notes.md")

# Pages that name what later work deletes, and what was tried.
EXEMPT = {"docs/explanation/transfer.md", "docs/explanation/what-was-tried.md"}
# Where a private word is meant in its plain sense.
PLAIN = {
    "CHANGELOG.md": {"experiments"},
    "docs/guide/evaluation.md": {"anchor"},
    "docs/guide/commands.md": {"experiments"},
}


def targets(page: Path) -> list[str]:
    """What a page links to, remote addresses left out."""
    text = page.read_text(encoding="utf-8")
    found = [first or second for first, second in _LINK.findall(text)]
    return [target for target in found if not re.match(r"[a-z]+://|mailto:", target)]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_resolve(page: Path) -> None:
    for target in targets(page):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert found.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(found), target


def missing(span: str) -> bool:
    """Whether code within a line names a file or a module that is not there."""
    if re.fullmatch(rf"(?:{'|'.join(FOLDERS)}|\.ci)/[\w./-]*", span):
        return not (ROOT / span).exists() and not any(made in span for made in MADE)
    parts = span.removeprefix("stylernn.").split(".")
    if span.startswith("stylernn.") and parts[0] == "evaluation":
        folder = ROOT
    else:
        folder = ROOT / "stylernn"
    if not re.fullmatch(r"[a-z_]+(\.\w+)+", span) or span == "model.safetensors":
        return False
    if len(parts) < 2 or not (folder / parts[0]).is_dir():
        return False
    module = folder / parts[0] / f"{parts[1]}.py"
    if not module.exists():  # a name that the package exports
        exported = (folder / parts[0] / "__init__.py").read_text(encoding="utf-8")
        return f'"{parts[1]}"' not in exported
    text = module.read_text(encoding="utf-8")
    return bool(parts[2:]) and not re.search(rf"\b{parts[2]}\b", text)


@pytest.mark.parametrize("page", [page for page in PAGES if name(page) != "CHANGELOG.md"], ids=name)
def test_files_and_modules_that_are_named_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    spans = re.findall(r"`([\w./-]+)`", text)
    assert not [span for span in spans if missing(span)]


def test_the_chapters_of_the_evaluation_are_its_modules() -> None:
    text = (DOCS / "guide" / "evaluation.md").read_text(encoding="utf-8")
    table = text.split("## The chapters")[1].split("\n\n")[1]
    named = {word for row in table.splitlines() for word in re.findall(r"`(\w+)`", row)}
    assert named
    assert all((ROOT / "evaluation" / f"{module}.py").exists() for module in named)


@pytest.mark.parametrize("page", [page for page in PAGES if name(page) not in EXEMPT], ids=name)
def test_no_private_words(page: Path) -> None:
    text = prose(page).lower()
    words = set(re.findall(r"[a-z]+", text)) & set(PRIVATE)
    assert not words - PLAIN.get(name(page), set())
    plain = " ".join(text.split())
    assert not [phrase for phrase in PHRASES if phrase in plain]


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = set()
    for page in DOCS.rglob("*.md"):
        for body in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(), re.DOTALL):
            lines = [line.strip() for line in body.splitlines()]
            listed |= {page.parent / line for line in lines if line and not line.startswith(":")}
    pages = {page.with_suffix("") for page in PAGES if page.is_relative_to(DOCS)}
    assert pages - listed == {DOCS / "index"}


def test_the_picture_of_the_layers_is_that_of_the_contract() -> None:
    made = runpy.run_path(str(DOCS / "pictures" / "layers.py"))["picture"]()
    assert (DOCS / "images" / "layers.svg").read_text(encoding="utf-8") == made


def test_the_readme_receives_guests() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120
    first = "\n".join(lines[:30])
    for wanted in (".png)", ".mp3)", "make demo", "make test", "pip install"):
        assert wanted in first


def test_sounds_and_pictures_are_small() -> None:
    sizes = {
        path: path.stat().st_size
        for folder in ("images", "sounds", "tutorials")
        for path in (DOCS / folder).iterdir()
    }
    assert max(sizes.values()) < 300_000
    assert sum(sizes.values()) < 1_500_000


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    words = ["-q", "-W", "--keep-going", "-E", "-d", tmp_path / "doctrees", DOCS, tmp_path / "site"]
    command = [sys.executable, "-m", "sphinx", *words]
    built = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(PAGES)
    for page in pages:
        assert not _REMOTE.search(page.read_text(encoding="utf-8")), page
    for sheet in (tmp_path / "site").rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*['\"]?https?:", sheet.read_text()), sheet
