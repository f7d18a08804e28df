"""Learning a personal style from a few tunes, without touching the model's weights.

First the best mixture of the model's styles is found, then the style is let go from there: to a point among them that
need be no mixture, and to small answers of its own in every layer (see `personal`). Some tunes are kept aside, and
what predicts those best is taken, so that few tunes cannot be learnt by heart. From one tune only a mixture is learnt.

References:
    Kivinen & Warmuth, Exponentiated gradient versus gradient descent for linear predictors (1997).
    Li & Liang, Prefix-tuning (2021), for the idea of learning what conditions a frozen model.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from stylernn import checkpoint, corpus, files, loss, paths, personal, styles, traits
from stylernn.batches import Batcher, collate, cover
from stylernn.checkpoint import Model
from stylernn.corpus import MIN_NOTES, Dropped, Tune
from stylernn.descriptors import describe_sections
from stylernn.errors import CorpusError, UsageError
from stylernn.examples import Example, prepare
from stylernn.personal import Personal
from stylernn.pieces import Batch

__all__ = ["FEWEST", "from_folder", "learn", "like"]

FEWEST = 5
"""Fewer tunes say too little of a style to learn more than a mixture."""

_SIZE = 8
_MIXING, _MIXING_RATE = 24, 2.0
_STEPS, _EVERY, _PATIENCE, _SECONDS = 80, 10, 3, 60.0
_RATE, _ANSWER_RATE, _DECAY = 0.005, 0.001, 0.02
_ASIDE, _HELD = 0.2, 4


class _Free(NamedTuple):
    """What is learnt: the weights of the model's styles and, by kernel, the answers to the new direction."""

    weights: jax.Array
    answers: dict[str, jax.Array]


class _Compiled(NamedTuple):
    """Bits per note of a batch; with their gradient, under dropout."""

    bits: Callable[[_Free, Batch], jax.Array]
    gradient: Callable[[_Free, Batch, int], tuple[jax.Array, _Free]]


