"""Texts for keys, metres and melodies: "D minor", "6/8", "33 bars"."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stylernn.music.key_estimation import Tonality
    from stylernn.music.melody import Key, Melody

__all__ = [
    "count",
    "describe",
    "key_name",
    "pitch_name",
    "tonality_name",
]

_FIFTHS = (
    "Cb",
    "Gb",
    "Db",
    "Ab",
    "Eb",
    "Bb",
    "F",
    "C",
    "G",
    "D",
    "A",
    "E",
    "B",
    "F#",
    "C#",
    "G#",
    "D#",
    "A#",
)
_C = _FIFTHS.index("C")
_MINOR = 3  # a minor key shares its signature with the major key three fifths below


def count(number: int, noun: str) -> str:
    """Write a number with its noun.

    Args:
        number: how many.
        noun: in the singular; its plural ends in "s".

    Returns:
        Such as "1 bar".

    Example:
        >>> count(1204, "note")
        '1,204 notes'
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe(melody: "Melody") -> str:
    """Describe a melody in one line: key, metre, tempo, length and range.

    Args:
        melody: the tune.

    Returns:
        The line.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> describe(Melody((Note(0, 24, 60), Note(24, 24, 67))))
        'key unknown, 4/4, 120 quarters a minute, 1 bar, 2 notes, C4 to G4'
    """
    pitches = [note.pitch for note in melody.notes]
    return ", ".join(
        [
            key_name(melody.key),
            str(melody.metre),
            f"{melody.tempo:.0f} quarters a minute",
            count(melody.bars, "bar"),
            count(len(pitches), "note"),
            f"{pitch_name(min(pitches), melody.key)} to {pitch_name(max(pitches), melody.key)}",
        ]
    )


def key_name(key: "Key | None") -> str:
    """Name a key.

    Args:
        key: the key, or None.

    Returns:
        Such as "D minor".

    Example:
        >>> from stylernn.music.melody import Key
        >>> key_name(Key(-1, "minor"))
        'D minor'
    """
    if key is None:
        return "key unknown"
    return f"{_FIFTHS[_C + key.fifths + (_MINOR if key.mode == 'minor' else 0)]} {key.mode}"


def tonality_name(tonality: "Tonality") -> str:
    """Name a tonality by the key with the fewest accidentals.

    Args:
        tonality: tonic and mode.

    Returns:
        Such as "D minor".
    """
    from stylernn.music.key_estimation import as_key

    return key_name(as_key(tonality))


def pitch_name(pitch: int, key: "Key | None" = None) -> str:
    """Name a pitch as it is spelled in a key.

    Args:
        pitch: MIDI number, 0 to 127.
        key: the key, if it is known.

    Returns:
        Step, accidental and octave.

    Example:
        >>> pitch_name(60)
        'C4'
    """
    from stylernn.formats.notation import spell

    step, alter, octave = spell(pitch, key)
    return f"{step}{'#' * alter or 'b' * -alter}{octave}"
