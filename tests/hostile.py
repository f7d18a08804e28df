"""Files that are made to harm: malformed MIDI, mutations of real files, crafted archives."""

import io
import random
import struct
import warnings
import zipfile
from typing import Any

__all__ = ["chunk", "malformed_midi", "mutated", "package", "quantity", "smf", "zip_member"]

_EVENTS = (0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0)
_DIVISIONS = (0, 1, 0x7FFF, 0x8000, 0xE728, 0xFFFF)
_DELTAS = (0, 1, 480, 2**14, 2**21, 2**28 - 1)


def quantity(number: int) -> bytes:
    """A number as a MIDI file counts: seven bits a byte."""
    data = [number & 0x7F]
    while number := number >> 7:
        data.insert(0, number & 0x7F | 0x80)
    return bytes(data)


def chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    """A chunk of a MIDI file, whose length may be a lie."""
    return kind + struct.pack(">I", len(data) if length is None else length) + data


def smf(*tracks: bytes, division: int = 480, declared: int | None = None) -> bytes:
    """A MIDI file from the bytes of its tracks, whose number may be a lie."""
    header = struct.pack(">HHH", 1, len(tracks) if declared is None else declared, division)
    return chunk(b"MThd", header) + b"".join(chunk(b"MTrk", track) for track in tracks)


def malformed_midi(seed: int) -> bytes:
    """Something like a MIDI file with one or two faults out of all that can be wrong with one."""
    rng = random.Random(seed)
    faults = rng.sample(
        ("division", "count", "header", "length", "kind", "event", "delta", "end", "cut"),
        rng.randint(1, 2),
    )

    def pick(fault: str, right: Any, *wrong: Any) -> Any:
        return rng.choice(wrong) if fault in faults and rng.random() < 0.5 else right

    tracks = []
    for _ in range(rng.choice((0, 1, 1, 2, 3, 40))):
        track = bytearray()
        for number in range(rng.choice((1, 4, 20, 200))):
            track += pick(
                "delta", b"\x18", *map(quantity, _DELTAS), b"\xff\xff\xff\xff\x7f", b"\x81\x80\x00"
            )
            track += pick(
                "event",
                bytes([0x90, 60 + number // 2 % 5, number % 2 * -64 + 64]),
                *_odd_events(rng),
            )
        tracks.append(
            bytes(track) + pick("end", b"\x00\xff\x2f\x00", b"", b"\xff\xff", b"\x00\xff\x2f\x01")
        )
    count, division = pick("count", len(tracks), 0, 1, 65_535), pick("division", 96, *_DIVISIONS)
    header = struct.pack(">HHH", pick("count", 1, 0, 2, 7), count, division)
    data = chunk(b"MThd", header, pick("header", 6, 0, 5, 7, 2**32 - 1))
    for track in tracks:
        length = pick("length", len(track), 0, len(track) // 2, len(track) + 9, 2**31, 2**32 - 1)
        data += chunk(pick("kind", b"MTrk", b"XFIH", b"\0\0\0\0"), track, length)
    return pick("cut", data, data[: rng.randrange(len(data))])


def _odd_events(rng: random.Random) -> list[bytes]:
    """Events of odd values, and some that are none."""
    status = rng.choice(_EVENTS) | rng.choice((0, 0, 9, 15))
    pitch, velocity = rng.choice((0, 60, 127, 128, 255)), rng.choice((0, 1, 127, 200))
    tempo = rng.choice((0, 1, 2**24 - 1)).to_bytes(3, "big")
    metre = bytes([rng.choice((0, 3, 255)), rng.choice((0, 5, 6, 31, 255)), 24, 8])
    return [
        bytes([status, pitch, velocity]),
        bytes([pitch & 0x7F, velocity & 0x7F]),  # running status, of whatever came before
        b"\xff\x51\x03" + tempo,
        b"\xff\x58\x04" + metre,
        b"\xff\x59\x02" + rng.randbytes(2),
        b"\xff\x03" + quantity(rng.choice((3, 200, 2**28 - 1))) + b"abc",
        b"\xff\x06\x03C\xff7",
        b"\xf0" + quantity(rng.choice((2, 2**21))) + b"\x01\xf7",
        rng.randbytes(1),
    ]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A file with a few bytes flipped, copied, left out or put in."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(5):
            case 0 if at < len(changed):
                changed[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(changed):
                changed[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del changed[at : at + rng.randint(1, 20)]
            case 3:
                changed[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 4)))
            case _:
                start = rng.randrange(len(changed) + 1)
                changed[at:at] = changed[start : start + rng.randint(1, 50)]
    return bytes(changed)


def package(*members: tuple[str, bytes]) -> bytes:
    """An archive of named contents; a name may come twice."""
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of that very name
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def zip_member(
    name: str, content: bytes = b"<score-partwise/>", *, mode: int = 0, flags: int = 0
) -> bytes:
    """An archive of one member with a file mode (a link, a device) or flags (encryption)."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr = 3, mode << 16
        archive.writestr(member, content)
    raw = bytearray(data.getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + offset] |= flags
    return bytes(raw)
