"""Checksums of code: they change with an imported module, and not with another one."""

import ast
import shutil
from pathlib import Path

import pytest

from stylernn.corpus import cache
from stylernn.formats import registry
from stylernn.system import source_digest as digest

ROOTS = ["stylernn.sampling.sampler", "stylernn.corpus.readers", "stylernn.evaluation.report"]


def file_of(name: str) -> Path:
    return Path(str(digest._file(name)))


def imported(name: str) -> set[str]:
    """What a module imports from the package, by Python's own parser."""
    found = set()
    for node in ast.walk(ast.parse(file_of(name).read_text())):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".") if digest._is_package(name) else name.split(".")[:-1]
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [base])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {
        each for each in found if each.startswith("stylernn.") and digest._source(each) is not None
    }


@pytest.mark.parametrize("root", ROOTS)
def test_the_modules_found_are_those_that_python_would_import(root: str) -> None:
    found = set(digest.imported_modules(root))
    assert root in found
    assert {each for name in found for each in imported(name)} <= found


def test_readers_of_every_format_are_part_of_the_corpus_cache() -> None:
    modules = (each.module for each in registry.FORMATS)
    found = digest.imported_modules(*cache._READERS, *modules)
    assert {
        f"stylernn.formats.{name}"
        for name in ("midi", "midi_tracks", "smf", "scores", "music21_reader", "score_text")
    } <= set(found)
    assert {"stylernn.system.archives", "stylernn.music.key", "stylernn.music.melody"} <= set(found)
    assert not any(name.startswith("stylernn.cli") for name in found)


def test_originality_is_part_of_the_evaluation_cache() -> None:
    assert "stylernn.reranking.originality" in digest.imported_modules(
        "stylernn.evaluation.originality"
    )


@pytest.mark.parametrize(
    ("changed", "differs"), [("midi_tracks", True), ("smf", True), ("midi_replace", False)]
)
def test_a_change_of_what_is_imported_changes_the_digest(
    changed: str, differs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "stylernn"
    shutil.copytree(Path(digest.__file__).parents[1], package)
    monkeypatch.setattr(digest, "files", lambda name: package)
    digests = []
    for text in ("", "\nCHANGED = True\n"):
        path = package / "formats" / f"{changed}.py"
        path.write_text(path.read_text() + text)
        digest.imported_modules.cache_clear()
        digest._source.cache_clear()
        digests.append(cache.cache_key("a corpus"))
    digest.imported_modules.cache_clear()
    digest._source.cache_clear()
    assert (digests[0] != digests[1]) == differs


def test_a_module_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"stylernn\.music\.nothing"):
        digest.source_digest("stylernn.music.nothing")
