"""Sound: a melody performed, accompanied, synthesised and mastered. Needs the extra `sound`.

`recording` does all of it; `synthesis` makes samples of notes, `mastering` makes a mix as loud as it should be. Samples
are float64 arrays of shape (frames, 2), full scale at 1, `RATE` frames a second.
"""

__all__ = ["ENDINGS", "RATE"]

RATE = 48_000
"""Frames a second."""

ENDINGS = (".wav", ".flac", ".mp3")
"""Endings of the sound files that can be written."""
