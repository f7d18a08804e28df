"""The run folder: what a training run keeps on disk.

config.toml             the settings
run.json                seed, versions, commit, corpus fingerprint
metrics.jsonl           one line a validation
model.safetensors       the best model so far
last.safetensors        the training state, to go on from
curve.png               the learning curve
"""

import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import optax
from flax import nnx

from stylernn import __version__, checkpoint
from stylernn.atomic import replacing
from stylernn.errors import ModelFileError, TrainingError
from stylernn.settings import Settings, TrainSettings, to_toml

__all__ = ["MODEL", "Place", "State", "begin", "draw", "provenance", "record", "resume"]

MODEL = "model.safetensors"
_LAST, _METRICS, _RUN, _CONFIG = "last.safetensors", "metrics.jsonl", "run.json", "config.toml"
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "symusic", "music21")


class State(NamedTuple):
    """The arrays that training changes."""

    parameters: nnx.State
    optimiser: optax.OptState


@dataclass
class Place:
    """Where a run is: all that a resumed one needs beside the arrays."""

    step: int = 0
    best_step: int = 0
    best_bits: float = float("inf")
    valid_bits: float | None = None

    def is_stale(self, settings: TrainSettings) -> bool:
        """Whether it is time for an early stop."""
        return self.step - self.best_step >= settings.patience * settings.every


def begin(folder: Path, settings: Settings, corpus_fingerprint: str) -> None:
    """Make a run folder.

    Raises:
        TrainingError: if there is a run in it already, or it cannot be made.
    """
    if (folder / _RUN).exists():
        raise TrainingError(
            f"{folder} already holds a run", remedy="Resume it with --resume, or choose another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot make the run folder {folder}", found=error.strerror or "") from error
    _write(folder / _CONFIG, to_toml(settings))
    _write(folder / _RUN, json.dumps(provenance(settings, corpus_fingerprint), indent=2) + "\n")
    _write(folder / _METRICS, "")


def resume(folder: Path, like: State, corpus_fingerprint: str) -> tuple[State, Place]:
    """The state and place of the last checkpoint; the fresh ones where the run was stopped before its first.

    Raises:
        TrainingError: if there is no run in the folder, or the corpora have changed since.
    """
    if not (folder / _RUN).exists():
        raise TrainingError(f"there is no run in {folder} to resume")
    began_with = json.loads((folder / _RUN).read_text(encoding="utf-8"))["corpus"]
    if began_with != corpus_fingerprint:
        raise TrainingError(
            f"the corpora are not those that {folder} began with", expected=began_with, found=corpus_fingerprint
        )
    if not (folder / _LAST).exists():
        return like, Place()
    try:
        state, facts = checkpoint.load_state(folder / _LAST, like)
    except ModelFileError as error:
        raise TrainingError(f"the checkpoint in {folder} cannot be used", found=str(error)) from error
    return state, Place(**facts)


def record(folder: Path, place: Place, train_bits: float, state: State) -> None:
    """Keep the training state and one line of metrics; lines after the place (of a run killed later) are dropped."""
    entries = [entry for entry in metrics(folder) if entry["step"] < place.step]
    entries.append({"step": place.step, "train_bits": train_bits, "valid_bits": place.valid_bits})
    _write(folder / _METRICS, "".join(json.dumps(entry) + "\n" for entry in entries))
    checkpoint.save_state(folder / _LAST, state, asdict(place))


def metrics(folder: Path) -> list[dict[str, float]]:
    """The validations so far."""
    return [json.loads(line) for line in (folder / _METRICS).read_text(encoding="utf-8").splitlines()]


def draw(folder: Path) -> None:
    """Draw the learning curve."""
    from matplotlib.figure import Figure

    entries = metrics(folder)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    steps = [entry["step"] for entry in entries]
    axes.plot(steps, [entry["train_bits"] for entry in entries], color="0.6", label="train")
    axes.plot(
        steps, [entry["valid_bits"] for entry in entries], color="C0", marker="o", markersize=3, label="validation"
    )
    axes.set(xlabel="step", ylabel="bits per note")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    with replacing(folder / "curve.png") as draft:
        figure.savefig(draft, dpi=150)


def provenance(settings: Settings, corpus_fingerprint: str) -> dict[str, Any]:
    """Where and with what a run was made."""
    return {
        "stylernn": __version__,
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "seed": settings.train.seed,
        "corpus": corpus_fingerprint,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _commit() -> str:
    """The commit of a checkout, "" for an installed package."""
    here = Path(__file__).resolve().parents[1]
    if not (here / ".git").exists():
        return ""
    command = ["git", "-C", str(here), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _write(path: Path, text: str) -> None:
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
