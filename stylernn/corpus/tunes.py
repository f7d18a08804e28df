"""A tune: a melody with its label, and what is known about where it came from.

Everything that a corpus yields is a `LabelledMelody` or, where a file or piece could not be used, a `Dropped` with the reason.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stylernn.music.melody import Melody

__all__ = ["MIN_NOTES", "Dropped", "Progress", "LabelledMelody", "fingerprint"]

MIN_NOTES = 8
"""A melody of fewer notes teaches nothing about a style and is dropped."""

Progress = Callable[[str, int, int], None]
"""Called as `progress(corpus, done, total)` while files are parsed or downloaded."""


@dataclass(frozen=True)
class LabelledMelody:
    """A labelled melody.

    Args:
        melody: the notes.
        style: the label it is loaded under, such as "jazz".
        identity: a name that is unique within its source and never changes.
        work: the composition; movements of one quartet and solos on one standard share it (see `works.work_id`).
        source: the corpus it comes from.
        licence: of the source, as its catalogue entry or manifest says.
        substyle: a finer label such as "bebop", or "".
    """

    melody: Melody
    style: str
    identity: str
    work: str
    source: str
    licence: str
    substyle: str = ""


class Dropped(NamedTuple):
    """A file, or a piece within a file, that is not used."""

    where: str
    reason: str


def fingerprint(tunes: Iterable[LabelledMelody]) -> str:
    """Sixteen hex digits that change with any note or label of a set of tunes, whatever their order."""
    digests = sorted(_digest(tune) for tune in tunes)
    return hashlib.sha256(b"".join(digests)).hexdigest()[:16]


def _digest(tune: LabelledMelody) -> bytes:
    melody = tune.melody
    facts = (
        tune.style,
        tune.substyle,
        tune.source,
        tune.identity,
        tune.work,
        melody.metres,
        melody.pickup,
        melody.end,
    )
    return hashlib.sha256(repr(facts).encode() + melody.array.astype("<i4").tobytes()).digest()
