"""Keys and metres as a musician writes them: "D minor", "Bb", "6/8"."""

import re

from ..errors import UsageError
from ..melody import Key, Metre

__all__ = ["key_name", "parse_key", "parse_metre"]

_LINE_OF_FIFTHS = ("Fb", "Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#")
_C = _LINE_OF_FIFTHS.index("C")
_MINOR = 3  # a minor key has the signature of the major key three fifths below its tonic
_KEY = re.compile(r"([A-Ga-g][b#♭♯]?)\s*(major|maj|minor|min|m)?", re.ASCII)


def key_name(key: Key | None) -> str:
    """Name a key, such as "D minor"; "unknown" for None."""
    if key is None:
        return "unknown"
    tonic = _LINE_OF_FIFTHS[_C + key.fifths + (_MINOR if key.mode == "minor" else 0)]
    return f"{tonic} {key.mode}"


def parse_key(text: str) -> Key:
    """Read a key: "D minor", "Dm", "Bb", "F# major".

    Raises:
        UsageError: if it is none, or needs more than seven accidentals.
    """
    match = _KEY.fullmatch(text.strip())
    if match:
        tonic = match[1][0].upper() + match[1][1:].replace("♭", "b").replace("♯", "#")
        minor = (match[2] or "").lower() in ("m", "min", "minor")
        if tonic in _LINE_OF_FIFTHS:
            fifths = _LINE_OF_FIFTHS.index(tonic) - _C - (_MINOR if minor else 0)
            if -7 <= fifths <= 7:
                return Key(fifths, "minor" if minor else "major")
    raise UsageError(f"no such key: {text!r}", expected='a key such as "D minor", "Bb" or "F#m"')


def parse_metre(text: str) -> Metre:
    """Read a metre such as "6/8".

    Raises:
        UsageError: if it is not two numbers that make a metre.
    """
    match = re.fullmatch(r"(\d{1,2})/(1|2|4|8|16|32)", text.strip(), re.ASCII)
    if not match or int(match[1]) == 0:
        raise UsageError(f"no such metre: {text!r}", expected='a metre such as "4/4", "3/4" or "6/8"')
    return Metre(int(match[1]), int(match[2]))
