"""Downloads: only what the catalogue knows gets into place, and nothing but `fetch` needs a network."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from stylernn.corpus import catalogue, download
from stylernn.corpus.catalogue import Source
from stylernn.errors import CorpusError, UsageError

_FILES = {"data/one.bin": b"first file", "data/Am I Blue?/ü 'two'.bin": b"second file"}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source of two small files, and a mirror folder that has them; nothing is fetched yet."""
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STYLERNN_MIRROR", str(tmp_path / "mirror"))
    for path, content in _FILES.items():
        target = tmp_path / "mirror" / "owner/name" / "abc123" / path
        target.parent.mkdir(parents=True)
        target.write_bytes(content)
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in _FILES.items()}
    known = catalogue.sources()["weimar"]
    return dataclasses.replace(known, name="test", repository="owner/name", commit="abc123", sha256=hashes)


def test_fetches_once_and_reports(source: Source) -> None:
    seen: list[tuple[str, int, int]] = []
    assert not download.is_fetched(source)
    assert download.fetch(source, progress=lambda *event: seen.append(event)) == 2
    assert seen == [("test", 1, 2), ("test", 2, 2)]
    assert {path: (catalogue.root(source) / path).read_bytes() for path in _FILES} == _FILES
    assert download.is_fetched(source)
    download.check(source)
    assert download.fetch(source) == 0


def test_refuses_a_flipped_byte(source: Source, tmp_path: Path) -> None:
    (tmp_path / "mirror/owner/name/abc123/data/one.bin").write_bytes(b"First file")
    with pytest.raises(CorpusError, match="is not the file of the catalogue.*sha256 " + source.sha256["data/one.bin"]):
        download.fetch(source)
    assert not (catalogue.root(source) / "data/one.bin").exists()
    assert not download.is_fetched(source)
    assert not list(catalogue.root(source).glob("data/*tmp*"))


def test_notices_and_mends_a_byte_that_flips_later(source: Source) -> None:
    download.fetch(source)
    (catalogue.root(source) / "data/one.bin").write_bytes(b"First file")
    with pytest.raises(CorpusError, match=r"one\.bin is not the file of the catalogue"):
        download.check(source)
    assert download.fetch(source) == 1
    download.check(source)


def test_a_missing_file_is_one_clear_error(source: Source, tmp_path: Path) -> None:
    (tmp_path / "mirror/owner/name/abc123/data/one.bin").unlink()
    with pytest.raises(CorpusError, match=r"cannot fetch .*one\.bin"):
        download.fetch(source)


@pytest.mark.parametrize("base", ["http://example.org", "ftp://example.org", "no/such/folder"])
def test_only_https_or_a_folder(base: str) -> None:
    with pytest.raises(UsageError, match="expected an https address or an existing folder"):
        download.base_address(base)


def test_base_address_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STYLERNN_MIRROR", raising=False)
    assert download.base_address() == download.GITHUB
    monkeypatch.setenv("STYLERNN_MIRROR", str(tmp_path))
    assert download.base_address() == str(tmp_path)
    assert download.base_address("https://example.org/mirror/") == "https://example.org/mirror"


def test_addresses_quote_odd_names(source: Source) -> None:
    address = download._locate("https://example.org", source, "data/Am I Blue?/ü 'two'.bin")
    assert address == "https://example.org/owner/name/abc123/data/Am%20I%20Blue%3F/%C3%BC%20%27two%27.bin"
