"""Bits per note and accuracy of a model, and of Markov-3 beside it, on held-out melodies.

Both are asked the same: p(onset, pitch, duration | all before, style), note by note, no skeleton unless one is named.
Numbers are per note: a melody's bits over all heads, its END included, divided by its notes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from flax import nnx

from stylernn import batches, checkpoint, ngram, styles
from stylernn.batches import Condition, Example, prepare
from stylernn.checkpoint import Model
from stylernn.codec import DURATIONS, PITCHES
from stylernn.corpus import Split, Tune
from stylernn.lookback import ONSETS
from stylernn.loss import Score, score
from stylernn.model.network import Network
from stylernn.pieces import Batch
from stylernn.skeleton import GRAINS

__all__ = [
    "Measure",
    "Row",
    "Scorer",
    "bits_per_note",
    "hidden",
    "labelled",
    "markov_bits",
    "measure",
    "scorer",
    "table",
]

_WINDOWS = 32

Scorer = Callable[[nnx.State, Batch], Score]


class Measure(NamedTuple):
    """Sums over one melody, each for the heads onset, pitch, duration, shape (3,), and its number of notes."""

    bits: np.ndarray
    hits: np.ndarray
    choices: np.ndarray
    notes: float


@dataclass(frozen=True)
class Row:
    """A style's results on the test split: bits per note of three models and accuracy per head."""

    style: str
    tunes: int
    notes: int
    bits: float
    markov_bits: float
    untrained_bits: float
    onset_accuracy: float
    pitch_accuracy: float
    duration_accuracy: float


def scorer(network: Network) -> tuple[Scorer, nnx.State]:
    """A compiled scoring function for networks of one shape, and the state to call it with first."""
    graph, state = nnx.split(network)
    return jax.jit(lambda state, batch: score(nnx.merge(graph, state), batch)), state


def measure(
    compiled: Scorer,
    state: nnx.State,
    examples: Sequence[Example],
    events: int,
    *,
    grain: str = "none",
    styled: bool = True,
) -> list[Measure]:
    """Score melodies, one Measure each.

    Args:
        compiled: see `scorer`.
        state: of the network.
        examples: the melodies; long ones are scored in windows.
        events: longest window, as in training.
        grain: of the skeleton that the model is shown, one of GRAINS.
        styled: whether the model is told the style.
    """
    windows = [
        (k, (example, first, last, hidden(example, grain, styled)))
        for k, example in enumerate(examples)
        for first, last in batches.cover(example, events)
    ]
    heads, notes = np.zeros((len(examples), 3, 3)), np.zeros(len(examples))
    for start in range(0, len(windows), _WINDOWS):
        part = windows[start : start + _WINDOWS]
        filled = [window for _, window in part] + [part[0][1]] * (_WINDOWS - len(part))
        result = compiled(state, batches.collate(filled, events))
        owners = [k for k, _ in part]
        np.add.at(heads, owners, np.stack([result.bits, result.hits, result.choices], axis=1)[: len(part)])
        np.add.at(notes, owners, np.asarray(result.notes)[: len(part)])
    return [Measure(*sums) for sums in zip(*heads.swapaxes(0, 1), map(float, notes), strict=True)]


def bits_per_note(results: Sequence[Measure]) -> float:
    """Mean bits per note over melodies, all heads together."""
    return float(sum(entry.bits.sum() for entry in results) / sum(entry.notes for entry in results))


def hidden(example: Example, grain: str, styled: bool) -> Condition:
    """Tell the model only the style, or not even that, and a skeleton at a grain."""
    index = GRAINS.index(grain)
    return Condition(example.style if styled else 0, index, example.skeletons[index], np.full_like(example.repeats, -1))


def labelled(tunes: Sequence[Tune], tree: tuple[styles.Style, ...]) -> list[Example]:
    """Prepare tunes with the indices of their styles in a tree; those of unknown styles are left out."""
    index = {style.name: k for k, style in enumerate(tree, 1)}
    parents = styles.parents(tree)
    examples = []
    for tune in tunes:
        name = styles.label(tune)
        known = index.get(name, index.get(tune.style))
        if known is not None:
            examples.append(prepare(tune.melody, known, parents[known]))
    return examples


def table(model: Model, divided: Split) -> list[Row]:
    """Measure a model on the test split, per root style, beside Markov-3 and the same network untrained.

    Markov-3 is fitted to the training tunes of the same style; the network is told the style and no skeleton.
    """
    tree, settings = model.header.styles, model.header.settings
    train, test = labelled(divided.train, tree), labelled(divided.test, tree)
    compiled, trained = scorer(model.network)
    fresh = nnx.split(checkpoint.new_network(settings.model, tree, settings.train.seed))[1]
    rows = []
    for k, style in enumerate(tree, 1):
        own = [example for example in test if example.parent == k]
        if style.parent != style.name or not own:
            continue
        ours, untrained = (measure(compiled, state, own, settings.data.events) for state in (trained, fresh))
        markov = markov_bits([example for example in train if example.parent == k], own)
        rows.append(_row(style.name, ours, untrained, markov))
    return rows


def markov_bits(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    """Bits per melody under a Markov model of order 3 that is fitted to the training melodies; shape (len(test),)."""
    streams = ngram.note_streams(3, (ONSETS, 49, len(DURATIONS)))
    models = ngram.fit_streams([_columns(example) for example in train], streams)
    totals = []
    for example in test:
        columns = _columns(example)
        bits = ngram.stream_bits(models, streams, columns)
        # END has an onset but neither pitch nor duration.
        totals.append(bits.sum() - bits[-1, 1:].sum())
    return np.array(totals)


def _row(style: str, ours: list[Measure], untrained: list[Measure], markov: np.ndarray) -> Row:
    notes = sum(entry.notes for entry in ours)
    accuracy = np.sum([entry.hits for entry in ours], axis=0) / np.sum([entry.choices for entry in ours], axis=0)
    return Row(
        style,
        len(ours),
        int(notes),
        bits_per_note(ours),
        float(markov.sum() / notes),
        bits_per_note(untrained),
        *map(float, accuracy),
    )


def _columns(example: Example) -> np.ndarray:
    """Events as (onset class, interval, duration, place in the bar): what a model that knows no key can use."""
    events = example.events
    beat = events.time // 16
    onset = 16 * np.diff(np.append(-1, beat)) + events.time % 16
    pitch = np.where(events.pitch < PITCHES, events.pitch, events.pitch[0])
    interval = np.clip(np.diff(pitch, prepend=pitch[0]), -24, 24) + 24
    in_bar = events.time - 16 * events.grid.first[events.grid.bar[beat]]
    return np.stack([onset, interval, events.duration, in_bar], axis=1)
