"""Training on a handful of melodies: the run folder, resuming, and what stops a run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import training_tunes
from safetensors.numpy import load_file

from stylernn import config
from stylernn.config import DataSettings
from stylernn.corpus import LabelledMelody
from stylernn.errors import TrainingError
from stylernn.music.melody import Melody, Note
from stylernn.representation import batching
from stylernn.representation.examples import prepare
from stylernn.training import train
from stylernn.training.progress import Progress

STEPS = 4


class CrashError(Exception):
    """Raised in a callback, as a crash would."""


@pytest.fixture(scope="module")
def tunes() -> list[LabelledMelody]:
    return training_tunes.tunes()


@pytest.fixture(scope="module")
def tiny() -> config.Settings:
    return config.load(
        "tiny", {"train.steps": STEPS, "train.every": 2, "train.warmup": 1, "train.batch": 2}
    )


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, tiny: config.Settings, tunes: list[LabelledMelody]
) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    outcome = train.fit(tiny, tunes, folder)
    assert {row.style for row in outcome.table} == {"down", "up"}
    assert all(
        np.isfinite(row.bits) and row.untrained_bits > row.markov_bits for row in outcome.table
    )
    return folder


def test_a_run_folder_holds_all_that_a_reader_needs(whole: Path, tiny: config.Settings) -> None:
    assert config.load(whole / "config.toml") == tiny
    lines = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]
    run = json.loads((whole / "run.json").read_text())
    assert run["seed"] == tiny.train.seed
    assert len(run["corpus"]) == 16
    assert (whole / "curve.png").read_bytes()[:4] == b"\x89PNG"


def test_a_resumed_run_ends_the_same_to_the_last_bit(
    whole: Path, tiny: config.Settings, tunes: list[LabelledMelody], tmp_path: Path
) -> None:
    def crash(progress: Progress) -> None:
        if progress.step == 3:
            raise CrashError

    with pytest.raises(CrashError):
        train.fit(tiny, tunes, tmp_path / "run", on_event=crash)
    train.fit(tiny, tunes, tmp_path / "run", resume=True)
    for name in ("last.safetensors", "model.safetensors"):
        ours, theirs = load_file(tmp_path / "run" / name), load_file(whole / name)
        assert ours.keys() == theirs.keys()
        assert all(np.array_equal(ours[key], theirs[key]) for key in ours)
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == (whole / "metrics.jsonl").read_text()


def test_the_same_seed_gives_the_same_files(
    whole: Path, tiny: config.Settings, tunes: list[LabelledMelody], tmp_path: Path
) -> None:
    train.fit(tiny, tunes, tmp_path / "run")
    for file in ("model.safetensors", "metrics.jsonl", "config.toml", "run.json"):
        assert (tmp_path / "run" / file).read_bytes() == (whole / file).read_bytes(), file


def test_products_in_bfloat16_learn_nearly_the_same(
    whole: Path, tiny: config.Settings, tunes: list[LabelledMelody], tmp_path: Path
) -> None:
    coarse = replace(tiny, train=replace(tiny.train, products="bfloat16"))
    train.fit(coarse, tunes, tmp_path / "run")
    bits, rough = (
        [
            json.loads(line)["valid_bits"]
            for line in (folder / "metrics.jsonl").read_text().splitlines()
        ]
        for folder in (whole, tmp_path / "run")
    )
    assert rough == pytest.approx(bits, rel=0.02)
    assert rough != bits


def test_a_used_folder_and_other_corpora_are_refused(
    whole: Path, tiny: config.Settings, tunes: list[LabelledMelody]
) -> None:
    with pytest.raises(TrainingError, match="already holds a run"):
        train.fit(tiny, tunes, whole)
    with pytest.raises(TrainingError, match="not those"):
        train.fit(tiny, tunes[:-1], whole, resume=True)
    with pytest.raises(TrainingError, match="no run"):
        train.fit(tiny, tunes, whole.parent / "nothing", resume=True)


def test_too_few_works_are_refused(
    tiny: config.Settings, tunes: list[LabelledMelody], tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="too few works"):
        train.fit(tiny, tunes[:1], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_batches_depend_on_seed_and_step_alone(tunes: list[LabelledMelody]) -> None:
    examples = [prepare(tune.melody, 1 + k % 2, 1 + k % 2) for k, tune in enumerate(tunes)]
    data = replace(DataSettings(), events=64)
    one, two, other = (batching.Batcher(examples, data, 4, seed) for seed in (1, 1, 2))
    one(0)
    np.testing.assert_array_equal(one(5).time, two(5).time)
    np.testing.assert_array_equal(one(5).piece.skeleton_pitch, two(5).piece.skeleton_pitch)
    assert not np.array_equal(one(5).pitch, other(5).pitch)


def test_windows_cover_every_bar_once(tunes: list[LabelledMelody]) -> None:
    long = Melody(tuple(Note(12 * k, 12, 60 + k % 7) for k in range(400)))
    windows = batching.cover(prepare(long), 64)
    assert windows[0][0] == 0
    assert [last for _, last in windows[:-1]] == [first for first, _ in windows[1:]]
    assert windows[-1][1] == long.bars
