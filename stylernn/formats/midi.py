"""Reader and writer of MIDI files; only this module and `midi_tracks` import symusic.

Reading
    Times are rounded to the grid of 24 ticks a quarter. A change of metre starts a bar. Markers
    that look like chord symbols become the chords. The name of the first track is the title, and
    the first tempo is the tempo.
Choice of the melody
    Percussion parts are left out. A single remaining part is the melody; of several,
    `melody_extraction.find_melody` chooses one.
Pickup
    A file may start with a pickup at tick 0, without the rest before it. It is recognised by a
    first time signature of at most half the length of the next one. The melody gets the missing
    rest.
"""

import math
import os
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from symusic.core import (
    KeySignatureTick,
    NoteTick,
    ScoreTick,
    TempoTick,
    TextMetaTick,
    TimeSignatureTick,
    TrackTick,
)

from stylernn.errors import FileFormatError, UsageError
from stylernn.formats import smf
from stylernn.formats.melody_extraction import (
    assemble,
    check_note_count,
    find_melody,
    read_bytes,
    skyline,
    statistics,
)
from stylernn.formats.midi_tracks import Part, gridded, parse, sequence_name
from stylernn.music.melody import TICKS_PER_QUARTER, Chord, Key, Melody, TimeSignature
from stylernn.system.atomic_write import atomic_write

__all__ = ["TrackPosition", "TrackInfo", "locate", "read", "tracks", "write"]

_FILE_TICKS = 480  # a quarter, of written files
_VELOCITY = 80
_LONGEST_QUARTER = 2**24 - 1  # microseconds; the field of a tempo event has 24 bits
_CHORD_SYMBOL = re.compile(
    r"[A-G][#b]?(?:(?i:maj|min|mi|ma|dim|aug|sus|add|alt|omit|no)|[mMjo°ø+\-^#b0-9()])*+"
    r"(?:/[A-G][#b]?)?|N\.?C\.?"
)


@dataclass(frozen=True)
class TrackInfo:
    """One part of a MIDI file.

    Args:
        index: number of the part, for `read(path, track=index)`.
        name: of its track in the file, often empty.
        program: General MIDI instrument, 0 for a piano.
        is_drum: whether it is on the percussion channel.
        notes: number of notes.
        monophony: share of notes that start while no other note of the part sounds, 0 to 1.
        mean_pitch: of all notes, a MIDI number.
        chosen: whether `read` takes it for the melody.
    """

    index: int
    name: str
    program: int
    is_drum: bool
    notes: int
    monophony: float
    mean_pitch: float
    chosen: bool


class TrackPosition(NamedTuple):
    """The position of a melody in its MIDI file.

    Args:
        part: number of its part.
        shift: ticks of the grid by which the melody is later than in the file, because of a padded
            pickup.
        notes: all notes of the part, int64, shape (notes, 2): onset in ticks of the file as symusic
            counts them, and pitch.
        taken: which of these notes belong to the melody, bool, shape (notes,); the others are an
            accompaniment in the same part.
    """

    part: int
    shift: int
    notes: np.ndarray
    taken: np.ndarray


def read(path: str | os.PathLike[str], *, track: int | None = None) -> Melody:
    """Read the melody of a MIDI file.

    Args:
        path: a .mid, .midi or .kar file.
        track: number of the part to read; by default the part is chosen as described above.

    Returns:
        The melody.

    Raises:
        FileFormatError: if the file is not MIDI, or has no melody within the limits.
        UsageError: if the file has no such part.
    """
    return _read(path, track)[0]


def locate(
    path: str | os.PathLike[str], *, track: int | None = None
) -> tuple[Melody, TrackPosition]:
    """Read the melody of a MIDI file, and find its position in the file.

    Args:
        path: as for `read`.
        track: as for `read`.

    Returns:
        The melody and its position.

    Raises:
        FileFormatError: as for `read`.
        UsageError: as for `read`.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from stylernn.music.melody import Note
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.mid")
        ...     write(Melody((Note(0, 24, 60), Note(24, 24, 62))), path)
        ...     melody, position = locate(path)
        >>> position.part, position.notes.tolist()
        (0, [[0, 60], [480, 62]])
    """
    melody, chosen, part, shift = _read(path, track)
    voice = {(onset - shift, pitch) for onset, _, pitch in melody.notes}
    taken = [(onset, pitch) in voice for onset, _, pitch in part.notes.tolist()]
    columns = part.track.notes.numpy()
    notes = np.stack([columns["time"], columns["pitch"]], axis=1, dtype=np.int64)
    return melody, TrackPosition(chosen, shift, notes, np.array(taken))


def _read(path: str | os.PathLike[str], track: int | None) -> tuple[Melody, int, Part, int]:
    """The melody, the number and contents of its part, and the ticks of a padded pickup."""
    data = read_bytes(path, "a MIDI file")
    parts = parse(path, data)
    if track is not None and not 0 <= track < len(parts):
        raise UsageError(f"{path} has no track {track}", expected=f"0 to {len(parts) - 1}")
    chosen = _melody_part(path, parts) if track is None else track
    score, part = parts[chosen].score, parts[chosen]
    check_note_count(path, len(part.notes))
    notes = skyline(part.notes)
    check_note_count(path, len(notes))
    metres = _metres(score)
    shift = _padding(metres, int(notes[0, 0]))
    if shift:
        notes = notes + [shift, 0, 0]
        metres = [(0, metres[1][1])] + [(tick + shift, metre) for tick, metre in metres[1:]]
    melody = assemble(
        path,
        notes,
        metres,
        key=_key(score),
        tempo=_tempo(score),
        title=sequence_name(data),
        chords=[
            Chord(gridded(m.time, score.tpq) + shift, m.text)
            for m in score.markers
            if _CHORD_SYMBOL.fullmatch(m.text)
        ],
    )
    return melody, chosen, part, shift


