"""Train, validation and test sets that share no composition.

Tunes that share a work or an opening form a group, transitively, and a group goes to one side as a whole. The side
depends on a hash of the group's smallest key and on nothing else: not on order, on a seed or on the other groups.
So a split is frozen, and adding a corpus moves only tunes that it ties to another group.
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
    """Three disjoint lists of tunes; about 80, 10 and 10 % of the works."""

    train: list[LabelledMelody]
    valid: list[LabelledMelody]
    test: list[LabelledMelody]


def split(tunes: Iterable[LabelledMelody]) -> Split:
    """Divide tunes by work and by opening.

    Args:
        tunes: in any order.

    Returns:
        A `Split`, each side in the order of `(style, source, identity)`.
    """
    ordered = sorted(tunes, key=lambda tune: (tune.style, tune.source, tune.identity))
    sides: tuple[list[LabelledMelody], list[LabelledMelody], list[LabelledMelody]] = ([], [], [])
    for tune, group in zip(ordered, groups(ordered), strict=True):
        sides[_side(group)].append(tune)
    return Split(*sides)


def groups(tunes: Sequence[LabelledMelody]) -> list[str]:
    """The group of each tune, named by its smallest work; tunes that share a work or an opening are in one group."""
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


def _side(group: str) -> int:
    """0, 1 or 2 from the first 8 bytes of the name's sha256, read as a fraction of 1."""
    fraction = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
    return 0 if fraction < _TRAIN_SHARE else 1 if fraction < _TRAIN_SHARE + _VALID_SHARE else 2
