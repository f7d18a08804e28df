"""Melodies for tests of the evaluation: two made-up styles that differ in pitch and rhythm."""

import numpy as np

from stylernn.music.melody import Melody

MAJOR = np.array([0, 2, 4, 5, 7, 9, 11, 12])


def tune(*notes, **attributes):
    """A melody from (onset, duration, pitch) triples in ticks."""
    return Melody.from_array(np.array(notes), **attributes)


def plain(seed, bars=16):
    """Square and diatonic: quarters and pairs of eighths, mostly by step."""
    rng = np.random.default_rng([1, seed])
    rows, degree = [], 4
    for beat in range(4 * bars):
        parts = [0, 12] if rng.random() < 0.4 else [0]
        for onset in parts:
            degree = int(np.clip(degree + rng.choice([-2, -1, -1, 1, 1, 2]), 0, 7))
            rows.append((24 * beat + onset, 24 // len(parts), 60 + MAJOR[degree]))
    return Melody.from_array(np.array(rows), title=f"plain {seed}")


def ornate(seed, bars=16):
    """Swung, chromatic, syncopated and full of holes."""
    rng = np.random.default_rng([2, seed])
    rows, pitch = [], 66
    for beat in range(4 * bars):
        if rng.random() < 0.2:
            continue
        for onset, following in ((0, 16), (16, 24)):
            if rng.random() < 0.8:
                pitch = int(np.clip(pitch + rng.choice([-4, -3, -1, -1, 1, 1, 3, 5]), 52, 84))
                rows.append((24 * beat + onset, int(0.8 * (following - onset)), pitch))
    return Melody.from_array(np.array(rows), title=f"ornate {seed}")
