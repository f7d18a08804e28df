"""Sixty tunes of two styles, to train on in a moment."""

import numpy as np

from stylernn.corpus import LabelledMelody
from stylernn.music.melody import Melody, Note


def tunes() -> list[LabelledMelody]:
    """Lines of 24 quarters, mostly by step; each a work of its own, so that some are held out."""
    rng = np.random.default_rng(1)
    pitches = 60 + np.clip(np.cumsum(rng.integers(-3, 4, size=(60, 24)), axis=1), -12, 12)
    melodies = [
        Melody(tuple(Note(24 * k, 24, int(p)) for k, p in enumerate(line))) for line in pitches
    ]
    return [
        LabelledMelody(m, ("up", "down")[n % 2], f"{n}", f"work {n}", "made", "none")
        for n, m in enumerate(melodies)
    ]
