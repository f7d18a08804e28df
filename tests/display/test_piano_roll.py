"""Pictures: every note is drawn where it is and as what it is, told apart without colour too."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from stylernn.display import piano_roll
from stylernn.formats import registry
from stylernn.music.melody import Key, Melody, Note, TimeSignature

TUNE = Path(__file__).parents[2] / "examples" / "greensleeves.mid"
SOURCE = Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(8)), key=Key(0), title="Scale")
RESULT = Melody(
    (Note(0, 24, 60), Note(24, 12, 64), Note(36, 12, 80), Note(96, 96, 64)),
    key=Key(0),
    title="Result",
)


def drawn(figure: Figure) -> list[list[tuple[int, int, int]]]:
    """Onset, duration and pitch of the rectangles of each roll."""
    rolls = []
    for axes in figure.axes:
        bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        rolls.append(
            [(round(b.get_x()), round(b.get_width()), round(b.get_y() + 0.5)) for b in bars]
        )
    return rolls


def test_every_note_is_drawn_once_on_one_time_axis() -> None:
    figure = piano_roll._drawn(RESULT, SOURCE)
    source, result = drawn(figure)
    assert source == [tuple(note) for note in SOURCE.notes]
    assert result == [tuple(note) for note in RESULT.notes]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()][:2] == ["1", "2"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["source", "result"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["C4", "G4", "C5", "G5"]


def test_what_a_note_is_shows_in_both_rolls() -> None:
    figure = piano_roll._drawn(RESULT, SOURCE)
    source, result = ([patch.get_label() for patch in axes.patches] for axes in figure.axes)
    assert source[0] == result[0] == "kept"
    assert result[2] == "new"
    assert source.count("dropped") == len(SOURCE.notes) - sum(
        kind in ("kept", "moved") for kind in result
    )


def test_long_tunes_go_over_several_lines() -> None:
    melody = Melody(tuple(Note(96 * k, 96, 60 + k % 7) for k in range(40)))
    rolls = drawn(piano_roll._drawn(melody, None))
    assert [len(roll) for roll in rolls] == [16, 16, 8]
    assert (
        len(piano_roll._drawn(Melody((Note(0, 24, 60), Note(96 * 2000, 24, 60))), None).axes) <= 40
    )


def test_bars_are_numbered_from_the_pickup() -> None:
    melody = Melody((Note(72, 24, 67), Note(96, 96, 72)), pickup=24)
    figure = piano_roll._drawn(melody, None)
    assert figure.axes[0].get_xticklabels()[0].get_text() == "0"


LOOKS = list(piano_roll._LOOKS.values())


def grey(colour: str) -> float:
    """Relative luminance, as a printer without colours makes it."""
    return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize(("one", "other"), list(combinations(LOOKS, 2)))
def test_kinds_are_told_apart_without_colour(one: dict, other: dict) -> None:
    hatched = one.get("hatch") != other.get("hatch")
    edged = (one.get("linestyle"), one.get("linewidth")) != (
        other.get("linestyle"),
        other.get("linewidth"),
    )
    assert hatched or edged or abs(grey(one["facecolor"]) - grey(other["facecolor"])) > 0.3


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files_are_whole_and_the_same_each_time(tmp_path: Path, ending: str) -> None:
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    path = tmp_path / f"roll.{ending}"
    piano_roll.roll(RESULT, path, SOURCE)
    assert path.read_bytes().startswith(start)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_picture_is_not_empty(tmp_path: Path) -> None:
    piano_roll.roll(RESULT, tmp_path / "roll.png", SOURCE)
    pixels = np.array(Image.open(tmp_path / "roll.png").convert("L"))
    assert 0.001 < (pixels < 200).mean() < 0.5


# The command line


def test_show_two(stylernn: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    melody = registry.read(TUNE)
    registry.write(melody.transpose(12), "b.mid")
    ran = stylernn("show", TUNE, "b.mid")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("b.png: 0 kept")
    assert stylernn("show", TUNE, TUNE, "-o", "same.svg").out.startswith(
        f"same.svg: {len(melody.notes)} kept, 0 moved"
    )
    assert "exists" in stylernn("show", TUNE, "b.mid").err
    assert "an ending out of .png, .svg, .pdf" in stylernn("show", TUNE, "b.mid", "-o", "b.jpg").err


def test_a_jig_is_shown_beside_its_simple_time(stylernn: Callable, tmp_path: Path) -> None:
    jig = Melody(
        tuple(Note(12 * k, 12, 60 + k) for k in range(24)), ((0, TimeSignature(6, 8)),), tempo=180
    )
    simple = Melody(
        tuple(Note(8 * k, 8, 60 + k) for k in range(24)), ((0, TimeSignature(2, 4)),), tempo=120
    )
    for melody, name in ((jig, "a.mid"), (simple, "b.mid")):
        registry.write(melody, tmp_path / name)
    ran = stylernn("show", tmp_path / "a.mid", tmp_path / "b.mid", "-o", tmp_path / "c.png")
    assert ": 24 kept, 0 moved" in ran.out


def test_transfer_and_generate_plot(
    stylernn: Callable, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = stylernn(
        "transfer", TUNE, "--to", "jazz", "--model", tiny_model, "-o", "a.mid", "--plot", "a.png"
    )
    assert ran.code == 0, ran.err
    options = (
        "--style",
        "jazz",
        "--bars",
        4,
        "--count",
        2,
        "--metre",
        "3/4",
        "--model",
        tiny_model,
    )
    ran = stylernn("generate", *options, "-o", "b.mid", "--plot", "b.png")
    assert ran.code == 0, ran.err
    assert {"a.png", "b-1.png", "b-2.png"} <= {path.name for path in tmp_path.iterdir()}
    assert "an ending out of" in stylernn("generate", *options, "--plot", "b.mid").err
