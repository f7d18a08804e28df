"""Training: from labelled tunes to a run folder with a model in it.

The loop takes callbacks and prints nothing. Everything random is a function of the seed and the step, so a run that
was killed goes on to the same weights, bit by bit on the same machine. A run folder holds config.toml, run.json,
metrics.jsonl, last.safetensors (the training state), model.safetensors (the best model so far) and curve.png.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from stylernn import checkpoint, loss, runs, styles
from stylernn.batches import Batcher
from stylernn.checkpoint import Header, Model
from stylernn.corpus import Split, Tune, fingerprint, split
from stylernn.errors import TrainingError
from stylernn.features import Batch
from stylernn.measure import Row, Scorer, labelled, scorer, table
from stylernn.runs import Place, State
from stylernn.settings import Settings, TrainSettings

__all__ = ["Outcome", "Progress", "fit"]

_VALIDATION_BATCHES = 12
_VALIDATION_SEED = 1_000_003
_SHOWN = 20


@dataclass(frozen=True)
class Progress:
    """One step of a run.

    Args:
        step, steps: done and in all.
        train_bits: bits per note, mean of the last 20 steps.
        valid_bits: of the latest validation, None before the first.
        notes_per_second: trained on, since this process began.
        seconds_left: at this pace, should the run not stop early.
        waiting: share of the time spent waiting for batches.
    """

    step: int
    steps: int
    train_bits: float
    valid_bits: float | None
    notes_per_second: float
    seconds_left: float
    waiting: float


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    table: list[Row]
    run_folder: Path
    best_step: int


def fit(
    settings: Settings,
    tunes: Sequence[Tune],
    run_folder: str | Path,
    *,
    resume: bool = False,
    on_event: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """Train a model.

    Args:
        settings: of the model, the data and the training.
        tunes: all labelled melodies; they are divided into train, validation and test sets here.
        run_folder: made if missing; must be empty unless `resume`.
        resume: go on from the last checkpoint in the folder.
        on_event: called after every step.

    Raises:
        TrainingError: if the folder is in use or does not match, the data are too few, or the loss is not finite.
    """
    folder, divided = Path(run_folder), split(tunes)
    if not divided.train or not divided.valid or not divided.test:
        raise TrainingError("too few works to train on", expected="10 or more", found=f"{len(tunes)} tunes")
    tree = styles.tree(divided.train)
    network = checkpoint.new_network(settings.model, tree, settings.train.seed)
    graph, parameters = nnx.split(network)
    optimiser = _optimiser(settings.train)
    state, place = State(parameters, optimiser.init(parameters)), Place()
    corpus_fingerprint = fingerprint(tunes)
    if resume:
        state, place = runs.resume(folder, state, corpus_fingerprint)
    else:
        runs.begin(folder, settings, corpus_fingerprint)
    header = Header(settings, tree, _sources(divided.train), None, runs.provenance(settings, corpus_fingerprint))
    compiled, _ = scorer(network)
    step = _compiled_step(graph, optimiser, settings.train.seed)
    batches, validation = _batches(divided, tree, settings)
    meter = _Meter()
    while place.step < settings.train.steps and not place.is_stale(settings.train):
        asked = time.monotonic()
        batch = batches(place.step)
        meter.waited += time.monotonic() - asked
        state, bits = step(state, batch, place.step)
        meter.bits.append(bits)
        meter.notes += float(batch.scored.sum())
        place.step += 1
        if place.step % settings.train.every == 0 or place.step == settings.train.steps:
            place.valid_bits = _bits(compiled, state.parameters, validation)
            if place.valid_bits < place.best_bits:
                place.best_bits, place.best_step = place.valid_bits, place.step
                checkpoint.save_model(folder / runs.MODEL, Model(header, checkpoint.flatten(state.parameters)))
            runs.record(folder, place, meter.progress(place, settings.train.steps).train_bits, state)
        on_event(meter.progress(place, settings.train.steps))
    runs.draw(folder)
    model = checkpoint.load_model(folder / runs.MODEL)
    rows = table(model, divided)
    metrics = {"test": [asdict(row) for row in rows]}
    checkpoint.save_model(folder / runs.MODEL, checkpoint.with_metrics(model, metrics))
    return Outcome(rows, folder, place.best_step)


def _batches(divided: Split, tree: tuple[styles.Style, ...], settings: Settings) -> tuple[Batcher, list[Batch]]:
    """The training batches, and the validation batches: the same every time, hidden and dropped as in training."""
    train, valid = (labelled(part, tree) for part in (divided.train, divided.valid))
    validator = Batcher(valid, settings.data, settings.train.batch, _VALIDATION_SEED)
    return Batcher(train, settings.data, settings.train.batch, settings.train.seed), [
        validator(k) for k in range(_VALIDATION_BATCHES)
    ]


def _optimiser(settings: TrainSettings) -> optax.GradientTransformation:
    schedule = optax.warmup_cosine_decay_schedule(
        0.0, settings.rate, min(settings.warmup, settings.steps // 2), settings.steps, settings.rate / 100
    )
    matrices = lambda tree: jax.tree.map(lambda leaf: leaf.ndim > 1, tree)  # noqa: E731
    adamw = optax.adamw(schedule, weight_decay=settings.decay, mask=matrices)
    return optax.chain(optax.clip_by_global_norm(settings.clip), adamw)


def _compiled_step(graph: nnx.GraphDef, optimiser: optax.GradientTransformation, seed: int) -> Callable[..., Any]:
    def step(state: State, batch: Any, number: jax.Array) -> tuple[State, jax.Array]:
        key = jax.random.fold_in(jax.random.key(seed), number)
        bits, gradient = jax.value_and_grad(lambda p: loss.mean_loss(nnx.merge(graph, p), batch, key))(state.parameters)
        updates, after = optimiser.update(gradient, state.optimiser, state.parameters)
        # A gradient that is not finite must not reach the weights, so that the last good state can be kept.
        fine = jnp.isfinite(bits) & jnp.isfinite(optax.global_norm(gradient))
        chosen = jax.tree.map(
            lambda new, old: jnp.where(fine, new, old),
            State(optax.apply_updates(state.parameters, updates), after),
            state,
        )
        return chosen, jnp.where(fine, bits, jnp.nan)

    compiled = jax.jit(step, donate_argnums=0)

    def checked(state: State, batch: Batch, number: int) -> tuple[State, float]:
        state, bits = compiled(state, batch, number)
        if not np.isfinite(bits):
            raise TrainingError(f"the loss is not finite at step {number}", remedy="Lower train.rate and resume.")
        return state, float(bits)

    return checked


def _bits(compiled: Scorer, parameters: nnx.State, batches: Sequence[Batch]) -> float:
    """Bits per note over batches."""
    results = [compiled(parameters, batch) for batch in batches]
    return float(sum(r.bits.sum() for r in results) / sum(r.notes.sum() for r in results))


def _sources(tunes: Sequence[Tune]) -> tuple[dict[str, Any], ...]:
    """Sources of a training set: name, licence, number of tunes."""
    counts = Counter((tune.source, tune.licence) for tune in tunes)
    return tuple({"source": s, "licence": l, "tunes": n} for (s, l), n in sorted(counts.items()))


class _Meter:
    """Running figures of this process, for the display only."""

    def __init__(self) -> None:
        self.began, self.waited, self.notes = time.monotonic(), 0.0, 0.0
        self.bits: list[float] = []

    def progress(self, place: Place, steps: int) -> Progress:
        seconds = time.monotonic() - self.began
        left = seconds / len(self.bits) * (steps - place.step)
        bits = float(np.mean(self.bits[-_SHOWN:]))
        return Progress(place.step, steps, bits, place.valid_bits, self.notes / seconds, left, self.waited / seconds)
