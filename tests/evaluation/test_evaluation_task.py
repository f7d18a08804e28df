"""The task: which real melodies stand beside the outputs."""

from dataclasses import replace

import pytest
from evaluation_melodies import plain
from stylernn.evaluation import task as tasks

from stylernn.music.melody import Melody, TimeSignature


def in_metre(count: int, numerator: int, denominator: int = 4) -> list[Melody]:
    return [
        replace(plain(number), metres=((0, TimeSignature(numerator, denominator)),))
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (in_metre(30, 4), {"4/4", "2/4"}),
        (in_metre(30, 4) + in_metre(1, 3), {"4/4", "2/4"}),
        (in_metre(30, 4) + in_metre(3, 3), {"4/4", "2/4", "3/4"}),
        (in_metre(30, 4) + in_metre(3, 12, 8), {"4/4", "2/4", "6/8"}),
        (in_metre(30, 9, 8), {"4/4", "2/4", "3/4", "6/8"}),
    ],
)
def test_real_tunes_are_in_metres_like_those_of_the_sources(
    sources: list[Melody], expected: set[str]
) -> None:
    """Duple, triple or compound; the compound tunes are too few for a comparison."""
    real = [*in_metre(20, 4), *in_metre(20, 2), *in_metre(10, 3), *in_metre(10, 6, 8)]
    assert {str(tune.metre) for tune in tasks._in_like_metres(real, sources)} == expected
