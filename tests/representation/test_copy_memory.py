"""The suffix match and the lags of the copy memory."""

import jax.numpy as jnp
import numpy as np
import pytest

from stylernn.representation.arrays import PAD_TIME, History
from stylernn.representation.copy_memory import (
    LAGS,
    LONGEST_SUFFIX,
    ONSETS,
    SuffixMatch,
    suffix_matches,
    suffix_memory,
)


def history(steps: list[int], pitches: list[int], size: int = 40) -> History:
    """START and notes; `steps` are onset classes, each counted from the onset before."""
    time = np.full(size, PAD_TIME)
    time[: len(steps) + 1] = np.append(-1, np.cumsum(steps))
    pitch = np.zeros(size, int)
    pitch[: len(pitches) + 1] = [pitches[0], *pitches]
    kind = np.zeros(size, int)
    kind[0] = 2
    return History(*(jnp.asarray(x, jnp.int32) for x in (time, pitch, 0 * pitch, kind)))


def suffix_match(past: History, i: int) -> SuffixMatch:
    found = suffix_matches(past)
    return SuffixMatch(found.at[i], found.agree[i])


def test_it_finds_the_latest_longest_agreement_at_any_pitch() -> None:
    figure = [0, 4, 7, 5]
    past = history([16] * 11, [60 + p for p in figure] + [50, 51, 53] + [65 + p for p in figure])
    found = suffix_match(past, 11)
    # Event 4 ends the figure; three intervals agree, the one before the figure does not.
    assert (int(found.at), int(found.agree)) == (4, 3)
    assert int(past.pitch[found.at + 1] - past.pitch[found.at]) == 50 - 65


def test_nothing_agrees_at_the_start_or_where_rhythm_differs() -> None:
    assert int(suffix_match(history([16], [60]), 1).agree) == 0
    assert int(suffix_match(history([16, 8, 16, 32], [60, 62, 64, 66]), 4).agree) == 0


def test_agreement_is_counted_up_to_a_limit() -> None:
    assert (
        int(suffix_match(history([16] * 30, [60 + k % 2 for k in range(30)]), 30).agree)
        == LONGEST_SUFFIX
    )


def test_a_long_past_gives_the_same_as_its_end() -> None:
    rng = np.random.default_rng(0)
    steps, pitches = [16] * 3000, rng.integers(60, 64, 3000).tolist()
    whole, end = history(steps, pitches, 3100), history(steps[-1500:], pitches[-1500:], 1501)
    far, near = suffix_match(whole, 3000), suffix_match(end, 1500)
    assert int(far.agree) == int(near.agree) > 0
    assert int(far.at) - 3000 == int(near.at) - 1500


@pytest.mark.parametrize("size", [40, 1600])
def test_it_is_what_a_search_of_the_whole_past_finds(size: int) -> None:
    """With histories that the memory holds, and longer ones."""
    rng = np.random.default_rng(1)
    past = history(
        rng.choice([8, 16], size - 1).tolist(), rng.integers(60, 63, size - 1).tolist(), size
    )
    time, pitch = np.asarray(past.time), np.asarray(past.pitch)
    steps = 16 * np.diff(time >> 4, prepend=0) + (time & 15)
    events = list(
        zip(steps.tolist(), np.diff(pitch, prepend=0).tolist(), past.kind.tolist(), strict=True)
    )

    def searched(i: int) -> tuple[int, int]:
        first = max(i - suffix_memory(size) + 1, 0)
        lengths = {}
        for j in range(first, i):
            agree = 0
            while (
                agree < LONGEST_SUFFIX
                and j - agree > first
                and events[j - agree] == events[i - agree]
            ):
                agree += 1
            lengths[j] = agree
        return max(lengths, key=lambda j: (lengths[j], j), default=0), max(
            lengths.values(), default=0
        )

    found = suffix_matches(past)
    assert list(zip(found.at.tolist(), found.agree.tolist(), strict=True)) == [
        searched(i) for i in range(size)
    ]


def test_lags_end_with_the_map_of_repetitions() -> None:
    assert LAGS[-1] == 0
    assert ONSETS % 16 == 0
