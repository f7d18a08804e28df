"""A new melody in the place of the old one, in a MIDI file of many tracks.

All other tracks stay byte for byte, with the map of tempos and metres, lyrics and whatever else the file holds. In the
melody's own track everything stays but the melody's notes: programs, controllers, text, and in a file of one track
(format 0) the notes of the other channels.

What is the melody's
    All notes of its part where that sounds one note at a time. Where melody and accompaniment share a part, as on a
    piano, only the notes that were read as the melody.
Time
    Exactly the way back from the grid of `melody` to the ticks of the file, a padded pickup taken off again. What a
    melody plays before the file begins is left out, and a note that rings on when the file has ended is cut there.
Instruments
    Where a melody begins before the program of its part is chosen, the program is chosen at its first note already.
Keys are struck once
    Where a note that stays is sounding on the same channel and key, the new note gives way to it.
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

_SHARED = 0.8  # a part of which less is melody has an accompaniment in it
_RELEASE = 64  # the usual velocity of a note's end
_VELOCITY = 80
_NEVER = 2**62
_META, _LYRIC, _TEMPO = 0xFF, 0x05, 0x51
_END = Event(0, _META, b"\x2f\x00")


class _Voice(NamedTuple):
    """A part of a file in its bytes: which chunk, channel and program."""

    chunk: int
    channel: int
    program: int


class _Struck(NamedTuple):
    """A note of a track: numbers of the events that begin and end it, when, and which key."""

    begins: int
    ends: int
    onset: int
    end: int
    pitch: int
    voice: _Voice


def is_arrangement(path: str | os.PathLike[str]) -> bool:
    """Whether a MIDI file holds more than a melody: other parts, an accompaniment, lyrics, a change of tempo.

    Raises:
        FileFormatError: if the file is not MIDI.
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
    """The contents of a MIDI file with another melody in the place of its own.

    Args:
        path: the file.
        melody: the new one, in the bars of the one that `midi.read` finds.
        track: the part to replace, as for `midi.read`.

    Raises:
        FileFormatError: if the file cannot be read.
        UsageError: if `track` names no part of the file.
    """
    name = str(path)
    _, place = midi.locate(path, track=track)
    file = smf.parse(read_bytes(path, "a MIDI file"), name)
    voice, notes = _find(file, place, name)
    sequence = smf.events(file.chunks[voice.chunk].data, name)
    gone = _melody_events(sequence, voice, notes, place)
    staying = sorted(
        (note.pitch, sequence[note.begins].tick, sequence[note.ends].tick)
        for note in notes
        if note.voice.channel == voice.channel and note.begins not in gone
    )
    stop = sequence[-1].tick
    together = [voice.chunk] if file.format == midi_tracks.PIECES else file.tracks
    ending = max(smf.length(file.chunks[number].data, name) for number in together)
    added = _new_events(
        _timed(melody, place.shift, smf.quarter(file, name), ending),
        voice.channel,
        staying,
        [sequence[number] for number in sorted(gone) if sequence[number].starts_note],
    )
    added += _instrument(added, sequence, voice, staying)
    kept = [
        event
        for number, event in enumerate(sequence)
        if number not in gone and not event.ends_track
    ]
    merged = sorted(
        [*added, *((event.tick, 1, event) for event in kept)], key=lambda item: item[:2]
    )
    last = max([stop, *(tick for tick, _, _ in added)])
    track_data = smf.dump_track([*(event for _, _, event in merged), _END._replace(tick=last)])
    chunks = list(file.chunks)
    chunks[voice.chunk] = Chunk(b"MTrk", track_data)
    return smf.dump(file._replace(chunks=chunks))


def _find(file: smf.File, place: midi.TrackPosition, name: str) -> tuple[_Voice, list[_Struck]]:
    """The voice that a part of symusic's is in the bytes, and all notes of its track."""
    counted = smf.retimed(file, name) if file.division >= 0x8000 else file
    wanted = set(map(tuple, place.notes.tolist()))
    number = -1
    for chunk in counted.tracks:
        notes = _struck(smf.events(counted.chunks[chunk].data, name), chunk)
        for voice in sorted({note.voice for note in notes}):
            number += 1
            found = {(note.onset, note.pitch) for note in notes if note.voice == voice}
            if number == place.part and found == wanted:
                return voice, notes
    raise FileFormatError(
        f"the melody of {name} cannot be put back",
        expected="tracks whose notes begin and end in order",
        found="others",
        remedy="Ask for the melody alone with --melody-only.",
    )


