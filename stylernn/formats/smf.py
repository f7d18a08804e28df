"""Standard MIDI Files byte by byte: chunks, and the events of a track.

symusic makes music of a file and forgets the rest; this module forgets nothing. What is not touched is written as it
was read: chunks as bytes, and the events of a track that is edited with their own bytes (only how a track abbreviates
repeated status bytes may change).

Conventions: ticks are counted from the start of the file. The data of an event are the bytes after its status byte.

Reference:
    MIDI Manufacturers Association, *Standard MIDI Files 1.0* (RP-001, 1996).
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from stylernn.errors import FileFormatError
from stylernn.system import limits

__all__ = [
    "Chunk",
    "Event",
    "File",
    "dump",
    "dump_track",
    "events",
    "first_tempo",
    "length",
    "parse",
    "quarter",
    "retimed",
]

_META, _SYSEX, _ESCAPE = 0xFF, 0xF0, 0xF7
_END_OF_TRACK, _SET_TEMPO = 0x2F, 0x51
_PROGRAM_CHANGE, _CHANNEL_PRESSURE, _SYSTEM = 0xC0, 0xD0, 0xF0
_USUAL_TEMPO = 500_000  # microseconds a quarter
_LARGEST = 2**28 - 1  # that a quantity of variable length can say
_LONGEST = 4  # bytes that it may have
_RETIMED = 480


class Chunk(NamedTuple):
    """A chunk as it stands in the file: four letters of `kind`, and its contents."""

    kind: bytes
    data: bytes


class File(NamedTuple):
    """A file: the contents of its header, the chunks after it, and what follows the last whole chunk."""

    header: bytes
    chunks: list[Chunk]
    rest: bytes = b""

    @property
    def format(self) -> int:
        """0 for one track, 1 for several that sound together, 2 for several one after the other."""
        return int.from_bytes(self.header[:2], "big")

    @property
    def division(self) -> int:
        """Ticks a quarter, or with the top bit set frames a second and ticks a frame."""
        return int.from_bytes(self.header[4:6], "big")

    @property
    def tracks(self) -> list[int]:
        """Numbers of the chunks that are tracks."""
        return [number for number, chunk in enumerate(self.chunks) if chunk.kind == b"MTrk"]


class Event(NamedTuple):
    """One event of a track: when, its status byte, which is never left out here, and the data after it."""

    tick: int
    status: int
    data: bytes

    @property
    def is_note(self) -> bool:
        return 0x80 <= self.status <= 0x9F

    @property
    def starts_note(self) -> bool:
        return self.status >> 4 == 9 and self.data[1] > 0

    @property
    def ends_track(self) -> bool:
        return self.status == _META and self.data[0] == _END_OF_TRACK


def parse(data: bytes, name: str) -> File:
    """Take a file apart.

    Args:
        data: its contents.
        name: what to call it in an error message.

    Raises:
        FileFormatError: if it does not begin with a header.
    """
    if data[:4] != b"MThd" or len(data) < 14:
        raise _damaged(name, "no header")
    chunks: list[Chunk] = []
    at = 0
    while at + 8 <= len(data):
        stop = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if stop > len(data):
            break
        chunks.append(Chunk(data[at : at + 4], data[at + 8 : stop]))
        at = stop
    if not chunks or len(chunks[0].data) < 6:
        raise _damaged(name, "no header")
    return File(chunks[0].data, chunks[1:], data[at:])


def dump(file: File) -> bytes:
    """The bytes of a file; of one that `parse` has read and nobody has changed, the same bytes."""
    chunks = [Chunk(b"MThd", file.header), *file.chunks]
    return b"".join(kind + len(data).to_bytes(4, "big") + data for kind, data in chunks) + file.rest


def events(track: bytes, name: str) -> list[Event]:
    """The events of a track, in order, End of Track included; what stands after that is left out.

    Raises:
        FileFormatError: if the track breaks off inside an event, has data without a status, or too many events.
    """
    found: list[Event] = []
    most = limits.current().events
    at = tick = running = 0
    try:
        while at < len(track):
            wait, at = _quantity(track, at)
            tick += wait
            if track[at] >= 0x80:
                status, at = track[at], at + 1
            elif running:
                status = running
            else:
                raise _damaged(name, "an event without a status")
            if status < _SYSTEM:
                running = status
            stop = _data_end(track, at, status, name)
            if stop > len(track):
                raise _damaged(name, "a track that breaks off")
            found.append(Event(tick, status, track[at:stop]))
            if len(found) > most:
                limits.check("events", len(found), f"{name} has too many events", unit="in a track")
            at = stop
            if found[-1].ends_track:
                break
    except IndexError:
        raise _damaged(name, "a track that breaks off") from None
    return found


def dump_track(sequence: Iterable[Event]) -> bytes:
    """The contents of a track chunk; every event gets its status byte.

    Args:
        sequence: in order of time, with End of Track as the last.
    """
    track, now = bytearray(), 0
    for event in sequence:
        track += _encoded(event.tick - now) + bytes([event.status]) + event.data
        now = event.tick
    return bytes(track)


def length(track: bytes, name: str) -> int:
    """Ticks from the start of a track to its last event."""
    return max((event.tick for event in events(track, name)), default=0)


def first_tempo(file: File, name: str) -> int:
    """Microseconds a quarter by the first tempo of any track, 500,000 if there is none."""
    tempos = [
        event
        for number in file.tracks
        for event in events(file.chunks[number].data, name)
        if event.status == _META
        and event.data[0] == _SET_TEMPO
        and len(event.data) == 5
        and any(event.data[2:])
    ]
    return (
        int.from_bytes(min(tempos, key=lambda event: event.tick).data[2:], "big")
        if tempos
        else _USUAL_TEMPO
    )


def quarter(file: File, name: str) -> Fraction:
    """Ticks a quarter; where the file counts frames and has no beats, at its first tempo, or else 120 a minute.

    Raises:
        FileFormatError: if the file has no time base.
    """
    if file.division < 0x8000:
        ticks = Fraction(file.division)
    else:
        frames, ticks_per_frame = 256 - (file.division >> 8), file.division & 0xFF
        second = (Fraction(30_000, 1001) if frames == 29 else Fraction(frames)) * ticks_per_frame
        ticks = second * first_tempo(file, name) / 1_000_000
    if not ticks:
        raise FileFormatError(
            f"{name} has no time base", expected="ticks per quarter above 0", found="0"
        )
    return ticks


def retimed(file: File, name: str) -> File:
    """The same file with 480 ticks a quarter, for readers that cannot count frames."""
    scale = _RETIMED / quarter(file, name)
    chunks = [
        Chunk(
            kind,
            dump_track(
                event._replace(tick=round(event.tick * scale)) for event in events(data, name)
            ),
        )
        if kind == b"MTrk"
        else Chunk(kind, data)
        for kind, data in file.chunks
    ]
    return File(file.header[:4] + _RETIMED.to_bytes(2, "big") + file.header[6:], chunks)


def _data_end(track: bytes, at: int, status: int, name: str) -> int:
    """Where the data end that begin at `at`."""
    if status in (_META, _SYSEX, _ESCAPE):
        length, start = _quantity(track, at + (status == _META))
        return start + length
    if status >= _SYSTEM:
        raise _damaged(name, f"the status {status:#x}, which no file may hold")
    return at + (1 if status & 0xF0 in (_PROGRAM_CHANGE, _CHANNEL_PRESSURE) else 2)


def _quantity(track: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    number = 0
    for place in range(at, at + _LONGEST):
        number = number << 7 | track[place] & 0x7F
        if track[place] < 0x80:
            return number, place + 1
    raise IndexError  # as if it had broken off


def _encoded(number: int) -> bytes:
    """A number as a file counts: seven bits a byte, all but the last with the top bit set."""
    number = min(number, _LARGEST)
    data = [number & 0x7F]
    while number := number >> 7:
        data.insert(0, number & 0x7F | 0x80)
    return bytes(data)


def _damaged(name: str, found: str) -> FileFormatError:
    problem, remedy = (
        f"{name} is not a readable MIDI file",
        "Export it again from a notation program or sequencer.",
    )
    return FileFormatError(problem, expected="a Standard MIDI File", found=found, remedy=remedy)
