"""The parts of a MIDI file, with their notes on the grid of 24 ticks a quarter.

Only this module and `midi` import symusic. A *part* is a track as symusic defines it: the notes of
one track of the file on one channel with one instrument. Parts are counted from 0 in the order of
the file; tracks without notes do not count. A file may count frames instead of beats; it then has
the beats of its first tempo. Each track of a file of format 2 has its own metres and tempo.
"""

import os
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from symusic.core import ScoreTick, TrackTick

from stylernn.errors import FileFormatError
from stylernn.formats import smf
from stylernn.music.melody import TICKS_PER_QUARTER
from stylernn.system import limits

__all__ = ["PIECES", "Part", "gridded", "parse", "sequence_name"]

PIECES = 2
"""The format of a MIDI file whose tracks are independent of each other."""

_Ticks = TypeVar("_Ticks", int, np.ndarray)


class Part(NamedTuple):
    """A part of a MIDI file.

    Args:
        score: the score of the part, as symusic reads it.
        track: the part, as symusic reads it.
        notes: on the grid, int64, shape (notes, 3): onset, duration of at least one tick, pitch.
    """

    score: ScoreTick
    track: TrackTick
    notes: np.ndarray


def parse(path: str | os.PathLike[str], data: bytes) -> list[Part]:
    """Read all parts of a MIDI file.

    Args:
        path: of the file, for error messages.
        data: contents of the file.

    Returns:
        The parts that have notes. All have the same score, except in a file of format 2.

    Raises:
        FileFormatError: if the file is not MIDI, is above a limit or is too long.
    """
    scores = [_score(path, data)]
    if data[:4] == b"MThd" and data[9] == PIECES:
        file = smf.parse(data, str(path))
        header = file.header[:1] + b"\x01" + file.header[2:]
        limits.check("tracks", len(file.tracks), f"{path} has too many tracks")
        pieces = [smf.dump(smf.File(header, [file.chunks[number]])) for number in file.tracks]
        scores = [_score(path, piece) for piece in pieces]
    return [part for score in scores for part in _score_parts(path, score)]


def gridded(ticks: _Ticks, ticks_per_quarter: int) -> _Ticks:
    """Convert ticks of a file to ticks of the grid; halves are rounded up.

    Args:
        ticks: an integer or an array of integers.
        ticks_per_quarter: of the file, above 0.

    Returns:
        Ticks of the grid, 24 a quarter; of the type and shape of `ticks`.

    Example:
        >>> gridded(490, 480), gridded(np.array([0, 960]), 480).tolist()
        (25, [0, 48])
    """
    return (ticks * (2 * TICKS_PER_QUARTER) + ticks_per_quarter) // (2 * ticks_per_quarter)


def sequence_name(data: bytes) -> str:
    """Read the name of the first track, which is the title of a Standard MIDI File.

    symusic does not report it if the track has no notes.

    Args:
        data: contents of the file; damage is no error.

    Returns:
        The name, "" if none is found.

    Example:
        >>> name = smf.Event(0, 0xFF, bytes([3, 5]) + b"Air 1")
        >>> end = smf.Event(0, 0xFF, bytes([0x2F, 0]))
        >>> track = smf.Chunk(b"MTrk", smf.dump_track([name, end]))
        >>> sequence_name(smf.dump(smf.File(bytes(6), [track])))
        'Air 1'
    """
    at = 22  # after the header chunk of 14 bytes, and the name and length of the first track chunk
    while at < len(data):
        while data[at] & 0x80 and at + 1 < len(data):
            at += 1
        if data[at + 1 : at + 2] != b"\xff":
            return ""
        kind, at, length = data[at + 2 : at + 3], at + 3, 0
        while at < len(data):
            length, at = length << 7 | data[at] & 0x7F, at + 1
            if data[at - 1] < 0x80:
                break
        if kind == b"\x03":
            text = data[at : at + length]
            try:
                return text.decode("utf-8").strip()
            except UnicodeDecodeError:
                return text.decode("latin-1").strip()
        at += length
    return ""


def _score_parts(path: str | os.PathLike[str], score: ScoreTick) -> list[Part]:
    """The parts of one score; the notes of all are put on the grid together, which is faster."""
    sounding = [track for track in score.tracks if track.notes]
    if not sounding:
        return []
    columns = [track.notes.numpy() for track in sounding]
    named = [part[name] for name in ("time", "duration", "pitch") for part in columns]
    rows = np.concatenate(named, dtype=np.int64).reshape(3, -1)
    times = rows[:2]
    if times.min() < 0:
        raise _too_long(path)
    times[1] += times[0]
    times[:] = gridded(times, score.tpq)
    times[1] = np.maximum(times[1] - times[0], 1)
    stops = [0, *accumulate(len(part["time"]) for part in columns)]
    return [
        Part(score, track, rows.T[start:stop])
        for track, (start, stop) in zip(sounding, pairwise(stops), strict=True)
    ]


def _score(path: str | os.PathLike[str], data: bytes) -> ScoreTick:
    """The score of a file; a FileFormatError if symusic cannot read it or it is above a limit."""
    if data[:4] == b"MThd" and data[12:13] >= b"\x80":
        data = smf.dump(smf.retimed(smf.parse(data, str(path)), str(path)))
    try:
        score = ScoreTick.from_midi(data)
    except (RuntimeError, ValueError) as error:
        found = "damaged data" if data.startswith(b"MThd") else "something else"
        raise FileFormatError(
            f"{path} is not a readable MIDI file",
            expected="a Standard MIDI File",
            found=found,
            remedy="Export it again from a notation program or sequencer.",
        ) from error
    if score.tpq < 1:
        raise FileFormatError(
            f"{path} has no time base", expected="ticks per quarter above 0", found="0"
        )
    _check_size(path, score)
    return score


def _check_size(path: str | os.PathLike[str], score: ScoreTick) -> None:
    """Check the limits, and that no time is negative: symusic counts to 2**31 - 1."""
    limits.check(
        "tracks", len(score.tracks), f"{path} has too many tracks", unit="of one instrument each"
    )
    limits.check("file_notes", score.note_num(), f"{path} has too many notes", unit="in the file")
    limits.check("file_notes", len(score.markers), f"{path} has too many markers")
    limits.check("bars", len(score.time_signatures), f"{path} has too many changes of metre")
    if any(event.time < 0 for events in (score.time_signatures, score.markers) for event in events):
        raise _too_long(path)


def _too_long(path: str | os.PathLike[str]) -> FileFormatError:
    """The error for a file with more ticks than symusic can count."""
    return FileFormatError(
        f"{path} is too long", expected=f"at most {2**31 - 1:,} ticks", found="more"
    )
