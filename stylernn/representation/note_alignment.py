"""What became of a tune: for every note of a result, where it comes from.

A note of the result is, and the first that fits counts:

kept
    The tune has this pitch at this moment, give or take two ticks.
moved
    It stands for a note of the tune: at the same moment, give or take a quarter of a beat, up to a fifth or exactly an
    octave higher or lower; or of the same pitch, less than a beat earlier or later. Notes of the tune and notes that
    stand for them come in the same order, each stands for one, and kept notes count most.
ornament
    It plays around a structural note of the tune: up to a third from the one before it, at most a bar later, or as the
    last note before one, up to a whole tone from it.
new
    Anything else.
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
"""What a note of a result can be."""

_SAME = 2  # ticks
_FIFTH, _OCTAVE, _THIRD, _TONE = 7, 12, 4, 2


class Change(NamedTuple):
    """What a note of the result is.

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
    """All notes of a result in order, and the notes of the tune that none of them stands for."""

    notes: tuple[Change, ...]
    dropped: tuple[Note, ...]

    @property
    def totals(self) -> dict[str, int]:
        """Number of notes of each kind, and of those dropped."""
        kinds = [change.kind for change in self.notes]
        return {**{kind: kinds.count(kind) for kind in KINDS}, "dropped": len(self.dropped)}


class _Pair(NamedTuple):
    """A note of the result that may stand for one of the tune, and the best chain of pairs before it."""

    source: int
    result: int
    before: "_Pair | None"


def compare(
    source: Melody, result: Melody, structure: Sequence[Note] | None = None
) -> NoteAlignment:
    """Compare a result with its tune.

    Args:
        source: the tune, in the metre of the result.
        result: what became of it.
        structure: structural notes of the tune in order of time; by default those of `structural_notes`.
    """
    origins = _aligned(source, result)
    anchors = structural_notes(source) if structure is None else structure
    onsets = [median_pitch.onset for median_pitch in anchors]
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
            near = _ornamented(
                note, following, anchors[max(at - 1, 0) : at + 1], source.metre_at(note.onset).bar
            )
            if near is None:
                changes.append(Change(note, "new"))
                continue
            origin, kind = near, "ornament"
        changes.append(
            Change(note, kind, origin, note.pitch - origin.pitch, note.onset - origin.onset)
        )
    standing = set(origins.values())
    return NoteAlignment(
        tuple(changes), tuple(note for k, note in enumerate(source.notes) if k not in standing)
    )


def structural_notes(melody: Melody) -> list[Note]:
    """The structural notes of a melody, one a beat at most, see `skeleton.reduce`; each lasts until the next."""
    if not melody.notes:
        return []
    events = event_codec.encode(melody)
    skeleton = sk.reduce(events, "beat", estimate(melody))
    ticks = [*events.grid.ticks[skeleton.time].tolist(), melody.end]
    pitches = (skeleton.pitch + event_codec.LOWEST).tolist()
    return [Note(ticks[k], ticks[k + 1] - ticks[k], pitch) for k, pitch in enumerate(pitches)]


def _aligned(source: Melody, result: Melody) -> dict[int, int]:
    """For each note of the result that stands for one of the tune, the number of that note.

    Of all chains of pairs in which both numbers rise, the worthiest is taken. `best[j]` is the worth of the worthiest
    chain within the first j notes of the result, up to the last note that any pair so far can reach.
    """
    best = [0.0]
    chains: list[_Pair | None] = [None]
    reach = 0
    for number, note in enumerate(source.notes):
        beat = source.metre_at(note.onset).beat
        low, high = np.searchsorted(
            result.array[:, 0], [note.onset - beat + 1, note.onset + beat]
        ).tolist()
        best += [best[-1]] * (high - reach)
        chains += [chains[-1]] * (high - reach)
        reach = max(reach, high)
        for other in range(
            high - 1, low - 1, -1
        ):  # falling, so that a note of the tune is used once
            worth = _worth(note, result.notes[other], beat)
            if worth > 0:
                total, pair = best[other] + worth, _Pair(number, other, chains[other])
                for position in range(other + 1, reach + 1):
                    if best[position] >= total:
                        break
                    best[position], chains[position] = total, pair
    origins: dict[int, int] = {}
    link = chains[-1]
    while link is not None:
        origins[link.result] = link.source
        link = link.before
    return origins


def _worth(origin: Note, note: Note, beat: int) -> float:
    """How well a note stands for one of the tune: 4 where it is kept, up to 1 where it is moved, 0 if not at all."""
    ticks, semitones = abs(note.onset - origin.onset), abs(note.pitch - origin.pitch)
    if semitones == 0 and ticks < beat:
        return 4.0 if ticks <= _SAME else 1 - 0.5 * ticks / beat
    if ticks <= beat // 4 and (semitones <= _FIFTH or semitones == _OCTAVE):
        return 1 - 0.05 * semitones - 0.25 * ticks / beat
    return 0.0


def _ornamented(note: Note, following: int, anchors: Sequence[Note], bar: int) -> Note | None:
    """Which of the structural notes around it a note plays around, if any.

    Args:
        note: of the result.
        following: onset of the note after it.
        anchors: the last structural note up to this moment and the next one, as far as there are any.
        bar: length of a bar in ticks.
    """

    def near(median_pitch: Note) -> bool:
        apart = abs(note.pitch - median_pitch.pitch)
        if median_pitch.onset <= note.onset:
            return apart <= _THIRD and note.onset - median_pitch.onset <= bar
        return apart <= _TONE and following >= median_pitch.onset

    return min(
        filter(near, anchors),
        key=lambda median_pitch: abs(note.pitch - median_pitch.pitch),
        default=None,
    )
