"""The cache gives back what was saved, and nothing when it cannot."""

from pathlib import Path

import numpy as np
import pytest

from stylernn.corpus import Dropped, LabelledMelody, Parsed, cache
from stylernn.music.melody import Chord, Key, Melody, Note, TimeSignature


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLERNN_CACHE", str(tmp_path))


def _tunes() -> list[LabelledMelody]:
    full = Melody(
        (Note(72, 24, 60), Note(96, 48, 62), Note(192, 72, 127)),
        metres=((0, TimeSignature(4, 4)), (192, TimeSignature(3, 4))),
        key=Key(-3, "minor"),
        tempo=218.8,
        pickup=24,
        end=1000,
        title="Ständchen “ü”",
        chords=(Chord(96, "C-7"), Chord(192, "Fj7")),
    )
    bare = Melody((Note(0, 1, 0),))
    return [
        LabelledMelody(full, "jazz", "one", "work", "source", "CC0", "bebop"),
        LabelledMelody(bare, "jazz", "two", "other", "source", "CC0"),
    ]


def test_round_trip() -> None:
    dropped = [Dropped("a, b", 'not "music"'), Dropped("c", "ü")]
    cache.save(
        "name",
        "key",
        iter([Parsed(_tunes(), dropped[:1]), Parsed([], dropped[1:]), Parsed(_tunes(), [])]),
    )
    assert cache.load("name", "key") == Parsed(_tunes() * 2, dropped)


def test_an_empty_corpus_is_a_corpus() -> None:
    cache.save("name", "key", [Parsed([], [Dropped("a", "b")])])
    assert cache.load("name", "key") == Parsed([], [Dropped("a", "b")])


def test_another_key_is_another_corpus() -> None:
    cache.save("name", "key", [Parsed(_tunes(), [])])
    assert cache.load("name", "other") is None
    assert cache.load("other", "key") is None
    assert cache.cache_key("a", 1) != cache.cache_key("a", 2)


@pytest.mark.parametrize("ending", ["notes", "jsonl", "dropped.csv"])
def test_a_damaged_cache_is_no_cache(ending: str) -> None:
    cache.save("name", "key", [Parsed(_tunes(), [])])
    path = cache.folder() / f"name.{ending}"
    path.write_bytes(path.read_bytes()[:24] if ending != "dropped.csv" else b"\xff\xfe")
    assert cache.load("name", "key") is None
    path.unlink()
    assert cache.load("name", "key") is None


def test_a_crash_leaves_nothing_behind() -> None:
    def crashing() -> object:
        yield Parsed(_tunes(), [])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.save("name", "key", crashing())  # type: ignore[arg-type]
    assert list(cache.folder().iterdir()) == []


def test_notes_are_one_array_of_rows() -> None:
    cache.save("name", "key", [Parsed(_tunes(), [])])
    rows = np.memmap(cache.folder() / "name.notes", dtype="<i4", mode="r").reshape(-1, 3)
    assert rows.tolist() == [list(note) for tune in _tunes() for note in tune.melody.notes]
