"""Options of a transfer beside the style: key, range, tempo, bars, mood, locked bars and ending.

Options that change the tune, such as its key, are applied before the transfer (`TuneOptions.tune`).
Options about the new notes, such as their range, become fields of the `TransferConfig`
(`TuneOptions.config`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from stylernn.errors import UsageError
from stylernn.generation.option_limits import check_option
from stylernn.music import moods
from stylernn.music.key import Key
from stylernn.music.key_estimation import estimate
from stylernn.music.melody import Melody
from stylernn.music.parse import parse_bars, parse_key, parse_pitch_range

__all__ = ["Bars", "TuneOptions"]

Bars = str | int | Collection[int]
"""Bars as musicians count them: "1-4,9", 3 or [1, 2, 9]. The first full bar is 1, a pickup is 0."""


@dataclass(frozen=True)
class TuneOptions:
    """Options beside the style, each None where it was not given.

    Args:
        lock: bars that stay as they are.
        rewrite: the only bars that change; not together with `lock`.
        key: the tune is transposed to this tonic first; "D minor", "Bb" or a `Key`.
        range: lowest and highest new note, "G3-C6" or two MIDI numbers.
        tempo: in quarter notes a minute.
        bars: the part of the tune that is used, from the first to the last of these bars.
        end_on_tonic: whether the last note shall be the tonic.
        mood: one of `moods.MOODS`.

    Raises:
        UsageError: if two of them contradict each other, or the tempo cannot be used.
    """

    lock: Bars | None = None
    rewrite: Bars | None = None
    key: str | Key | None = None
    range: str | tuple[int, int] | None = None
    tempo: float | None = None
    bars: Bars | None = None
    end_on_tonic: bool = False
    mood: str | None = None

    def __post_init__(self) -> None:
        if self.lock is not None and self.rewrite is not None:
            raise UsageError("lock and rewrite contradict each other", remedy="Give one of them.")
        check_option("tempo", self.tempo)

    def tune(self, melody: Melody) -> Melody:
        """Apply the options that change the tune: bars, key, mood and tempo.

        Args:
            melody: the tune as it was read.

        Returns:
            The tune to transfer.

        Raises:
            UsageError: if there are no such bars, or no such key or mood.

        Example:
            >>> from stylernn.music.melody import Note
            >>> tune = Melody(tuple(Note(96 * k, 96, 60 + 4 * k) for k in range(3)))
            >>> changed = TuneOptions(bars="2-3", tempo=90).tune(tune)
            >>> [note.pitch for note in changed.notes], changed.tempo
            ([64, 68], 90)
        """
        if self.bars is not None:
            chosen = sorted(_bars(self.bars, melody))
            melody = melody.slice(chosen[0], chosen[-1] + 1)
            if not melody.notes:
                raise UsageError("there are no notes in the bars that are to be taken")
        if self.key is not None:
            key = self.key if isinstance(self.key, Key) else parse_key(self.key)
            melody = melody.transpose(_interval(melody, key))
        if self.mood is not None:
            melody = moods.before(melody, moods.find(self.mood))
        return melody if self.tempo is None else replace(melody, tempo=self.tempo)

    def config(self, melody: Melody) -> dict[str, Any]:
        """Collect the options about the new notes, as arguments of `TransferConfig`.

        Args:
            melody: the tune, as `tune` returns it.

        Returns:
            Values by name of the argument.

        Raises:
            UsageError: if there are no such bars, or no such range or mood.

        Example:
            >>> from stylernn.music.melody import Note
            >>> tune = Melody(tuple(Note(96 * k, 96, 60 + 4 * k) for k in range(3)))
            >>> found = TuneOptions(lock="1", range="C4-C6").config(tune)
            >>> found["lowest"], found["highest"], sorted(found["locked"])
            (60, 84, [0])
        """
        found: dict[str, Any] = {"end_on_tonic": self.end_on_tonic}
        if self.range is not None:
            asked = self.range
            edges = parse_pitch_range(asked) if isinstance(asked, str) else tuple(asked)
            if len(edges) != 2 or edges[0] > edges[1]:
                expected = "the lowest and the highest MIDI number"
                raise UsageError("no such range", expected=expected, found=str(edges))
            found["lowest"], found["highest"] = edges
        if self.mood is not None:
            found["density"] = moods.find(self.mood).density
        if self.lock is not None:
            found["locked"] = _bars(self.lock, melody)
        if self.rewrite is not None:
            everything = frozenset(range(melody.bars))
            found["locked"] = everything - _bars(self.rewrite, melody)
        return found


def _bars(asked: Bars, melody: Melody) -> frozenset[int]:
    """Numbers of bars, counted from 0."""
    if isinstance(asked, str):
        return parse_bars(asked, melody)
    numbers = [asked] if isinstance(asked, int) else sorted(asked)
    if not numbers:
        raise UsageError("no bars are named", expected="bars such as 1-4,9")
    return parse_bars(",".join(map(str, numbers)), melody)


def _interval(melody: Melody, key: Key) -> int:
    """Semitones to the nearest tonic of a key, up or down."""
    return (key.tonic - estimate(melody).tonic + 5) % 12 - 5
