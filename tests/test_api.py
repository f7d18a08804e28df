"""stylernn from Python: three calls, tunes that remember their file, an import that takes no time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from midi_files import line, smf

import stylernn as s
from stylernn import api
from stylernn.display import html
from stylernn.errors import StylernnError, UsageError
from stylernn.formats import midi
from stylernn.generation import provenance
from stylernn.music.melody import Key, Melody, Note
from stylernn.reranking import originality

QUICK = {"candidates": 1}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tune, bass = (
        line(*((480 * k, 480, low + k % 5) for k in range(16)), channel=channel)
        for channel, low in ((0, 72), (1, 40))
    )
    return smf(tmp_path_factory.mktemp("song") / "song.mid", tune, bass)


@pytest.fixture(scope="module")
def jazz(song: Path, tiny_model: Path) -> s.MelodyFile:
    return s.transfer(s.read(song), to="jazz", seed=1, model=tiny_model, **QUICK)


def test_importing_stylernn_imports_nothing_heavy() -> None:
    code = "import sys, stylernn; print(*sorted({'numpy', 'jax', 'symusic', 'stylernn.api'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "\n"


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'transpose'"):
        s.transpose  # noqa: B018


def test_modules_with_the_name_of_a_call_stay_modules(tiny_model: Path) -> None:
    assert s.styles(tiny_model) == ["bebop", "classical", "jazz"]
    from stylernn.corpus import styles
    from stylernn.generation import transfer

    assert transfer.TransferConfig().candidates == 32
    assert styles.Style("jazz", "jazz").name == "jazz"


def test_a_result_is_written_among_the_other_tracks(
    jazz: s.MelodyFile, song: Path, tmp_path: Path
) -> None:
    assert jazz.melody.bars == s.read(song).melody.bars
    assert len(midi.tracks(jazz.write(tmp_path / "all.mid"))) == 2
    assert midi.read(tmp_path / "all.mid", track=1).notes == midi.read(song, track=1).notes
    assert midi.read(tmp_path / "all.mid", track=0).notes == jazz.melody.notes
    assert len(midi.tracks(jazz.write(tmp_path / "one.mid", melody_only=True))) == 1


def test_a_result_says_where_it_comes_from(jazz: s.MelodyFile, tiny_model: Path) -> None:
    facts = json.loads(json.dumps(jazz.provenance))
    assert facts["model"]["sha256"] == originality.fingerprint(tiny_model)
    assert (facts["style"], facts["seed"], facts["settings"]["candidates"]) == ("jazz", 1, 1)
    assert facts["originality"]["longest_copy"] is None
    assert facts["totals"] == jazz.alignment.totals
    assert [note["bar"] for note in facts["notes"]] == sorted(
        note["bar"] for note in facts["notes"]
    )
    assert facts["notes"][0]["bar"] == jazz.melody.notes[0].onset // 96 + 1


def test_melodies_and_names_of_files_are_tunes_too(
    song: Path, tiny_model: Path, jazz: s.MelodyFile
) -> None:
    again = s.transfer(song, "jazz", seed=1, model=tiny_model, **QUICK)
    assert again.melody == jazz.melody
    plain = s.transfer(s.read(song).melody, "jazz", seed=1, model=tiny_model, **QUICK)
    assert not plain.arranged


def test_new_melodies(tiny_model: Path) -> None:
    made = s.generate("jazz", model=tiny_model, bars=2, count=2, key=Key(1))
    assert [tune.melody.bars for tune in made] == [2, 2]


def test_what_copies_is_drawn_again(
    song: Path,
    tmp_path: Path,
    tiny_model: Path,
    jazz: s.MelodyFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tmp_path / "model.safetensors"
    model.write_bytes(tiny_model.read_bytes())
    with pytest.raises(UsageError, match="no index"):
        s.transfer(song, "jazz", model=model, max_copy=12, **QUICK)
    with pytest.raises(UsageError, match="a number from 12"):
        s.transfer(song, "jazz", model=model, max_copy=5, **QUICK)
    originality.save_index(
        model, originality.collect([jazz.melody], originality.fingerprint(model))
    )
    lengths = iter([30, 12, 11])
    monkeypatch.setattr(originality, "longest_copy", lambda *_: next(lengths))
    other = s.transfer(song, "jazz", seed=1, model=model, max_copy=12, **QUICK)
    assert other.provenance["originality"]["longest_copy"] == 11
    assert other.provenance["seed"] == other.seed != 1


def test_copies_without_end_are_an_error(
    song: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originality, "beside", lambda _: originality.collect([], ""))
    monkeypatch.setattr(originality, "longest_copy", lambda *_: 40)
    monkeypatch.setattr(api, "_ATTEMPTS", 2)
    with pytest.raises(StylernnError, match="2 results of seed 0 all copy 12 notes or more"):
        s.transfer(song, "jazz", model=tiny_model, max_copy=12, **QUICK)


def test_a_tune_shows_itself(jazz: s.MelodyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "_player", lambda *_: "PLAYER")
    shown = jazz._repr_html_()
    notes = len(jazz.melody.notes) + len(jazz.alignment.dropped)
    assert shown.count("<rect") == notes
    assert "PLAYER" in shown
    assert "kept" in shown
    opened = []
    monkeypatch.setattr(api.webbrowser, "open", opened.append)
    jazz.show()
    assert shown in Path(opened[0].removeprefix("file://")).read_text()


def test_titles_cannot_smuggle_html() -> None:
    melody = Melody((Note(0, 24, 60),), title="<script>alert(1)</script>")
    assert "<script>" not in html.fragment(melody)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "find_spec", lambda _: None)
    assert "pip install 'stylernn[sound]'" in html.fragment(Melody((Note(0, 24, 60),)))


def test_the_sidecar_lies_beside_the_result(tmp_path: Path) -> None:
    assert provenance.beside(tmp_path / "out.jazz.mid") == tmp_path / "out.jazz.provenance.json"
    provenance.write({"a": "é"}, tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == {"a": "é"}
