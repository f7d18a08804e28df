"""Next pitch, ten folds: `python -m tools.studies.folds STYLE`, for the network and a variable-order model on equal terms.

STYLE is one of the installed corpora, such as chorale (Bach's sopranos) or chinese (the han songs of the Essen
collection); both come with music21. Its works are dealt into ten folds. For each of them a small network is trained
from scratch on the others, a tenth of whose works say when to stop, and an n-gram model of order 10 with a short-term
model of the piece, of the IDyOM family, is fitted to all of the others. Both tell the pitch of every note of the fold
from what came before and from when it comes. No skeleton and no style is given.

Reference:
    Pearce, The construction and evaluation of statistical models of melodic structure (2005), chapter 7.
"""

import argparse
import time
from collections.abc import Sequence
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
from stylernn.representation.batching import Batcher
from stylernn.representation.event_codec import PITCHES
from stylernn.representation.examples import Example
from stylernn.training import likelihood

FOLDS, VALIDATED, EVERY, WINDOWS = 10, 10, 50, 32
MODEL = ModelSettings(layers=1, hidden=256, style=4, skeleton=8, head=128, dropout=0.35)
DATA = DataSettings(
    events=128,
    style_dropout=0.0,
    parent=0.0,
    grains=(1.0, 0.0, 0.0, 0.0),
    map_dropout=1.0,
    attributes=0.0,
)
PITCH = 1  # the second of the heads


class Learner(NamedTuple):
    """What all folds share, compiled once: the network's shape, its training step, its scoring."""

    graph: nnx.GraphDef
    optimiser: optax.GradientTransformation
    step: object
    score: likelihood.Scorer


def main() -> None:
    """Train and measure fold by fold, then print the means with their intervals."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("style")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument(
        "--patience", type=int, default=3, help=f"Checks, each after {EVERY} steps, without a gain."
    )
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    tunes = corpus.load([asked.style])
    tree = styles.tree(tunes)
    works = sorted({tune.work for tune in tunes})
    fold = dict(
        zip(
            np.random.default_rng(asked.seed).permutation(works),
            np.arange(len(works)) % FOLDS,
            strict=True,
        )
    )
    learner = prepared(tree, asked.steps)
    ours, rival, notes, owners = [], [], [], []
    for number in range(FOLDS):
        began = time.perf_counter()
        rest = [tune for tune in tunes if fold[tune.work] != number]
        train, test = (
            likelihood.labelled(part, tree)
            for part in (rest, [t for t in tunes if fold[t.work] == number])
        )
        parameters, steps = taught(learner, train, rest, tree, asked)
        ours += costs_of(learner, parameters, test).tolist()
        notes += [int((example.events.pitch < PITCHES).sum()) - 1 for example in test]
        rival += likelihood.ppm_bits_by_head(train, test)[:, PITCH].tolist()
        owners += [tune.work for tune in tunes if fold[tune.work] == number]
        network, ppm = (
            sum(costs[-len(test) :]) / sum(notes[-len(test) :]) for costs in (ours, rival)
        )
        seconds = time.perf_counter() - began
        print(
            f"fold {number}: network {network:.3f}, PPM {ppm:.3f}; best after {steps} steps, {seconds:.0f} s",
            flush=True,
        )
    report(np.array(ours), np.array(rival), np.array(notes), owners)


def prepared(tree: tuple[styles.Style, ...], steps: int) -> Learner:
    """Compile what the folds share."""
    network = checkpoint.new_network(MODEL, tree, 0)
    schedule = optax.warmup_cosine_decay_schedule(0.0, 3e-3, steps // 10, steps, 3e-5)
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=0.05)
    )
    graph = nnx.split(network)[0]

    def step(parameters, state, batch, key):
        def cost(parameters):
            result = loss.score(nnx.merge(graph, parameters), batch, key)
            return result.bits[:, PITCH].sum() / result.notes.sum()

        updates, state = optimiser.update(jax.grad(cost)(parameters), state, parameters)
        return optax.apply_updates(parameters, updates), state

    return Learner(
        graph, optimiser, jax.jit(step, donate_argnums=(0, 1)), likelihood.scorer(network)[0]
    )


def taught(
    learner: Learner,
    examples: Sequence[Example],
    tunes: Sequence[LabelledMelody],
    tree: tuple[styles.Style, ...],
    asked,
) -> tuple[nnx.State, int]:
    """The parameters that did best on a tenth of the works, and after how many steps."""
    kept_aside = set(sorted({tune.work for tune in tunes})[asked.seed % VALIDATED :: VALIDATED])
    aside = np.array([tune.work in kept_aside for tune in tunes])
    train, valid = (
        [e for e, out in zip(examples, aside, strict=True) if out == side] for side in (False, True)
    )
    parameters = nnx.split(checkpoint.new_network(MODEL, tree, asked.seed))[1]
    state, batcher = (
        learner.optimiser.init(parameters),
        Batcher(train, DATA, asked.batch, asked.seed),
    )
    best, chosen, steps, waited = np.inf, jax.tree.map(np.asarray, parameters), 0, 0
    for k in range(asked.steps):
        key = jax.random.fold_in(jax.random.key(asked.seed), k)
        parameters, state = learner.step(parameters, state, batcher(k), key)
        if (k + 1) % EVERY:
            continue
        cost = costs_of(learner, parameters, valid).sum()
        waited = 0 if cost < best else waited + 1
        if cost < best:
            best, chosen, steps = cost, jax.tree.map(np.asarray, parameters), k + 1
        if waited == asked.patience:
            break
    return chosen, steps


def costs_of(learner: Learner, parameters: nnx.State, examples: Sequence[Example]) -> np.ndarray:
    """Bits of each melody's pitches but the first, which is no next one; shape (len(examples),)."""
    windows = [
        (k, (example, first, last, likelihood.hidden(example, "none", styled=True)))
        for k, example in enumerate(examples)
        for first, last in batching.cover(example, DATA.events)
    ]
    costs = np.zeros(len(examples))
    for start in range(0, len(windows), WINDOWS):
        part = windows[start : start + WINDOWS]
        batch = batching.collate(
            [window for _, window in part + part[:1] * (WINDOWS - len(part))], DATA.events
        )
        begins = [first == 0 for _, (_, first, _, _) in part] + [True] * (WINDOWS - len(part))
        batch.scored[begins, 0] = 0
        result = learner.score(parameters, batch)
        np.add.at(costs, [k for k, _ in part], np.asarray(result.bits)[: len(part), PITCH])
    return costs


def report(ours: np.ndarray, rival: np.ndarray, notes: np.ndarray, owners: list[str]) -> None:
    """Means over all notes, with intervals by resampling works."""
    for name, costs in (("network", ours), ("PPM", rival), ("saved", rival - ours)):
        mean, low, high = bits.per_note(costs, notes, owners)
        print(
            f"{name:8s} {mean:.3f} [{low:.3f}, {high:.3f}] bits a pitch, {len(notes)} tunes, {int(notes.sum()):,} notes"
        )


if __name__ == "__main__":
    main()
