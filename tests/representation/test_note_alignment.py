"""Alignments: laws on random melodies, each kind by hand, and the best one by brute force."""

import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import melodies, note_lists

from stylernn.music.melody import Melody, Note, TimeSignature
from stylernn.representation import note_alignment
from stylernn.representation.note_alignment import Change, compare

TUNE = Melody(
    tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate([60, 64, 67, 64, 65, 62, 59, 60]))
)


def made(*notes: tuple[int, int, int]) -> Melody:
    return Melody(tuple(Note(*note) for note in notes), end=TUNE.end)


def only(result: Melody, structure: list[Note] | None = None) -> list[Change]:
    return list(compare(TUNE, result, structure).notes)


@settings(deadline=None, max_examples=50)
@given(melodies(lowest=21))
def test_a_tune_keeps_all_its_own_notes(melody: Melody) -> None:
    found = compare(melody, melody)
    assert [(change.kind, change.origin) for change in found.notes] == [
        ("kept", note) for note in melody.notes
    ]
    assert found.dropped == ()


@settings(deadline=None, max_examples=80)
@given(melodies(lowest=21), note_lists(lowest=21))
def test_every_note_is_listed_once_and_none_is_lost(
    source: Melody, notes: tuple[Note, ...]
) -> None:
    found = compare(source, Melody(notes))
    totals = found.totals
    assert [change.note for change in found.notes] == list(notes)
    assert sum(totals[kind] for kind in note_alignment.KINDS) == len(notes)
    assert totals["kept"] + totals["moved"] + totals["dropped"] == len(source.notes)
    for change in found.notes:
        if change.origin is not None:
            assert change.note.pitch - change.semitones == change.origin.pitch
            assert change.note.onset - change.ticks == change.origin.onset
    standing = [change.origin for change in found.notes if change.kind in ("kept", "moved")]
    assert standing == sorted(standing)
    assert len(set(standing)) == len(standing)


@settings(deadline=None, max_examples=60)
@given(
    note_lists(lowest=58, most=6),
    st.lists(st.sampled_from([-30, -12, -3, 0, 0, 1, 8, 24]), min_size=6, max_size=6),
)
def test_the_alignment_is_that_of_the_greatest_weight(
    notes: tuple[Note, ...], shifts: list[int]
) -> None:
    source = Melody(notes)
    moved = sorted(
        {
            max(n.onset + s, 0): n.pitch % 12 + 60 for n, s in zip(notes, shifts, strict=False)
        }.items()
    )
    result = Melody(tuple(Note(onset, 1, pitch) for onset, pitch in moved))
    table = np.array(
        [
            [note_alignment._weight(a, b, source.metre_at(a.onset).beat) for b in result.notes]
            for a in source.notes
        ]
    )
    best = max(
        (
            sum(table[a, b] for a, b in zip(rows, columns, strict=True))
            for size in range(min(table.shape) + 1)
            for rows in combinations(range(table.shape[0]), size)
            for columns in combinations(range(table.shape[1]), size)
            if all(table[a, b] > 0 for a, b in zip(rows, columns, strict=True))
        ),
        default=0,
    )
    found = note_alignment._aligned(source, result)
    assert sum(table[a, b] for b, a in found.items()) == pytest.approx(best)


def test_moved_in_pitch() -> None:
    changes_by_pitch = {
        pitch: only(made((0, 24, pitch)), [])[0] for pitch in (59, 61, 67, 53, 48, 72, 68, 84)
    }
    kinds = {pitch: (change.kind, change.semitones) for pitch, change in changes_by_pitch.items()}
    assert kinds == {
        **{pitch: ("moved", pitch - 60) for pitch in (59, 61, 67, 53, 48, 72)},
        **dict.fromkeys((68, 84), ("new", 0)),
    }


def test_moved_in_time() -> None:
    assert only(made((12, 12, 60))) == [Change(Note(12, 12, 60), "moved", TUNE.notes[0], 0, 12)]
    assert only(made((60, 6, 64))) == [Change(Note(60, 6, 64), "moved", TUNE.notes[3], 0, -12)]
    assert only(made((2, 22, 60)))[0].kind == "kept"


def test_ornaments_name_their_structural_note() -> None:
    structure = [TUNE.notes[0], TUNE.notes[4]]  # C and, a bar later, F
    turn = made((0, 6, 60), (6, 6, 62), (12, 6, 60), (18, 6, 54), (84, 12, 66), (96, 24, 65))
    found = only(turn, structure)
    assert [change.kind for change in found] == [
        "kept",
        "ornament",
        "ornament",
        "new",
        "ornament",
        "kept",
    ]
    assert [change.origin for change in found if change.kind == "ornament"] == [
        TUNE.notes[0]
    ] * 2 + [TUNE.notes[4]]


def test_structural_notes_are_the_tunes_own_beats() -> None:
    assert note_alignment.structural_notes(TUNE) == list(TUNE.notes)
    jig = Melody(
        tuple(Note(12 * k, 12, 60 + k % 3) for k in range(12)), ((0, TimeSignature(6, 8)),)
    )
    assert [note.onset for note in note_alignment.structural_notes(jig)] == sorted(
        {note.onset for note in note_alignment.structural_notes(jig)}
    )
    assert all(note.onset % 36 == 0 for note in note_alignment.structural_notes(jig))


def test_nothing_and_silence() -> None:
    assert compare(TUNE, Melody(())).totals == {
        "kept": 0,
        "moved": 0,
        "ornament": 0,
        "new": 0,
        "dropped": 8,
    }
    assert compare(Melody(()), TUNE).totals["new"] == 8


def test_long_tunes_take_little_time() -> None:
    tune = Melody(tuple(Note(6 * k, 6, 60 + k * k % 13) for k in range(20_000)))
    began = time.monotonic()
    assert compare(tune, tune, []).totals["kept"] == 20_000
    assert time.monotonic() - began < 10
