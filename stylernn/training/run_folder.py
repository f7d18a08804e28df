"""The run folder: the files that a training run writes.

config.toml             settings
run.json                seed, versions, commit and fingerprint of the corpus
metrics.jsonl           one line a validation
model.safetensors       the best model so far
last.safetensors        the latest checkpoint of the training state
previous.safetensors    the checkpoint before, in case that the latest is damaged
curve.png               the learning curve
lock                    locked by the process that trains
"""

import json
import platform
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from stylernn.config import Settings, to_toml
from stylernn.errors import ModelFileError, TrainingError
from stylernn.model import checkpoint
from stylernn.system.atomic_write import atomic_write, remove_drafts
from stylernn.training.progress import RunState
from stylernn.version import __version__

if TYPE_CHECKING:
    import optax
    from flax import nnx

__all__ = [
    "MODEL",
    "State",
    "begin",
    "claimed",
    "draw",
    "keep",
    "metrics",
    "provenance",
    "record",
    "resume",
]

MODEL = "model.safetensors"
_LAST, _PREVIOUS, _LOCK = "last.safetensors", "previous.safetensors", "lock"
_METRICS, _RUN, _CONFIG = "metrics.jsonl", "run.json", "config.toml"
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "symusic", "music21")


class State(NamedTuple):
    """The arrays that training changes.

    Args:
        parameters: weights of the network.
        optimiser: state of the optimiser.
    """

    parameters: "nnx.State"
    optimiser: "optax.OptState"


@contextmanager
def claimed(folder: Path, *, resume: bool) -> Iterator[None]:
    """Lock a run folder against other processes; it is made if it is missing.

    Args:
        folder: the run folder.
        resume: whether a run in it is to be resumed.

    Yields:
        Nothing; the folder is locked until the context ends.

    Raises:
        TrainingError: if there is no run to resume, or there is one although a new run is to begin;
            if another process has locked the folder, or it cannot be made.
    """
    if resume and not (folder / _RUN).exists():
        raise TrainingError(f"there is no run in {folder} to resume")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a")
    except OSError as error:
        raise TrainingError(
            f"cannot make the run folder {folder}", found=error.strerror or ""
        ) from error
    with lock:
        if not _locks(lock):
            raise TrainingError(
                f"another process is training in {folder}", remedy="Wait for it, or stop it."
            )
        if not resume and (folder / _RUN).exists():
            remedy = "Resume it with --resume, or choose another folder."
            raise TrainingError(f"{folder} already holds a run", remedy=remedy)
        remove_drafts(folder)
        yield


def begin(folder: Path, settings: Settings, corpus_fingerprint: str) -> None:
    """Write the settings, an empty list of metrics and the provenance of a new run.

    Args:
        folder: the run folder.
        settings: of the run.
        corpus_fingerprint: of the tunes, see `corpus.fingerprint`.
    """
    _write(folder / _CONFIG, to_toml(settings))
    _write(folder / _METRICS, "")
    _write(folder / _RUN, json.dumps(provenance(settings, corpus_fingerprint), indent=2) + "\n")


