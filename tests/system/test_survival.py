"""What training survives: kills, full disks, damage, NaN, Ctrl-C, a second process."""

import errno
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file

from stylernn import config
from stylernn.corpus import LabelledMelody
from stylernn.errors import ModelFileError, TrainingError, UsageError
from stylernn.model import checkpoint
from stylernn.music.melody import Melody, Note
from stylernn.system import array_file, atomic_write
from stylernn.system.process import held_interrupts
from stylernn.training import run_folder, train
from stylernn.training.progress import RunState
from stylernn.training.run_folder import State

ROOT = Path(__file__).parents[2]


class CrashError(Exception):
    """Raised in the middle of writing, as a crash would."""


@pytest.fixture(scope="module")
def tunes() -> list[LabelledMelody]:
    rng = np.random.default_rng(1)
    pitches = 60 + np.clip(np.cumsum(rng.integers(-3, 4, size=(40, 24)), axis=1), -12, 12)
    melodies = [
        Melody(tuple(Note(24 * k, 24, int(p)) for k, p in enumerate(line))) for line in pitches
    ]
    return [
        LabelledMelody(m, ("up", "down")[n % 2], f"{n}", f"work {n}", "made", "none")
        for n, m in enumerate(melodies)
    ]


@pytest.fixture(scope="module")
def tiny() -> config.Settings:
    return config.load(
        "tiny", {"train.steps": 4, "train.every": 2, "train.warmup": 1, "train.batch": 2}
    )


def state(value: float) -> State:
    return State(
        {"w": jnp.full((3, 2), value)}, {"m": jnp.full(3, -value), "count": jnp.int32(value)}
    )


def kept(folder: Path, *values: float) -> None:
    """A run folder that has kept one state after another."""
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"corpus": "same"}))
    for value in values:
        run_folder.keep(folder, RunState(int(value)), state(value))


# Checkpoints


def damage_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def damage_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)


def damage_place(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'\\"step\\": 2', b'\\"step\\": 9'))


def empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES = [damage_end, damage_byte, damage_place, empty]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_checkpoint_is_told_and_the_one_before_used(
    tmp_path: Path, damage: Callable
) -> None:
    kept(tmp_path / "run", 1, 2)
    damage(tmp_path / "run" / "last.safetensors")
    with pytest.warns(UserWarning, match=r"last\.safetensors is damaged.*going on from step 1"):
        found, place = run_folder.resume(tmp_path / "run", state(0), "same")
    assert place.step == 1
    assert np.array_equal(found.parameters["w"], state(1).parameters["w"])


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_two_damaged_checkpoints_are_an_error(tmp_path: Path, damage: Callable) -> None:
    kept(tmp_path / "run", 2, 2)
    damage(tmp_path / "run" / "last.safetensors")
    damage(tmp_path / "run" / "previous.safetensors")
    with pytest.raises(TrainingError, match="cannot be used"):
        run_folder.resume(tmp_path / "run", state(0), "same")


def test_swapped_files_are_told_apart(tmp_path: Path, tiny_model: Path) -> None:
    kept(tmp_path / "run", 1)
    with pytest.raises(ModelFileError, match="is not a stylernn model file; found state"):
        checkpoint.load_model(tmp_path / "run" / "last.safetensors")
    with pytest.raises(ModelFileError, match="is not a stylernn state file; found model"):
        checkpoint.load_state(tiny_model, state(0))


