"""Downloads: only files of the catalogue are saved, and only `fetch` needs a network."""

import dataclasses
import hashlib
import urllib.request
from collections.abc import Iterator
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
    return dataclasses.replace(
        known, name="test", repository="owner/name", commit="abc123", sha256=hashes
    )


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
    with pytest.raises(
        CorpusError,
        match="is not the file of the catalogue.*sha256 " + source.sha256["data/one.bin"],
    ):
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
    assert (
        address
        == "https://example.org/owner/name/abc123/data/Am%20I%20Blue%3F/%C3%BC%20%27two%27.bin"
    )


class Answer:
    """What a mirror sends: a status, and blocks without end or the files of the source."""

    def __init__(self, status: int, blocks: Iterator[bytes]) -> None:
        self.status_code, self.headers, self._blocks = status, {}, blocks

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def raise_for_status(self) -> None:
        pass

    def close(self) -> None:
        pass

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        return self._blocks


def mirror(
    monkeypatch: pytest.MonkeyPatch, status: int, blocks: Iterator[bytes]
) -> list[dict[str, object]]:
    """Have requests answer so; what it is asked."""
    import requests

    asked: list[dict[str, object]] = []

    def get(url: str, **options: object) -> Answer:
        asked.append({"url": url, **options})
        return Answer(status, blocks)

    monkeypatch.setattr(requests, "get", get)
    return asked


def test_a_redirect_is_not_followed(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mirror(monkeypatch, 302, iter([b"moved"]))
    with pytest.raises(CorpusError, match="is not the file of the catalogue"):
        download._retrieve(
            "https://example.org/one.bin", "0" * 64, catalogue.root(source) / "one.bin"
        )
    assert asked[0]["allow_redirects"] is False
    assert asked[0]["url"] == "https://example.org/one.bin"
    assert "verify" not in asked[0]  # certificates are checked unless it says otherwise
    assert not list(catalogue.root(source).rglob("*.bin"))


def test_a_mirror_that_sends_without_end_is_cut_off(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLERNN_LIMITS", "archive_megabytes=3")
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield bytes(1_000_000)

    mirror(monkeypatch, 200, endless())
    with pytest.raises(CorpusError, match=r"cannot fetch .*more than 3 MB"):
        download._retrieve(
            "https://example.org/one.bin", "0" * 64, catalogue.root(source) / "one.bin"
        )
    assert len(sent) == 4
    assert not [path for path in catalogue.root(source).rglob("*") if path.is_file()]


def test_an_interrupted_fetch_goes_on_with_what_is_missing(source: Source, tmp_path: Path) -> None:
    missing = tmp_path / "mirror/owner/name/abc123/data/Am I Blue?/ü 'two'.bin"
    content = missing.read_bytes()
    missing.unlink()
    with pytest.raises(CorpusError):
        download.fetch(source)
    missing.parent.mkdir(parents=True, exist_ok=True)
    missing.write_bytes(content)
    assert 1 <= download.fetch(source) <= 2
    download.check(source)


def test_tests_cannot_reach_the_network() -> None:
    with pytest.raises(AssertionError, match="tried to use the network"):
        urllib.request.urlopen("https://example.org")
