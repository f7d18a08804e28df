"""Steps that all readers of music files share: checks, limits, and the choice of the melody.

Of several parts, the melody is the one with the highest sum of these scores:

- name: 2 if it is that of a melody ("voice", "lead"), -2 if it is that of an accompaniment.
- monophony: the share of notes that start while no other note of the part sounds.
- register: 1 for the highest mean pitch of all parts, less for lower ones; 0 from an octave and a
  half below.
- activity: the number of stretches of eight quarters in which a note begins, divided by that of the
  most active part.
- variety: 1/4 for twelve different pitches or more, proportionally less for fewer.
- instrument: 1/4 for a lead (violin, trumpet, reeds, flutes, synthesiser leads), -1/4 for basses,
  string ensembles, pads and effects.

Of parts with equal sums, to two decimals, it is the first.

The limits are those of `stylernn.system.limits`. In addition, a melody has at least two notes and
is not longer than a MIDI file can count.
"""

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from stylernn.errors import FileFormatError
from stylernn.music.melody import TICKS_PER_QUARTER, Chord, Key, Melody, TimeSignature
from stylernn.system import limits

__all__ = [
    "LONGEST_BAR",
    "assemble",
    "check_note_count",
    "find_melody",
    "read_bytes",
    "skyline",
    "statistics",
]

LONGEST_BAR = 255
"""The largest numerator of a time signature, as in a MIDI file."""

_MIN_NOTES = 2
# In ticks. A MIDI file has at most 2**28 ticks between events, and the written ones 480 a quarter.
_LONGEST = 2**28 // 480 * TICKS_PER_QUARTER
_TITLE = 500  # characters
_LEGATO = 3  # ticks by which a note may overlap the next one and still count as monophonic
_MELODY_NAME = re.compile(
    r"\b(?:melod|vo[cix]|lead|solo|right|rh\b|sopran|sing|gesang|cant|chant|theme|tune)",
    re.IGNORECASE,
)
_OTHER_NAME = re.compile(
    r"\b(?:bass|drum|perc|accomp|chord|left|lh\b|pad\b|harmon|back|bg\b|string|organ|riff)",
    re.IGNORECASE,
)
_LEADING = frozenset({40, 56, *range(64, 88)})  # General MIDI programs
_ACCOMPANYING = frozenset({*range(32, 40), *range(48, 52), *range(88, 96), *range(112, 128)})
_STRETCH = 8 * TICKS_PER_QUARTER  # ticks
_PITCHES = 128


def read_bytes(path: str | os.PathLike[str], kind: str) -> bytes:
    """Read the contents of a music file.

    Args:
        path: the file.
        kind: what the file should be, for the error message, such as "a MIDI file".

    Returns:
        At least one byte.

    Raises:
        FileFormatError: if there is no such file, or if it is a folder, empty, unreadable or above
            the limit `megabytes`.
    """
    try:
        data = limits.contents(path, "megabytes")
    except FileNotFoundError as error:
        remedy = "Check the spelling and the folder."
        raise FileFormatError(
            f"no such file: {Path(path)}", expected=kind, remedy=remedy
        ) from error
    except IsADirectoryError as error:
        raise FileFormatError(
            f"{Path(path)} is a folder", expected=kind, remedy="Name a file inside it."
        ) from error
    except OSError as error:
        raise FileFormatError(
            f"cannot read {Path(path)}", expected=kind, found=error.strerror or str(error)
        ) from error
    if not data:
        raise FileFormatError(
            f"{Path(path)} is empty",
            expected=kind,
            found="0 bytes",
            remedy="Export the file again.",
        )
    return data


