"""One voice out of many: hand-made overlaps and laws; the choice of the melody among parts."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylernn.formats.melody_extraction import _features, find_melody, skyline, statistics
from stylernn.music.melody import TICKS_PER_QUARTER

Rows = list[tuple[int, int, int]]
rows = st.lists(
    st.tuples(st.integers(0, 600), st.integers(1, 100), st.integers(30, 90)),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize(
    ("notes", "voice"),
    [
        ([(0, 24, 60), (24, 24, 62)], [(0, 24, 60), (24, 24, 62)]),
        ([(0, 24, 60), (0, 24, 64), (0, 48, 55)], [(0, 24, 64)]),  # a chord: its top
        ([(0, 30, 60), (24, 24, 62)], [(0, 24, 60), (24, 24, 62)]),  # legato upwards
        ([(0, 30, 62), (24, 24, 60)], [(0, 24, 62), (24, 24, 60)]),  # legato downwards
        (
            [(0, 96, 72), (24, 24, 48), (48, 24, 52), (72, 24, 55)],
            [(0, 96, 72)],
        ),  # accompaniment inside
        (
            [(0, 48, 72), (12, 96, 48), (48, 48, 74)],
            [(0, 48, 72), (48, 48, 74)],
        ),  # a bass note that lasts longer
        (
            [(0, 96, 48), (24, 24, 72), (48, 48, 74)],
            [(0, 24, 48), (24, 24, 72), (48, 48, 74)],
        ),  # melody enters later
    ],
)
def test_a_voice_by_hand(notes: Rows, voice: Rows) -> None:
    assert skyline(np.array(notes[::-1])).tolist() == [list(row) for row in voice]


@given(rows)
def test_a_voice_has_no_overlaps_and_nothing_new(notes: Rows) -> None:
    voice = skyline(np.array(notes))
    assert np.all(voice[1:, 0] >= voice[:-1, 0] + voice[:-1, 1])
    assert np.all(voice[:, 1] > 0)
    longest: dict[tuple[int, int], int] = {}
    for onset, duration, pitch in notes:
        longest[onset, pitch] = max(duration, longest.get((onset, pitch), 0))
    assert all(duration <= longest[onset, pitch] for onset, duration, pitch in voice.tolist())
    first = min(onset for onset, _, _ in notes)
    assert voice[0, [0, 2]].tolist() == [
        first,
        max(pitch for onset, _, pitch in notes if onset == first),
    ]
    assert np.array_equal(skyline(voice), voice)


@given(rows, st.randoms())
def test_the_order_of_the_notes_does_not_matter(notes: Rows, random: Random) -> None:
    mixed = random.sample(notes, len(notes))
    assert skyline(np.array(mixed)).tolist() == skyline(np.array(sorted(notes))).tolist()
    assert statistics(np.array(mixed)) == statistics(np.array(sorted(notes)))


@given(st.lists(rows, min_size=1, max_size=5))
def test_parts_are_counted_together_as_alone(parts: list[Rows]) -> None:
    counted = _features([np.array(part) for part in parts])
    for part, *features in zip(parts, *counted, strict=True):
        assert features == pytest.approx(plainly_counted(sorted(part)))


def plainly_counted(part: Rows) -> tuple[float, float, int, int]:
    """The features of a part whose notes are in order, one note after the other."""
    free, before, overlapping = -1, -1, 0
    for onset, duration, _ in part:
        overlapping += onset < free - 3 or onset == before
        free, before = max(free, onset + duration), onset
    pitches = [pitch for _, _, pitch in part]
    stretches = {onset // (8 * TICKS_PER_QUARTER) for onset, _, _ in part}
    return 1 - overlapping / len(part), sum(pitches) / len(part), len(stretches), len(set(pitches))


def test_statistics_by_hand() -> None:
    monophony, pitch = statistics(np.array([(0, 26, 60), (24, 24, 62), (48, 48, 64), (60, 12, 66)]))
    assert (monophony, pitch) == (0.75, 63.0)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["", ""], 0),
        (["Bass guitar", ""], 1),
        (["", "Lead vocals"], 1),
        (["Right hand", "Left hand"], 0),
        (["Bright", "Tune"], 1),
    ],
)
def test_names_outweigh_register(names: list[str], chosen: int) -> None:
    high, low = np.array([(0, 24, 72), (24, 24, 74)]), np.array([(0, 24, 60), (24, 24, 62)])
    assert find_melody(names, [high, low]) == chosen


LINE = np.array([(24 * k, 24, 60 + k % 12) for k in range(48)])


@pytest.mark.parametrize(
    ("other", "programs"),
    [
        (LINE + [0, 0, -12], None),
        (np.concatenate([LINE, LINE + [0, 0, 3]]), None),
        (LINE[:8] + [0, 0, 1], None),
        (LINE * [1, 1, 0] + [0, 0, 65], None),
        (LINE, [73, 48]),
        (LINE, None),
    ],
    ids=["lower", "in thirds", "seldom", "of one pitch", "strings", "the same again"],
)
def test_each_feature_tells_two_parts_apart(other: np.ndarray, programs: list[int] | None) -> None:
    assert find_melody(["", ""], [LINE, other], programs) == 0
    if programs or other is not LINE:
        assert find_melody(["", ""], [other, LINE], programs and programs[::-1]) == 1
