"""The catalogue: complete entries, true hashes, styles that can be found."""

import hashlib
import re
from pathlib import Path

import pytest

from stylernn.corpus import catalogue
from stylernn.corpus.catalogue import Source
from stylernn.corpus.readers import READERS
from stylernn.errors import UsageError

_SOURCES = catalogue.sources().values()
_DOWNLOADS = [source for source in _SOURCES if source.kind == "download"]


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path))


@pytest.mark.parametrize("source", _SOURCES, ids=lambda source: source.name)
def test_entries_are_complete(source: Source) -> None:
    assert source.kind in {"music21", "download", "bundled"}
    assert source.reader in READERS
    assert source.title
    assert source.licence
    assert source.citation
    assert source.styles
    if source.kind == "download":
        assert re.fullmatch("[0-9a-f]{40}", source.commit)
        assert source.commit in source.url
        assert source.sha256
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in source.sha256.values())
    if source.kind != "bundled":
        assert all({"tunes", "notes"} <= set(entry) for entry in source.styles.values())


@pytest.mark.parametrize("source", _DOWNLOADS, ids=lambda source: source.name)
def test_hashes_are_those_of_the_originals(source: Source, shared: Path) -> None:
    for path, digest in source.sha256.items():
        file = shared / "data" / "mirror" / source.repository / source.commit / path
        assert hashlib.sha256(file.read_bytes()).hexdigest() == digest, path


def test_music21_globs_find_files() -> None:
    for source in _SOURCES:
        if source.kind == "music21":
            for entry in source.styles.values():
                assert all(any(catalogue.root(source).glob(glob)) for glob in entry["files"])


def test_styles_form_a_tree() -> None:
    known = catalogue.styles_known()
    assert {
        "jazz",
        "bebop",
        "celtic",
        "irish",
        "fiddle",
        "scottish",
        "classical",
        "chorale",
        "chinese",
    } <= set(known)
    assert catalogue.leaves("celtic") == ["fiddle", "irish", "scottish"]
    assert catalogue.leaves("irish") == ["irish"]
    assert catalogue.leaves("bebop") == ["jazz"]


def test_unknown_style_names_the_nearest() -> None:
    with pytest.raises(
        UsageError, match=r"unknown style 'jaz'; expected one of .*irish.*Did you mean jazz"
    ) as caught:
        catalogue.check_styles(["irish", "jaz"])
    assert caught.value.exit_code == 2
