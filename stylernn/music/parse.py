"""Keys, metres, pitches and bars as people write them: "D minor", "6/8", "G3-C6", "1-4,9"."""

import re

from stylernn.errors import UsageError
from stylernn.music.key import Key
from stylernn.music.melody import Melody, TimeSignature

__all__ = ["parse_bars", "parse_key", "parse_metre", "parse_pitch_range"]

_KEY = re.compile(r"([A-Ga-g])([b#♭♯]?)\s*((?i:major|minor|maj|min)|m)?")
_METRE = re.compile(r"([1-9][0-9]?)/(1|2|4|8|16|32)")
_PITCH = re.compile(r"([A-Ga-g])([#b]?)(-?\d)")
_BARS = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")
_NATURALS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}  # along the circle of fifths
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTER = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_MINOR = 3  # a minor key has the signature of the major key three fifths below
_MOST_ACCIDENTALS = 7
_OCTAVE = 12


def parse_key(text: str) -> Key:
    """Read a key.

    Args:
        text: such as "D minor", "Dm", "Bb" or "F# major".

    Returns:
        The key; major where no mode is given.

    Raises:
        UsageError: if it is none, or its signature would need more than seven accidentals.

    Example:
        >>> parse_key("F#m")
        Key(fifths=3, mode='minor')
    """
    match = _KEY.fullmatch(text.strip())
    if match:
        mode = "minor" if (match[3] or "").lower() in ("m", "min", "minor") else "major"
        fifths = _NATURALS[match[1].upper()] + 7 * _ALTER[match[2]]
        fifths -= _MINOR if mode == "minor" else 0
        if abs(fifths) <= _MOST_ACCIDENTALS:
            return Key(fifths, mode)
    raise UsageError(f"no such key: {text!r}", expected='a key such as "D minor", "Bb" or "F#m"')


def parse_metre(text: str) -> TimeSignature:
    """Read a metre.

    Args:
        text: such as "6/8".

    Returns:
        The time signature.

    Raises:
        UsageError: if it is not two numbers that make a metre.

    Example:
        >>> parse_metre("6/8")
        TimeSignature(numerator=6, denominator=8)
    """
    match = _METRE.fullmatch(text.strip())
    if not match:
        expected = 'a metre such as "4/4", "3/4" or "6/8"'
        raise UsageError(f"no such metre: {text!r}", expected=expected)
    return TimeSignature(int(match[1]), int(match[2]))


def parse_pitch_range(text: str) -> tuple[int, int]:
    """Read a range of pitches.

    Args:
        text: two names or MIDI numbers, such as "G3-C6" or "55-84"; C4 is 60.

    Returns:
        The lowest and the highest MIDI number.

    Raises:
        UsageError: if it is no range of an octave or more.

    Example:
        >>> parse_pitch_range("C4-C6")
        (60, 84)
    """
    for cut in (position.start() for position in re.finditer("-", text)):
        low, high = _pitch(text[:cut].strip()), _pitch(text[cut + 1 :].strip())
        if low is not None and high is not None and high - low >= _OCTAVE:
            return low, high
    expected = "an octave or more, such as G3-C6 or 55-84"
    raise UsageError(f"no such range: {text!r}", expected=expected)


def parse_bars(text: str, melody: Melody) -> frozenset[int]:
    """Read a list of bars as a musician counts them: the first full bar is 1, a pickup 0.

    Args:
        text: such as "1-4,9".
        melody: that has the bars.

    Returns:
        Indices of the bars, counted from 0.

    Raises:
        UsageError: if it is no such list, or the melody has no such bar.

    Example:
        >>> sorted(parse_bars("1-2,4", Melody((), end=4 * 96)))
        [0, 1, 3]
    """
    first = 0 if melody.pickup else 1
    found: set[int] = set()
    for part in text.split(","):
        match = _BARS.fullmatch(part)
        if not match or int(match[2] or match[1]) < int(match[1]):
            raise UsageError(f"no such bars: {text!r}", expected="bars such as 1-4,9")
        low, high = int(match[1]) - first, int(match[2] or match[1]) - first
        if low < 0 or high >= melody.bars:
            expected = f"bars {first} to {melody.bars - 1 + first}"
            raise UsageError("the tune has no such bars", expected=expected, found=part.strip())
        found.update(range(low, high + 1))
    return frozenset(found)


def _pitch(text: str) -> int | None:
    """A MIDI number from digits or a name; None where it is neither."""
    if text.isdecimal():
        return int(text)
    match = _PITCH.fullmatch(text)
    if not match:
        return None
    return 12 * (int(match[3]) + 1) + _SEMITONES[match[1].upper()] + _ALTER[match[2]]
