"""What is spelt along the line of fifths: keys by their signatures, and chord symbols.

Conventions: C is 0 on the line, every sharp one more, every flat one less.
"""

import re
from typing import NamedTuple

__all__ = ["Chord", "Key"]

_FIFTHS = "FCGDAEB"
_ALTERATIONS = {"b": -1, "": 0, "#": 1}
_LOWEST_ROOT, _HIGHEST_ROOT = -8, 12  # F flat and B sharp
_ROOT = re.compile(r"(^|/)([A-G])([#b]?)")


class Key(NamedTuple):
    """A key by its signature: `fifths` sharps (negative: flats) and `mode` "major" or "minor"."""

    fifths: int
    mode: str = "major"

    @property
    def tonic(self) -> int:
        """Pitch class of the tonic, 0 for C."""
        return (7 * self.fifths + (9 if self.mode == "minor" else 0)) % 12

    def transposed(self, semitones: int) -> "Key":
        """The key a number of semitones higher, with the signature of fewest accidentals."""
        fifths = (self.fifths + 7 * semitones + 5) % 12 - 5
        return Key(fifths, self.mode)


class Chord(NamedTuple):
    """A chord symbol as written in the source, from `onset` (ticks) to the next one."""

    onset: int
    symbol: str

    def transposed(self, fifths: int) -> "Chord":
        """The chord moved along the line of fifths, which spells it as the key that is moved with it is spelt."""

        def moved(name: re.Match[str]) -> str:
            place = _FIFTHS.index(name[2]) - 1 + 7 * _ALTERATIONS[name[3]] + fifths
            place -= 12 * (place > _HIGHEST_ROOT) - 12 * (place < _LOWEST_ROOT)
            alter = (place + 1) // 7
            return name[1] + _FIFTHS[(place + 1) % 7] + ("#" if alter > 0 else "b") * abs(alter)

        return self._replace(symbol=_ROOT.sub(moved, self.symbol))
