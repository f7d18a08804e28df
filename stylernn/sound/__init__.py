"""Sound: performance, accompaniment, synthesis and mastering of a melody.

`recording` does all of it, `synthesis` turns notes into samples, and `mastering` sets the loudness
of a mix. These three need the extra `sound`. Samples are float64 arrays of shape (frames, 2); full
scale is 1, and there are `RATE` frames a second.
"""

__all__ = ["ENDINGS", "RATE"]

RATE = 48_000
"""Frames a second."""

ENDINGS = (".wav", ".flac", ".mp3")
"""File suffixes of the sound formats that can be written."""
