"""Grow the classifier of a model: `python -m tools.release.fit_classifier MODEL DATA_FOLDER`, fifth part of `make weights`.

A random forest learns in which root style the real melodies of the training split are (`stylernn.reranking.classifier`), and the
means of the same sections are taken, beside which personal styles are heard (`stylernn.reranking.discriminant`). Both are written
into the model file, float16 as the rest. Neither held-out tunes nor the evaluation kit's features take part.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree._tree import Tree

from stylernn.corpus import LabelledMelody
from stylernn.corpus.styles import Style
from stylernn.music.descriptors import describe_sections
from stylernn.music.key_estimation import estimate
from stylernn.reranking import discriminant
from stylernn.reranking.classifier import LEAF, PREFIX, style_margins
from tools.release.common import asked, root, write

TREES, LEAVES, LEAST_LEAF = 100, 128, 2
SECTIONS, OF_A_TUNE = 700, 8


def main() -> None:
    """Grow, write, and print how held-out tunes of the validation part are heard."""
    lesson = asked(__doc__, (PREFIX, discriminant.PREFIX))
    train, valid = (
        [(root(lesson.model, tune), tune) for tune in part] for part in (lesson.train, lesson.valid)
    )
    names = sorted({style.parent for style in lesson.model.header.styles})
    described = {name: drawn([tune for style, tune in train if style == name]) for name in names}
    grown = grow(described)
    for name in names:
        heard = [sure(grown, name, tune) > 0 for style, tune in valid if style == name]
        print(
            f"{name}: {len(heard)} held-out tunes, of which {np.mean(heard):.2f} are heard as such",
            flush=True,
        )
    write(lesson, grown | discriminant.fit(described))


def drawn(tunes: Sequence[LabelledMelody]) -> np.ndarray:
    """Descriptors of sections of tunes, a few of each, in an order that depends on nothing but the tunes."""
    chosen = (tunes[k] for k in np.random.default_rng(0).permutation(len(tunes)))
    parts = [describe_sections(tune.melody, estimate(tune.melody))[:OF_A_TUNE] for tune in chosen]
    return np.concatenate(parts)[:SECTIONS]


def grow(described: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A forest as arrays; rare styles count for more, by the square root of how rare they are."""
    names = sorted(described)
    sizes = np.array([len(described[name]) for name in names])
    weights = np.repeat(1 / np.sqrt(sizes), sizes)
    forest = RandomForestClassifier(
        TREES, min_samples_leaf=LEAST_LEAF, max_leaf_nodes=LEAVES, random_state=0
    )
    forest.fit(
        np.concatenate([described[name] for name in names]), np.repeat(names, sizes), weights
    )
    trees = [nodes(estimator.tree_, forest.classes_) for estimator in forest.estimators_]
    most = max(len(tree["left"]) for tree in trees)
    padded = {
        part: [np.pad(tree[part], (0, most - len(tree[part]))) for tree in trees]
        for part in trees[0]
    }
    return {f"{PREFIX}{part}": np.stack(rows).astype(np.float32) for part, rows in padded.items()}


def nodes(tree: Tree, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The nodes of a tree as arrays: a leaf asks nothing and has no children, others have no votes."""
    is_leaf = tree.children_left < 0
    asking = {"feature": tree.feature, "threshold": tree.threshold}
    asking |= {"left": tree.children_left, "right": tree.children_right}
    shares = tree.value[:, 0] / tree.value[:, 0].sum(axis=1, keepdims=True)
    return {part: np.where(is_leaf, LEAF, values) for part, values in asking.items()} | {
        f"votes/{name}": np.where(is_leaf, shares[:, k], 0) for k, name in enumerate(names)
    }


def sure(arrays: dict[str, np.ndarray], root: str, tune: LabelledMelody) -> float:
    """How surely a tune is heard in its style."""
    found = style_margins(
        arrays, Style(root, root), [describe_sections(tune.melody, estimate(tune.melody))]
    )
    assert found is not None
    return float(found[0])


if __name__ == "__main__":
    main()