def tracks(path: str | os.PathLike[str]) -> list[TrackInfo]:
    """List the parts of a MIDI file.

    Args:
        path: a .mid, .midi or .kar file.

    Returns:
        All parts with notes, in the order of the file. None is chosen if all are percussion.

    Raises:
        FileFormatError: if the file is not MIDI or is above a limit.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from stylernn.music.melody import Note
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tune.mid")
        ...     write(Melody((Note(0, 24, 60), Note(24, 24, 62))), path, program=73)
        ...     [(info.program, info.notes, info.chosen) for info in tracks(path)]
        [(73, 2, True)]
    """
    parts = parse(path, read_bytes(path, "a MIDI file"))
    tuned = any(not part.track.is_drum for part in parts)
    chosen = _melody_part(path, parts) if tuned else None
    return [
        TrackInfo(
            index,
            part.track.name,
            part.track.program,
            part.track.is_drum,
            len(part.notes),
            *statistics(part.notes),
            index == chosen,
        )
        for index, part in enumerate(parts)
    ]


def write(melody: Melody, path: str | os.PathLike[str], *, program: int = 0) -> None:
    """Write a melody as a Standard MIDI File with one track and 480 ticks a quarter.

    Chord symbols become markers. The track ends at the end of the melody; `read` leaves out bars of
    rest after the last note.

    Args:
        melody: what to write.
        path: the file to make or to replace as a whole.
        program: General MIDI instrument, 0 to 127.

    Raises:
        UsageError: if the file cannot be written.
    """
    scale = _FILE_TICKS // TICKS_PER_QUARTER
    score = ScoreTick(_FILE_TICKS)
    score.tempos.append(TempoTick(0, mspq=min(round(60e6 / melody.tempo), _LONGEST_QUARTER)))
    for tick, metre in melody.metres:
        score.time_signatures.append(
            TimeSignatureTick(tick * scale, metre.numerator, metre.denominator)
        )
    if melody.key:
        score.key_signatures.append(
            KeySignatureTick(0, melody.key.fifths, int(melody.key.mode == "minor"))
        )
    for chord in melody.chords:
        score.markers.append(TextMetaTick(chord.onset * scale, chord.symbol))
    part = TrackTick(melody.title, program)
    for note in melody.notes:
        part.notes.append(
            NoteTick(note.onset * scale, note.duration * scale, note.pitch, _VELOCITY)
        )
    score.tracks.append(part)
    with atomic_write(path) as draft:
        draft.write_bytes(_ended(score.dumps_midi(), melody.end * scale))


def _ended(data: bytes, tick: int) -> bytes:
    """Let the last track end at a tick; symusic ends it at its last note."""
    file = smf.parse(data, "")
    *before, end = smf.events(file.chunks[-1].data, "")
    track = smf.dump_track([*before, end._replace(tick=max(tick, before[-1].tick))])
    return smf.dump(file._replace(chunks=[*file.chunks[:-1], smf.Chunk(b"MTrk", track)]))


def _melody_part(path: str | os.PathLike[str], parts: list[Part]) -> int:
    """Index of the part that is the melody."""
    tuned = [index for index, part in enumerate(parts) if not part.track.is_drum]
    if not tuned:
        raise FileFormatError(
            f"{path} has no melody",
            expected="a track with pitched notes",
            found="only drums" if parts else "no notes",
            remedy="Choose another file.",
        )
    if len(tuned) == 1:
        return tuned[0]
    names, programs = [parts[k].track.name for k in tuned], [parts[k].track.program for k in tuned]
    return tuned[find_melody(names, [parts[k].notes for k in tuned], programs)]


def _metres(score: ScoreTick) -> list[tuple[int, TimeSignature]]:
    """The metres of the file without impossible ones; 4/4 at tick 0 if it has none there."""
    signs = sorted(score.time_signatures, key=lambda sign: sign.time)
    changes = [
        (gridded(sign.time, score.tpq), TimeSignature(sign.numerator, sign.denominator))
        for sign in signs
        if sign.numerator > 0 and sign.denominator in (1, 2, 4, 8, 16, 32)
    ]
    return changes if changes and changes[0][0] == 0 else [(0, TimeSignature()), *changes]


def _padding(metres: list[tuple[int, TimeSignature]], first_onset: int) -> int:
    """Ticks of rest before a pickup at tick 0, so that it ends a bar of the metre after it."""
    if len(metres) < 2 or first_onset > 0:
        return 0
    (_, metre), (length, following) = metres[:2]
    return following.bar - length if length <= metre.bar and 2 * length <= following.bar else 0


def _key(score: ScoreTick) -> Key | None:
    """The first key signature, None if there is none or an impossible one."""
    if not score.key_signatures or not -7 <= score.key_signatures[0].key <= 7:
        return None
    return Key(
        score.key_signatures[0].key, "minor" if score.key_signatures[0].tonality == 1 else "major"
    )


def _tempo(score: ScoreTick) -> float:
    """The first tempo in quarters a minute, 120 if none.

    It is rounded to two decimals, because a file counts in whole microseconds.
    """
    tempos = (tempo.qpm for tempo in score.tempos if 0.01 <= tempo.qpm < math.inf)
    return round(next(tempos, 120.0), 2)
