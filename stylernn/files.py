"""Music files of every kind to melodies and back, chosen by the ending of the file's name."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stylernn import midi
from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.melody import Melody

__all__ = ["ENDINGS", "is_midi", "read", "write"]

_MIDI = (".mid", ".midi", ".kar")
_SCORES = (".musicxml", ".xml", ".mxl", ".abc", ".krn")
ENDINGS = _MIDI + _SCORES
"""Endings of the files that can be read and written."""


def read(path: str | os.PathLike[str], *, track: int | None = None) -> "Melody":
    """Read the melody of a music file.

    Args:
        path: a file with one of `ENDINGS`, in capitals or not.
        track: the track or part to read, counted from 0; by default the melody by the rule of `intake`.

    Raises:
        UsageError: if the ending is none of `ENDINGS` or `track` names no part of the file.
        FileFormatError: if the file cannot be read or has no melody.
    """
    if _is_score(path):
        from stylernn import scores  # music21 takes seconds to import

        return scores.read(path, track=track)
    return midi.read(path, track=track)


def write(melody: "Melody", path: str | os.PathLike[str]) -> None:
    """Write a melody in the format that the ending of `path` says; an existing file is replaced as a whole.

    Raises:
        UsageError: if the ending is none of `ENDINGS` or the file cannot be written.
    """
    if _is_score(path):
        from stylernn import scores

        scores.write(melody, path)
    else:
        midi.write(melody, path)


def is_midi(path: str | os.PathLike[str]) -> bool:
    """Whether the ending of a file's name is one of MIDI files."""
    return Path(path).suffix.lower() in _MIDI


def _is_score(path: str | os.PathLike[str]) -> bool:
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"cannot tell the format of {path}",
            expected=f"an ending out of {', '.join(ENDINGS)}",
            found=ending or "none",
            remedy="Rename or convert the file.",
        )
    return ending in _SCORES
