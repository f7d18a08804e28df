"""Grow the classifier of a model, and take the means of its styles.

A random forest learns in which root style the real melodies of the training split are
(`stylernn.reranking.classifier`), and the means of the same sections are taken, beside which
personal styles are heard (`stylernn.reranking.discriminant`). Neither held-out tunes nor the
evaluation kit's features take part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree._tree import Tree

from stylernn.corpus import LabelledMelody
from stylernn.corpus.styles import Style
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.descriptors import describe_sections
from stylernn.music.key_estimation import estimate
from stylernn.reranking import discriminant
from stylernn.reranking.classifier import LEAF, PREFIX, style_margins
from tools.release import judge_data, model_files
from tools.release.judge_data import JudgeData

__all__ = ["ClassifierSize", "fit_classifier", "with_classifier"]


@dataclass(frozen=True)
class ClassifierSize:
    """How large the forest is, and how much it learns from.

    Args:
        trees: of the forest.
        leaves: most leaves of a tree.
        least_leaf: fewest sections in a leaf.
        sections: most sections of a style.
        sections_a_tune: most sections of a tune.
    """

    trees: int = 100
    leaves: int = 128
    least_leaf: int = 2
    sections: int = 700
    sections_a_tune: int = 8


def fit_classifier(path: Path, data: Path, out: Path, size: ClassifierSize | None = None) -> None:
    """Write a model file with a classifier.

    Args:
        path: a model file.
        data: the labelled folder that the model was trained on.
        out: the model file to write; any but that of the shipped model.
        size: of the forest.

    Raises:
        ModelFileError: if there is no such model.
        CorpusError: if there is no such folder or no music in it.
        UsageError: if `out` is the shipped model or cannot be written.
    """
    model = checkpoint.load_model(path)
    model_files.write(out, with_classifier(model, judge_data.read(model, data), size))


def with_classifier(model: Model, data: JudgeData, size: ClassifierSize | None = None) -> Model:
    """Grow a forest, take the means, and print how tunes of the validation part are classified.

    Args:
        model: any model; a classifier of its own does not count.
        data: what to learn from, see `judge_data.read`.
        size: of the forest.

    Returns:
        The model with its classifier and its means; with neither where there are tunes of fewer
        than two styles.
    """
    size = size or ClassifierSize()
    train, valid = (
        [(judge_data.root(model, tune), tune) for tune in part] for part in (data.train, data.valid)
    )
    bare = judge_data.without(model, PREFIX, discriminant.PREFIX)
    names = sorted({style for style, _ in train})
    if len(names) < 2:
        print("no classifier: there are tunes of fewer than two styles")
        return bare
    described = {
        name: drawn([tune for style, tune in train if style == name], size) for name in names
    }
    grown = grow(described, size)
    for name in names:
        heard = [sure(grown, name, tune) > 0 for style, tune in valid if style == name]
        share = f"{np.mean(heard):.2f}" if heard else "none"
        print(f"{name}: {len(heard)} held-out tunes, of which {share} are classified as such")
    return judge_data.with_arrays(bare, grown | discriminant.fit(described))


def drawn(tunes: Sequence[LabelledMelody], size: ClassifierSize) -> np.ndarray:
    """Descriptors of sections of tunes, a few of each, in an order that is always the same."""
    chosen = (tunes[k] for k in np.random.default_rng(0).permutation(len(tunes)))
    parts = [
        describe_sections(tune.melody, estimate(tune.melody))[: size.sections_a_tune]
        for tune in chosen
    ]
    return np.concatenate(parts)[: size.sections]


def grow(described: dict[str, np.ndarray], size: ClassifierSize) -> dict[str, np.ndarray]:
    """A forest as arrays; rare styles count for more, by the square root of how rare they are."""
    names = sorted(described)
    sizes = np.array([len(described[name]) for name in names])
    weights = np.repeat(1 / np.sqrt(sizes), sizes)
    forest = RandomForestClassifier(
        size.trees, min_samples_leaf=size.least_leaf, max_leaf_nodes=size.leaves, random_state=0
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
    """The nodes of a tree as arrays: a leaf has no children, and the others have no votes."""
    is_leaf = tree.children_left < 0
    asking = {"feature": tree.feature, "threshold": tree.threshold}
    asking |= {"left": tree.children_left, "right": tree.children_right}
    shares = tree.value[:, 0] / tree.value[:, 0].sum(axis=1, keepdims=True)
    return {part: np.where(is_leaf, LEAF, values) for part, values in asking.items()} | {
        f"votes/{name}": np.where(is_leaf, shares[:, k], 0) for k, name in enumerate(names)
    }


def sure(arrays: dict[str, np.ndarray], root: str, tune: LabelledMelody) -> float:
    """How surely a tune is heard in its style, from -1 to 1."""
    found = style_margins(
        arrays, Style(root, root), [describe_sections(tune.melody, estimate(tune.melody))]
    )
    assert found is not None
    return float(found[0])
