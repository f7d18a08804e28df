"""Replacement of the melody in a MIDI file of several tracks.

All other tracks are unchanged, byte for byte, with tempos, metres, lyrics and all other contents
of the file. In the track of the melody, only the notes of the melody are replaced. Programs,
controllers and text stay, and in a file of one track (format 0) the notes of the other channels.

Notes of the melody
    If the part sounds one note at a time, all of its notes. If melody and accompaniment share a
    part, as on a piano, only the notes that were read as the melody.
Time
    Ticks of the grid are converted back to ticks of the file, and a padded pickup is removed. Notes
    before the start of the file are left out, and a note that sounds beyond its end is cut there.
Instruments
    If the new melody begins before the program change of its part, the program change is repeated
    at its first note.
Simultaneous notes
    If an unchanged note sounds on the same channel and key, the new note is left out or shortened.
"""

import os
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from stylernn.errors import FileFormatError
from stylernn.formats import midi, midi_tracks, smf
from stylernn.formats.melody_extraction import read_bytes
from stylernn.formats.smf import Chunk, Event
from stylernn.music.melody import TICKS_PER_QUARTER, Melody

__all__ = ["is_arrangement", "put_back"]

_SHARED = 0.8  # share of melody notes below which a part contains an accompaniment
_RELEASE = 64  # the usual velocity of Note Off
_VELOCITY = 80
_NEVER = 2**62  # a tick after all others
_META, _LYRIC, _TEMPO = 0xFF, 0x05, 0x51
_END = Event(0, _META, b"\x2f\x00")


class _Voice(NamedTuple):
    """A part in the bytes of a file: numbers of its chunk, channel and program."""

    chunk: int
    channel: int
    program: int


class _TrackNote(NamedTuple):
    """A note of a track: indices of its two events, ticks of onset and end, pitch and part."""

    begins: int
    ends: int
    onset: int
    end: int
    pitch: int
    voice: _Voice


def is_arrangement(path: str | os.PathLike[str]) -> bool:
    """Tell whether a MIDI file contains more than a melody.

    Args:
        path: a MIDI file.

    Returns:
        True if it has several parts, an accompaniment in the part of the melody, lyrics or more
        than one tempo.

    Raises:
        FileFormatError: if the file is not MIDI or has no melody.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from stylernn.music.melody import Note
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.mid")
        ...     midi.write(Melody((Note(0, 24, 60), Note(24, 24, 62))), path)
        ...     is_arrangement(path)
        False
    """
    if len(midi.tracks(path)) > 1 or _is_shared(midi.locate(path)[1]):
        return True
    file = smf.parse(read_bytes(path, "a MIDI file"), str(path))
    texts = [
        event.data[0]
        for number in file.tracks
        for event in smf.events(file.chunks[number].data, str(path))
        if event.status == _META
    ]
    return _LYRIC in texts or texts.count(_TEMPO) > 1


def put_back(path: str | os.PathLike[str], melody: Melody, *, track: int | None = None) -> bytes:
    """Replace the melody of a MIDI file.

    Args:
        path: the file; it is not changed.
        melody: the new melody, in the bars of the one that `midi.read` finds.
        track: number of the part to replace, as for `midi.read`.

    Returns:
        Contents of the new file.

    Raises:
        FileFormatError: if the file cannot be read, or its notes do not begin and end in order.
        UsageError: if the file has no such part.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from stylernn.music.melody import Note
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     old, new = Path(folder, "old.mid"), Path(folder, "new.mid")
        ...     midi.write(Melody((Note(0, 24, 60), Note(24, 72, 62))), old)
        ...     _ = new.write_bytes(put_back(old, midi.read(old).transpose(5)))
        ...     [note.pitch for note in midi.read(new).notes]
        [65, 67]
    """
    name = str(path)
    _, position = midi.locate(path, track=track)
    file = smf.parse(read_bytes(path, "a MIDI file"), name)
    voice, notes = _find(file, position, name)
    sequence = smf.events(file.chunks[voice.chunk].data, name)
    removed = _melody_events(sequence, voice, notes, position)
    remaining = sorted(
        (note.pitch, sequence[note.begins].tick, sequence[note.ends].tick)
        for note in notes
        if note.voice.channel == voice.channel and note.begins not in removed
    )
    stop = sequence[-1].tick
    together = [voice.chunk] if file.format == midi_tracks.PIECES else file.tracks
    ending = max(smf.length(file.chunks[number].data, name) for number in together)
    added = _new_events(
        _timed(melody, position.shift, smf.quarter(file, name), ending),
        voice.channel,
        remaining,
        [sequence[number] for number in sorted(removed) if sequence[number].starts_note],
    )
    added += _instrument(added, sequence, voice, remaining)
    unchanged = [
        event
        for number, event in enumerate(sequence)
        if number not in removed and not event.ends_track
    ]
    merged = sorted(
        [*added, *((event.tick, 1, event) for event in unchanged)], key=lambda item: item[:2]
    )
    last = max([stop, *(tick for tick, _, _ in added)])
    track_data = smf.dump_track([*(event for _, _, event in merged), _END._replace(tick=last)])
    chunks = list(file.chunks)
    chunks[voice.chunk] = Chunk(b"MTrk", track_data)
    return smf.dump(file._replace(chunks=chunks))


