"""A tune: a melody with its style, its source and its licence.

A corpus gives a `LabelledMelody` for each tune, and a `Dropped` with the reason for each file or
tune that cannot be used.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stylernn.music.melody import Melody

__all__ = ["MIN_NOTES", "Dropped", "Progress", "LabelledMelody", "fingerprint"]

MIN_NOTES = 8
"""Melodies of fewer notes are dropped."""

Progress = Callable[[str, int, int], None]
"""Called as `progress(corpus, done, total)` while files are parsed or downloaded."""


@dataclass(frozen=True)
class LabelledMelody:
    """A labelled melody.

    Args:
        melody: the notes.
        style: the label it is loaded under, such as "jazz".
        identity: a name that is unique within its source and never changes.
        work: id of the composition, see `works.work_id`; movements of one quartet share it, and so
            do solos on one standard.
        source: name of the corpus that it comes from.
        licence: of the source, from its catalogue entry or manifest.
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
    """A file, or a tune within a file, that is not used.

    Args:
        where: the identity of the file or tune.
        reason: why it is not used.
    """

    where: str
    reason: str


def fingerprint(tunes: Iterable[LabelledMelody]) -> str:
    """A checksum of a set of tunes; it changes with any note or label, but not with their order.

    Args:
        tunes: in any order.

    Returns:
        Sixteen hexadecimal digits.

    Example:
        >>> fingerprint([])
        'e3b0c44298fc1c14'
    """
    digests = sorted(_digest(tune) for tune in tunes)
    return hashlib.sha256(b"".join(digests)).hexdigest()[:16]


def _digest(tune: LabelledMelody) -> bytes:
    melody = tune.melody
    # Written out, and not the repr of a class, because run folders and model files keep the result.
    changes = [
        f"({tick}, Metre(numerator={metre.numerator}, denominator={metre.denominator}))"
        for tick, metre in melody.metres
    ]
    metres = f"({changes[0]},)" if len(changes) == 1 else f"({', '.join(changes)})"
    labels = (tune.style, tune.substyle, tune.source, tune.identity, tune.work)
    texts = [*map(repr, labels), metres, repr(melody.pickup), repr(melody.end)]
    facts = f"({', '.join(texts)})"
    return hashlib.sha256(facts.encode() + melody.array.astype("<i4").tobytes()).digest()
