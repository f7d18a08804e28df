"""An alignment of a result with its tune: for every note of the result, where it comes from.

A note of the result is of the first of these kinds that applies:

kept
    The tune has a note of the same pitch, at most two ticks earlier or later.
moved
    It corresponds to a note of the tune. Either that note is at most a quarter of a beat earlier or
    later, and at most a fifth or exactly an octave higher or lower; or it has the same pitch and is
    less than a beat earlier or later. Corresponding notes come in the same order in both, each note
    corresponds to at most one, and of all such alignments the one with the greatest sum of weights
    is taken, in which kept notes weigh most.
ornament
    It is near a structural note of the tune: at most a bar after it and at most a third from it, or
    the last note before it and at most a whole tone from it.
new
    None of these.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stylernn.music.key_estimation import estimate
from stylernn.music.melody import Melody, Note
from stylernn.representation import event_codec
from stylernn.representation import skeleton as sk

__all__ = ["KINDS", "Change", "NoteAlignment", "compare", "structural_notes"]

KINDS = ("kept", "moved", "ornament", "new")
"""Kinds of notes of a result, see the module's docstring."""

_SAME = 2  # ticks between onsets that count as the same
_FIFTH, _OCTAVE, _THIRD, _TONE = 7, 12, 4, 2  # semitones


class Change(NamedTuple):
    """Where a note of the result comes from.

    Args:
        note: of the result.
        kind: one of KINDS.
        origin: the note of the tune that is kept, moved or ornamented; None where the note is new.
        semitones: from the origin up to the note.
        ticks: from the origin's onset to the note's.
    """

    note: Note
    kind: str
    origin: Note | None = None
    semitones: int = 0
    ticks: int = 0


@dataclass(frozen=True)
class NoteAlignment:
    """The notes of a result beside those of its tune.

    Args:
        notes: all notes of the result, in order.
        dropped: notes of the tune that are neither kept nor moved.
    """

    notes: tuple[Change, ...]
    dropped: tuple[Note, ...]

    @property
    def totals(self) -> dict[str, int]:
        """Number of notes of each of the KINDS, and of notes dropped, by name."""
        kinds = [change.kind for change in self.notes]
        return {**{kind: kinds.count(kind) for kind in KINDS}, "dropped": len(self.dropped)}


class _Pair(NamedTuple):
    """Numbers of a note of the tune and of one of the result, and the best chain before them."""

    source: int
    result: int
    before: "_Pair | None"


def compare(
    source: Melody, result: Melody, structure: Sequence[Note] | None = None
) -> NoteAlignment:
    """Align a result with its tune.

    Args:
        source: the tune, in the metre of the result.
        result: the melody that was made from it.
        structure: structural notes of the tune in order of time; by default those of
            `structural_notes`.

    Returns:
        The alignment.

    Example:
        >>> tune = Melody(tuple(Note(24 * k, 24, 60 + 2 * k) for k in range(4)))
        >>> result = Melody((*tune.notes[:2], Note(48, 24, 67), Note(84, 12, 50)))
        >>> [change.kind for change in compare(tune, result).notes]
        ['kept', 'kept', 'moved', 'new']
        >>> compare(tune, result).dropped
        (Note(onset=72, duration=24, pitch=66),)
    """
    origins = _aligned(source, result)
    structural = structural_notes(source) if structure is None else structure
    onsets = [note.onset for note in structural]
    changes = []
    for number, note in enumerate(result.notes):
        if number in origins:
            origin = source.notes[origins[number]]
            kind = (
                "kept"
                if origin.pitch == note.pitch and abs(note.onset - origin.onset) <= _SAME
                else "moved"
            )
        else:
            following = (
                result.notes[number + 1].onset if number + 1 < len(result.notes) else result.end
            )
            at = bisect_right(onsets, note.onset)
            around = structural[max(at - 1, 0) : at + 1]
            near = _ornamented(note, following, around, source.metre_at(note.onset).bar)
            if near is None:
                changes.append(Change(note, "new"))
                continue
            origin, kind = near, "ornament"
        changes.append(
            Change(note, kind, origin, note.pitch - origin.pitch, note.onset - origin.onset)
        )
    used = set(origins.values())
    dropped = tuple(note for k, note in enumerate(source.notes) if k not in used)
    return NoteAlignment(tuple(changes), dropped)


