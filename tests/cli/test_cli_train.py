"""`stylernn train`: a run, a run that is interrupted, and its continuation."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from stylernn.formats import registry
from stylernn.music.melody import Melody
from stylernn.training.progress import RunState

pytestmark = pytest.mark.slow  # three runs, each of which compiles


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two styles of twenty random tunes: steps in quarters, leaps in eighths."""
    folder = tmp_path_factory.mktemp("music")
    rng = np.random.default_rng(1)
    for style, duration, pitch_range in (("calm", 24, 2), ("wild", 12, 9)):
        (folder / style).mkdir()
        for number in range(20):
            pitches = np.clip(60 + rng.integers(-pitch_range, pitch_range + 1, 48).cumsum(), 40, 90)
            onsets = np.arange(48) * duration
            notes = np.stack([onsets, np.full(48, duration), pitches], axis=1)
            registry.write(Melody.from_array(notes), folder / style / f"{number}.mid")
    return folder


def test_a_run_leaves_a_model_and_a_table(stylernn: Callable, music: Path, tmp_path: Path) -> None:
    ran = stylernn("train", "--data", music, "--config", "tiny", "--out", tmp_path / "run")
    assert ran.code == 0, ran.err
    for heading in ("calm", "wild", "Markov-3", "untrained", "validation"):
        assert heading in ran.out
    listed = stylernn("styles", "--model", tmp_path / "run")
    assert {"calm", "wild"} <= set(listed.out.split())
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {
        "config.toml",
        "curve.png",
        "metrics.jsonl",
        "model.safetensors",
        "run.json",
        "source.json",
    } <= names


def test_an_interrupted_run_goes_on_to_the_same_model(
    stylernn: Callable, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stylernn.training import run_folder

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert (
        stylernn(
            "train", "--data", music, "--styles", "calm", "wild", "--config", "tiny", "--out", whole
        ).code
        == 0
    )
    record = run_folder.record

    def interrupted(folder: Path, place: RunState, *rest: object) -> None:
        record(folder, place, *rest)
        if place.step == 8:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run_folder, "record", interrupted)
        stopped = stylernn(
            "train", "--data", music, "--styles", "calm", "wild", "--config", "tiny", "--out", parts
        )
    assert stopped.code == 130
    assert f"--resume {parts}" in stopped.out
    ran = stylernn("train", "--resume", parts)
    assert ran.code == 0, ran.err
    assert validations(whole) == validations(parts)
    first, second = (load_file(run / "model.safetensors") for run in (whole, parts))
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def validations(run: Path) -> list[tuple[int, float]]:
    """Steps and exact validation losses; the training loss is a running mean of one process."""
    entries = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [(entry["step"], entry["valid_bits"]) for entry in entries]