def resume(folder: Path, like: State, corpus_fingerprint: str) -> tuple[State, RunState]:
    """Load the latest checkpoint.

    If it is damaged, the one before it is used, with a warning.

    Args:
        folder: the run folder.
        like: a fresh state, with arrays of the right shapes.
        corpus_fingerprint: of the tunes, see `corpus.fingerprint`.

    Returns:
        The training state and the position of the run; `like` and step 0 if the run was stopped
        before its first checkpoint.

    Raises:
        TrainingError: if the corpora have changed since the run began, or no checkpoint can be
            used.
    """
    try:
        began_with = json.loads((folder / _RUN).read_text(encoding="utf-8"))["corpus"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "Begin a new run in another folder."
        raise TrainingError(
            f"{folder / _RUN} is damaged", found=str(error), remedy=remedy
        ) from error
    if began_with != corpus_fingerprint:
        raise TrainingError(
            f"the corpora are not those that {folder} began with",
            expected=began_with,
            found=corpus_fingerprint,
        )
    saved = [path for path in (folder / _LAST, folder / _PREVIOUS) if path.exists()]
    damage = None
    for path in saved:
        try:
            state, run_state = _load(path, like)
        except ModelFileError as error:
            damage = damage or error
            continue
        if damage:
            warnings.warn(f"{damage}; going on from step {run_state.step}", stacklevel=2)
        return state, run_state
    if damage:
        raise TrainingError(f"the checkpoint in {folder} cannot be used", found=str(damage))
    return like, RunState()


def _load(path: Path, like: State) -> tuple[State, RunState]:
    """The training state and the position of the run in one checkpoint."""
    state, facts = checkpoint.load_state(path, like)
    try:
        return state, RunState(**facts)
    except TypeError as error:
        raise ModelFileError(f"{path} does not say where the run was", found=str(error)) from error


def record(folder: Path, run_state: RunState, state: State) -> None:
    """Save the training state and add a line of metrics.

    Lines of later steps, which a run that was killed has left, are removed.

    Args:
        folder: the run folder.
        run_state: position of the run.
        state: the training state.
    """
    entries = [entry for entry in metrics(folder) if entry["step"] < run_state.step]
    entries.append(
        {
            "step": run_state.step,
            "train_bits": run_state.train_bits,
            "valid_bits": run_state.valid_bits,
        }
    )
    _write(folder / _METRICS, "".join(json.dumps(entry) + "\n" for entry in entries))
    keep(folder, run_state, state)


def keep(folder: Path, run_state: RunState, state: State) -> None:
    """Save the training state; the checkpoint before is kept as well.

    Args:
        folder: the run folder.
        run_state: position of the run.
        state: the training state.
    """
    if (folder / _LAST).exists():
        (folder / _LAST).replace(folder / _PREVIOUS)
    checkpoint.save_state(folder / _LAST, state, asdict(run_state))


def metrics(folder: Path) -> list[dict[str, Any]]:
    """The validations so far.

    Args:
        folder: the run folder.

    Returns:
        For each validation its step, training bits and validation bits.

    Raises:
        TrainingError: if the file is damaged.
    """
    path = folder / _METRICS
    try:
        entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        damage = (
            ""
            if all(set(entry) >= {"step", "train_bits", "valid_bits"} for entry in entries)
            else "other entries"
        )
    except (OSError, ValueError, TypeError) as error:
        damage = str(error)
    if damage:
        raise TrainingError(
            f"{path} is damaged",
            expected="one entry a line",
            found=damage,
            remedy="Empty it to go on.",
        )
    return entries


def draw(folder: Path) -> None:
    """Draw the learning curve into curve.png.

    Args:
        folder: the run folder.

    Raises:
        TrainingError: if the file of metrics is damaged.
    """
    from matplotlib.figure import Figure

    entries = metrics(folder)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    steps = [entry["step"] for entry in entries]
    axes.plot(steps, [entry["train_bits"] for entry in entries], color="0.6", label="train")
    axes.plot(
        steps,
        [entry["valid_bits"] for entry in entries],
        color="C0",
        marker="o",
        markersize=3,
        label="validation",
    )
    axes.set(xlabel="step", ylabel="bits per note")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    with atomic_write(folder / "curve.png") as draft:
        figure.savefig(draft, dpi=150)


def provenance(settings: Settings, corpus_fingerprint: str) -> dict[str, Any]:
    """The versions, the commit, the date and the machine of a run.

    Args:
        settings: of the run.
        corpus_fingerprint: of the tunes, see `corpus.fingerprint`.

    Returns:
        Plain values, which are written to run.json and into the model file.
    """
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
    """The commit of a checkout, with "-dirty" if files differ from it; "" where there is none."""
    here = Path(__file__).resolve().parents[1]
    if not (here / ".git").exists():
        return ""
    command = [
        "git",
        "-C",
        str(here),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=12",
        "--exclude=*",
    ]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _locks(file: IO[str]) -> bool:
    """Lock a file until it is closed; False if another process has locked it."""
    try:
        import fcntl
    except ImportError:  # on Windows folders are not locked
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8")