def check_note_count(path: str | os.PathLike[str], count: int) -> None:
    """Check the number of notes of a melody.

    Args:
        path: the file, for the error message.
        count: number of notes of the part that is read as the melody.

    Raises:
        FileFormatError: if there are fewer than two notes, or more than the limit `notes`.

    Example:
        >>> check_note_count("tune.mid", 1)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        stylernn.errors.FileFormatError: tune.mid has no melody; expected at least 2 notes; ...
    """
    remedy = "Cut it into pieces or choose another track."
    limits.check("notes", count, f"{path} has too many notes for a melody", remedy=remedy)
    if count < _MIN_NOTES:
        raise FileFormatError(
            f"{path} has no melody",
            expected=f"at least {_MIN_NOTES} notes",
            found="one note" if count == 1 else "no notes",
            remedy="Choose another track or file.",
        )


def find_melody(
    names: Sequence[str], parts: Sequence[np.ndarray], programs: Sequence[int] | None = None
) -> int:
    """Choose the part that is the melody, by the scores in the docstring of this module.

    Args:
        names: names of the parts, often empty.
        parts: notes of each part, at least one; integers, shape (notes, 3): onset and duration in
            ticks, pitch.
        programs: General MIDI instruments of the parts, if the file names them.

    Returns:
        Index of the part.

    Example:
        >>> bass = np.array([[0, 96, 36], [96, 96, 43]])
        >>> flute = np.array([[0, 48, 72], [48, 48, 76], [96, 96, 79]])
        >>> find_melody(["", ""], [bass, flute])
        1
    """
    monophony, pitch, stretches, pitches = _features(parts)
    named = np.array(
        [bool(_MELODY_NAME.search(name)) - bool(_OTHER_NAME.search(name)) for name in names],
        dtype=int,
    )
    register = np.maximum(1 - (pitch.max() - pitch) / 18, 0)
    variety = np.minimum(pitches, 12) / 12
    leads = np.array([(p in _LEADING) - (p in _ACCOMPANYING) for p in programs or [0] * len(parts)])
    score = (
        2 * named
        + monophony
        + register
        + stretches / stretches.max()
        + 0.25 * variety
        + 0.25 * leads
    )
    return int(np.argmax(score.round(2)))


def statistics(notes: np.ndarray) -> tuple[float, float]:
    """Compute the monophony and the mean pitch of a part.

    Args:
        notes: at least one, in any order; integers, shape (notes, 3): onset and duration in ticks,
            pitch.

    Returns:
        The share of notes that start while no other sounds, from 0 to 1; and the mean MIDI number.

    Example:
        >>> statistics(np.array([[0, 24, 60], [24, 24, 64], [24, 24, 68], [48, 24, 64]]))
        (0.75, 64.0)
    """
    monophony, pitch, _, _ = _features([notes])
    return float(monophony[0]), float(pitch[0])


