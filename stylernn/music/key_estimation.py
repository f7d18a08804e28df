"""Tonic, mode and scale of a melody.

The model works with pitches relative to a tonic and a median pitch. Both must therefore be known
for every file, also for one without a key signature and for a modal tune with the signature of its
relative major. Training and transfer use the same estimate.
"""

from typing import NamedTuple

import numpy as np

from stylernn.music.melody import Key, Melody

__all__ = ["Tonality", "median_pitch", "as_key", "estimate", "scale"]

# Probe-tone ratings of Krumhansl & Kessler (1982), tonic first.
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_SIGNATURE_BONUS = 0.15
_FINAL_BONUS = 0.15

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}


class Tonality(NamedTuple):
    """A tonic and a mode.

    Args:
        tonic: a pitch class, 0 for C.
        mode: "major" or "minor".
    """

    tonic: int
    mode: str


def estimate(melody: Melody) -> Tonality:
    """Estimate the tonic and mode of a melody.

    The 24 keys are ranked by the correlation of their probe-tone profiles with the total duration
    of each pitch class. A key gets a bonus if it agrees with the notated signature, and another one
    if its tonic is the last note.

    Args:
        melody: the tune, with at least one note.

    Returns:
        The key of the highest score.

    Raises:
        ValueError: if the melody has no notes.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> pitches = (62, 66, 69, 74, 73, 71, 69, 67, 66, 64, 62)
        >>> tune = Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(pitches)))
        >>> estimate(tune)
        Tonality(tonic=2, mode='major')

    Reference:
        Krumhansl (1990), Cognitive Foundations of Musical Pitch, chapter 4.
    """
    if not melody.notes:
        raise ValueError("a melody without notes has no tonality")
    weights = np.bincount(melody.array[:, 2] % 12, weights=melody.array[:, 1], minlength=12)
    scores = np.array(
        [
            [_correlation(weights, np.roll(profile, tonic)) for tonic in range(12)]
            for profile in (_MAJOR, _MINOR)
        ]
    )
    scores[:, melody.notes[-1].pitch % 12] += _FINAL_BONUS
    if melody.key is not None:
        major = (7 * melody.key.fifths) % 12
        scores[0, major] += _SIGNATURE_BONUS
        scores[1, (major + 9) % 12] += _SIGNATURE_BONUS
    mode, tonic = np.unravel_index(int(scores.argmax()), scores.shape)
    return Tonality(int(tonic), "major" if mode == 0 else "minor")


def scale(tonality: Tonality) -> np.ndarray:
    """List the pitch classes of the scale of a key.

    Args:
        tonality: its tonic and mode.

    Returns:
        int64, ascending from C; shape (7,) in major, (8,) in minor, which has both sevenths.

    Example:
        >>> scale(Tonality(9, "minor")).tolist()
        [0, 2, 4, 5, 7, 8, 9, 11]
    """
    return np.sort((np.array(_SCALES[tonality.mode]) + tonality.tonic) % 12)


def as_key(tonality: Tonality) -> Key:
    """Convert a tonality to a key with the signature of fewest accidentals.

    Args:
        tonality: its tonic and mode.

    Returns:
        The key of the same tonic and mode.

    Example:
        >>> as_key(Tonality(3, "major"))
        Key(fifths=-3, mode='major')
    """
    return Key(0, tonality.mode).transposed(tonality.tonic - Key(0, tonality.mode).tonic)


def median_pitch(melody: Melody) -> int:
    """Compute the median pitch of a melody, which stands for its register.

    Args:
        melody: the tune, with at least one note.

    Returns:
        A MIDI number, rounded down.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> median_pitch(Melody((Note(0, 24, 60), Note(24, 24, 67))))
        63
    """
    return int(np.median(melody.array[:, 2]))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's correlation, 0 where one of the two is constant."""
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else 0.0
