"""What every chapter asks of its input, and how all of them count beats.

A wrong input is a `ValueError` that names the argument and the item. Pairs are two lists of equal length, output i
made from source i.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from stylernn.music.melody import Melody

__all__ = ["beat_edges", "check_melodies", "check_pairs"]


def check_melodies(melodies: Sequence[Melody], name: str = "melodies", *, least: int = 1) -> None:
    """Make sure that there are at least `least` melodies and that each has a note.

    Raises:
        ValueError: naming the argument and the first item that is not fit for use.
    """
    if len(melodies) < least:
        raise ValueError(f"{name} must hold at least {least} melodies, got {len(melodies)}")
    for number, melody in enumerate(melodies):
        if not isinstance(melody, Melody):
            raise ValueError(f"{name}[{number}] must be a Melody, got {type(melody).__name__}")
        if not melody.notes:
            raise ValueError(f"{name}[{number}] ({melody.title or 'untitled'}) has no notes")


def check_pairs(sources: Sequence[Melody], outputs: Sequence[Melody]) -> None:
    """Make sure that sources and outputs are melodies and come in pairs.

    Raises:
        ValueError: naming what is wrong.
    """
    check_melodies(sources, "sources")
    check_melodies(outputs, "outputs")
    if len(sources) != len(outputs):
        raise ValueError(
            f"sources and outputs must come in pairs, got {len(sources)} and {len(outputs)}"
        )


def beat_edges(melody: Melody) -> np.ndarray:
    """Ticks of all felt beats and of the end; int64, shape (beats + 1,)."""
    bars = melody.bar_lines
    starts = [np.arange(a, b, melody.metre_at(int(a)).beat) for a, b in pairwise(bars)]
    return np.r_[np.concatenate(starts), bars[-1]]