def _features(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features of all parts of a file, computed together because files may have many parts.

    The parts are moved so that each one begins at a stretch of its own after the end of the one
    before. The order and overlaps of all notes are then those within the parts.

    Args:
        parts: as for `find_melody`.

    Returns:
        Four arrays of shape (parts,): monophony and mean pitch as in `statistics`, the number of
        stretches in which a note begins, and the number of different pitches.
    """
    sizes = np.array([len(part) for part in parts])
    number = np.repeat(np.arange(len(parts)), sizes)
    onset, duration, pitch = np.concatenate(parts).T
    onset = onset + number * (((onset + duration).max() // _STRETCH + 1) * _STRETCH)
    if np.count_nonzero(onset[1:] < onset[:-1]):
        order = np.argsort(onset, kind="stable")
        onset, duration, pitch = onset[order], duration[order], pitch[order]
    sounding_until = np.maximum.accumulate(onset + duration)[:-1]
    stretch = onset // _STRETCH
    counted = np.ones((3, len(pitch)), np.int64)
    counted[0, 1:] = (onset[1:] >= sounding_until - _LEGATO) & (onset[1:] != onset[:-1])
    counted[1, 1:] = stretch[1:] != stretch[:-1]
    counted[2] = pitch
    alone, stretches, height = np.add.reduceat(counted, np.cumsum(sizes) - sizes, axis=1)
    keys = np.bincount(_PITCHES * number + pitch, minlength=_PITCHES * len(parts)).reshape(
        -1, _PITCHES
    )
    return 1 - (sizes - alone) / sizes, height / sizes, stretches, np.count_nonzero(keys, axis=1)


def skyline(notes: np.ndarray) -> np.ndarray:
    """Extract one voice from overlapping notes.

    Of notes that start together, the highest is used. A note that overlaps the next one is
    shortened, except that a lower note does not interrupt a higher one. The lower note is dropped
    if it starts in the first half of the higher one or does not sound beyond it. Otherwise it
    counts as the next note of a legato line.

    Args:
        notes: integers, shape (notes, 3), in any order: onset and duration in ticks, pitch; the
            durations are at least 1.

    Returns:
        The same columns, in order of onset and without overlaps, shape (voice notes, 3); `notes`
        itself if it is such an array.

    Example:
        >>> skyline(np.array([[0, 48, 60], [0, 48, 72], [48, 48, 74]])).tolist()
        [[0, 48, 72], [48, 48, 74]]
    """
    if (notes[1:, 0] >= notes[:-1, 0] + notes[:-1, 1]).all():
        return notes
    notes = notes[np.lexsort((-notes[:, 1], -notes[:, 2], notes[:, 0]))]
    voice: list[list[int]] = []
    for onset, duration, pitch in notes.tolist():
        if voice:
            start, length, above = voice[-1]
            if onset < start + length:
                inside = 2 * (onset - start) < length or onset + duration <= start + length
                if onset == start or (pitch < above and inside):
                    continue
                voice[-1][1] = onset - start
        voice.append([onset, duration, pitch])
    return np.array(voice, dtype=notes.dtype)


def assemble(
    path: str | os.PathLike[str],
    notes: np.ndarray,
    metres: Sequence[tuple[int, TimeSignature]],
    *,
    key: Key | None,
    tempo: float,
    title: str,
    chords: Sequence[Chord],
) -> Melody:
    """Make a melody from one voice and the time signatures of its score.

    Bar 0 is a pickup if half of it or more is rest before the first note. A time signature that is
    repeated on one of its own bar lines is left out, and so are time signatures and chords after
    the last note.

    Args:
        path: the file, for error messages.
        notes: from `skyline`, at least one note.
        metres: (tick, metre) pairs in order of time, the first at tick 0; of several at one tick
            the last counts.
        key: as in `Melody`.
        tempo: as in `Melody`.
        title: as in `Melody`; cut to 500 characters.
        chords: as in `Melody`.

    Returns:
        The melody.

    Raises:
        FileFormatError: if the melody is longer than the limit `bars`, or than a MIDI file can
            count.

    Example:
        >>> metres = [(0, TimeSignature(4, 4))]
        >>> voice = np.array([[72, 24, 67], [96, 96, 72]])
        >>> assemble("a.mid", voice, metres, key=None, tempo=90.0, title="", chords=()).pickup
        24
    """
    end = int(notes[-1, 0] + notes[-1, 1])
    changes: list[tuple[int, TimeSignature]] = []
    for tick, metre in dict(metres).items():
        if tick < end and not (
            changes and metre == changes[-1][1] and (tick - changes[-1][0]) % metre.bar == 0
        ):
            changes.append((tick, metre))
    spans = pairwise([*changes, (end, TimeSignature())])
    bars = sum(-(-(stop - start) // metre.bar) for (start, metre), (stop, _) in spans)
    limits.check("bars", bars, f"{path} is too long", unit="bars", remedy="Cut it into pieces.")
    if end > _LONGEST:
        quarters = [f"{ticks // TICKS_PER_QUARTER:,} quarters" for ticks in (_LONGEST, end)]
        raise FileFormatError(
            f"{path} is too long", expected=f"at most {quarters[0]}", found=quarters[1]
        )
    first, bar = int(notes[0, 0]), changes[0][1].bar
    inside = tuple(chord for chord in chords if 0 <= chord.onset < end)
    return Melody.from_array(
        notes,
        metres=tuple(changes),
        key=key,
        tempo=tempo,
        pickup=bar - first if first < bar <= 2 * first else 0,
        title=title[:_TITLE],
        chords=inside,
    )
