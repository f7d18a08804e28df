"""Folders of the user's own: labels, manifests, what is left out, and folders that are added."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stylernn import corpus
from stylernn.corpus import folder, library, readers
from stylernn.errors import CorpusError
from stylernn.formats import midi
from stylernn.music.melody import Melody, Note


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path / "cache"))


def _write(path: Path, *, first: int = 60, notes: int = 12, title: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    midi.write(
        Melody(tuple(Note(24 * k, 24, first + k * k % 7) for k in range(notes)), title=title), path
    )


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two styles, a manifest, and files that are no music, too short or without a label."""
    root = tmp_path / "my music"
    _write(root / "blues" / "one.mid", title="Inside")
    _write(root / "blues" / "deep" / "two [ü] 'x'.mid", first=62)
    _write(root / "waltz" / "three.MID", first=64)
    _write(root / "waltz" / "short.mid", notes=5)
    _write(root / "unlabelled.mid")
    (root / "blues" / "broken.mid").write_bytes(b"MThd, not really")
    (root / "blues" / "notes.txt").write_text("not music")
    with (root / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["style", "file", "title", "composer", "licence", "substyle"])
        rows.writerow(
            [
                "blues",
                "blues/one.mid",
                "String_Quartet_No.1,_Op.18_No.1 mvt 2",
                "Beethoven",
                "CC0",
                "SLOW",
            ]
        )
    return root


def test_subfolders_are_labels_and_the_manifest_is_honoured(music: Path) -> None:
    one, two, three = sorted(corpus.load_folder(music), key=lambda tune: tune.melody.notes[0].pitch)
    assert (one.style, two.style, three.style) == ("blues", "blues", "waltz")
    assert one.identity == "blues/one.mid"
    assert one.melody.title == "String Quartet No.1, Op.18 No.1 mvt 2"
    assert (one.work, one.licence, one.substyle) == ("beethoven op 18 no 1", "CC0", "slow")
    assert two.identity == "blues/deep/two [ü] 'x'.mid"
    assert (two.licence, two.substyle, two.source) == ("unknown", "", "my music")


def test_what_is_left_out_has_a_reason(music: Path) -> None:
    dropped = dict(folder.read_folder(music).dropped)
    assert set(dropped) == {"blues/broken.mid", "waltz/short.mid"}
    assert dropped["waltz/short.mid"] == "fewer than 8 notes"


def test_second_load_parses_nothing_and_a_change_is_noticed(music: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    first = corpus.load_folder(music, progress=lambda *event: seen.append(event))
    assert seen[-1] == ("my music", 5, 5)
    seen.clear()
    assert corpus.load_folder(music, progress=lambda *event: seen.append(event)) == first
    assert seen == []
    _write(music / "waltz" / "four.mid", first=70)
    assert len(corpus.load_folder(music)) == len(first) + 1


def test_no_folder_and_no_music(tmp_path: Path, music: Path) -> None:
    with pytest.raises(CorpusError, match="no folder"):
        corpus.load_folder(tmp_path / "nowhere")
    with pytest.raises(
        CorpusError, match=r"nothing to load in .* in subfolders named after styles"
    ):
        corpus.load_folder(music / "waltz")
    (music / "manifest.csv").write_text("name\nx\n")
    with pytest.raises(CorpusError, match="expected UTF-8 with columns file; found name"):
        corpus.load_folder(music)


def test_an_added_folder_is_a_style(music: Path) -> None:
    assert "blues" not in corpus.styles_known()
    found = corpus.register("blues", music / "blues")
    assert len(found.tunes) == 2
    assert "blues" in corpus.styles_known()
    assert corpus.in_use("blues") == [str(music / "blues")]
    assert [tune.style for tune in corpus.load(["blues"])] == ["blues", "blues"]
    corpus.register("blues", music / "waltz")
    assert len(corpus.load(["blues"])) == 3


def test_a_damaged_registry_is_one_clear_error(music: Path) -> None:
    corpus.register("blues", music / "blues")
    (corpus.library.cache.folder() / "folders.json").write_text("{")
    with pytest.raises(
        CorpusError, match=r"cannot read the list of added folders, .*folders\.json"
    ):
        corpus.styles_known()


@pytest.fixture
def etudes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Points the bundled etudes to a temporary folder; call it to put an archive there."""
    place = tmp_path / "catalogue" / "jazz_etudes"
    monkeypatch.setattr(readers, "root", lambda source: place)
    monkeypatch.setattr(library, "root", lambda source: place)

    def make() -> None:
        place.mkdir(parents=True)
        with zipfile.ZipFile(place / "etudes.zip", "w") as archive:
            for number in range(3):
                _write(tmp_path / "etude.mid", first=60 + number, title=f"Etude number {number}")
                archive.write(tmp_path / "etude.mid", f"{number}.mid")

    return make


def test_etudes_stand_in_for_jazz(etudes: Callable[[], None]) -> None:
    etudes()
    assert corpus.in_use("jazz") == ["jazz_etudes"]
    tunes = corpus.load(["jazz"])
    assert [tune.identity for tune in tunes] == ["0.mid", "1.mid", "2.mid"]
    assert {tune.source for tune in tunes} == {"jazz_etudes"}
    assert tunes[0].licence == corpus.sources()["jazz_etudes"].licence


def test_without_etudes_jazz_has_to_be_fetched(etudes: Callable[[], None]) -> None:
    assert corpus.in_use("jazz") == []
    with pytest.raises(
        CorpusError, match=r"no tunes of style 'jazz' are installed.*stylernn corpus fetch jazz"
    ):
        corpus.load(["jazz"])
    with pytest.raises(CorpusError, match="the etudes of jazz_etudes are not here"):
        list(readers.read(corpus.sources()["jazz_etudes"], "jazz"))


def test_a_folder_of_real_jazz_comes_before_etudes(etudes: Callable[[], None], music: Path) -> None:
    etudes()
    corpus.register("jazz", music / "blues")
    assert corpus.in_use("jazz") == [str(music / "blues")]