def learn(
    model: Model,
    tunes: Sequence[Tune],
    name: str,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Personal:
    """Learn a style.

    Args:
        model: that it is for; it stays as it is.
        tunes: of the style; fewer than `FEWEST` give a mixture of the model's styles.
        name: of the new style.
        seed: of the choice of the tunes kept aside and of the batches.
        progress: called after every step.
    """
    examples = [prepare(tune.melody) for tune in tunes]
    rng = np.random.default_rng(seed)
    aside = max(round(_ASIDE * len(tunes)), 1) if len(tunes) >= FEWEST else 0
    order = rng.permutation(len(tunes))
    valid = _Windows(model, [examples[k] for k in order[:aside]], seed + 1)
    train = _Windows(model, [examples[k] for k in order[aside:]], seed)
    compiled = _compiled(model)
    free = _Free(_mixture(compiled, model, train, progress), _no_answers(model))
    facts: dict[str, Any] = {"mixture": np.asarray(free.weights).round(4).tolist()}
    if aside:
        held = [valid(k) for k in range(_HELD)]
        free, measured = _let_go(compiled, free, train, held, progress)
        facts |= measured
    vector = np.asarray(free.weights) @ personal.vectors(model)
    answers = {kernel: np.asarray(answer) for kernel, answer in free.answers.items() if np.any(answer)}
    profile = replace(styles.profile(name, tunes), licences=("your own",), description="your own")
    sections = (describe_sections(tune.melody, each.tonality) for tune, each in zip(tunes, examples, strict=True))
    described = np.mean([rows.mean(axis=0) for rows in sections], axis=0).astype(np.float32)
    own = profile, model.digest, corpus.fingerprint(tunes), vector.astype(np.float32), answers, facts
    kept = traits.rows(each.kept for each in examples)
    return Personal(*own, described, kept)


def from_folder(
    model: Model,
    folder: Path,
    name: str,
    *,
    seed: int = 0,
    force: bool = False,
    loading: corpus.Progress | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Personal, list[Dropped]]:
    """Learn a style from the music files of a folder and keep it; also what could not be used, and why.

    Args:
        model: that it is for.
        folder: of five music files or more.
        name: of the new style.
        seed: see `learn`.
        force: replace a personal style of that name.
        loading: called after each file that is read.
        progress: called after every step.

    Raises:
        UsageError: if the name cannot be used.
        CorpusError: if there is no such folder, or there are too few tunes in it.
    """
    personal.check_name(name)
    if name in {style.name for style in model.header.styles}:
        raise UsageError(f"the model has a style {name} of its own", remedy="Choose another --name.")
    if name in personal.kept() and not force:
        raise UsageError(
            f"there is a personal style {name}", remedy="Replace it with --force or choose another --name."
        )
    found = corpus.read_folder(folder, style=name, progress=loading)
    if len(found.tunes) < FEWEST:
        problem = f"too few tunes in {folder}"
        reasons = "".join(f"; {entry.where}: {entry.reason}" for entry in found.dropped[:3])
        remedy = "From one tune: transfer or generate with --like FILE."
        raise CorpusError(problem, expected=f"{FEWEST} or more", found=f"{len(found.tunes)}{reasons}", remedy=remedy)
    own = learn(model, found.tunes, name, seed=seed, progress=progress)
    personal.save(own, personal.file_of(name))
    return own, found.dropped


def like(model: Model, path: Path) -> Personal:
    """The style of one tune; what was learnt once is kept in the cache folder.

    Raises:
        FileFormatError: if the file cannot be read.
        CorpusError: if it has too few notes.
    """
    melody = files.read(path)
    if len(melody.notes) < MIN_NOTES:
        found = f"{len(melody.notes)} notes"
        raise CorpusError(f"{path} is too short to be a style", expected=f"{MIN_NOTES} notes or more", found=found)
    tune = Tune(melody, path.stem, path.name, path.name, path.name, "your own")
    known = paths.cache_folder() / "like" / f"{corpus.fingerprint([tune])}-{model.digest[:16]}.safetensors"
    if known.is_file():
        return personal.load(known)
    own = learn(model, [tune], "like")
    personal.save(own, known)
    return own


class _Windows:
    """Batches of windows of some tunes, all of one size, so that one program is compiled.

    Args:
        model: how long its windows are, and what it is told.
        examples: the tunes.
        seed: of the batches.
    """

    def __init__(self, model: Model, examples: Sequence[Example], seed: int) -> None:
        self.settings = replace(model.header.settings.data, style_dropout=0.0, parent=0.0)
        placed = [replace(example, style=_place(model), parent=_place(model)) for example in examples]
        self.windows = [(each, *bars) for each in placed for bars in cover(each, self.settings.events)]
        self.seed, self._conditions = seed, Batcher(placed, self.settings, 1, seed) if placed else None

    def __call__(self, step: int) -> Batch[np.ndarray]:
        """The batch of a step; few windows stand in it several times, each time told something else."""
        assert self._conditions is not None
        rng = np.random.default_rng([self.seed, step])
        rounds = [rng.permutation(len(self.windows)) for _ in range(-(-_SIZE // len(self.windows)))]
        chosen = [self.windows[k] for k in np.concatenate(rounds)[:_SIZE]]
        told = [(each, first, last, self._conditions.condition(each, rng)) for each, first, last in chosen]
        return collate(told, self.settings.events)


def _place(model: Model) -> int:
    """The index that the new style has while it is learnt: any that is a root."""
    return next(k for k, style in enumerate(model.header.styles, 1) if style.parent == style.name)


def _compiled(model: Model) -> _Compiled:
    graph, state = nnx.split(model.network)
    known, directions = personal.vectors(model), personal.free_directions(model)
    direction = directions[0] if len(directions) else np.zeros(known.shape[1], np.float32)
    frozen = _Frozen(state, model.arrays, known, direction)
    shape = graph, _place(model)
    return _Compiled(
        lambda free, batch: _bits(*shape, free, frozen, batch),
        lambda free, batch, step: _gradient(*shape, free, frozen, batch, step),
    )


class _Frozen(NamedTuple):
    """What stays: the network's state and its arrays by name, the vectors of its styles, and the new direction."""

    state: nnx.State
    arrays: dict[str, np.ndarray]
    known: np.ndarray
    direction: np.ndarray


def _loss(
    graph: nnx.GraphDef, place: int, free: _Free, frozen: _Frozen, batch: Batch, key: jax.Array | None
) -> jax.Array:
    """Bits per note of a batch in the new style."""
    vector, direction = free.weights @ frozen.known + frozen.direction, frozen.direction
    roots = jnp.asarray(frozen.arrays["styles/roots"]).at[place].set(vector)
    arrays: dict[str, Any] = {**frozen.arrays, "styles/roots": roots}
    for name, answer in free.answers.items():
        arrays[name] = arrays[name] + jnp.outer(direction, answer - direction @ arrays[name])
    return loss.mean_loss(nnx.merge(graph, checkpoint.unflatten(frozen.state, arrays)), batch, key)


@partial(jax.jit, static_argnums=(0, 1))
def _bits(graph: nnx.GraphDef, place: int, free: _Free, frozen: _Frozen, batch: Batch) -> jax.Array:
    return _loss(graph, place, free, frozen, batch, None)


@partial(jax.jit, static_argnums=(0, 1))
def _gradient(
    graph: nnx.GraphDef, place: int, free: _Free, frozen: _Frozen, batch: Batch, step: int
) -> tuple[jax.Array, _Free]:
    return jax.value_and_grad(_loss, argnums=2)(graph, place, free, frozen, batch, jax.random.key(step))


def _no_answers(model: Model) -> dict[str, jax.Array]:
    """Answers that add nothing; none at all where no direction of the style space is free."""
    names = personal.style_kernels(model) if len(personal.free_directions(model)) else []
    return {name: jnp.zeros(model.arrays[name].shape[1]) for name in names}


def _mixture(compiled: _Compiled, model: Model, train: _Windows, progress: Callable[[int, int], None]) -> jax.Array:
    """Weights of the model's styles, the null style first, that predict the tunes best: none negative, sum 1."""
    weights = jnp.full(len(model.header.styles) + 1, 1 / (len(model.header.styles) + 1))
    nothing = _no_answers(model)
    for step in range(_MIXING):
        _, slope = compiled.gradient(_Free(weights, nothing), train(step), step)
        grown = jnp.log(weights) - _MIXING_RATE * (slope.weights - weights @ slope.weights)
        weights = jax.nn.softmax(grown)
        progress(step + 1, _MIXING + _STEPS)
    return weights


def _let_go(
    compiled: _Compiled,
    start: _Free,
    train: _Windows,
    held: Sequence[Batch],
    progress: Callable[[int, int], None],
) -> tuple[_Free, dict[str, float]]:
    """Gradient descent from a mixture, for as long as tunes kept aside are predicted better."""
    labels = _Free("weights", dict.fromkeys(start.answers, "answers"))  # type: ignore[arg-type]
    rates = {"weights": optax.adam(_RATE), "answers": optax.adamw(_ANSWER_RATE, weight_decay=_DECAY)}
    optimiser = optax.multi_transform(rates, labels)
    free, state, best = start, optimiser.init(start), start
    first = least = _mean(compiled, start, held)
    stale, began = 0, time.monotonic()
    for step in range(1, _STEPS + 1):
        _, slope = compiled.gradient(free, train(_MIXING + step), _MIXING + step)
        updates, state = optimiser.update(slope, state, free)
        free = optax.apply_updates(free, updates)
        progress(_MIXING + step, _MIXING + _STEPS)
        if step % _EVERY:
            continue
        now = _mean(compiled, free, held)
        best, least, stale = (free, now, 0) if now < least else (best, least, stale + 1)
        if stale == _PATIENCE or time.monotonic() - began > _SECONDS:
            break
    return best, {"bits_of_mixture": first, "bits": least}


def _mean(compiled: _Compiled, free: _Free, held: Sequence[Batch]) -> float:
    return float(np.mean([compiled.bits(free, batch) for batch in held]))
