"""What a musician may wish of a transfer beside the style: key, range, tempo, bars, mood, what stays and what ends how.

The wishes for the tune are granted before the transfer, those for the new notes become options of it.
"""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stylernn.cli import formatting
from stylernn.errors import UsageError

if TYPE_CHECKING:
    from stylernn.music.melody import Key, Melody

__all__ = [
    "Bars",
    "EndOnTonic",
    "InKey",
    "Lock",
    "Mood",
    "Range",
    "Rewrite",
    "Tempo",
    "Variations",
    "TuneOptions",
    "bars",
]

Lock = Annotated[
    str | None, typer.Option(metavar="BARS", help="Bars that stay as they are, such as 1-4,9.")
]
Rewrite = Annotated[
    str | None, typer.Option(metavar="BARS", help="Change these bars only; all others stay.")
]
Variations = Annotated[
    int,
    typer.Option(metavar="N", min=1, max=64, help="How many different results, the best first."),
]
InKey = Annotated[
    str | None, typer.Option("--key", metavar="KEY", help="Transpose the tune to this tonic first.")
]
Range = Annotated[
    str | None,
    typer.Option(
        "--range", metavar="LOW-HIGH", help="Range of the new notes, such as G3-C6 or 55-84."
    ),
]
Tempo = Annotated[
    float | None, typer.Option(metavar="X", min=20, max=400, help="Quarter notes per minute.")
]
Bars = Annotated[
    str | None,
    typer.Option(metavar="BARS", help="Take only this stretch of the tune, such as 1-16."),
]
EndOnTonic = Annotated[bool, typer.Option("--end-on-tonic", help="Let the last note be the tonic.")]
Mood = Annotated[str | None, typer.Option(metavar="MOOD", help="calm, energetic, happy or sad.")]

_PITCH = re.compile(r"([A-Ga-g])([#b]?)(-?\d)")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class TuneOptions:
    """The options of the command line as they were typed; None for what was not."""

    lock: str | None = None
    rewrite: str | None = None
    key: str | None = None
    range: str | None = None
    tempo: float | None = None
    bars: str | None = None
    end_on_tonic: bool = False
    mood: str | None = None

    def __post_init__(self) -> None:
        if self.lock and self.rewrite:
            raise UsageError(
                "--lock and --rewrite contradict each other", remedy="Give one of them."
            )

    def tune(self, melody: "Melody") -> "Melody":
        """The tune to transfer: its bars, key, mood and tempo as wished."""
        from stylernn.music import moods

        if self.bars:
            chosen = sorted(bars(self.bars, melody))
            melody = melody.slice(chosen[0], chosen[-1] + 1)
        if self.key:
            melody = melody.transpose(_interval(melody, formatting.parse_key(self.key)))
        if self.mood:
            melody = moods.before(melody, moods.find(self.mood))
        return replace(melody, tempo=self.tempo) if self.tempo else melody

    def options(self, melody: "Melody") -> dict[str, Any]:
        """What these wishes are as arguments of `transfer.TransferConfig`, for a tune as `tune` gives it."""
        from stylernn.music import moods

        found: dict[str, Any] = {"end_on_tonic": self.end_on_tonic}
        if self.range:
            found["lowest"], found["highest"] = pitch_range(self.range)
        if self.mood:
            found["density"] = moods.find(self.mood).density
        if self.lock:
            found["locked"] = bars(self.lock, melody)
        if self.rewrite:
            found["locked"] = frozenset(range(melody.bars)) - bars(self.rewrite, melody)
        return found


def bars(text: str, melody: "Melody") -> frozenset[int]:
    """Read "1-4,9" as bar numbers from 0; a pickup is bar 0 to the musician.

    Raises:
        UsageError: if it is no such list, or the melody has no such bar.
    """
    first = 0 if melody.pickup else 1
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part)
        if not match or int(match[2] or match[1]) < int(match[1]):
            raise UsageError(f"no such bars: {text!r}", expected="bars such as 1-4,9")
        low, high = int(match[1]) - first, int(match[2] or match[1]) - first
        if low < 0 or high >= melody.bars:
            expected = f"bars {first} to {melody.bars - 1 + first}"
            raise UsageError("the tune has no such bars", expected=expected, found=part.strip())
        found.update(range(low, high + 1))
    return frozenset(found)


def pitch_range(text: str) -> tuple[int, int]:
    """Read "G3-C6" or "55-84" as two MIDI numbers; C4 is 60.

    Raises:
        UsageError: if it is no range of an octave or more.
    """
    for cut in (place.start() for place in re.finditer("-", text)):
        low, high = _pitch(text[:cut].strip()), _pitch(text[cut + 1 :].strip())
        if low is not None and high is not None and high - low >= 12:
            return low, high
    raise UsageError(
        f"no such range: {text!r}", expected="an octave or more, such as G3-C6 or 55-84"
    )


def _pitch(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    match = _PITCH.fullmatch(text)
    if not match:
        return None
    return 12 * (int(match[3]) + 1) + _STEPS[match[1].upper()] + {"#": 1, "b": -1, "": 0}[match[2]]


def _interval(melody: "Melody", key: "Key") -> int:
    """Semitones to the nearest place of a tonic, up or down."""
    from stylernn.music.key_estimation import estimate

    return (key.tonic - estimate(melody).tonic + 5) % 12 - 5
