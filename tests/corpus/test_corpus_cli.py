"""`stylernn corpus`: what a user sees of the corpora, and what their mistakes come to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stylernn import corpus
from stylernn.cli.corpus import app
from stylernn.errors import StylernnError
from stylernn.formats import midi
from stylernn.music.melody import Melody, Note

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command; returns its standard output with single spaces between words."""

    def invoke(*words: str | Path) -> str:
        app([str(word) for word in words], standalone_mode=False)
        return " ".join(capfd.readouterr().out.split())

    return invoke


@pytest.fixture
def music(tmp_path: Path) -> Path:
    root = tmp_path / "music"
    root.mkdir()
    for first in range(60, 80):
        notes = tuple(Note(24 * k, 24, first + k * first % 7) for k in range(12))
        midi.write(Melody(notes, title=f"Tune of {first}"), root / f"{first}.mid")
    (root / "broken.mid").write_bytes(b"MThd, not really")
    return root


def test_list_shows_every_source_with_licence_and_state(run: Run) -> None:
    printed = run("list")
    for source in corpus.sources().values():
        assert source.name in printed
        assert source.licence in printed
    assert "irish music21-celtic" in printed
    assert "in use public domain; music21's terms" in printed
    assert "to fetch ODbL" in printed


def test_add_then_list_then_stats(run: Run, music: Path) -> None:
    printed = run("add", "blues", music)
    assert f"blues: 20 melodies in {music}" in printed
    assert "left out: 1 " in printed
    assert f"blues {music} in use your own" in run("list")
    (counts,) = (part for part in run("stats", "blues").split(str(music))[1:])
    assert counts.split()[:3] == ["20", "240", "60"]
    assert sum(map(int, counts.split()[3:6])) == 20
    assert "4/4 100%" in counts


def test_fetch_verifies_and_says_licence_and_citation(run: Run, shared: Path) -> None:
    mirror = shared / "data" / "mirror"
    printed = run("fetch", "jazz", "--mirror", mirror)
    assert "weimar: 3 files verified, 3 new" in printed
    assert "licence: ODbL 1.0" in printed
    assert "please cite: Pfleiderer" in printed
    assert corpus.in_use("jazz") == ["weimar"]
    assert "weimar: 3 files verified, 0 new" in run("fetch", "bebop", "--mirror", mirror)


def test_nothing_to_fetch(run: Run) -> None:
    assert run("fetch", "irish") == "nothing to fetch: irish comes from music21-celtic"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fetch", "jaz"), "Did you mean jazz"),
        (("stats", "no-such"), "unknown style 'no-such'"),
        (("fetch", "jazz", "--mirror", "http://example.org"), "expected an https address"),
        (("add", "blues", "no/such/folder"), "no folder"),
        (("add", "so/so", "."), "cannot name a style"),
    ],
)
def test_mistakes_are_one_clear_error(run: Run, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(StylernnError, match=message):
        run(*words)
