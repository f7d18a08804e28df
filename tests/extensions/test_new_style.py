"""A new style is one folder: it is known, it is played in its own manner, a model can learn it."""

import shutil
from pathlib import Path

import pytest

from stylernn import corpus
from stylernn.corpus import LabelledMelody, styles
from stylernn.corpus.catalogue import check_styles
from stylernn.music.melody import Chord, Melody, Note
from stylernn.sound.accompaniment import accompany
from stylernn.sound.performance import manner, perform
from stylernn.system import paths, style_data

_TOY = """
parent = "folk"
description = "a toy style, for this test"

[manner]
instrument = "Music Box"
swing = 1.0

[accompaniment]
figure = "sustained"
chords = "Celesta"
"""
_ROOT = 'description = "a toy style without a parent"\n'


@pytest.fixture(autouse=True)
def _toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the catalogue with two more folders."""
    folder = tmp_path / "corpora"
    shutil.copytree(paths.catalogue(), folder)
    for label, text in (("musical_box", _TOY), ("whistling", _ROOT)):
        (folder / "styles" / label).mkdir()
        (folder / "styles" / label / "style.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(paths, "catalogue", lambda: folder)
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path / "cache"))


def melody(step: int = 5) -> Melody:
    return Melody(
        tuple(Note(12 * k, 12, 60 + (step * k) % 12) for k in range(32)),
        chords=(Chord(0, "C"), Chord(192, "G7")),
    )


def tunes(style: str, substyle: str = "") -> list[LabelledMelody]:
    return [
        LabelledMelody(melody(k), style, f"{k}", f"work {k}", "mine", "CC0-1.0", substyle)
        for k in range(1, 13)
    ]


def test_it_is_among_the_known_styles(tmp_path: Path) -> None:
    assert {"musical_box", "whistling"} <= set(style_data.labels())
    assert "musical_box" in corpus.styles_known()  # its parent has tunes
    assert "whistling" not in corpus.styles_known()
    folder = tmp_path / "whistled"
    folder.mkdir()
    shutil.copy(Path(__file__).parents[2] / "examples" / "auld-lang-syne.mid", folder)
    corpus.register("whistling", folder)
    assert "whistling" in corpus.styles_known()
    check_styles(["musical_box", "whistling"])
    assert {tune.style for tune in corpus.load(["whistling"])} == {"whistling"}


def test_it_is_played_and_accompanied_in_its_own_manner() -> None:
    own, folk = manner("musical_box"), manner("folk")
    assert (own.instrument, own.swing) == ("Music Box", 1.0)
    assert (own.legato, own.accents) == (folk.legato, folk.accents)  # its parent's
    assert manner("whistling") == manner("")
    assert perform(melody(), "musical_box") != perform(melody(), "folk")
    band = accompany(melody(), "musical_box")
    assert len(band.bass) == 4  # one note a bar
    assert band.chord_instrument == "Celesta"
    assert band.bass_instrument == accompany(melody(), "folk").bass_instrument


def test_it_is_a_label_to_train_on() -> None:
    labelled = [*tunes("folk", "Musical_Box"), *tunes("folk"), *tunes("whistling")]
    assert [styles.label(tune) for tune in labelled[::12]] == ["musical_box", "folk", "whistling"]
    tree = {style.name: style for style in styles.tree(labelled)}
    assert list(tree) == ["folk", "musical_box", "whistling"]
    assert tree["musical_box"].parent == "folk"
    assert tree["musical_box"].description == "a toy style, for this test"
    assert (tree["folk"].tunes, tree["musical_box"].tunes) == (24, 12)
    assert tree["whistling"].parent == "whistling"
    assert styles.parents(tuple(tree.values())) == [0, 1, 1, 3]
    split = corpus.split(labelled)
    assert {styles.label(tune) for tune in split.train} == set(tree)
