"""Quality of pairs of styles: what the model's header says, and what users are warned of."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stylernn.corpus.styles import Style
from stylernn.generation.pair_quality import Pair, caution, measured
from stylernn.model import checkpoint

MEASURED = [
    {"from": "jazz", "to": "classical", "tunes": 12, "accuracy": 0.5, "top1": 1.0},
    {"from": "classical", "to": "jazz", "tunes": 12, "accuracy": 0.92, "top1": 0.83, "real": 0.97},
]


@pytest.fixture
def model_file(tiny_model: Path, tmp_path: Path) -> Path:
    model = checkpoint.load_model(tiny_model)
    checkpoint.save_model(
        tmp_path / "model.safetensors", checkpoint.with_metrics(model, {"pairs": MEASURED})
    )
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize(
    ("accuracy", "top1", "works"), [(0.85, 0.8, True), (0.84, 1.0, False), (1.0, 0.79, False)]
)
def test_a_pair_works_that_is_in_the_style_and_still_the_tune(
    accuracy: float, top1: float, works: bool
) -> None:
    assert Pair("jazz", "celtic", 12, accuracy, top1).works == works


def test_a_model_without_measurements_has_no_pairs_and_no_caution() -> None:
    assert measured(None) == measured({}) == []
    assert caution(None, Style("jazz", "jazz")) == ""


def test_caution_names_what_works() -> None:
    assert caution({"pairs": MEASURED}, Style("bebop", "jazz")) == ""
    assert "from no other style, of 1" in caution(
        {"pairs": MEASURED}, Style("classical", "classical")
    )


def test_styles_shows_the_pairs(stylernn: Callable, model_file: Path, tiny_model: Path) -> None:
    listed = stylernn("styles", "--model", model_file)
    assert "1 of 1" in listed.out
    assert "0 of 1" in listed.out
    table = stylernn("styles", "--pairs", "--model", model_file)
    rows = [line.split(maxsplit=6) for line in table.out.splitlines()[1:]]
    assert ["classical", "jazz", "12", "50%", "-", "100%", "do not expect much"] in [
        [cell.strip() for cell in r] for r in rows
    ]
    assert ["jazz", "classical", "12", "92%", "97%", "83%"] in rows
    assert stylernn("styles", "--pairs", "--model", tiny_model).code == 1


def test_transfer_says_when_not_to_expect_much(
    stylernn: Callable, model_file: Path, tmp_path: Path
) -> None:
    tune = Path(__file__).parents[2] / "examples" / "greensleeves.mid"
    words = (
        "transfer",
        tune,
        "--model",
        model_file,
        "--candidates",
        1,
        "-o",
        tmp_path / "out.mid",
        "--force",
    )
    assert (
        "note: classical was reached well from no other style"
        in stylernn(*words, "--to", "classical").err
    )
    assert "note:" not in stylernn(*words, "--to", "jazz").err