def _find(
    file: smf.File, position: midi.TrackPosition, name: str
) -> tuple[_Voice, list[_TrackNote]]:
    """The part in the bytes of the file, and all notes of its track."""
    counted = smf.retimed(file, name) if file.division >= 0x8000 else file
    wanted = set(map(tuple, position.notes.tolist()))
    number = -1
    for chunk in counted.tracks:
        notes = _track_notes(smf.events(counted.chunks[chunk].data, name), chunk)
        for voice in sorted({note.voice for note in notes}):
            number += 1
            found = {(note.onset, note.pitch) for note in notes if note.voice == voice}
            if number == position.part and found == wanted:
                return voice, notes
    raise FileFormatError(
        f"the melody of {name} cannot be replaced in the file",
        expected="tracks whose notes begin and end in order",
        found="other tracks",
        remedy="Write the melody alone with --melody-only.",
    )


def _track_notes(sequence: Sequence[Event], chunk: int) -> list[_TrackNote]:
    """Notes of a track; a Note Off ends the oldest sounding note of its key."""
    program: dict[int, int] = defaultdict(int)
    open_notes: dict[tuple[int, int], deque[tuple[int, _Voice]]] = defaultdict(deque)
    notes = []
    for number, event in enumerate(sequence):
        channel = event.status & 0x0F
        if event.status >> 4 == 0xC:
            program[channel] = event.data[0]
        elif event.starts_note:
            open_notes[channel, event.data[0]].append(
                (number, _Voice(chunk, channel, program[channel]))
            )
        elif event.is_note and open_notes[channel, event.data[0]]:
            begins, voice = open_notes[channel, event.data[0]].popleft()
            if event.tick > sequence[begins].tick:
                notes.append(
                    _TrackNote(
                        begins, number, sequence[begins].tick, event.tick, event.data[0], voice
                    )
                )
    return notes


def _melody_events(
    sequence: Sequence[Event],
    voice: _Voice,
    notes: Sequence[_TrackNote],
    position: midi.TrackPosition,
) -> set[int]:
    """Indices of the events that are notes of the melody.

    If only the melody uses the channel, they include Note Ons without an end and single Note Offs.
    """
    shared = _is_shared(position)
    if not shared and all(
        note.voice == voice for note in notes if note.voice.channel == voice.channel
    ):
        return {
            k
            for k, event in enumerate(sequence)
            if event.is_note and event.status & 0x0F == voice.channel
        }
    melody = set(map(tuple, position.notes[position.taken if shared else slice(None)].tolist()))
    own = [note for note in notes if note.voice == voice and (note.onset, note.pitch) in melody]
    return {number for note in own for number in (note.begins, note.ends)}


def _is_shared(position: midi.TrackPosition) -> bool:
    """Whether the part of the melody contains an accompaniment."""
    return bool(position.taken.mean() < _SHARED)


def _timed(melody: Melody, shift: int, quarter: Fraction, ending: int) -> np.ndarray:
    """Notes in ticks of the file, int64, shape (notes, 3): onset, end after the onset, pitch."""
    scale = quarter / TICKS_PER_QUARTER
    starts = [(note.onset - shift) * scale for note in melody.notes]
    ends = [(note.end - shift) * scale for note in melody.notes]
    rows = np.array(
        [
            [max(_rounded(start), 0), _rounded(end), note.pitch]
            for note, start, end in zip(melody.notes, starts, ends, strict=True)
        ],
        dtype=np.int64,
    ).reshape(-1, 3)
    rows = rows[rows[:, 1] > 0]
    rows[:, 1] = np.where(rows[:, 0] < ending, np.minimum(rows[:, 1], ending), rows[:, 1])
    rows[:, 1] = np.maximum(rows[:, 1], rows[:, 0] + 1)
    following = np.append(rows[1:, 0], _NEVER)
    rows[:, 1] = np.minimum(rows[:, 1], following)  # they may overlap on a coarser grid
    return rows[rows[:, 1] > rows[:, 0]]


def _instrument(
    added: Sequence[tuple[int, int, Event]],
    sequence: Sequence[Event],
    voice: _Voice,
    remaining: Sequence[tuple[int, int, int]],
) -> list[tuple[int, int, Event]]:
    """A program change at the first new note, if that of the track comes later."""
    changes = [event for event in sequence if event.status == 0xC0 | voice.channel]
    first = min((tick for tick, _, event in added if event.starts_note), default=_NEVER)
    if not changes or changes[0].data[0] != voice.program or first >= changes[0].tick:
        return []
    if any(onset < changes[0].tick for _, onset, _ in remaining):
        return []
    return [(first, 1, changes[0]._replace(tick=first))]


def _rounded(ticks: Fraction) -> int:
    """The nearest tick; halves are rounded up."""
    return (2 * ticks.numerator + ticks.denominator) // (2 * ticks.denominator)


def _new_events(
    notes: np.ndarray,
    channel: int,
    remaining: Sequence[tuple[int, int, int]],
    models: Sequence[Event],
) -> list[tuple[int, int, Event]]:
    """Events of new notes as (tick, rank, event); at one tick: 0 for ends, 2 for onsets.

    Args:
        notes: from `_timed`.
        channel: of the events.
        remaining: pitch, onset and end of the unchanged notes of this channel, ascending.
        models: the removed onsets; each new note has the velocity of the last of them before it.
    """
    onsets = [event.tick for event in models]
    loud = [event.data[1] for event in models] or [_VELOCITY]
    added = []
    for onset, end, pitch in notes.tolist():
        after = bisect_right(remaining, (pitch, onset, _NEVER))
        if after and remaining[after - 1][0] == pitch and remaining[after - 1][2] > onset:
            continue
        stop = end
        if after < len(remaining) and remaining[after][0] == pitch:
            stop = min(end, remaining[after][1])
        velocity = loud[max(bisect_right(onsets, onset) - 1, 0)]
        added.append((onset, 2, Event(onset, 0x90 | channel, bytes([pitch, velocity]))))
        added.append((stop, 0, Event(stop, 0x80 | channel, bytes([pitch, _RELEASE]))))
    return added
