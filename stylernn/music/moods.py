"""Moods (calm, energetic, happy, sad) as changes of mode, tempo, register and density.

Listening experiments agree on the directions. Fast tempo and the major mode sound happy, slow tempo
and the minor mode sad. Slow tempo in major sounds calm, a fast and dense melody energetic. A high
register sounds happier than a low one. Mode and tempo have the largest effects. The sizes of the
changes are a choice made here: a melody should remain recognisable.

References:
    Hevner (1937), The affective value of pitch and tempo in music, American Journal of
    Psychology 49.
    Gabrielsson & Lindström (2010), The role of structure in the musical expression of emotions, in
    Handbook of Music and Emotion, table 14.2.
    Eerola, Friberg & Bresin (2013), Emotional expression in music: contribution, linearity, and
    additivity of primary musical cues, Frontiers in Psychology 4.
"""

from dataclasses import dataclass, replace

import numpy as np

from stylernn.errors import UsageError
from stylernn.music.key_estimation import Tonality, as_key, estimate
from stylernn.music.melody import Key, Melody

__all__ = ["MOODS", "Mood", "before", "find", "in_mode"]

# Degrees in which the parallel scales differ, in semitones above the tonic.
_TO_MINOR = {4: 3, 9: 8, 11: 10}
_TO_MAJOR = {3: 4, 8: 9, 10: 11}


@dataclass(frozen=True)
class Mood:
    """The changes that make a mood.

    Args:
        tempo: factor on the tempo.
        mode: "major", "minor", or "" to keep the mode.
        register: transposition in semitones.
        density: preference among candidates, from -1 (fewest notes) to 1 (most notes); the option
            `density` of a transfer.
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
    """Look up a mood by its name.

    Args:
        name: one of the keys of `MOODS`.

    Returns:
        The mood.

    Raises:
        UsageError: if there is no mood of that name.

    Example:
        >>> find("sad").mode
        'minor'
    """
    if name not in MOODS:
        raise UsageError(f"unknown mood {name!r}", expected=f"one of {', '.join(MOODS)}")
    return MOODS[name]


def before(melody: Melody, mood: Mood) -> Melody:
    """Change mode, register and tempo of a tune to those of a mood; this precedes the transfer.

    Args:
        melody: the tune, with at least one note.
        mood: which changes to make; `density` is not used here.

    Returns:
        A new melody.

    Raises:
        ValueError: if the melody has no notes, or a pitch would leave the range 0 to 127.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 24, 60), Note(24, 24, 64), Note(48, 48, 60)), tempo=100.0)
        >>> sad = before(tune, find("sad"))
        >>> [note.pitch for note in sad.notes], sad.tempo
        ([57, 60, 57], 70.0)
    """
    tonality = estimate(melody)
    changed = in_mode(melody, tonality, mood.mode) if mood.mode else melody
    return replace(changed.transpose(mood.register), tempo=melody.tempo * mood.tempo)


def in_mode(melody: Melody, tonality: Tonality, mode: str) -> Melody:
    """Move a melody to the parallel key by altering its third, sixth and seventh degrees.

    A leading note, which is a seventh degree that rises by a semitone, is not lowered in minor.

    Args:
        melody: the tune.
        tonality: its tonic and mode.
        mode: "major" or "minor".

    Returns:
        The same melody if it is in that mode already; else a new one without chord symbols.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 24, 64), Note(24, 24, 71), Note(48, 48, 72)))
        >>> [note.pitch for note in in_mode(tune, Tonality(0, "major"), "minor").notes]
        [63, 71, 72]
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
