"""Bits of the next pitch in ten folds, of the network and of a variable-order n-gram model.

    python -m tools.studies.folds STYLE

STYLE is one of the installed corpora; `stylernn corpus list` shows them. Its works are divided into
ten folds. For each of them a small network is trained from scratch on the others, a tenth of whose
works say when to stop. An n-gram model of order 10 with a short-term model of the melody, of the
IDyOM family, is fitted to all of the others. Both predict the pitch of every note of the fold from
the notes before it and from its onset. No skeleton and no style is given.

Reference:
    Pearce (2005), The construction and evaluation of statistical models of melodic structure in
    music perception and composition, chapter 7.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np
import optax
from flax import nnx
from stylernn.evaluation import bits

from stylernn import corpus
from stylernn.config import DataSettings, ModelSettings
from stylernn.corpus import LabelledMelody, styles
from stylernn.model import checkpoint, loss
from stylernn.representation import batching
from stylernn.representation.arrays import Batch
from stylernn.representation.batching import Batcher
from stylernn.representation.event_codec import PITCHES
from stylernn.representation.examples import Example
from stylernn.training import likelihood
from tools import command_line

__all__ = ["FoldSettings", "main", "run_folds"]

_FOLDS, _VALIDATED, _EVERY, _WINDOWS = 10, 10, 50, 32
_MODEL = ModelSettings(layers=1, hidden=256, style=4, skeleton=8, head=128, dropout=0.35)
_DATA = DataSettings(
    events=128,
    style_dropout=0.0,
    parent=0.0,
    skeleton_levels=(1.0, 0.0, 0.0, 0.0),
    map_dropout=1.0,
    attributes=0.0,
)
_PITCH = 1  # the second of the heads

Tree = tuple[styles.Style, ...]

Step = Callable[[nnx.State, optax.OptState, Batch, jax.Array], tuple[nnx.State, optax.OptState]]
"""A step of gradient descent: parameters, the optimiser's state, a batch and a key."""


class FoldSettings(NamedTuple):
    """How the networks are trained.

    Args:
        steps: most steps of training.
        patience: checks, each after 50 steps, without a gain.
        batch: windows a step.
        seed: of the folds, the weights and the batches.
    """

    steps: int = 500
    patience: int = 3
    batch: int = 24
    seed: int = 0


class _Learner(NamedTuple):
    """What all folds share, compiled once.

    Args:
        optimiser: of the training.
        step: of the training.
        score: gives the bits of windows.
    """

    optimiser: optax.GradientTransformation
    step: Step
    score: likelihood.Scorer


class _Costs(NamedTuple):
    """What the pitches of tunes cost; one value a tune.

    Args:
        network: bits of the network.
        ngram: bits of the n-gram model.
        notes: number of pitches that are predicted.
        works: the works that the tunes are of.
    """

    network: list[float]
    ngram: list[float]
    notes: list[int]
    works: list[str]


def main() -> None:
    """Train and measure fold by fold, then print the means with their intervals."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    usual = FoldSettings()
    parser.add_argument("style")
    parser.add_argument("--steps", type=int, default=usual.steps)
    parser.add_argument(
        "--patience",
        type=int,
        default=usual.patience,
        help=f"checks, each after {_EVERY} steps, without a gain",
    )
    parser.add_argument("--batch", type=int, default=usual.batch)
    parser.add_argument("--seed", type=int, default=usual.seed)
    options = parser.parse_args()
    settings = FoldSettings(options.steps, options.patience, options.batch, options.seed)
    run_folds(corpus.load([options.style]), settings)


def run_folds(tunes: Sequence[LabelledMelody], settings: FoldSettings) -> None:
    """Train and measure on ten folds, and print what comes of it.

    Args:
        tunes: of one style.
        settings: of the training.
    """
    tree = styles.tree(tunes)
    fold = _dealt(tunes, settings.seed)
    learner = _prepare(tree, settings.steps)
    total = _Costs([], [], [], [])
    for number in range(_FOLDS):
        began = time.perf_counter()
        rest = [tune for tune in tunes if fold[tune.work] != number]
        held = [tune for tune in tunes if fold[tune.work] == number]
        costs, steps = _measure(learner, rest, held, tree, settings)
        total.network.extend(costs.network)
        total.ngram.extend(costs.ngram)
        total.notes.extend(costs.notes)
        total.works.extend(costs.works)
        network, ngram = (sum(part) / sum(costs.notes) for part in (costs.network, costs.ngram))
        seconds = time.perf_counter() - began
        print(
            f"fold {number}: network {network:.3f}, PPM {ngram:.3f}; "
            f"best after {steps} steps, {seconds:.0f} s",
            flush=True,
        )
    _report(total)


def _dealt(tunes: Sequence[LabelledMelody], seed: int) -> dict[str, int]:
    """The fold of each work."""
    works = sorted({tune.work for tune in tunes})
    order = np.random.default_rng(seed).permutation(works).tolist()
    return {work: number % _FOLDS for number, work in enumerate(order)}


def _measure(
    learner: _Learner,
    rest: Sequence[LabelledMelody],
    held: Sequence[LabelledMelody],
    tree: Tree,
    settings: FoldSettings,
) -> tuple[_Costs, int]:
    """Fit both models to the rest; the costs of the tunes held out, and the network's steps."""
    train, test = (likelihood.labelled(part, tree) for part in (rest, held))
    parameters, steps = _train(learner, train, rest, tree, settings)
    costs = _Costs(
        _costs_of(learner, parameters, test).tolist(),
        likelihood.ppm_bits_by_head(train, test)[:, _PITCH].tolist(),
        [int((example.events.pitch < PITCHES).sum()) - 1 for example in test],
        [tune.work for tune in held],
    )
    return costs, steps


