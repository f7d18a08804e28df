"""Mixtures of two styles, and whether an evaluator finds them between the two.

    python -m tools.studies.mixtures DATA --first STYLE --second STYLE --source STYLE

DATA holds one folder a style with a manifest. Melodies of a third style, of the validation part,
are transferred to `FIRST=a,SECOND=1-a` for a from 0 to 1. The evaluator, which is fitted to real
melodies only, says how probable the two styles are. Printed are their mean probabilities for each
share, and Spearman's rho of share and mean.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from stylernn.evaluation import control, features, style
from stylernn.evaluation.task import WINDOW_QUARTERS, Labelled

from stylernn import corpus
from stylernn.cli import evaluation_data
from stylernn.generation import transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from tools import command_line

__all__ = ["main"]

_FITTED = 300


def main() -> None:
    """Transfer, classify, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--first", required=True)
    parser.add_argument("--second", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--steps", type=int, default=5, help="shares from 0 to 1")
    parser.add_argument("--count", type=int, default=24, help="tunes")
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    model = checkpoint.load_model()
    shipped = {known.name for known in model.header.styles}
    split = evaluation_data.unseen(
        [tune for tune in corpus.load_folder(options.data) if tune.style in shipped], shipped
    )
    train, held_out = evaluation_data.by_style(replace(split, test=[]), ())
    sources = _excerpts(held_out, options.source, options.count, options.seed)
    print(
        f"{len(sources)} tunes of {options.source}, {options.candidates} candidates, "
        f"seed {options.seed}"
    )
    measure(
        model,
        _evaluator(train, options.seed),
        sources,
        (options.first, options.second),
        np.linspace(0, 1, options.steps),
        transfer.TransferConfig(candidates=options.candidates),
        options.seed,
    )


def measure(
    model: Model,
    evaluator: style.Evaluator,
    sources: list[Melody],
    names: tuple[str, str],
    shares: np.ndarray,
    options: transfer.TransferConfig,
    seed: int,
) -> None:
    """Print the probabilities of two styles for each share of the first, and their correlations.

    Args:
        model: the model.
        evaluator: gives the probabilities.
        sources: the tunes that are transferred.
        names: the two styles.
        shares: of the first style, ascending from 0 to 1, shape (shares,).
        options: of the transfers.
        seed: of the transfers.
    """
    found = []
    for share in shares:
        mixture = _mixture(*names, float(share))
        made = [
            transfer.transfer(model, tune, mixture, options, seed=seed).melody for tune in sources
        ]
        described = features.extract(made)
        found.append([evaluator.of(name, described) for name in names])
        means = np.mean(found[-1], axis=1)
        probabilities = (f"P({name}) {mean:.3f}" for name, mean in zip(names, means, strict=True))
        print(f"{mixture:28s} {'  '.join(probabilities)}", flush=True)
    first, second = np.array(found).transpose(1, 2, 0)  # each of shape (tunes, shares)
    for name, share, values in ((names[0], shares, first), (names[1], 1 - shares, second)):
        of_means = spearmanr(share, values.mean(axis=0)).statistic
        each = control.rank_correlation(share.tolist(), values).mean()
        print(f"rho of share and P({name}): {of_means:.2f} of the means, {each:.2f} within a tune")


def _excerpts(held_out: Labelled, source: str, count: int, seed: int) -> list[Melody]:
    """Excerpts of some held-out tunes of a style."""
    chosen = np.random.default_rng(seed).permutation(len(held_out[source]))[:count]
    return [features.excerpt(held_out[source][k], WINDOW_QUARTERS, seed) for k in chosen]


def _evaluator(train: Labelled, seed: int) -> style.Evaluator:
    """An evaluator of all styles of the model, fitted to real melodies of the training part."""
    windows: list[Melody] = []
    labels: list[str] = []
    for name, melodies in sorted(train.items()):
        some = [features.excerpt(melody, WINDOW_QUARTERS, seed) for melody in melodies[:_FITTED]]
        windows += some
        labels += [name] * len(some)
    return style.fit(features.extract(windows), labels, seed=seed)


def _mixture(first: str, second: str, share: float) -> str:
    """A mixture as `--to` takes it; at the ends a single style."""
    if share == 1:
        return first
    if share == 0:
        return second
    return f"{first}={share:g},{second}={1 - share:g}"


if __name__ == "__main__":
    sys.exit(command_line.run(main))
