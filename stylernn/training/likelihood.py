"""Bits per note and accuracy of a model and of n-gram models on held-out melodies.

All models predict p(onset, pitch, duration | all earlier notes, style), note by note, on the same
events and without a skeleton unless one is asked for. Each melody is scored as a whole, so that a
model can use repetitions at any distance. The bits of a melody over all heads, its END event
included, are divided by its number of notes.

References:
    Conklin & Witten (1995), Multiple viewpoint systems for music prediction, Journal of New Music
        Research 24(1), 51-73.
    Pearce (2005), The construction and evaluation of statistical models of melodic structure in
        music perception and composition, PhD thesis, City University London (IDyOM).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from flax import nnx

from stylernn.corpus import LabelledMelody, Split, styles
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.model.loss import Score, score
from stylernn.model.network import Network
from stylernn.music import ngram
from stylernn.representation import batching
from stylernn.representation.arrays import Batch
from stylernn.representation.copy_memory import ONSETS
from stylernn.representation.event_codec import DURATIONS, PITCHES
from stylernn.representation.examples import Condition, Example, prepare
from stylernn.representation.skeleton import LEVELS

__all__ = [
    "Measure",
    "StyleResult",
    "Scorer",
    "StyleScores",
    "bits_per_note",
    "hidden",
    "labelled",
    "markov_bits",
    "measure_melodies",
    "ppm_bits",
    "ppm_bits_by_head",
    "row",
    "scorer",
    "table",
    "tested",
]

# Events and windows of a batch. Longer melodies have 2, 4 or 8 times the events in 1/2, 1/4 or 1/8
# of the windows.
_EVENTS, _WINDOWS, _DOUBLED = 192, 32, 8

Scorer = Callable[[nnx.State, Batch], Score]


class Measure(NamedTuple):
    """Sums over one melody.

    Args:
        bits: negative log2 probability of its events; float, shape (3,), by the heads onset, pitch
            and duration.
        hits: number of events whose most probable value is the true one; shape (3,).
        choices: number of events; shape (3,).
        notes: number of notes.
    """

    bits: np.ndarray
    hits: np.ndarray
    choices: np.ndarray
    notes: float


@dataclass(frozen=True)
class StyleResult:
    """The results of one style on the test set.

    Args:
        style: its label.
        tunes: number of test tunes.
        notes: number of their notes.
        bits: bits per note of the model.
        markov_bits: bits per note of a Markov model of order 3.
        untrained_bits: bits per note of the same network with fresh weights.
        onset_accuracy: share of onsets whose most probable value is the true one.
        pitch_accuracy: the same for pitches.
        duration_accuracy: the same for durations.
    """

    style: str
    tunes: int
    notes: int
    bits: float
    markov_bits: float
    untrained_bits: float
    onset_accuracy: float
    pitch_accuracy: float
    duration_accuracy: float


@dataclass(frozen=True)
class StyleScores:
    """The results of one style on the test set, tune by tune.

    Args:
        style: its label; it has no parent.
        works: id of the composition of each tune.
        train: its training examples, to which the n-gram models are fitted.
        test: its test examples.
        ours: results of the model, one a tune.
        untrained: results of the same network with fresh weights, one a tune.
        markov: bits of each tune under a Markov model of order 3; float64, shape (tunes,).
    """

    style: str
    works: tuple[str, ...]
    train: list[Example]
    test: list[Example]
    ours: list[Measure]
    untrained: list[Measure]
    markov: np.ndarray


def scorer(network: Network) -> tuple[Scorer, nnx.State]:
    """Compile the scoring function of a network.

    Args:
        network: any network.

    Returns:
        A function of a state and a batch, for all networks of the same shape, and the state of this
        network.
    """
    graph, state = nnx.split(network)
    return jax.jit(lambda state, batch: score(nnx.merge(graph, state), batch)), state


def measure_melodies(
    compiled: Scorer,
    state: nnx.State,
    examples: Sequence[Example],
    *,
    level: str = "none",
    styled: bool = True,
    opening: int | None = None,
) -> list[Measure]:
    """Score melodies.

    Args:
        compiled: from `scorer`.
        state: of the network.
        examples: the melodies; those of over 1,536 events or 1,664 beats are scored in windows.
        level: reduction level of the skeleton that the model is given, one of `skeleton.LEVELS`.
        styled: whether the model is conditioned on the style.
        opening: number of events at the start of each melody that are scored; None for all.

    Returns:
        The sums over each melody, in order.
    """
    heads, notes = np.zeros((len(examples), 3, 3)), np.zeros(len(examples))
    scale = [_scale(example) for example in examples]
    for times in sorted(set(scale)):
        events, beats, count = times * _EVENTS, times * batching.BEATS, _WINDOWS // times
        windows = [
            (k, (example, first, last, hidden(example, level, styled)))
            for k, example in enumerate(examples)
            if scale[k] == times
            for first, last in batching.cover(example, events, beats)
        ]
        for start in range(0, len(windows), count):
            part = windows[start : start + count]
            filled = [window for _, window in part] + [part[0][1]] * (count - len(part))
            batch = batching.collate(filled, events, beats)
            if opening is not None:
                begins = np.array([first == 0 for _, first, *_ in filled])
                batch = batch._replace(
                    scored=batch.scored * np.outer(begins, np.arange(events) < opening)
                )
            result = compiled(state, batch)
            owners = [k for k, _ in part]
            np.add.at(
                heads,
                owners,
                np.stack([result.bits, result.hits, result.choices], axis=1)[: len(part)],
            )
            np.add.at(notes, owners, np.asarray(result.notes)[: len(part)])
    return [Measure(*sums) for sums in zip(*heads.swapaxes(0, 1), map(float, notes), strict=True)]


def _scale(example: Example) -> int:
    """The factor, a power of two, by which a window must be enlarged to contain a melody."""
    needed = max(
        len(example.events.time) / _EVENTS, (example.events.grid.beats + 1) / batching.BEATS, 1.0
    )
    return int(min(2 ** np.ceil(np.log2(needed)), _DOUBLED))


def bits_per_note(results: Sequence[Measure]) -> float:
    """Bits per note over melodies, all heads together.

    Args:
        results: sums over each melody.

    Returns:
        Total bits divided by the total number of notes.

    Example:
        >>> ones = np.ones(3)
        >>> bits_per_note([Measure(ones, ones, ones, 1.0), Measure(ones, ones, ones, 2.0)])
        2.0
    """
    return float(sum(entry.bits.sum() for entry in results) / sum(entry.notes for entry in results))


def hidden(example: Example, level: str, styled: bool) -> Condition:
    """A condition with no more than a skeleton and, if `styled`, the style.

    Args:
        example: the melody.
        level: reduction level of the skeleton, one of `skeleton.LEVELS`.
        styled: whether the model is conditioned on the style.

    Returns:
        The condition, without a map of repetitions and without attributes.
    """
    index = LEVELS.index(level)
    return Condition(
        example.style if styled else 0,
        index,
        example.skeletons[index],
        np.full_like(example.repeats, -1),
    )


def labelled(tunes: Sequence[LabelledMelody], tree: tuple[styles.Style, ...]) -> list[Example]:
    """Prepare tunes, with the indices of their styles in a tree.

    Args:
        tunes: labelled melodies.
        tree: styles of a model, in its order.

    Returns:
        One example a tune; tunes whose style is not in the tree are left out.
    """
    index = {style.name: k for k, style in enumerate(tree, 1)}
    parents = styles.parents(tree)
    examples = []
    for tune in tunes:
        name = styles.label(tune)
        known = index.get(name, index.get(tune.style))
        if known is not None:
            examples.append(prepare(tune.melody, known, parents[known]))
    return examples


def table(model: Model, splits: Split) -> list[StyleResult]:
    """Measure a model on the test set, by style.

    It is compared with a Markov model of order 3, which is fitted to the training tunes of the same
    style, and with the same network untrained. The network is conditioned on the style and is given
    no skeleton.

    Args:
        model: a trained model.
        splits: the sets that it was trained with.

    Returns:
        One row for each style without a parent that has test tunes.
    """
    return [row(style) for style in tested(model, splits)]


def tested(model: Model, splits: Split) -> Iterator[StyleScores]:
    """Measure a model on the test set, tune by tune; see `table`.

    Args:
        model: a trained model.
        splits: the sets that it was trained with.

    Yields:
        The results of each style without a parent that has test tunes.
    """
    tree, settings = model.header.styles, model.header.settings
    names = {style.name for style in tree}
    known = [tune for tune in splits.test if {styles.label(tune), tune.style} & names]
    train, test = labelled(splits.train, tree), labelled(known, tree)
    compiled, trained = scorer(model.network)
    fresh = nnx.split(checkpoint.new_network(settings.model, tree, settings.train.seed))[1]
    for k, style in enumerate(tree, 1):
        indices = [i for i, example in enumerate(test) if example.parent == k]
        if style.parent != style.name or not indices:
            continue
        own = [test[i] for i in indices]
        learnt = [example for example in train if example.parent == k]
        ours, untrained = (measure_melodies(compiled, state, own) for state in (trained, fresh))
        works = tuple(known[i].work for i in indices)
        yield StyleScores(style.name, works, learnt, own, ours, untrained, markov_bits(learnt, own))


def row(style: StyleScores) -> StyleResult:
    """The results of a style, summed over its tunes.

    Args:
        style: its results, tune by tune.

    Returns:
        One row of the table.
    """
    notes = sum(entry.notes for entry in style.ours)
    hits, choices = (
        np.sum([getattr(entry, part) for entry in style.ours], axis=0)
        for part in ("hits", "choices")
    )
    return StyleResult(
        style.style,
        len(style.ours),
        int(notes),
        bits_per_note(style.ours),
        float(style.markov.sum() / notes),
        bits_per_note(style.untrained),
        *map(float, hits / choices),
    )


def markov_bits(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    """Bits of melodies under a Markov model of order 3.

    Args:
        train: the melodies that the model is fitted to.
        test: the melodies that are scored.

    Returns:
        Bits of each test melody; float64, shape (melodies,).
    """
    return _ngram_bits(train, test, 3, adaptive=False).sum(axis=1)


def ppm_bits(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    """Bits of melodies under a PPM model of order 10 that also learns from the melody being scored.

    Args:
        train: the melodies that the model is fitted to.
        test: the melodies that are scored.

    Returns:
        Bits of each test melody; float64, shape (melodies,).

    Reference:
        Pearce (2005), The construction and evaluation of statistical models of melodic structure.
    """
    return ppm_bits_by_head(train, test).sum(axis=1)


def ppm_bits_by_head(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    """As `ppm_bits`, for each head. The first pitch of a melody is not scored.

    Args:
        train: the melodies that the model is fitted to.
        test: the melodies that are scored.

    Returns:
        Bits of each test melody by onset, pitch and duration; float64, shape (melodies, 3).
    """
    return _ngram_bits(train, test, 10, adaptive=True)


def _ngram_bits(
    train: Sequence[Example], test: Sequence[Example], order: int, *, adaptive: bool
) -> np.ndarray:
    """Bits of each test melody by onset, pitch and duration; float64, shape (melodies, 3)."""
    viewpoints = ngram.note_viewpoints(order, (ONSETS, 49, len(DURATIONS)))
    models = ngram.fit_viewpoints([_columns(example) for example in train], viewpoints)
    totals = []
    for example in test:
        bits = ngram.viewpoint_bits(models, viewpoints, _columns(example), adaptive=adaptive)
        bits[-1, 1:] = 0  # END has an onset but neither pitch nor duration
        totals.append(bits.sum(axis=0))
    return np.array(totals).reshape(-1, 3)


def _columns(example: Example) -> np.ndarray:
    """Events as (onset class, interval, duration, position in the bar); shape (events, 4)."""
    events = example.events
    beat = events.time // 16
    onset = 16 * np.diff(np.append(-1, beat)) + events.time % 16
    pitch = np.where(events.pitch < PITCHES, events.pitch, events.pitch[0])
    interval = np.clip(np.diff(pitch, prepend=pitch[0]), -24, 24) + 24
    in_bar = events.time - 16 * events.grid.first[events.grid.bar[beat]]
    return np.stack([onset, interval, events.duration, in_bar], axis=1)
