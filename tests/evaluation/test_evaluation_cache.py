"""The cache of measurements: what is kept, what changes the key, and what a broken entry does."""

import numpy as np
import pytest
from evaluation_melodies import plain
from stylernn.evaluation import benchmark, cache
from stylernn.evaluation import task as tasks

from stylernn.music.melody import Melody


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path))
    return tmp_path / "evaluation"


def _counted():
    calls = []

    def compute():
        calls.append(1)
        return {"a": np.arange(3.0), "b": np.array(["x", "yz"])}

    return calls, compute


def test_what_was_measured_once_is_read_the_second_time():
    calls, compute = _counted()
    for _ in range(2):
        found = cache.remembered(("facts", 1), compute)
        np.testing.assert_array_equal(found["a"], [0, 1, 2])
        assert found["b"].tolist() == ["x", "yz"]
    assert len(calls) == 1
    cache.remembered(("facts", 2), compute)
    assert len(calls) == 2


def test_a_damaged_entry_is_measured_again(folder):
    calls, compute = _counted()
    cache.remembered("facts", compute)
    (entry,) = folder.iterdir()
    entry.write_bytes(entry.read_bytes()[:40])
    assert cache.remembered("facts", compute)["a"].tolist() == [0, 1, 2]
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(folder):
    folder.write_text("a file where the folder should be")
    calls, compute = _counted()
    for _ in range(2):
        assert cache.remembered("facts", compute)["a"].tolist() == [0, 1, 2]
    assert len(calls) == 2


def test_a_digest_changes_with_the_music_only():
    one, two = plain(0), plain(1)
    assert cache.digest([one, two]) == cache.digest([one, two])
    assert cache.digest([one, two]) != cache.digest([two, one])
    assert cache.digest([one]) != cache.digest([one.transpose(1)])
    assert cache.digest([one]) != cache.digest([Melody(one.notes, end=one.end + 96)])


def test_rows_of_cheats_are_kept_whole():
    data = {
        "plain": [plain(i, 8) for i in range(40)],
        "other": [plain(i, 8).transpose(1) for i in range(60, 90)],
    }
    task = tasks.prepare(data, data, "plain", sources=data["other"][:12])
    first, second = (benchmark.cheat_row(task, "identity") for _ in range(2))
    assert first.keys() == second.keys()
    for name, column in first.items():
        np.testing.assert_array_equal(column.values, second[name].values)
        np.testing.assert_array_equal(column.owners, second[name].owners)
