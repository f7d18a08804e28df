"""Scores that are mutated, endless or far too long: a melody or a clear error, in bounded time."""

import random
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hostile import mutated

from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import registry, scores
from stylernn.music.melody import Key, Melody, Note, TimeSignature
from stylernn.system import limits
from stylernn.system.process import OutOfTimeError, time_limit

REGRESSIONS = sorted((Path(__file__).parents[1] / "regressions").iterdir())
TUNE = Melody(
    (Note(0, 24, 60), Note(24, 16, 62), Note(48, 48, 64)),
    ((0, TimeSignature(4, 4)),),
    Key(0),
    title="a",
)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.name)
def test_what_fuzzing_found_stays_mended(path: Path) -> None:
    began = time.process_time()
    with suppress(FileFormatError):
        assert registry.read(path).notes
    assert time.process_time() - began < 6


@pytest.mark.parametrize("ending", [".musicxml", ".mxl", ".abc", ".krn"])
def test_mutated_scores_are_read_or_refused(tmp_path: Path, ending: str) -> None:
    path, rng, counts = tmp_path / f"a{ending}", random.Random(1), {"read": 0, "refused": 0}
    registry.write(TUNE, path)
    data = path.read_bytes()
    for _ in range(60):
        path.write_bytes(mutated(data, rng))
        try:
            assert registry.read(path).notes
            counts["read"] += 1
        except FileFormatError:
            counts["refused"] += 1
    assert counts["refused"] > 0


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "a.abc",
            "X:1\nM:4/4\nL:1/4\nK:C\n" + "CDEF|" * 20_000,
            "at most 60,000 symbols; found 100,000",
        ),
        ("a.abc", "X:1\nK:C\nCD|\n" * 10_001, "too many tunes"),
        ("a.abc", "X:1\nK:C\nC\0D|\n", "something else"),
        ("a.krn", "**kern\n" + "4c\n" * 70_000 + "*-\n", "at most 60,000 symbols"),
        (
            "a.krn",
            "\t".join(["**kern"] * 1_002) + "\n" + "\t".join(["4c"] * 1_002),
            "too many spines",
        ),
        ("a.abc", "X:1\nM:300000000/4\nL:1/4\nK:C\nCDEF|\n", "a metre of 300000000/4"),
        (
            "a.abc",
            "X:1\nM:4/4\nL:1/4\nK:C\nCD[M:1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1/4]EF|\n",
            "a metre of",
        ),
        ("a.abc", "X:1\nM:4/4\nL:1/4\nK:C\nC300000000D|\n", "a note of more than 9,999 units"),
        ("a.krn", "**kern\n*M300000000/4\n4c\n4d\n*-\n", "a metre of 300000000/4"),
        (
            "a.xml",
            "<score-partwise><part><measure><beats>300000000</beats></measure></part></score-partwise>",
            "metre",
        ),
    ],
)
def test_scores_beyond_the_limits_are_refused_at_once(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    began = time.process_time()
    with pytest.raises(FileFormatError, match=says):
        scores.read(tmp_path / name)
    assert time.process_time() - began < 2


def test_a_score_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.VARIABLE, "seconds=1")
    (tmp_path / "a.abc").write_text("X:1\nM:4/4\nL:1/4\nK:C\n" + "CDEF|\n" * 2000)
    began = time.process_time()
    with pytest.raises(
        FileFormatError,
        match=r"takes too long to read; expected at most 1 seconds.*seconds=N raises",
    ):
        scores.read(tmp_path / "a.abc")
    assert time.process_time() - began < 3


def test_a_time_limit_comes_through_what_swallows_exceptions() -> None:
    def swallow() -> None:
        while True:
            with suppress(Exception):  # as libraries do
                sum(range(1000))

    began = time.process_time()
    with pytest.raises(OutOfTimeError), time_limit(0.2):
        swallow()
    assert time.process_time() - began < 1
    with time_limit(0.05):
        pass
    until = time.process_time() + 0.2
    while time.process_time() < until:  # nothing is interrupted any more
        pass


def test_limits_are_set_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mid"
    registry.write(TUNE, path)
    monkeypatch.setenv(limits.VARIABLE, "notes=2, bars=7")
    assert limits.current() == limits.Limits(notes=2, bars=7)
    with pytest.raises(
        FileFormatError, match=r"at most 2; found 3.*STYLERNN_LIMITS=notes=N raises the limit"
    ):
        registry.read(path)
    monkeypatch.setenv(limits.VARIABLE, "")
    assert len(registry.read(path).notes) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("note=3", "Did you mean notes"),
        ("notes=0", "positive"),
        ("notes", "positive"),
        ("bars=-1", "p"),
    ],
)
def test_limits_that_are_none_are_told(
    monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    monkeypatch.setenv(limits.VARIABLE, text)
    with pytest.raises(UsageError, match=says):
        limits.current()
