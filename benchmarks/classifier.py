"""Grow the classifier of a model: `python benchmarks/classifier.py MODEL DATA_FOLDER`, fourth part of `make weights`.

A random forest learns in which root style the real melodies of the training split are (`stylernn.classifier`). It is
written into the model file, float16 as the rest. Neither held-out tunes nor the evaluation kit's features take part.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree._tree import Tree

from stylernn import checkpoint, corpus
from stylernn.checkpoint import Model
from stylernn.classifier import LEAF, PREFIX, margins
from stylernn.corpus import Tune
from stylernn.descriptors import describe_sections
from stylernn.styles import Style
from stylernn.tonality import estimate

TREES, LEAVES, LEAST_LEAF = 100, 128, 2
SECTIONS, OF_A_TUNE, LEAST_NOTES = 700, 8, 24


def main() -> None:
    """Grow, write, and print how held-out tunes of the validation part are heard."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, help="By default the model itself.")
    arguments = parser.parse_args()
    model = checkpoint.load_model(arguments.model)
    roots = {style.name: style.parent for style in model.header.styles}
    tunes = [tune for tune in corpus.load_folder(arguments.data) if tune.style in roots]
    split = corpus.split([tune for tune in tunes if len(tune.melody.notes) >= LEAST_NOTES])
    grown = grow({root: drawn([t for t in split.train if roots[t.style] == root]) for root in {*roots.values()}})
    arrays = {name: array for name, array in model.arrays.items() if not name.startswith(PREFIX)} | grown
    for root in sorted({*roots.values()}):
        held = [tune for tune in split.valid if roots[tune.style] == root]
        heard = [sure(grown, root, tune) > 0 for tune in held]
        print(f"{root}: {len(held)} held-out tunes, of which {np.mean(heard):.2f} are heard as such", flush=True)
    out = arguments.out or arguments.model
    checkpoint.save_model(out, Model(model.header, arrays), dtype="float16")
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


def drawn(tunes: Sequence[Tune]) -> np.ndarray:
    """Descriptors of sections of tunes, a few of each, in an order that depends on nothing but the tunes."""
    chosen = (tunes[k] for k in np.random.default_rng(0).permutation(len(tunes)))
    parts = [describe_sections(tune.melody, estimate(tune.melody))[:OF_A_TUNE] for tune in chosen]
    return np.concatenate(parts)[:SECTIONS]


def grow(described: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A forest as arrays; rare styles count for more, by the square root of how rare they are."""
    names = sorted(described)
    sizes = np.array([len(described[name]) for name in names])
    weights = np.repeat(1 / np.sqrt(sizes), sizes)
    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAST_LEAF, max_leaf_nodes=LEAVES, random_state=0)
    forest.fit(np.concatenate([described[name] for name in names]), np.repeat(names, sizes), weights)
    trees = [estimator.tree_ for estimator in forest.estimators_]
    most = max(tree.node_count for tree in trees)

    def stacked(values: Callable[[Tree], tuple[np.ndarray | int, np.ndarray | int]]) -> np.ndarray:
        rows = (np.where(tree.children_left < 0, leaf, inner) for tree in trees for inner, leaf in [values(tree)])
        return np.stack([np.pad(row, (0, most - len(row))) for row in rows]).astype(np.float32)

    arrays = {
        "feature": stacked(lambda tree: (tree.feature, 0)),
        "threshold": stacked(lambda tree: (tree.threshold, 0)),
        "left": stacked(lambda tree: (tree.children_left, LEAF)),
        "right": stacked(lambda tree: (tree.children_right, LEAF)),
    }
    for k, name in enumerate(forest.classes_):
        arrays[f"votes/{name}"] = stacked(lambda tree, k=k: (0, tree.value[:, 0, k] / tree.value[:, 0].sum(axis=1)))
    return {f"{PREFIX}{part}": array for part, array in arrays.items()}


def sure(arrays: dict[str, np.ndarray], root: str, tune: Tune) -> float:
    """How surely a tune is heard in its style."""
    found = margins(arrays, Style(root, root), [describe_sections(tune.melody, estimate(tune.melody))])
    assert found is not None
    return float(found[0])


if __name__ == "__main__":
    main()
