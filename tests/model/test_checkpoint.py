"""Model files and settings: what goes in comes out, and what is damaged is refused."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from stylernn import config
from stylernn.errors import ModelFileError, UsageError
from stylernn.model import checkpoint
from stylernn.system import array_file, paths


def rewritten(source: Path, target: Path, change) -> Path:
    """A model file with its header and arrays changed."""
    with safe_open(source, framework="numpy") as file:
        header = json.loads(file.metadata()["stylernn"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
    header.pop("sha256")
    change(header, arrays)
    save_file(arrays, target, metadata={"stylernn": json.dumps(header)})
    return target


def test_a_model_comes_back(tiny_model: Path, tmp_path: Path) -> None:
    model = checkpoint.load_model(tiny_model)
    checkpoint.save_model(tmp_path / "copy.safetensors", model)
    copy = checkpoint.load_model(tmp_path / "copy.safetensors")
    assert copy.header == model.header
    assert all(np.array_equal(copy.arrays[name], array) for name, array in model.arrays.items())


def test_half_precision_halves_the_file(tiny_model: Path, tmp_path: Path) -> None:
    model = checkpoint.load_model(tiny_model)
    checkpoint.save_model(tmp_path / "half.safetensors", model, dtype="float16")
    assert (tmp_path / "half.safetensors").stat().st_size < 0.7 * tiny_model.stat().st_size
    half = checkpoint.load_model(tmp_path / "half.safetensors")
    assert (
        max(np.abs(half.arrays[name] - array).max() for name, array in model.arrays.items()) < 2e-3
    )


def test_scalars_stay_scalars_in_a_training_state(tmp_path: Path) -> None:
    state = {"count": np.int32(3), "matrix": np.eye(2, dtype=np.float32)}
    checkpoint.save_state(tmp_path / "state.safetensors", state, {"step": 3})
    back, facts = checkpoint.load_state(tmp_path / "state.safetensors", state)
    assert (back["count"].shape, int(back["count"]), facts) == ((), 3, {"step": 3})


def newer(header, arrays) -> None:
    header["format"] = array_file.FORMAT + 1


def no_version(header, arrays) -> None:
    header["format"] = True


def no_metrics(header, arrays) -> None:
    header["metrics"] = 5


def foreign(header, arrays) -> None:
    header["kind"] = "cake"


def other_vocabulary(header, arrays) -> None:
    header["vocabulary"]["places"] = [0, 12]


def infinite(header, arrays) -> None:
    next(iter(arrays.values()))[...] = np.inf


def missing(header, arrays) -> None:
    arrays.popitem()


def misshapen(header, arrays) -> None:
    name = next(iter(arrays))
    arrays[name] = np.zeros((3, 3), np.float32)


@pytest.mark.parametrize(
    "change",
    [newer, no_version, no_metrics, foreign, other_vocabulary, infinite, missing, misshapen],
)
def test_a_changed_file_is_refused(tiny_model: Path, tmp_path: Path, change) -> None:
    with pytest.raises(ModelFileError, match=r"changed\.safetensors"):
        checkpoint.load_model(rewritten(tiny_model, tmp_path / "changed.safetensors", change))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_refused(tiny_model: Path, tmp_path: Path, share: float) -> None:
    data = tiny_model.read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelFileError):
        checkpoint.load_model(tmp_path / "cut.safetensors")


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"weights": [1.0]}))
    with pytest.raises(ModelFileError, match="damaged or no model file"):
        checkpoint.load_model(tmp_path / "model.pkl")


def test_the_bundled_model_is_small_and_knows_its_styles() -> None:
    assert paths.bundled_model().stat().st_size <= 12e6
    names = {style.name for style in checkpoint.load_model().header.styles}
    assert {"jazz", "classical", "celtic", "chorale", "ragtime"} <= names


@pytest.mark.parametrize(
    "path", sorted(paths.shipped_config("default").parent.glob("*.toml")), ids=lambda p: p.stem
)
def test_every_shipped_configuration_loads(path: Path) -> None:
    loaded = config.load(path)
    assert config.from_mapping(config.to_mapping(loaded)) == loaded


def test_settings_survive_toml(tmp_path: Path) -> None:
    chosen = config.load("tiny", {"train.seed": 7})
    (tmp_path / "copy.toml").write_text(config.to_toml(chosen))
    assert config.load(tmp_path / "copy.toml") == chosen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[model]\nhiden = 3", "Did you mean model.hidden"),
        ("[model]\nhidden = 0", "model.hidden"),
        ("[train]\nrate = 'fast'", "train.rate"),
        ("[model]\ncell = 'rnn'", "model.cell"),
        ("model = ", "not valid TOML"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        config.load(tmp_path / "wrong.toml")
