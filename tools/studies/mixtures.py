"""Whether a mixture of two styles lies between them for a listener: `python -m tools.studies.mixtures DATA`.

DATA holds one folder a style with a manifest. Melodies of a third style, of the validation part, are transferred to
`FIRST=a,SECOND=1-a` for a from 0 to 1; the evaluator, which has met real melodies only, says how probable the two
styles are. It prints their mean probabilities for each share, and Spearman's rho of share and mean.
"""

import argparse
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
from stylernn.music.melody import Melody

_FITTED = 300


def main() -> None:
    """Transfer, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--first", default="jazz")
    parser.add_argument("--second", default="celtic")
    parser.add_argument("--source", default="classical")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    model = checkpoint.load_model()
    shipped = {known.name for known in model.header.styles}
    split = evaluation_data.unseen(
        [tune for tune in corpus.load_folder(asked.data) if tune.style in shipped], shipped
    )
    train, held_out = evaluation_data.by_style(replace(split, test=[]), ())
    evaluator = _evaluator(train, asked.seed)
    rng = np.random.default_rng(asked.seed)
    chosen = rng.permutation(len(held_out[asked.source]))[: asked.count]
    sources = [
        features.excerpt(held_out[asked.source][k], WINDOW_QUARTERS, asked.seed) for k in chosen
    ]
    shares = np.linspace(0, 1, asked.steps)
    options = transfer.TransferConfig(candidates=asked.candidates)
    heard = []
    print(
        f"{len(sources)} tunes of {asked.source}, {asked.candidates} candidates, seed {asked.seed}"
    )
    for share in shares:
        mixture = _mixture(asked.first, asked.second, float(share))
        made = [
            transfer.transfer(model, tune, mixture, options, seed=asked.seed).melody
            for tune in sources
        ]
        heard.append(
            [evaluator.of(name, features.extract(made)) for name in (asked.first, asked.second)]
        )
        means = np.mean(heard[-1], axis=1)
        print(
            f"{mixture:28s} P({asked.first}) {means[0]:.3f}  P({asked.second}) {means[1]:.3f}",
            flush=True,
        )
    first, second = np.array(heard).transpose(1, 2, 0)  # each of shape (tunes, shares)
    for name, share, values in ((asked.first, shares, first), (asked.second, 1 - shares, second)):
        rho, each = (
            spearmanr(share, values.mean(axis=0)).statistic,
            control.rank_correlation(share, values).mean(),
        )
        print(f"rho of share and P({name}): {rho:.2f} of the means, {each:.2f} within a tune")


def _evaluator(train: Labelled, seed: int) -> style.Evaluator:
    """Fitted to real melodies of the training part, of all styles of the model."""
    windows: list[Melody] = []
    labels: list[str] = []
    for name, melodies in sorted(train.items()):
        some = [features.excerpt(melody, WINDOW_QUARTERS, seed) for melody in melodies[:_FITTED]]
        windows += some
        labels += [name] * len(some)
    return style.fit(features.extract(windows), labels, seed=seed)


def _mixture(first: str, second: str, share: float) -> str:
    """What `--to` wants: a mixture, or at the ends a single style."""
    return (
        first
        if share == 1
        else second
        if share == 0
        else f"{first}={share:g},{second}={1 - share:g}"
    )


if __name__ == "__main__":
    main()