def structural_notes(melody: Melody) -> list[Note]:
    """Find the structural notes of a melody, at most one in each beat.

    Args:
        melody: the tune.

    Returns:
        The skeleton at the level "beat", see `skeleton.reduce`, as notes; each lasts until the
        next. An empty list for a melody without notes.

    Example:
        >>> tune = Melody((Note(0, 18, 60), Note(18, 6, 62), Note(24, 24, 64)))
        >>> [note.pitch for note in structural_notes(tune)]
        [60, 64]
    """
    if not melody.notes:
        return []
    events = event_codec.encode(melody)
    skeleton = sk.reduce(events, "beat", estimate(melody))
    ticks = [*events.grid.ticks[skeleton.time].tolist(), melody.end]
    pitches = (skeleton.pitch + event_codec.LOWEST).tolist()
    return [Note(ticks[k], ticks[k + 1] - ticks[k], pitch) for k, pitch in enumerate(pitches)]


def _aligned(source: Melody, result: Melody) -> dict[int, int]:
    """For each note of the result that corresponds to one of the tune, the number of that note.

    Of all chains of pairs in which both numbers rise, that of the greatest weight is taken.
    `best[j]` is the greatest weight of a chain within the first j notes of the result, up to the
    last note that any pair so far includes.
    """
    best = [0.0]
    chains: list[_Pair | None] = [None]
    included = 0
    for number, note in enumerate(source.notes):
        beat = source.metre_at(note.onset).beat
        low, high = np.searchsorted(
            result.array[:, 0], [note.onset - beat + 1, note.onset + beat]
        ).tolist()
        best += [best[-1]] * (high - included)
        chains += [chains[-1]] * (high - included)
        included = max(included, high)
        # Descending, so that a note of the tune is used once.
        for other in range(high - 1, low - 1, -1):
            weight = _weight(note, result.notes[other], beat)
            if weight > 0:
                total, pair = best[other] + weight, _Pair(number, other, chains[other])
                for position in range(other + 1, included + 1):
                    if best[position] >= total:
                        break
                    best[position], chains[position] = total, pair
    origins: dict[int, int] = {}
    link = chains[-1]
    while link is not None:
        origins[link.result] = link.source
        link = link.before
    return origins


def _weight(origin: Note, note: Note, beat: int) -> float:
    """The weight of a pair: 4 for a kept note, up to 1 for a moved one, 0 for no pair."""
    ticks, semitones = abs(note.onset - origin.onset), abs(note.pitch - origin.pitch)
    if semitones == 0 and ticks < beat:
        return 4.0 if ticks <= _SAME else 1 - 0.5 * ticks / beat
    if ticks <= beat // 4 and (semitones <= _FIFTH or semitones == _OCTAVE):
        return 1 - 0.05 * semitones - 0.25 * ticks / beat
    return 0.0


def _ornamented(note: Note, following: int, around: Sequence[Note], bar: int) -> Note | None:
    """The structural note that a note of the result ornaments, if any.

    Args:
        note: of the result.
        following: onset of the note after it.
        around: the latest structural note up to this moment and the next one, where there are any.
        bar: length of a bar in ticks.
    """

    def near(structural: Note) -> bool:
        apart = abs(note.pitch - structural.pitch)
        if structural.onset <= note.onset:
            return apart <= _THIRD and note.onset - structural.onset <= bar
        return apart <= _TONE and following >= structural.onset

    return min(
        filter(near, around),
        key=lambda structural: abs(note.pitch - structural.pitch),
        default=None,
    )
