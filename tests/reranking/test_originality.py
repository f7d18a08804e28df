"""Copies are found in any key and tempo, other melodies hardly ever; the file names its model."""

from pathlib import Path

import numpy as np
import pytest

from stylernn.errors import ModelFileError
from stylernn.music.melody import Melody, Note
from stylernn.reranking import originality


def walk(seed: int, notes: int = 60) -> Melody:
    rng = np.random.default_rng(seed)
    onsets = np.cumsum(rng.choice([6, 8, 12, 24], notes))
    pitches = 60 + np.cumsum(rng.integers(-2, 3, notes)) % 24
    rows = zip(onsets.tolist(), pitches.tolist(), strict=True)
    return Melody(tuple(Note(onset, 6, pitch) for onset, pitch in rows))


TRAINING = originality.collect([walk(seed) for seed in range(50)], "model")


def changed(
    melody: Melody, *, semitones: int = 0, slower: int = 1, first: int = 0, last: int | None = None
) -> Melody:
    notes = melody.notes[first:last]
    return Melody(
        tuple(Note(slower * n.onset, slower * n.duration, n.pitch + semitones) for n in notes)
    )


def test_a_training_tune_is_found_in_any_key_and_tempo() -> None:
    assert originality.longest_copy(changed(walk(7), semitones=-5, slower=2), TRAINING) == 60


@pytest.mark.parametrize(("length", "found"), [(11, 0), (12, 12), (13, 13), (30, 30)])
def test_the_length_of_a_copy_is_told(length: int, found: int) -> None:
    copied = changed(walk(3), first=10, last=10 + length).notes
    start = copied[0].onset + 2000
    own = tuple(Note(start - 7 * (k + 1), 7, 50 + 5 * k) for k in range(8))[::-1]
    moved = tuple(note._replace(onset=note.onset + 2000) for note in copied)
    assert originality.longest_copy(Melody((*own, *moved)), TRAINING) == found


def test_what_stands_in_the_users_own_tune_is_no_copy() -> None:
    assert originality.longest_copy(walk(5), TRAINING, walk(5)) == 0
    assert originality.longest_copy(walk(5), TRAINING, walk(6)) == 60


def test_other_melodies_are_original() -> None:
    assert max(originality.longest_copy(walk(seed), TRAINING) for seed in range(1000, 1300)) == 0
    assert TRAINING.chance < 1e-4


def test_short_melodies_and_empty_indices() -> None:
    assert originality.longest_copy(walk(0, notes=11), TRAINING) == 0
    assert originality.longest_copy(Melody(()), TRAINING) == 0
    assert originality.longest_copy(walk(0), originality.collect([], "model")) == 0


def test_an_index_never_grows_beyond_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert originality._MOST_BITS / 8 < 2_000_000
    monkeypatch.setattr(originality, "_MOST_BITS", 16_000)
    full = originality.collect([walk(seed) for seed in range(50)], "model")
    assert len(full.bits) == 2000
    assert 1e-3 < full.chance < 0.2
    assert originality.longest_copy(walk(1), full) == 60


def test_an_index_lies_beside_its_model_and_belongs_to_it(tmp_path: Path) -> None:
    model = tmp_path / "jazz.safetensors"
    model.write_bytes(b"a model")
    assert originality.beside(model) is None
    made = TRAINING._replace(model=originality.fingerprint(model))
    path = originality.save_index(model, made)
    assert path.name == "jazz.figures.safetensors"
    found = originality.beside(model)
    assert found[1:] == made[1:]
    assert (found.bits == made.bits).all()
    model.write_bytes(b"another model")
    assert originality.beside(model) is None
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ModelFileError, match="damaged"):
        originality.beside(model)
