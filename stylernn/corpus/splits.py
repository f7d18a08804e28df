"""Train, validation and test sets that share no composition.

Tunes that share a work or an opening form a group, transitively. All tunes of a group are in the
same set. The set depends only on a hash of the group's name, which is its smallest work id. It does
not depend on the order, on a seed or on the other groups. Adding a corpus therefore moves only
tunes whose group it joins with another.
"""

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from stylernn.corpus.tunes import LabelledMelody
from stylernn.corpus.works import opening

__all__ = ["Split", "groups", "split"]

_TRAIN_SHARE, _VALID_SHARE = 0.8, 0.1


@dataclass(frozen=True)
class Split:
    """Three disjoint lists of tunes.

    Args:
        train: tunes of about 80 % of the works.
        valid: tunes of about 10 % of the works.
        test: tunes of about 10 % of the works.
    """

    train: list[LabelledMelody]
    valid: list[LabelledMelody]
    test: list[LabelledMelody]


def split(tunes: Iterable[LabelledMelody]) -> Split:
    """Divide tunes by work and by opening.

    Args:
        tunes: in any order.

    Returns:
        The three sets, each in the order of `(style, source, identity)`.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> scale = Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(8)))
        >>> works = ("misty", "only you")
        >>> tunes = [LabelledMelody(scale, "jazz", name, name, "mine", "CC0-1.0") for name in works]
        >>> sets = split(tunes)
        >>> [len(sets.train), len(sets.valid), len(sets.test)]
        [2, 0, 0]
    """
    ordered = sorted(tunes, key=lambda tune: (tune.style, tune.source, tune.identity))
    sets: tuple[list[LabelledMelody], list[LabelledMelody], list[LabelledMelody]] = ([], [], [])
    for tune, group in zip(ordered, groups(ordered), strict=True):
        sets[_set_of(group)].append(tune)
    return Split(*sets)


def groups(tunes: Sequence[LabelledMelody]) -> list[str]:
    """The group of each tune; tunes that share a work or an opening are in one group.

    Args:
        tunes: in any order.

    Returns:
        The name of each tune's group, which is the smallest work id in it.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> scale = Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(8)))
        >>> works = ("misty", "only you")
        >>> groups([LabelledMelody(scale, "jazz", name, name, "mine", "CC0-1.0") for name in works])
        ['misty', 'misty']
    """
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for tune in tunes:
        parent[root(opening(tune.melody))] = root(tune.work)
    names: dict[Hashable, str] = {}
    for tune in tunes:
        top = root(tune.work)
        names[top] = min(names.get(top, tune.work), tune.work)
    return [names[root(tune.work)] for tune in tunes]


def _set_of(group: str) -> int:
    """0, 1 or 2 from the first 8 bytes of the name's SHA-256, read as a fraction of 1."""
    fraction = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
    return sum(fraction >= bound for bound in (_TRAIN_SHARE, _TRAIN_SHARE + _VALID_SHARE))
