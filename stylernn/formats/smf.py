"""Lossless reading and writing of Standard MIDI Files: chunks, and the events of a track.

symusic reads the music of a file and drops everything else. Here, all that is not changed is
written as it was read: chunks as bytes, and the events of an edited track with their own bytes.
Only running status, the abbreviation of repeated status bytes, is not preserved in an edited track.

Conventions: ticks are counted from the start of the track. The data of an event are the bytes after
its status byte.

Reference:
    MIDI Manufacturers Association (1996), Standard MIDI Files 1.0, RP-001.
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
_DEFAULT_TEMPO = 500_000  # microseconds a quarter
_MAX_QUANTITY = 2**28 - 1  # the largest variable-length quantity
_MAX_QUANTITY_BYTES = 4
_RETIMED = 480  # ticks a quarter


class Chunk(NamedTuple):
    """A chunk of a MIDI file.

    Args:
        kind: four letters, "MTrk" for a track.
        data: its contents.
    """

    kind: bytes
    data: bytes


class File(NamedTuple):
    """A MIDI file as a sequence of chunks.

    Args:
        header: contents of the header chunk, at least 6 bytes.
        chunks: the chunks after the header.
        rest: bytes after the last complete chunk.
    """

    header: bytes
    chunks: list[Chunk]
    rest: bytes = b""

    @property
    def format(self) -> int:
        """0 for one track, 1 for several tracks that sound together, 2 for independent tracks."""
        return int.from_bytes(self.header[:2], "big")

    @property
    def division(self) -> int:
        """Ticks a quarter; with the top bit set, frames a second and ticks a frame."""
        return int.from_bytes(self.header[4:6], "big")

    @property
    def tracks(self) -> list[int]:
        """Indices of the chunks that are tracks."""
        return [number for number, chunk in enumerate(self.chunks) if chunk.kind == b"MTrk"]


class Event(NamedTuple):
    """One event of a track.

    Args:
        tick: from the start of the track.
        status: the status byte, also if the file leaves it out (running status).
        data: the bytes after the status byte.
    """

    tick: int
    status: int
    data: bytes

    @property
    def is_note(self) -> bool:
        """Whether it is Note On or Note Off."""
        return 0x80 <= self.status <= 0x9F

    @property
    def starts_note(self) -> bool:
        """Whether it is Note On with a velocity above 0."""
        return self.status >> 4 == 9 and self.data[1] > 0

    @property
    def ends_track(self) -> bool:
        """Whether it is End of Track."""
        return self.status == _META and self.data[0] == _END_OF_TRACK


def parse(data: bytes, name: str) -> File:
    """Divide the contents of a MIDI file into chunks.

    Args:
        data: contents of the file.
        name: of the file, for error messages.

    Returns:
        The file; an incomplete chunk at the end becomes its `rest`.

    Raises:
        FileFormatError: if the data do not begin with a header.

    Example:
        >>> data = dump(File(bytes([0, 1, 0, 1, 1, 224]), [Chunk(b"MTrk", b"")]))
        >>> file = parse(data, "tune.mid")
        >>> file.format, file.division, file.tracks
        (1, 480, [0])
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
    """Join the chunks of a MIDI file.

    Args:
        file: what to write.

    Returns:
        Contents of the file; a file from `parse` gives the same bytes as were read.

    Example:
        >>> dump(File(bytes(6), []))[:4]
        b'MThd'
    """
    chunks = [Chunk(b"MThd", file.header), *file.chunks]
    return b"".join(kind + len(data).to_bytes(4, "big") + data for kind, data in chunks) + file.rest


