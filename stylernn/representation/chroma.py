"""Which pitch classes sound around each beat of a tune: what its structural notes leave out.

A skeleton says which note stands on a beat and in what order; the notes between them carry the
harmony, and a listener knows a tune by both. The sampler raises the pitch classes that sound in the
tune at the time, in whatever order they come (see `guidance.towards`).
"""

import numpy as np

from stylernn.music.melody import Melody
from stylernn.music.similarity import pitch_classes
from stylernn.representation.event_codec import BeatGrid

__all__ = ["around"]

_FRAMES = 12


def around(melody: Melody, grid: BeatGrid) -> np.ndarray:
    """Pitch classes in the two windows of two beats that a beat lies in, each row of length 1, or 0
    in silence.

    Args:
        melody: the tune.
        grid: its beats.

    Returns:
        float32, shape (beats, 12).

    Reference:
        Windows and cosines as in the chroma similarity of Lu & Su (2018), whose gradient this
        follows.
    """
    ticks = grid.start[:-1, None] + grid.unit[:-1, None] * np.arange(_FRAMES) // _FRAMES
    counts = pitch_classes(melody, ticks).astype(np.float32)
    near = np.pad(counts, ((1, 1), (0, 0)))
    smooth = near[:-2] + 2 * counts + near[2:]
    return smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