def _struck(sequence: Sequence[Event], chunk: int) -> list[_Struck]:
    """Notes of a track, each ended by the first end of its key that has not ended an earlier one."""
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
                    _Struck(begins, number, sequence[begins].tick, event.tick, event.data[0], voice)
                )
    return notes


def _melody_events(
    sequence: Sequence[Event], voice: _Voice, notes: Sequence[_Struck], place: midi.TrackPosition
) -> set[int]:
    """Numbers of the events that are notes of the melody.

    Where the channel is the melody's alone, that includes what begins and never ends, and what ends and never began.
    """
    shared = _is_shared(place)
    if not shared and all(
        note.voice == voice for note in notes if note.voice.channel == voice.channel
    ):
        return {
            k
            for k, event in enumerate(sequence)
            if event.is_note and event.status & 0x0F == voice.channel
        }
    melody = set(map(tuple, place.notes[place.taken if shared else slice(None)].tolist()))
    own = [note for note in notes if note.voice == voice and (note.onset, note.pitch) in melody]
    return {number for note in own for number in (note.begins, note.ends)}


def _is_shared(place: midi.TrackPosition) -> bool:
    """Whether a part has an accompaniment in it."""
    return bool(place.taken.mean() < _SHARED)


def _timed(melody: Melody, shift: int, quarter: Fraction, ending: int) -> np.ndarray:
    """Notes in ticks of the file, int64 of shape (notes, 3): onset, end, pitch; each sounds for a tick or more."""
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
    rows[:, 1] = np.minimum(rows[:, 1], following)  # on a grid that is coarser than ours
    return rows[rows[:, 1] > rows[:, 0]]


def _instrument(
    added: Sequence[tuple[int, int, Event]],
    sequence: Sequence[Event],
    voice: _Voice,
    staying: Sequence[tuple[int, int, int]],
) -> list[tuple[int, int, Event]]:
    """The voice's program at its first new note, as for `_new_events`, where the track chooses it later only."""
    changes = [event for event in sequence if event.status == 0xC0 | voice.channel]
    first = min((tick for tick, _, event in added if event.starts_note), default=_NEVER)
    if not changes or changes[0].data[0] != voice.program or first >= changes[0].tick:
        return []
    if any(onset < changes[0].tick for _, onset, _ in staying):
        return []
    return [(first, 1, changes[0]._replace(tick=first))]


def _rounded(ticks: Fraction) -> int:
    """The nearest tick, halves up."""
    return (2 * ticks.numerator + ticks.denominator) // (2 * ticks.denominator)


def _new_events(
    notes: np.ndarray,
    channel: int,
    staying: Sequence[tuple[int, int, int]],
    models: Sequence[Event],
) -> list[tuple[int, int, Event]]:
    """Events of new notes as (tick, rank, event): at one tick ends come first, then what the track holds, then onsets.

    Args:
        notes: from `_timed`.
        channel: to play them on.
        staying: pitch, onset and end of the notes that stay on this channel, ascending.
        models: the onsets that are replaced; each new note is as loud as the last of them before it.
    """
    onsets = [event.tick for event in models]
    loud = [event.data[1] for event in models] or [_VELOCITY]
    added = []
    for onset, end, pitch in notes.tolist():
        after = bisect_right(staying, (pitch, onset, _NEVER))
        if after and staying[after - 1][0] == pitch and staying[after - 1][2] > onset:
            continue
        stop = (
            min(end, staying[after][1])
            if after < len(staying) and staying[after][0] == pitch
            else end
        )
        velocity = loud[max(bisect_right(onsets, onset) - 1, 0)]
        added.append((onset, 2, Event(onset, 0x90 | channel, bytes([pitch, velocity]))))
        added.append((stop, 0, Event(stop, 0x80 | channel, bytes([pitch, _RELEASE]))))
    return added
