"""Stored programs: found again, distinguished, and compiled again if the cache cannot be used."""

import dataclasses
import errno
import shutil
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from stylernn.system import executable_cache
from stylernn.system.executable_cache import Program, compiled

ONES = [np.ones(3, np.float32)]


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each trace of a function; emptied memory stands for a new process."""
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path))
    return []


def program(traced: list[int], facts: str = "one") -> Program:
    def function(x):
        traced.append(1)
        return (jnp.cumsum(x),)

    return Program("sums", "stylernn.sampling.sampler", facts, 1, function)


def run(made: Program, arguments=ONES) -> list[float]:
    executable_cache._compiled.cache_clear()
    return np.asarray(compiled(made, arguments)(*arguments)[0]).tolist()


def test_a_second_process_does_not_trace(traced: list[int]) -> None:
    assert run(program(traced)) == run(program(traced)) == [1, 2, 3]
    assert len(traced) == 1


def test_other_facts_and_shapes_are_other_programs(traced: list[int]) -> None:
    run(program(traced))
    run(program(traced, "two"))
    run(program(traced), [np.ones(4, np.float32)])
    assert len(traced) == 3


def test_a_damaged_cache_is_no_cache(traced: list[int], tmp_path: Path) -> None:
    run(program(traced))
    (kept,) = (tmp_path / "programs").iterdir()
    for damage in (b"", b"nothing", kept.read_bytes()[:200]):
        kept.write_bytes(damage)
        assert run(program(traced)) == [1, 2, 3]
    assert len(traced) == 4


def test_what_jax_keeps_beside_it_does_no_harm(traced: list[int], tmp_path: Path) -> None:
    kept = {
        "jax_compilation_cache_dir": str(tmp_path / "jax"),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
    }
    before = {name: getattr(jax.config, name) for name in kept}
    try:
        for name, value in kept.items():
            jax.config.update(name, value)
        run(program(traced))
        shutil.rmtree(tmp_path / "programs")
        assert [run(program(traced)) for _ in range(2)] == [[1, 2, 3]] * 2
        jax.jit(lambda x: x + 1)(1.0)
        assert any((tmp_path / "jax").iterdir())
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        reset_cache()


def test_without_a_cache_folder_it_runs_all_the_same(traced: list[int], tmp_path: Path) -> None:
    (tmp_path / "programs").write_text("in the way")
    assert run(program(traced)) == [1, 2, 3]


def test_without_room_on_the_disk_it_runs_all_the_same(
    traced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert run(program(traced)) == [1, 2, 3]


def test_a_program_hangs_on_the_code_of_its_module(traced: list[int]) -> None:
    run(program(traced))
    run(dataclasses.replace(program(traced), module="stylernn.music.melody"))
    assert len(traced) == 2
