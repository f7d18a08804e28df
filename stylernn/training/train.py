"""Training of a model on labelled tunes; model and checkpoints are saved in a run folder.

The loop reports to a callback and prints nothing. All random numbers are functions of the seed and
the step. A run that was killed and resumed therefore gives the same weights, bit by bit on the same
machine. `run_folder` lists the files of a run folder.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh

from stylernn.config import Settings, TrainSettings
from stylernn.corpus import LabelledMelody, Split, fingerprint, split, styles
from stylernn.errors import TrainingError
from stylernn.model import checkpoint, loss
from stylernn.model.checkpoint import Header, Model
from stylernn.representation import attributes
from stylernn.representation.arrays import Batch
from stylernn.representation.batching import Batcher
from stylernn.representation.examples import Example
from stylernn.system.process import held_interrupts
from stylernn.training import devices, run_folder
from stylernn.training.likelihood import Scorer, StyleResult, labelled, scorer, table
from stylernn.training.progress import Meter, Progress, RunState
from stylernn.training.run_folder import State

__all__ = ["Outcome", "fit", "sources"]

_VALIDATION_BATCHES = 12
_VALIDATION_SEED = 1_000_003


@dataclass(frozen=True)
class Outcome:
    """The result of a run.

    Args:
        table: results of the best model on the test set, by style.
        folder: the run folder.
        best_step: step of the best validation.
    """

    table: list[StyleResult]
    folder: Path
    best_step: int


def fit(
    settings: Settings,
    tunes: Sequence[LabelledMelody],
    out: str | Path,
    *,
    resume: bool = False,
    on_event: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """Train a model.

    Training uses all devices of this process, and those of all processes in which `devices.join`
    was called. The losses are those of one device, rounding excepted. After a first Ctrl-C the run
    saves its state at the end of the current step and stops; it can be resumed.

    Args:
        settings: of the model, the data and the training.
        tunes: all labelled melodies; this function divides them into the three sets.
        out: the run folder, which is made if it is missing; it has no run in it unless `resume`.
        resume: continue from the latest checkpoint in the folder.
        on_event: called after every step.

    Returns:
        Results on the test set, the run folder, in which the best model is `model.safetensors`, and
        the step of that model.

    Raises:
        TrainingError: if the folder is in use, its run was begun with other tunes, there are too
            few works, or the loss is not finite.
        KeyboardInterrupt: after Ctrl-C, once the state is saved.
    """
    folder, splits = Path(out), split(tunes)
    if not splits.train or not splits.valid or not splits.test:
        raise TrainingError(
            "too few works to train on", expected="10 or more", found=f"{len(tunes)} tunes"
        )
    if jax.process_count() > 1 and settings.train.minutes:
        raise TrainingError(
            "processes that train together cannot be stopped by the clock",
            remedy="Set train.steps.",
        )
    corpus_fingerprint = fingerprint(tunes)
    with run_folder.claimed(folder, resume=resume) if devices.is_writer() else nullcontext():
        if not resume and devices.is_writer():
            run_folder.begin(folder, settings, corpus_fingerprint)
        tree = styles.tree(splits.train)
        network = checkpoint.new_network(settings.model, tree, settings.train.seed)
        optimiser = _optimiser(settings.train)
        graph, parameters = nnx.split(network)
        state, run_state = State(parameters, optimiser.init(parameters)), RunState()
        if resume:
            state, run_state = run_folder.resume(folder, state, corpus_fingerprint)
        mesh = devices.mesh()
        state = devices.replicate(state, mesh)
        header = Header(
            settings,
            tree,
            sources(splits.train),
            None,
            run_folder.provenance(settings, corpus_fingerprint),
        )
        step = _compiled_step(graph, optimiser, settings.train)
        batches, validation = _batches(splits, tree, settings)
        known = _attributes(batches.examples, tree)
        run = _Run(folder, header, known, mesh, step, scorer(network)[0], batches, validation)
        _train(run, state, run_state, on_event)
        return _finish(folder, splits, run_state)


class _Run(NamedTuple):
    """The parts of a run that do not change from step to step."""

    folder: Path
    header: Header
    attributes: dict[str, np.ndarray]
    mesh: Mesh
    step: Callable[[State, Batch, int], tuple[State, jax.Array]]
    compiled: Scorer
    batches: Batcher
    validation: list[Batch]


def _train(
    run: _Run, state: State, run_state: RunState, on_event: Callable[[Progress], None]
) -> None:
    """The training loop; the next batch is computed while a step runs."""
    settings, meter = run.header.settings.train, Meter()
    with held_interrupts() as interrupted, ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(run.batches, run_state.step)
        while not run_state.is_over(settings):
            asked = time.monotonic()
            batch = coming.result()
            meter.waited += time.monotonic() - asked
            coming = ahead.submit(run.batches, run_state.step + 1)
            state, bits = run.step(state, devices.shard(batch, run.mesh), run_state.step)
            if not np.isfinite(bits):
                _keep(run, run_state, state)
                remedy = "Lower train.rate in its config.toml and resume."
                batch_name = f"batch {run_state.step} of seed {settings.seed}"
                problem = f"the loss is not finite on {batch_name} in {run.folder}"
                raise TrainingError(problem, remedy=remedy)
            run_state.advance(float(bits), time.monotonic() - asked)
            meter.count(float(batch.scored.sum()))
            if run_state.step % settings.every == 0 or run_state.is_over(settings):
                _validate(run, state, run_state)
            on_event(meter.progress(run_state, settings.steps))
            if interrupted.is_set():
                _keep(run, run_state, state)
                raise KeyboardInterrupt


def _keep(run: _Run, run_state: RunState, state: State) -> None:
    """Save a checkpoint."""
    if devices.is_writer():
        run_folder.keep(run.folder, run_state, state)


def _validate(run: _Run, state: State, run_state: RunState) -> None:
    """Measure on the validation set; save a checkpoint, and the model if it is the best so far."""
    run_state.valid_bits = _bits(run.compiled, state.parameters, run.validation)
    if run_state.valid_bits < run_state.best_bits:
        run_state.best_bits, run_state.best_step = run_state.valid_bits, run_state.step
        if devices.is_writer():
            arrays = checkpoint.flatten(state.parameters) | run.attributes
            checkpoint.save_model(run.folder / run_folder.MODEL, Model(run.header, arrays))
    if devices.is_writer():
        run_folder.record(run.folder, run_state, state)


def _finish(folder: Path, splits: Split, run_state: RunState) -> Outcome:
    """Draw the learning curve and measure the best model on the test set, for its file too."""
    devices.wait_for_all("trained")
    model = checkpoint.load_model(folder / run_folder.MODEL)
    rows = table(model, splits)
    devices.wait_for_all("measured")
    if devices.is_writer():
        run_folder.draw(folder)
        metrics = {"test": [asdict(row) for row in rows]}
        checkpoint.save_model(folder / run_folder.MODEL, checkpoint.with_metrics(model, metrics))
    return Outcome(rows, folder, run_state.best_step)


def _batches(
    splits: Split, tree: tuple[styles.Style, ...], settings: Settings
) -> tuple[Batcher, list[Batch]]:
    """The training batches, and a fixed list of validation batches that are made alike."""
    train, valid = (labelled(part, tree) for part in (splits.train, splits.valid))
    validator = Batcher(valid, settings.data, settings.train.batch, _VALIDATION_SEED)
    return Batcher(train, settings.data, settings.train.batch, settings.train.seed), [
        validator(k) for k in range(_VALIDATION_BATCHES)
    ]


def _attributes(
    examples: Sequence[Example], tree: tuple[styles.Style, ...]
) -> dict[str, np.ndarray]:
    """Reference attributes of the tunes of each style and its substyles, see `attributes.rows`."""
    return {
        f"{attributes.PREFIX}{style.name}": attributes.rows(
            each.reference for each in examples if k in (each.style, each.parent)
        )
        for k, style in enumerate(tree, 1)
    }


def _optimiser(settings: TrainSettings) -> optax.GradientTransformation:
    """AdamW with clipped gradients, a linear warm-up and a cosine decay of the learning rate."""
    schedule = optax.warmup_cosine_decay_schedule(
        0.0,
        settings.rate,
        min(settings.warmup, settings.steps // 2),
        settings.steps,
        settings.rate / 100,
    )

    def is_matrix(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf.ndim > 1, tree)

    adamw = optax.adamw(schedule, weight_decay=settings.decay, mask=is_matrix)
    return optax.chain(optax.clip_by_global_norm(settings.clip), adamw)


def _compiled_step(
    graph: nnx.GraphDef, optimiser: optax.GradientTransformation, settings: TrainSettings
) -> Callable[[State, Batch, int], tuple[State, jax.Array]]:
    """A function that does one step: the new state and the bits per note of the batch.

    If loss or gradient is not finite, the state stays as it was and the bits are not a number.
    """

    def step(state: State, batch: Batch, number: int) -> tuple[State, jax.Array]:
        key = jax.random.fold_in(jax.random.key(settings.seed), number)

        def bits_of(parameters: nnx.State) -> jax.Array:
            return loss.mean_loss(nnx.merge(graph, parameters), batch, key, settings.products)

        bits, gradient = jax.value_and_grad(bits_of)(state.parameters)
        updates, after = optimiser.update(gradient, state.optimiser, state.parameters)
        fine = jnp.isfinite(bits) & jnp.isfinite(optax.tree.norm(gradient))
        chosen = jax.tree.map(
            lambda new, old: jnp.where(fine, new, old),
            State(optax.apply_updates(state.parameters, updates), after),
            state,
        )
        return chosen, jnp.where(fine, bits, jnp.nan)

    return jax.jit(step, donate_argnums=0)


def _bits(compiled: Scorer, parameters: nnx.State, batches: Sequence[Batch]) -> float:
    """Bits per note over batches."""
    results = [compiled(parameters, batch) for batch in batches]
    return float(sum(r.bits.sum() for r in results) / sum(r.notes.sum() for r in results))


def sources(tunes: Sequence[LabelledMelody]) -> tuple[dict[str, Any], ...]:
    """The sources of a training set.

    Args:
        tunes: the training set.

    Returns:
        Source, licence and number of tunes of each source, in alphabetical order.

    Example:
        >>> from stylernn.music.melody import Melody
        >>> sources([LabelledMelody(Melody(()), "jazz", "1", "misty", "mine", "CC0-1.0")])
        ({'source': 'mine', 'licence': 'CC0-1.0', 'tunes': 1},)
    """
    counts = Counter((tune.source, tune.licence) for tune in tunes)
    return tuple(
        {"source": name, "licence": licence, "tunes": n}
        for (name, licence), n in sorted(counts.items())
    )
