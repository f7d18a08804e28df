"""What every reader of music files does: refuse what is no music file, keep to the limits, find the melody.

The melody of several parts is the one with the highest sum of

- 2 for a name like a melody's, -2 for one like an accompaniment's;
- monophony: the share of its notes that start while no other of them sounds;
- register: 1 for the highest mean pitch of all, falling to 0 an octave and a half below;
- activity: the share of stretches of eight quarters in which it begins a note, compared with the most active part;
- variety: a quarter for twelve different pitches or more, less for fewer;
- the instrument: a quarter for one that leads (violin, trumpet, reeds, flutes, synthesiser leads), -1/4 for basses,
  string ensembles, pads and effects.

Of parts that are equal to two decimals it is the first.

The limits are those of `limits`; and a melody has at least two notes, and is no longer than a MIDI file can count.
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
"""Beats, of whatever length; what a MIDI file can say."""

_LEAST = 2
_LONGEST = (
    2**28 // 480 * TICKS_PER_QUARTER
)  # a MIDI file counts 2**28 ticks between events, and ours has 480 a quarter
_TITLE = 500  # characters
_LEGATO = 3  # ticks by which a note may outlast the next one's onset and still count as monophonic
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
_STRETCH = 8 * TICKS_PER_QUARTER
_PITCHES = 128


def read_bytes(path: str | os.PathLike[str], kind: str) -> bytes:
    """Contents of a music file.

    Args:
        path: the file.
        kind: what the file should be, for the error message, such as "a MIDI file".

    Raises:
        FileFormatError: if there is no such file, or it is a folder, empty, unreadable or above the limit of megabytes.
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
    """Refuse a melody of fewer than two notes, or more notes than the limits allow.

    Args:
        path: the file, for the error message.
        count: notes of the part that is read as the melody.
    """
    remedy = "Cut it into pieces or choose another track."
    limits.check("notes", count, f"{path} has too many notes for a melody", remedy=remedy)
    if count < _LEAST:
        raise FileFormatError(
            f"{path} has no melody",
            expected=f"at least {_LEAST} notes",
            found="one note" if count == 1 else "no notes",
            remedy="Choose another track or file.",
        )


def find_melody(
    names: Sequence[str], parts: Sequence[np.ndarray], programs: Sequence[int] | None = None
) -> int:
    """Index of the part that is the melody, by the rule in the module's docstring.

    Args:
        names: of the parts, often empty.
        parts: an integer array of shape (notes, 3) each: onset, duration, pitch; none is empty.
        programs: their General MIDI instruments, where the file says.
    """
    monophony, pitch, stretches, pitches = _features(parts)
    named = np.array(
        [bool(_MELODY_NAME.search(name)) - bool(_OTHER_NAME.search(name)) for name in names],
        dtype=int,
    )
    register = np.maximum(1 - (pitch.max() - pitch) / 18, 0)
    variety = np.minimum(pitches, 12) / 12
    leads = np.array([(p in _LEADING) - (p in _ACCOMPANYING) for p in programs or [0] * len(parts)])
    merit = (
        2 * named
        + monophony
        + register
        + stretches / stretches.max()
        + 0.25 * variety
        + 0.25 * leads
    )
    return int(np.argmax(merit.round(2)))


def statistics(notes: np.ndarray) -> tuple[float, float]:
    """Monophony (share of notes that start while no other sounds, 0 to 1) and mean pitch of a part.

    Args:
        notes: integer array of shape (notes, 3): onset, duration, pitch; at least one note, in any order.
    """
    monophony, pitch, _, _ = _features([notes])
    return float(monophony[0]), float(pitch[0])


def _features(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What tells the parts of a file apart, for all of them at once.

    They are counted as if they were played one after the other, each from the start of a stretch and none into the
    next, so that order and overlaps of the whole are those of the parts.

    Args:
        parts: as for `find_melody`.

    Returns:
        Arrays of shape (parts,): monophony and mean pitch as in `statistics`, the number of stretches in which a part
        begins a note, and of its different pitches.
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
    """One voice out of overlapping notes.

    Of notes that start together the highest stays. A note that overlaps the next one is cut there, except that a
    lower note does not interrupt a higher one: it is dropped if it starts in the first half of the higher note or
    ends within it. (In the second half and beyond it is the next note of a legato line.)

    Args:
        notes: integer array of shape (notes, 3): onset, duration of a tick or more, pitch; in any order.

    Returns:
        Array of shape (kept, 3), in order of onset, without overlaps; the one given where that is one voice already.
    """
    if (notes[1:, 0] >= notes[:-1, 0] + notes[:-1, 1]).all():
        return notes
    notes = notes[np.lexsort((-notes[:, 1], -notes[:, 2], notes[:, 0]))]
    kept: list[list[int]] = []
    for onset, duration, pitch in notes.tolist():
        if kept:
            start, length, above = kept[-1]
            if onset < start + length:
                inside = 2 * (onset - start) < length or onset + duration <= start + length
                if onset == start or (pitch < above and inside):
                    continue
                kept[-1][1] = onset - start
        kept.append([onset, duration, pitch])
    return np.array(kept, dtype=notes.dtype)


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
    """A melody from one voice and the score's map of metres.

    Bar 0 is a pickup where half of it or more is rest before the first note. A metre that is restated on one of its own
    bar lines is left out, and so are changes and chords after the last note.

    Args:
        path: the file, for error messages.
        notes: what `skyline` returns.
        metres: (tick, metre) pairs in order of time, the first at tick 0; of several at one tick the last counts.
        key: as in `Melody`.
        tempo: as in `Melody`.
        title: as in `Melody`.
        chords: as in `Melody`.

    Raises:
        FileFormatError: if the melody is too long.
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
