"""Keys, metres and melodies in a musician's words: "D minor", "6/8", "33 bars"."""

import re
from typing import TYPE_CHECKING

from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.music.key_estimation import Tonality
    from stylernn.music.melody import Key, Melody, TimeSignature

__all__ = [
    "count",
    "describe",
    "key_name",
    "parse_key",
    "parse_metre",
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
_KEY = re.compile(r"([A-Ga-g])([b#♭♯]?)\s*((?i:major|minor|maj|min)|m)?")


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 bar", "1,204 notes"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe(melody: "Melody") -> str:
    """One line on a melody: key, metre, tempo, length and range."""
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
    """Name a key, such as "D minor"."""
    if key is None:
        return "key unknown"
    return f"{_FIFTHS[_C + key.fifths + (_MINOR if key.mode == 'minor' else 0)]} {key.mode}"


def tonality_name(tonality: "Tonality") -> str:
    """Name a tonality by the key with the fewest accidentals."""
    from stylernn.music.key_estimation import as_key

    return key_name(as_key(tonality))


def pitch_name(pitch: int, key: "Key | None" = None) -> str:
    """Name a MIDI pitch as it is spelled in a key: 60 is C4."""
    from stylernn.formats.notation import spell

    step, alter, octave = spell(pitch, key)
    return f"{step}{'#' * alter or 'b' * -alter}{octave}"


def parse_key(text: str) -> "Key":
    """Read a key: "D minor", "Dm", "Bb", "F# major".

    Raises:
        UsageError: if it is none, or its signature would need more than seven accidentals.
    """
    from stylernn.music.melody import Key

    match = _KEY.fullmatch(text.strip())
    if match:
        tonic = match[1].upper() + match[2].replace("♭", "b").replace("♯", "#")
        mode = "minor" if match[3] and match[3].lower() in ("m", "min", "minor") else "major"
        fifths = (
            _FIFTHS.index(tonic) - _C - (_MINOR if mode == "minor" else 0)
            if tonic in _FIFTHS
            else None
        )
        if fifths is not None and -7 <= fifths <= 7:
            return Key(fifths, mode)
    raise UsageError(f"no such key: {text!r}", expected='a key such as "D minor", "Bb" or "F#m"')


def parse_metre(text: str) -> "TimeSignature":
    """Read a metre such as "6/8".

    Raises:
        UsageError: if it is not two numbers that make a metre.
    """
    from stylernn.music.melody import TimeSignature

    match = re.fullmatch(r"([1-9][0-9]?)/(1|2|4|8|16|32)", text.strip())
    if not match:
        raise UsageError(
            f"no such metre: {text!r}", expected='a metre such as "4/4", "3/4" or "6/8"'
        )
    return TimeSignature(int(match[1]), int(match[2]))