def _prepare(tree: Tree, steps: int) -> _Learner:
    """Compile what the folds share."""
    network = checkpoint.new_network(_MODEL, tree, 0)
    schedule = optax.warmup_cosine_decay_schedule(0.0, 3e-3, steps // 10, steps, 3e-5)
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=0.05)
    )
    graph = nnx.split(network)[0]

    def step(
        parameters: nnx.State, state: optax.OptState, batch: Batch, key: jax.Array
    ) -> tuple[nnx.State, optax.OptState]:
        def cost(parameters: nnx.State) -> jax.Array:
            result = loss.score(nnx.merge(graph, parameters), batch, key)
            return result.bits[:, _PITCH].sum() / result.notes.sum()

        updates, state = optimiser.update(jax.grad(cost)(parameters), state, parameters)
        return optax.apply_updates(parameters, updates), state

    compiled = jax.jit(step, donate_argnums=(0, 1))
    return _Learner(optimiser, compiled, likelihood.scorer(network)[0])


def _train(
    learner: _Learner,
    examples: Sequence[Example],
    tunes: Sequence[LabelledMelody],
    tree: Tree,
    settings: FoldSettings,
) -> tuple[nnx.State, int]:
    """The parameters that are best on a tenth of the works, and after how many steps."""
    works = sorted({tune.work for tune in tunes})
    set_aside = set(works[settings.seed % _VALIDATED :: _VALIDATED])
    train, valid = (
        [
            example
            for example, tune in zip(examples, tunes, strict=True)
            if (tune.work in set_aside) == is_aside
        ]
        for is_aside in (False, True)
    )
    parameters = nnx.split(checkpoint.new_network(_MODEL, tree, settings.seed))[1]
    state = learner.optimiser.init(parameters)
    batcher = Batcher(train, _DATA, settings.batch, settings.seed)
    chosen = jax.tree.map(np.asarray, parameters)
    best = np.inf
    steps = waited = 0
    for k in range(settings.steps):
        key = jax.random.fold_in(jax.random.key(settings.seed), k)
        parameters, state = learner.step(parameters, state, batcher(k), key)
        if (k + 1) % _EVERY:
            continue
        cost = _costs_of(learner, parameters, valid).sum()
        waited = 0 if cost < best else waited + 1
        if cost < best:
            best = cost
            chosen = jax.tree.map(np.asarray, parameters)
            steps = k + 1
        if waited == settings.patience:
            break
    return chosen, steps


def _costs_of(learner: _Learner, parameters: nnx.State, examples: Sequence[Example]) -> np.ndarray:
    """Bits of each melody's pitches but the first, which is no next one; shape (examples,)."""
    windows = [
        (k, (example, first, last, likelihood.hidden(example, "none", styled=True)))
        for k, example in enumerate(examples)
        for first, last in batching.cover(example, _DATA.events)
    ]
    costs = np.zeros(len(examples))
    for start in range(0, len(windows), _WINDOWS):
        part = windows[start : start + _WINDOWS]
        missing = _WINDOWS - len(part)
        batch = batching.collate([window for _, window in part + part[:1] * missing], _DATA.events)
        begins = [first == 0 for _, (_, first, _, _) in part] + [True] * missing
        batch.scored[begins, 0] = 0
        result = learner.score(parameters, batch)
        np.add.at(costs, [k for k, _ in part], np.asarray(result.bits)[: len(part), _PITCH])
    return costs


def _report(costs: _Costs) -> None:
    """Print means over all notes, with intervals by resampling works."""
    network, ngram, notes = (np.array(part) for part in costs[:3])
    for name, values in (("network", network), ("PPM", ngram), ("saved", ngram - network)):
        mean, low, high = bits.per_note(values, notes, costs.works)
        print(
            f"{name:8s} {mean:.3f} [{low:.3f}, {high:.3f}] bits a pitch, "
            f"{len(notes)} tunes, {int(notes.sum()):,} notes"
        )


if __name__ == "__main__":
    sys.exit(command_line.run(main))