def test_a_byte_changed_in_a_model_is_noticed(tiny_model: Path, tmp_path: Path) -> None:
    data = tiny_model.read_bytes()
    for at in range(len(data) // 9, len(data), len(data) // 9):
        (tmp_path / "a.safetensors").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(ModelFileError):
            checkpoint.load_model(tmp_path / "a.safetensors")


# Writing


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """A file may grow to so many bytes and no further, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_costs_nothing_that_was_kept(tmp_path: Path) -> None:
    kept(tmp_path / "run", 1)
    with full_disk(100), pytest.raises(UsageError, match=r"cannot write .*last\.safetensors"):
        run_folder.keep(tmp_path / "run", RunState(2), state(2))
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "previous.safetensors",
        "run.json",
    ]
    assert run_folder.resume(tmp_path / "run", state(0), "same")[1].step == 1


def break_off(target: Path) -> None:
    with atomic_write.atomic_write(target) as draft:
        draft.write_text("half")
        raise CrashError


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(CrashError):
        break_off(target)
    with full_disk(10), pytest.raises(UsageError), atomic_write.atomic_write(target) as draft:
        draft.write_bytes(bytes(100))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]
    with atomic_write.atomic_write(target) as draft:
        draft.write_text("new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "new")]


@pytest.mark.skipif(
    not Path("/proc").is_dir(), reason="needs a place where nobody may write, even as root"
)
def test_a_folder_that_nobody_may_write_to_is_told() -> None:
    with (
        pytest.raises(TrainingError, match="cannot make the run folder"),
        run_folder.claimed(Path("/proc/run"), resume=False),
    ):
        pass
    with (
        pytest.raises(UsageError, match=r"cannot write /proc/a\.txt"),
        atomic_write.atomic_write("/proc/a.txt") as draft,
    ):
        draft.write_text("a")


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    kept(tmp_path / "run", 1)
    for name in (".last.0a1b2c3d.safetensors", ".config.ffffffff.toml", ".keep"):
        (tmp_path / "run" / name).touch()
    with run_folder.claimed(tmp_path / "run", resume=True):
        assert {path.name for path in (tmp_path / "run").glob(".*")} == {".keep"}


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with (
        run_folder.claimed(tmp_path / "run", resume=False),
        pytest.raises(TrainingError, match="another process is training"),
        run_folder.claimed(tmp_path / "run", resume=False),
    ):
        pass
    with run_folder.claimed(tmp_path / "run", resume=False):
        pass


# The loop, with a step that computes nothing


def fake_step(bits: Callable[[int], float]) -> Callable:
    """In place of the compiled step: the state as it was, and the bits of a step by its number."""
    return lambda *_: lambda state, batch, number: (state, jnp.float32(bits(number)))


def test_numbers_that_are_none_stop_the_run_and_name_the_batch(
    tunes: list[LabelledMelody],
    tiny: config.Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        train, "_compiled_step", fake_step(lambda number: np.nan if number == 1 else 2.0)
    )
    with pytest.raises(
        TrainingError, match=r"the loss is not finite on batch 1 of seed 1 .*Lower train\.rate"
    ):
        train.fit(tiny, tunes, tmp_path / "run")
    mapping = array_file.read(tmp_path / "run" / "last.safetensors", "state")[1]
    assert mapping["facts"]["step"] == 1
    assert not (tmp_path / "run" / "model.safetensors").exists()


@pytest.fixture
def heeded() -> Iterator[None]:
    """Ctrl-C is heeded; a shell starts its jobs in the background without."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_after_the_step_and_keeps_the_state(
    heeded: None,
    tunes: list[LabelledMelody],
    tiny: config.Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bits(number: int) -> float:
        signal.raise_signal(signal.SIGINT)
        return 2.0

    monkeypatch.setattr(train, "_compiled_step", fake_step(bits))
    with pytest.raises(KeyboardInterrupt):
        train.fit(tiny, tunes, tmp_path / "run")
    mapping = array_file.read(tmp_path / "run" / "last.safetensors", "state")[1]
    assert mapping["facts"]["step"] == 1


def test_a_second_ctrl_c_acts_at_once(heeded: None) -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), held_interrupts() as asked:  # noqa: PT012  (what comes after the signal)
        signal.raise_signal(signal.SIGINT)
        reached.append(asked.is_set())
        signal.raise_signal(signal.SIGINT)
        reached.append("too far")
    assert reached == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# Processes


@pytest.mark.slow
def test_kills_lose_nothing() -> None:
    """Three kills; `python -m tools.robustness.kills` does fifty."""
    command = [sys.executable, "-m", "tools.robustness.kills", "--kills", "3"]
    counts = json.loads(
        subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout.splitlines()[-1]
    )
    assert (counts["kills"], counts["damaged"], counts["lost"], counts["different"]) == (3, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_on_the_command_line_is_130(
    heeded: None, tmp_path: Path, tunes: list[LabelledMelody], times: int
) -> None:
    from stylernn.formats import registry

    for tune in tunes:
        folder = tmp_path / "music" / tune.style
        folder.mkdir(parents=True, exist_ok=True)
        registry.write(tune.melody, folder / f"{tune.identity}.mid")
    words = [
        "--data",
        tmp_path / "music",
        "--config",
        "tiny",
        "--out",
        tmp_path / "run",
        "--steps",
        "100000",
    ]
    command = [sys.executable, "-m", "stylernn", "train", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not (tmp_path / "run" / "last.safetensors").exists():
            assert process.poll() is None
            time.sleep(0.01)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"--resume {tmp_path / 'run'}" in out
    assert "Traceback" not in err
    assert load_file(tmp_path / "run" / "last.safetensors")


def test_a_run_killed_before_it_began_can_begin_again(stylernn: Callable, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in ("source.json", "config.toml", "lock"):
        (tmp_path / "run" / name).write_text("{}")
    ran = stylernn("train", "--data", tmp_path / "none", "--out", tmp_path / "run")
    assert "no folder" in ran.err
    (tmp_path / "run" / "run.json").write_text("{}")
    assert (
        "not an empty folder"
        in stylernn("train", "--data", tmp_path / "none", "--out", tmp_path / "run").err
    )


def test_no_space_is_a_plain_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(UsageError, match=r"cannot write .*No space left on device"):
        checkpoint.save_state(tmp_path / "a.safetensors", {"w": np.ones(3)}, {})
    assert not list(tmp_path.iterdir())