def events(track: bytes, name: str) -> list[Event]:
    """Read the events of a track.

    Args:
        track: contents of a track chunk.
        name: of the file, for error messages.

    Returns:
        The events in order, up to End of Track; what follows it is left out.

    Raises:
        FileFormatError: if the track breaks off within an event, has data without a status byte, or
            has more events than the limit `events`.

    Example:
        >>> track = bytes([0, 0x90, 60, 64, 96, 60, 0, 0, 0xFF, 0x2F, 0])
        >>> [(event.tick, hex(event.status)) for event in events(track, "tune.mid")]
        [(0, '0x90'), (96, '0x90'), (96, '0xff')]
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
                raise _damaged(name, "an event without a status byte")
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
    """Write the contents of a track chunk, without running status.

    Args:
        sequence: events in order of time; the last one is End of Track.

    Returns:
        The contents.

    Example:
        >>> list(dump_track([Event(0, 0xC0, bytes([73])), Event(96, 0xFF, bytes([0x2F, 0]))]))
        [0, 192, 73, 96, 255, 47, 0]
    """
    track, now = bytearray(), 0
    for event in sequence:
        track += _encoded(event.tick - now) + bytes([event.status]) + event.data
        now = event.tick
    return bytes(track)


def length(track: bytes, name: str) -> int:
    """Measure a track.

    Args:
        track: contents of a track chunk.
        name: of the file, for error messages.

    Returns:
        Ticks from the start of the track to its last event.

    Raises:
        FileFormatError: as for `events`.

    Example:
        >>> length(dump_track([Event(96, 0xFF, bytes([0x2F, 0]))]), "tune.mid")
        96
    """
    return max((event.tick for event in events(track, name)), default=0)


def first_tempo(file: File, name: str) -> int:
    """Find the first tempo of a file in any of its tracks.

    Args:
        file: from `parse`.
        name: of the file, for error messages.

    Returns:
        Microseconds a quarter; 500,000 if the file has no tempo.

    Raises:
        FileFormatError: as for `events`.
    """
    tempos = [
        event
        for number in file.tracks
        for event in events(file.chunks[number].data, name)
        if event.status == _META
        and event.data[0] == _SET_TEMPO
        and len(event.data) == 5
        and any(event.data[2:])
    ]
    if not tempos:
        return _DEFAULT_TEMPO
    return int.from_bytes(min(tempos, key=lambda event: event.tick).data[2:], "big")


def quarter(file: File, name: str) -> Fraction:
    """Compute the length of a quarter in ticks of a file.

    If the file counts frames, a quarter has the length of its first tempo, or 120 a minute.

    Args:
        file: from `parse`.
        name: of the file, for error messages.

    Returns:
        Ticks a quarter, above 0.

    Raises:
        FileFormatError: if the file has no time base.

    Example:
        >>> quarter(File(bytes([0, 0, 0, 1, 1, 224]), []), "tune.mid")
        Fraction(480, 1)
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
    """Convert a file to 480 ticks a quarter, for readers that cannot count frames.

    Args:
        file: from `parse`.
        name: of the file, for error messages.

    Returns:
        A new file; ticks are rounded.

    Raises:
        FileFormatError: if the file has no time base or a damaged track.
    """
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
    """Index of the first byte after the data that begin at `at`."""
    if status in (_META, _SYSEX, _ESCAPE):
        length, start = _quantity(track, at + (status == _META))
        return start + length
    if status >= _SYSTEM:
        raise _damaged(name, f"the status byte {status:#x}, which is not allowed in a file")
    return at + (1 if status & 0xF0 in (_PROGRAM_CHANGE, _CHANNEL_PRESSURE) else 2)


def _quantity(track: bytes, at: int) -> tuple[int, int]:
    """A variable-length quantity, and the index of the first byte after it."""
    number = 0
    for index in range(at, at + _MAX_QUANTITY_BYTES):
        number = number << 7 | track[index] & 0x7F
        if track[index] < 0x80:
            return number, index + 1
    raise IndexError  # as for a track that breaks off


def _encoded(number: int) -> bytes:
    """A variable-length quantity: seven bits a byte, the top bit set in all but the last."""
    number = min(number, _MAX_QUANTITY)
    data = [number & 0x7F]
    while number := number >> 7:
        data.insert(0, number & 0x7F | 0x80)
    return bytes(data)


def _damaged(name: str, found: str) -> FileFormatError:
    """The error for a file that is damaged."""
    return FileFormatError(
        f"{name} is not a readable MIDI file",
        expected="a Standard MIDI File",
        found=found,
        remedy="Export it again from a notation program or sequencer.",
    )
