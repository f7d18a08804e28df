"""Keys and chord symbols, which are spelt along the line of fifths.

The line of fifths runs ... Bb, F, C, G, D ...; C is 0. A key is named by its number of sharps.
"""

import re
from typing import NamedTuple

__all__ = ["Chord", "Key"]

_FIFTHS = "FCGDAEB"
_ALTERATIONS = {"b": -1, "": 0, "#": 1}
_LOWEST_ROOT, _HIGHEST_ROOT = -8, 12  # F flat and B sharp, the ends of what is spelt plainly
_ROOT = re.compile(r"(^|/)([A-G])([#b]?)")


class Key(NamedTuple):
    """A key by its signature.

    Args:
        fifths: number of sharps; negative for flats.
        mode: "major" or "minor".
    """

    fifths: int
    mode: str = "major"

    @property
    def tonic(self) -> int:
        """Pitch class of the tonic, 0 for C."""
        return (7 * self.fifths + (9 if self.mode == "minor" else 0)) % 12

    def transposed(self, semitones: int) -> "Key":
        """Transpose the key; the result has the signature of fewest accidentals.

        Args:
            semitones: upwards; negative for downwards.

        Returns:
            A key of the same mode, with at most 5 flats or 6 sharps.

        Example:
            >>> Key(1).transposed(1)
            Key(fifths=-4, mode='major')
        """
        fifths = (self.fifths + 7 * semitones + 5) % 12 - 5
        return Key(fifths, self.mode)


class Chord(NamedTuple):
    """A chord symbol as written in the source; it holds until the next one.

    Args:
        onset: in ticks.
        symbol: such as "F#m7" or "C/E".
    """

    onset: int
    symbol: str

    def transposed(self, fifths: int) -> "Chord":
        """Move root and bass along the line of fifths, so that the spelling follows the key.

        Args:
            fifths: steps on the line, as between the signatures of the old and the new key.

        Returns:
            The chord at the same onset; a root below F flat or above B sharp is respelt.

        Example:
            >>> Chord(0, "F#m7/A").transposed(-2)
            Chord(onset=0, symbol='Em7/G')
        """

        def moved(name: re.Match[str]) -> str:
            position = _FIFTHS.index(name[2]) - 1 + 7 * _ALTERATIONS[name[3]] + fifths
            position -= 12 * (position > _HIGHEST_ROOT) - 12 * (position < _LOWEST_ROOT)
            alter = (position + 1) // 7
            return name[1] + _FIFTHS[(position + 1) % 7] + ("#" if alter > 0 else "b") * abs(alter)

        return self._replace(symbol=_ROOT.sub(moved, self.symbol))
