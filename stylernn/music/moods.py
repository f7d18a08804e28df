"""Moods: calm, energetic, happy, sad, as wishes for mode, tempo, register and density.

Listening experiments agree on the directions: fast tempo and the major mode are heard as happy, slow tempo and the
minor mode as sad, slow tempo in major as calm, fast and dense as energetic; a high register lifts, a low one weighs
down. Mode and tempo count for most. The sizes of the steps here are ours: what a melody bears without becoming another.

References:
    Hevner, The affective value of pitch and tempo in music (1937).
    Gabrielsson & Lindström, The role of structure in the musical expression of emotions (2010), table 14.2.
    Eerola, Friberg & Bresin, Emotional expression in music: contribution, linearity, and additivity of primary musical
    cues (2013).
"""

from dataclasses import dataclass, replace

import numpy as np

from stylernn.errors import UsageError
from stylernn.music.key_estimation import Tonality, as_key, estimate
from stylernn.music.melody import Key, Melody

__all__ = ["MOODS", "Mood", "before", "find", "in_mode"]

# Degrees of the parallel scale that differ: major to minor, and back.
_TO_MINOR = {4: 3, 9: 8, 11: 10}
_TO_MAJOR = {3: 4, 8: 9, 10: 11}


@dataclass(frozen=True)
class Mood:
    """What a mood asks for.

    Args:
        tempo: factor on the tempo.
        mode: "major", "minor", or "" to leave the mode.
        register: semitones up.
        density: fewer notes (-1) or more (1), see `transfer.TransferConfig`.
    """

    tempo: float
    mode: str
    register: int
    density: float


MOODS = {
    "calm": Mood(0.75, "", 0, -1.0),
    "energetic": Mood(1.3, "", 2, 1.0),
    "happy": Mood(1.2, "major", 3, 0.5),
    "sad": Mood(0.7, "minor", -3, -0.5),
}


def find(name: str) -> Mood:
    """A mood by name.

    Raises:
        UsageError: if there is none of that name.
    """
    if name not in MOODS:
        raise UsageError(f"unknown mood {name!r}", expected=f"one of {', '.join(MOODS)}")
    return MOODS[name]


def before(melody: Melody, mood: Mood) -> Melody:
    """The tune as a mood wants it, before the transfer: its mode, register and tempo."""
    tonality = estimate(melody)
    changed = in_mode(melody, tonality, mood.mode) if mood.mode else melody
    return replace(changed.transpose(mood.register), tempo=melody.tempo * mood.tempo)


def in_mode(melody: Melody, tonality: Tonality, mode: str) -> Melody:
    """A melody in the parallel key: its third, sixth and seventh degrees altered.

    A seventh that rises to the tonic stays a leading note in minor.
    """
    if tonality.mode == mode:
        return melody
    altered = _TO_MINOR if mode == "minor" else _TO_MAJOR
    pitch = melody.array[:, 2].astype(int)
    degree = (pitch - tonality.tonic) % 12
    rises = np.append(np.diff(pitch) == 1, False) & (degree == 11)
    shift = np.array([altered.get(int(d), int(d)) - int(d) for d in degree]) * ~rises
    notes = tuple(
        n._replace(pitch=int(p)) for n, p in zip(melody.notes, pitch + shift, strict=True)
    )
    key: Key = as_key(Tonality(tonality.tonic, mode))
    return replace(melody, notes=notes, key=key, chords=())
