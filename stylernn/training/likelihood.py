"""Bits per note and accuracy of a model, and of n-gram models beside it, on held-out melodies.

All are asked the same: p(onset, pitch, duration | all before, style), note by note, no skeleton unless one is named,
on the same events, and each melody as a whole: what it repeats may be long ago. Numbers are per note: a melody's bits
over all heads, its END included, divided by its notes.
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
    "row",
    "scorer",
    "table",
    "tested",
]

# Events and windows of a batch; melodies that need more events have them doubled, in batches of half as many.
_EVENTS, _WINDOWS, _DOUBLED = 192, 32, 8

Scorer = Callable[[nnx.State, Batch], Score]


class Measure(NamedTuple):
    """Sums over one melody, each for the heads onset, pitch, duration, shape (3,), and its number of notes."""

    bits: np.ndarray
    hits: np.ndarray
    choices: np.ndarray
    notes: float


@dataclass(frozen=True)
class StyleResult:
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


@dataclass(frozen=True)
class StyleScores:
    """A root style's test tunes, one by one.

    Args:
        style: its name.
        works: the composition that each tune is of.
        train, test: its examples; the n-gram models are fitted to the first.
        ours, untrained: measures of the model and of the same network with fresh weights, one a tune.
        markov: bits of each tune under Markov-3.
    """

    style: str
    works: tuple[str, ...]
    train: list[Example]
    test: list[Example]
    ours: list[Measure]
    untrained: list[Measure]
    markov: np.ndarray


def scorer(network: Network) -> tuple[Scorer, nnx.State]:
    """A compiled scoring function for networks of one shape, and the state to call it with first."""
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
    """Score melodies, one Measure each.

    Args:
        compiled: see `scorer`.
        state: of the network.
        examples: the melodies; those of over 1,536 events or 1,664 beats are scored in windows.
        level: of the skeleton that the model is shown, one of GRAINS.
        styled: whether the model is told the style.
        opening: count so many events of each melody, the first ones, and no more.
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
    """How many times the usual size a window has to be to hold a melody; a power of two."""
    needed = max(
        len(example.events.time) / _EVENTS, (example.events.grid.beats + 1) / batching.BEATS, 1.0
    )
    return int(min(2 ** np.ceil(np.log2(needed)), _DOUBLED))


def bits_per_note(results: Sequence[Measure]) -> float:
    """Mean bits per note over melodies, all heads together."""
    return float(sum(entry.bits.sum() for entry in results) / sum(entry.notes for entry in results))


def hidden(example: Example, level: str, styled: bool) -> Condition:
    """Tell the model only the style, or not even that, and a skeleton at a grain."""
    index = LEVELS.index(level)
    return Condition(
        example.style if styled else 0,
        index,
        example.skeletons[index],
        np.full_like(example.repeats, -1),
    )


def labelled(tunes: Sequence[LabelledMelody], tree: tuple[styles.Style, ...]) -> list[Example]:
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


def table(model: Model, splits: Split) -> list[StyleResult]:
    """Measure a model on the test split, per root style, beside Markov-3 and the same network untrained.

    Markov-3 is fitted to the training tunes of the same style; the network is told the style and no skeleton.
    """
    return [row(style) for style in tested(model, splits)]


def tested(model: Model, splits: Split) -> Iterator[StyleScores]:
    """The same tune by tune, one root style after the other."""
    tree, settings = model.header.styles, model.header.settings
    names = {style.name for style in tree}
    heard = [tune for tune in splits.test if {styles.label(tune), tune.style} & names]
    train, test = labelled(splits.train, tree), labelled(heard, tree)
    compiled, trained = scorer(model.network)
    fresh = nnx.split(checkpoint.new_network(settings.model, tree, settings.train.seed))[1]
    for k, style in enumerate(tree, 1):
        places = [i for i, example in enumerate(test) if example.parent == k]
        if style.parent != style.name or not places:
            continue
        own = [test[i] for i in places]
        learnt = [example for example in train if example.parent == k]
        ours, untrained = (measure_melodies(compiled, state, own) for state in (trained, fresh))
        works = tuple(heard[i].work for i in places)
        yield StyleScores(style.name, works, learnt, own, ours, untrained, markov_bits(learnt, own))


def row(style: StyleScores) -> StyleResult:
    """The sums of a style's tunes."""
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
    """Bits per melody under a Markov model of order 3 that is fitted to the training melodies; shape (len(test),)."""
    return _ngram_bits(train, test, 3, adaptive=False).sum(axis=1)


def ppm_bits(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    """The same under a variable-order model of order 10 that also learns from each melody as it goes, after IDyOM."""
    return ppm_bits_by_head(train, test).sum(axis=1)


def ppm_bits_by_head(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    """The same for onset, pitch and duration apart; shape (len(test), 3). The first pitch of a melody costs nothing."""
    return _ngram_bits(train, test, 10, adaptive=True)


def _ngram_bits(
    train: Sequence[Example], test: Sequence[Example], order: int, *, adaptive: bool
) -> np.ndarray:
    viewpoints = ngram.note_viewpoints(order, (ONSETS, 49, len(DURATIONS)))
    models = ngram.fit_viewpoints([_columns(example) for example in train], viewpoints)
    totals = []
    for example in test:
        bits = ngram.viewpoint_bits(models, viewpoints, _columns(example), adaptive=adaptive)
        bits[-1, 1:] = 0  # END has an onset but neither pitch nor duration
        totals.append(bits.sum(axis=0))
    return np.array(totals).reshape(-1, 3)


def _columns(example: Example) -> np.ndarray:
    """Events as (onset class, interval, duration, place in the bar): what a model that knows no key can use."""
    events = example.events
    beat = events.time // 16
    onset = 16 * np.diff(np.append(-1, beat)) + events.time % 16
    pitch = np.where(events.pitch < PITCHES, events.pitch, events.pitch[0])
    interval = np.clip(np.diff(pitch, prepend=pitch[0]), -24, 24) + 24
    in_bar = events.time - 16 * events.grid.first[events.grid.bar[beat]]
    return np.stack([onset, interval, events.duration, in_bar], axis=1)
