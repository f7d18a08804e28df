"""Melodies as the arrays that the network reads, and back; trainer and sampler share all of it.

`encode` turns a melody into note events and `decode` turns events into a melody;
`representation.event_codec` explains what an event is.

Example:
    >>> from stylernn.music.melody import Melody, Note
    >>> from stylernn.representation import decode, encode
    >>> tune = Melody((Note(0, 24, 60), Note(24, 24, 62), Note(48, 48, 64)))
    >>> events = encode(tune)
    >>> events.time.tolist()  # 16 for each beat, and the bar line at the end
    [0, 16, 32, 64]
    >>> decode(events) == tune
    True
"""

from stylernn.representation.event_codec import decode, encode

__all__ = ["decode", "encode"]
