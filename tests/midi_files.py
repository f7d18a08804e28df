"""Small MIDI files made by hand, byte by byte."""

import struct
from pathlib import Path

from stylernn.formats.smf import Event

META_TEMPO, META_METRE, META_KEY, META_NAME, META_MARKER = 0x51, 0x58, 0x59, 0x03, 0x06


def quantity(number: int) -> bytes:
    """A number as a MIDI file counts: seven bits a byte."""
    data = [number & 0x7F]
    while number := number >> 7:
        data.insert(0, number & 0x7F | 0x80)
    return bytes(data)


def meta(tick: int, kind: int, data: bytes) -> tuple[int, bytes]:
    return tick, bytes([0xFF, kind]) + quantity(len(data)) + data


def sounding(onset: int, duration: int, pitch: int, channel: int = 0) -> list[tuple[int, bytes]]:
    return [
        (onset, bytes([0x90 | channel, pitch, 80])),
        (onset + duration, bytes([0x80 | channel, pitch, 0])),
    ]


def smf(path: Path, *tracks: list[tuple[int, bytes]], division: int = 480) -> Path:
    """A Standard MIDI File of format 1 from events at absolute ticks."""
    data = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division)
    for events in tracks:
        chunk, now = bytearray(), 0
        for tick, event in sorted(events, key=lambda pair: (pair[0], pair[1][0] & 0xF0 == 0x90)):
            chunk += quantity(tick - now) + event
            now = tick
        chunk += b"\x00\xff\x2f\x00"
        data += b"MTrk" + struct.pack(">I", len(chunk)) + chunk
    path.write_bytes(data)
    return path


def line(*notes: tuple[int, int, int], channel: int = 0) -> list[tuple[int, bytes]]:
    return [event for note in notes for event in sounding(*note, channel)]


def hangs(track: list[Event]) -> bool:
    """Whether a key is struck while it sounds, or never let go."""
    held = set()
    for event in track:
        key = (event.status & 15, event.data[0])
        if event.starts_note and key in held:
            return True
        if event.is_note:
            held = held | {key} if event.starts_note else held - {key}
    return bool(held)
