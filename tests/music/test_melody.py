"""The melody: invariants, keys, metres, bars and slices."""

import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylernn.music.melody import Chord, Key, Melody, Note, TimeSignature
from tests.strategies import keys, melodies


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"notes": (Note(0, 0, 60),)}, "duration >= 1"),
        ({"notes": (Note(-1, 2, 60),)}, "onset >= 0"),
        ({"notes": (Note(0, 2, 128),)}, "pitch"),
        ({"notes": (Note(0, 25, 60), Note(24, 24, 62))}, "must not overlap"),
        ({"metres": ((24, TimeSignature()),)}, "tick 0"),
        ({"metres": ((0, TimeSignature(4, 3)),)}, "over 1, 2, 4"),
        (
            {"metres": ((0, TimeSignature()), (96, TimeSignature()), (96, TimeSignature(3, 4)))},
            "order of time",
        ),
        ({"tempo": 0.0}, "positive"),
        ({"tempo": float("nan")}, "positive"),
        ({"pickup": 96}, "shorter than the first bar"),
    ],
)
def test_what_is_no_melody_is_refused(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Melody(**({"notes": ()} | wrong))


@given(melodies())
def test_a_melody_of_an_array_is_that_of_its_notes(melody: Melody) -> None:
    facts = {
        name: getattr(melody, name)
        for name in ("metres", "key", "tempo", "pickup", "end", "title", "chords")
    }
    built = Melody.from_array(melody.array, **facts)
    sent = pickle.loads(pickle.dumps(built))
    assert built == melody == sent
    assert hash(built) == hash(melody) == hash(sent)
    assert repr(Melody.from_array(melody.array, **facts)) == repr(melody)
    assert replace(Melody.from_array(melody.array, **facts), title="b") == replace(
        melody, title="b"
    )
    assert Melody.from_array(melody.array, **facts | {"end": 0}) == replace(melody, end=0)
    with pytest.raises(AttributeError, match="no note"):
        _ = built.note  # type: ignore[attr-defined]


@given(
    st.lists(st.tuples(st.integers(-3, 60), st.integers(-1, 20), st.integers(-5, 132)), max_size=4)
)
def test_an_array_is_refused_as_its_notes_are(rows: list[tuple[int, int, int]]) -> None:
    def said(notes: object, build: Callable[..., Melody]) -> str:
        try:
            return str(build(notes).notes)
        except ValueError as error:
            return str(error)

    array = np.array(rows, dtype=np.int64).reshape(-1, 3)
    assert said(array, Melody.from_array) == said(tuple(Note(*row) for row in rows), Melody)


@given(melodies(lowest=12), st.integers(-12, 0))
def test_transposing_there_and_back_changes_nothing_but_spelling(
    melody: Melody, semitones: int
) -> None:
    back = melody.transpose(semitones).transpose(-semitones)
    assert back.notes == melody.notes
    assert (back.key is None) == (melody.key is None)
    if melody.key:
        assert back.key.tonic == melody.key.tonic


def test_chord_symbols_are_transposed_and_spelt_as_the_key() -> None:
    chords = tuple(Chord(0, symbol) for symbol in ("Am/G", "F#m7b5", "Bbj7", "N.C.", "C6/9"))
    melody = Melody((Note(0, 96, 60),), key=Key(0), chords=chords)
    up = [chord.symbol for chord in melody.transpose(3).chords]
    assert up == ["Cm/Bb", "Am7b5", "Dbj7", "N.C.", "Eb6/9"]
    assert [chord.symbol for chord in melody.transpose(2).chords] == [
        "Bm/A",
        "G#m7b5",
        "Cj7",
        "N.C.",
        "D6/9",
    ]
    assert melody.transpose(3).transpose(-3).chords == chords


@given(melodies(cuts=False))
def test_bars_end_with_the_last_note_and_slices_put_together_are_the_whole(melody: Melody) -> None:
    assert melody.bar_lines[-2] < melody.notes[-1].end <= melody.bar_lines[-1] == melody.end
    middle = (melody.bars + 1) // 2
    parts = [melody.slice(0, middle)]
    if middle < melody.bars:
        parts.append(melody.slice(middle, melody.bars))
    assert sum(part.bars for part in parts) == melody.bars
    assert sum(part.end for part in parts) == melody.end
    sounding = sum(note.duration for part in parts for note in part.notes)
    assert sounding == sum(note.duration for note in melody.notes)


def test_a_change_of_metre_can_cut_a_bar_short() -> None:
    melody = Melody(
        (Note(0, 24, 60), Note(150, 60, 62)), ((0, TimeSignature(4, 4)), (120, TimeSignature(3, 4)))
    )
    assert melody.bar_lines.tolist() == [0, 96, 120, 192, 264]
    assert melody.metre == TimeSignature(3, 4)
    assert melody.metre_at(119) == TimeSignature(4, 4)
    assert melody.slice(1, 3).metres == ((0, TimeSignature(4, 4)), (24, TimeSignature(3, 4)))
    assert melody.slice(1, 3).notes == (Note(54, 42, 62),)


@pytest.mark.parametrize("bars", [(-1, 1), (0, 0), (1, 3)])
def test_bars_that_are_not_there_cannot_be_cut_out(bars: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"0\.\.2"):
        Melody((), end=192).slice(*bars)


@pytest.mark.parametrize(
    ("metre", "bar", "beat"),
    [
        ((4, 4), 96, 24),
        ((6, 8), 72, 36),
        ((2, 2), 96, 24),
        ((5, 8), 60, 24),
        ((3, 4), 72, 24),
        ((9, 16), 54, 18),
    ],
)
def test_beats_are_felt_beats(metre: tuple[int, int], bar: int, beat: int) -> None:
    assert (TimeSignature(*metre).bar, TimeSignature(*metre).beat) == (bar, beat)


def test_keys_have_their_tonics() -> None:
    tonics = {Key(0): 0, Key(1): 7, Key(-1): 5, Key(-3): 3, Key(0, "minor"): 9, Key(-3, "minor"): 0}
    assert {key: key.tonic for key in tonics} == tonics


@given(keys, st.integers(-30, 30))
def test_a_transposed_key_has_a_transposed_tonic_and_few_accidentals(
    key: Key, semitones: int
) -> None:
    moved = key.transposed(semitones)
    assert moved.tonic == (key.tonic + semitones) % 12
    assert -5 <= moved.fifths <= 6
