"""The classifier: in which of the model's styles a melody is heard.

Guidance moves a melody towards a style, but not all candidates get there, least of all where styles
are near to each other. A random forest over `descriptors`, grown on real melodies of the training
split, says which did; `transfer` prefers those. It lies in the model file, as arrays named
`classifier/...`, each of shape (trees, nodes): `feature` and `threshold` of every node, its
children `left`, where the feature is at most the threshold, and `right`, and the `votes/STYLE` of
the leaves. A style of the user's own it does not know. The evaluation kit has features and
classifiers of its own and knows nothing of this one, nor this one of them.

References:
    Breiman, Random forests (2001), Machine Learning 45.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from stylernn.corpus.styles import Style
from stylernn.music.descriptors import mean_of_sections

__all__ = ["LEAF", "PREFIX", "style_margins", "shares"]

PREFIX = "classifier/"
_VOTES = f"{PREFIX}votes/"
LEAF = 0
"""What a leaf has for a left child: the root, which is nobody's."""


def style_margins(
    arrays: Mapping[str, np.ndarray], style: Style, described: Sequence[np.ndarray]
) -> np.ndarray | None:
    """How much more of the forest hears each melody in a style than in the next best one; float64,
    shape (melodies,).

    Args:
        arrays: of a model; those of its classifier are looked for.
        style: that the melodies are meant to be in; a child is heard as its parent.
        described: each melody, see `describe_sections`.

    Returns:
        From -1 to 1; or None where the model has no classifier, or one that does not know the
        style.
    """
    known = [name.removeprefix(_VOTES) for name in _votes(arrays)]
    name = next((name for name in (style.name, style.parent) if name in known), None)
    if name is None or len(known) < 2:
        return None
    votes = shares(arrays, np.concatenate(described))
    others = np.max([share for other, share in votes.items() if other != name], axis=0)
    return mean_of_sections(votes[name] - others, described)


def shares(arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the forest's votes for each style, each of shape (rows,); they add up to 1 in a row.

    Args:
        arrays: with those of a classifier.
        rows: descriptors, shape (rows, descriptors).
    """
    feature, left, right = (
        arrays[f"{PREFIX}{part}"].astype(np.intp) for part in ("feature", "left", "right")
    )
    threshold = arrays[f"{PREFIX}threshold"]
    tree, row = np.indices((len(feature), len(rows)))
    node = np.zeros_like(tree)
    while (inner := left[tree, node] != LEAF).any():
        below = rows[row, feature[tree, node]] <= threshold[tree, node]
        node = np.where(inner, np.where(below, left[tree, node], right[tree, node]), node)
    return {
        name.removeprefix(_VOTES): votes[tree, node].mean(axis=0)
        for name, votes in _votes(arrays).items()
    }


def _votes(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array for name, array in arrays.items() if name.startswith(_VOTES)}
