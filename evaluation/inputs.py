"""Checks of the input that all chapters share, and the beats of a melody.

A wrong input raises a `ValueError` that names the argument and the item. Pairs are two lists of
equal length; output i was made from source i.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from stylernn.music.melody import Melody

__all__ = ["beat_edges", "check_melodies", "check_pairs"]


def check_melodies(melodies: Sequence[Melody], name: str = "melodies", *, least: int = 1) -> None:
    """Make sure that there are enough melodies and that each has a note.

    Args:
        melodies: what to check.
        name: of the argument, for messages.
        least: how many melodies there must be.

    Raises:
        ValueError: if there are too few, or an item is no melody or has no notes.
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

    Args:
        sources: the sources.
        outputs: output i was made from source i.

    Raises:
        ValueError: if they differ in number, or an item is no melody or has no notes.
    """
    check_melodies(sources, "sources")
    check_melodies(outputs, "outputs")
    if len(sources) != len(outputs):
        raise ValueError(
            f"sources and outputs must come in pairs, got {len(sources)} and {len(outputs)}"
        )


def beat_edges(melody: Melody) -> np.ndarray:
    """Ticks of all beats of a melody and of its end.

    Args:
        melody: the tune. In compound metres a beat is a dotted quarter.

    Returns:
        int64, shape (beats + 1,).

    Example:
        >>> beat_edges(Melody.from_array(np.array([(0, 24, 60)]))).tolist()
        [0, 24, 48, 72, 96]
    """
    bars = melody.bar_lines
    starts = [np.arange(a, b, melody.metre_at(int(a)).beat) for a, b in pairwise(bars)]
    return np.r_[np.concatenate(starts), bars[-1]]
