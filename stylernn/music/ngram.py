"""Interpolated n-gram models, the baselines that the network is compared with.

`NGram` predicts one symbol from a context, a row of integers ordered from the least to the most
informative one. A lower order drops the first integers of the row, so a context may mix viewpoints,
such as (pitch 3 notes ago, pitch 2 ago, pitch 1 ago, position in the bar now). Every order is
interpolated with the next lower one by modified Kneser-Ney smoothing, down to the uniform
distribution. Every symbol of the alphabet therefore has a positive probability.

`NGram.adaptive_bits` adds a short-term model, which learns from the sequence that is predicted. A
`Viewpoint` names the column of an event array that is predicted, and the columns that it is
predicted from. With order 3 this is the third-order Markov model of the literature. With order 10
and `adaptive=True` it is a variable-order model of the IDyOM family.

Conventions: symbols are integers 0 <= s < alphabet. A context that reaches back beyond the first
event of a sequence contains `BEFORE_START` there.

References:
    Chen & Goodman (1998), An empirical study of smoothing techniques for language modeling,
    section 3 (the long-term model).
    MacKay & Peto (1995), A hierarchical Dirichlet language model (counts of the sequence over a
    prior from the corpus).
    Conklin & Witten (1995), Multiple viewpoint systems for music prediction.
    Pearce (2005), The construction and evaluation of statistical models of melodic structure,
    chapters 6 and 7 (the combination of long-term and short-term models).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = [
    "BEFORE_START",
    "NGram",
    "Viewpoint",
    "contexts_of",
    "fit",
    "fit_viewpoints",
    "note_viewpoints",
    "viewpoint_bits",
]

BEFORE_START = -1
"""What a context contains in place of an event before the first one."""

_CHUNK = 4096  # rows for which a distribution is held in memory at once
# The shortest context of the short-term model, and the weight of the long-term model in notes.
# Pearce's entropy-weighted geometric mean gave more bits per note than no short-term model at all
# (jazz 9.3, irish 4.3; without a short-term model 8.4 and 3.7; with this one 8.2 and 3.1).
_MOTIF_ORDER = 2
_PRIOR_WEIGHT = 20


class _Table(NamedTuple):
    """Counts of one order.

    The symbols `symbols[starts[i]:starts[i + 1]]` follow the context with the hash `contexts[i]`.
    """

    contexts: np.ndarray
    starts: np.ndarray
    symbols: np.ndarray
    counts: np.ndarray
    discounts: np.ndarray


@dataclass(frozen=True)
class NGram:
    """A fitted n-gram model; made by `fit`.

    Args:
        alphabet: number of symbols.
        tables: counts by context, from order 0 to the highest.
    """

    alphabet: int
    tables: tuple[_Table, ...]

    def distribution(self, contexts: np.ndarray) -> np.ndarray:
        """Compute the probability of each symbol after each context.

        Args:
            contexts: integers, shape (n, order), the most informative one last.

        Returns:
            Positive probabilities, float64, shape (n, alphabet); rows sum to 1.

        Example:
            >>> model = fit(np.array([[0], [0], [0], [1]]), np.array([1, 1, 1, 0]), 2)
            >>> model.distribution(np.array([[0]]))[0].round(2).tolist()
            [0.28, 0.72]
        """
        contexts = np.atleast_2d(contexts)
        probability = np.full((len(contexts), self.alphabet), 1 / self.alphabet)
        for table, hashes in zip(self.tables, _suffix_hashes(contexts), strict=True):
            counts = _lookup(table, hashes, self.alphabet)
            discount = table.discounts[np.minimum(counts, 3).astype(np.int64)]
            total = counts.sum(axis=1, keepdims=True)
            mixed = (
                counts - discount + discount.sum(axis=1, keepdims=True) * probability
            ) / np.maximum(total, 1)
            probability = np.where(total > 0, mixed, probability)
        return probability

    def bits(self, contexts: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """Compute the information content of each symbol, -log2 p(symbol | context).

        Args:
            contexts: integers, shape (n, order), the most informative one last.
            symbols: integers, shape (n,).

        Returns:
            Bits, float64, shape (n,).

        Raises:
            ValueError: if a symbol is outside the alphabet.
        """
        contexts, symbols = np.atleast_2d(contexts), _checked(symbols, self.alphabet)
        parts = [
            np.take_along_axis(
                self.distribution(contexts[i : i + _CHUNK]), symbols[i : i + _CHUNK, None], axis=1
            )
            for i in range(0, len(symbols), _CHUNK)
        ]
        return -np.log2(np.concatenate(parts)[:, 0]) if parts else np.zeros(0)

    def adaptive_bits(self, contexts: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """Compute the information content of one sequence, learning from it left to right.

        At each symbol, the counts of the symbols before it are added to the model.

        Args:
            contexts: integers, shape (n, order), of successive events of one sequence.
            symbols: integers, shape (n,).

        Returns:
            Bits, float64, shape (n,).

        Raises:
            ValueError: if a symbol is outside the alphabet.
        """
        symbols = _checked(symbols, self.alphabet)
        seen = np.eye(self.alphabet)[symbols]
        probability = self.distribution(contexts)
        for hashes in _suffix_hashes(contexts)[_MOTIF_ORDER:]:
            order = np.argsort(hashes, kind="stable")
            before = np.cumsum(seen[order], axis=0) - seen[order]
            _, first, group = np.unique(hashes[order], return_index=True, return_inverse=True)
            counts = np.empty_like(before)
            counts[order] = before - before[first[group]]
            probability = (counts + _PRIOR_WEIGHT * probability) / (
                counts.sum(axis=1, keepdims=True) + _PRIOR_WEIGHT
            )
        return -np.log2(np.take_along_axis(probability, symbols[:, None], axis=1)[:, 0])


def fit(contexts: np.ndarray, symbols: np.ndarray, alphabet: int) -> NGram:
    """Fit an n-gram model by counting symbols after contexts.

    Args:
        contexts: integers, shape (n, order), the most informative one last; order 0 is allowed.
        symbols: integers below `alphabet`, shape (n,).
        alphabet: number of symbols.

    Returns:
        The fitted model.

    Raises:
        ValueError: if the shapes disagree or a symbol is outside the alphabet.

    Example:
        >>> model = fit(np.zeros((4, 0), int), np.array([0, 0, 0, 1]), 2)
        >>> model.bits(np.zeros((2, 0), int), np.array([0, 1])).round(2).tolist()
        [0.78, 1.26]
    """
    symbols = _checked(symbols, alphabet)
    if contexts.ndim != 2 or len(contexts) != len(symbols):
        raise ValueError(f"contexts must have shape ({len(symbols)}, order), got {contexts.shape}")
    hashes = _suffix_hashes(contexts)
    tables = [_count(hashes[-1], symbols)]
    for shorter, longer in zip(hashes[-2::-1], hashes[:0:-1], strict=True):
        # A lower order counts the different contexts that a symbol follows, not its occurrences,
        # because its counts matter where the higher order has none (Kneser & Ney 1995).
        kinds = _first_of_each(longer, symbols)
        tables.insert(0, _count(shorter[kinds], symbols[kinds]))
    return NGram(alphabet, tuple(tables))


def _count(hashes: np.ndarray, symbols: np.ndarray) -> _Table:
    """Count the symbols after each context."""
    order = np.lexsort((symbols, hashes))
    first = np.flatnonzero(_changes(hashes[order]) | _changes(symbols[order]))
    counts = np.diff(np.r_[first, len(order)]).astype(np.float64)
    contexts = hashes[order][first]
    starts = np.r_[np.flatnonzero(_changes(contexts)), len(first)]
    return _Table(
        contexts[starts[:-1]],
        starts,
        symbols[order][first].astype(np.int32),
        counts,
        _discounts(counts),
    )


def _first_of_each(hashes: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """Indices of one row for each different (context, symbol) pair."""
    order = np.lexsort((symbols, hashes))
    return order[_changes(hashes[order]) | _changes(symbols[order])]


def _changes(values: np.ndarray) -> np.ndarray:
    """True where a value differs from the one before it; True at the start."""
    return np.r_[True, values[1:] != values[:-1]][: len(values)]


def _discounts(counts: np.ndarray) -> np.ndarray:
    """Discounts of counts 0, 1, 2 and 3 or more (Chen & Goodman 1998, equation 26).

    Counts of counts are at least 1 here, so that the discounts of small samples are defined.
    """
    ones, twos, threes, fours = (max(int(np.sum(counts == k)), 1) for k in (1, 2, 3, 4))
    base = ones / (ones + 2 * twos)
    raw = [
        0.0,
        1 - 2 * base * twos / ones,
        2 - 3 * base * threes / twos,
        3 - 4 * base * fours / threes,
    ]
    # The lower order gets at least 0.1 of every count, and at least 0.1 of it remains.
    return np.clip(raw, [0.0, 0.1, 0.1, 0.1], [0.0, 0.9, 1.9, 2.9])


def _lookup(table: _Table, hashes: np.ndarray, alphabet: int) -> np.ndarray:
    """Counts after each context, shape (n, alphabet); zeros for an unknown context."""
    counts = np.zeros((len(hashes), alphabet))
    if not len(table.contexts):
        return counts
    row = np.minimum(np.searchsorted(table.contexts, hashes), len(table.contexts) - 1)
    known = np.flatnonzero(table.contexts[row] == hashes)
    first, last = table.starts[row[known]], table.starts[row[known] + 1]
    sizes = last - first
    pairs = np.arange(sizes.sum()) + np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
    counts[np.repeat(known, sizes), table.symbols[pairs]] = table.counts[pairs]
    return counts


def _suffix_hashes(contexts: np.ndarray) -> list[np.ndarray]:
    """64-bit hashes of the last 0, 1, ..., order integers of each row (splitmix64 finaliser)."""
    state = np.zeros(len(contexts), dtype=np.uint64)
    hashes = [state]
    for column in contexts.T[::-1]:
        state = state * np.uint64(0x9E3779B97F4A7C15) + (
            column.astype(np.int64) - BEFORE_START + 1
        ).astype(np.uint64)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
        hashes.append(state)
    return hashes


def _checked(symbols: np.ndarray, alphabet: int) -> np.ndarray:
    """The symbols as int64, or a ValueError if one is outside the alphabet."""
    symbols = np.asarray(symbols, dtype=np.int64)
    if symbols.ndim != 1 or (len(symbols) and not 0 <= symbols.min() <= symbols.max() < alphabet):
        raise ValueError(f"symbols must be one row of integers in 0..{alphabet - 1}")
    return symbols


class Viewpoint(NamedTuple):
    """One attribute of an event, and the attributes that it is predicted from.

    Args:
        column: the column of the event array that is predicted.
        alphabet: number of its symbols.
        context: (column, lag) pairs from the least to the most informative one; lag 0 is the same
            event.
    """

    column: int
    alphabet: int
    context: tuple[tuple[int, int], ...]


def note_viewpoints(
    order: int, alphabets: tuple[int, int, int]
) -> tuple[Viewpoint, Viewpoint, Viewpoint]:
    """Make the viewpoints of a note event.

    They follow the usual factorisation, with h for the notes before:
    p(onset | h) p(pitch | h, onset) p(duration | h, onset).

    Args:
        order: number of previous notes in each context.
        alphabets: numbers of symbols of columns 0, 1 and 2: onset (such as the advance), pitch,
            duration. Column 3 is the position of the note in its bar; it follows from the onsets,
            so it is not predicted.

    Returns:
        The viewpoints of onset, pitch and duration.

    Example:
        >>> [viewpoint.context for viewpoint in note_viewpoints(1, (8, 12, 8))]
        [((0, 1), (3, 1)), ((3, 0), (1, 1)), ((2, 1), (3, 0), (0, 0))]
    """
    lags = range(order, 0, -1)
    onset = (*((0, lag) for lag in lags), (3, 1))
    pitch = ((3, 0), *((1, lag) for lag in lags))
    duration = (*((2, lag) for lag in lags), (3, 0), (0, 0))
    return (
        Viewpoint(0, alphabets[0], onset),
        Viewpoint(1, alphabets[1], pitch),
        Viewpoint(2, alphabets[2], duration),
    )


def contexts_of(events: np.ndarray, viewpoint: Viewpoint) -> np.ndarray:
    """Gather the contexts of a viewpoint at every event of one sequence.

    Args:
        events: integers, shape (n, columns).
        viewpoint: names the columns and lags.

    Returns:
        int64, shape (n, len(viewpoint.context)).

    Example:
        >>> bigram = Viewpoint(0, 10, ((0, 2), (0, 1)))
        >>> contexts_of(np.array([[7], [8], [9]]), bigram).tolist()
        [[-1, -1], [-1, 7], [7, 8]]
    """
    contexts = np.full((len(events), len(viewpoint.context)), BEFORE_START, dtype=np.int64)
    for position, (column, lag) in enumerate(viewpoint.context):
        contexts[lag:, position] = events[: max(len(events) - lag, 0), column]
    return contexts


def fit_viewpoints(
    sequences: Sequence[np.ndarray], viewpoints: Sequence[Viewpoint]
) -> tuple[NGram, ...]:
    """Fit one model for each viewpoint.

    Args:
        sequences: events of each sequence, integers of shape (n, columns).
        viewpoints: what to predict, and from what.

    Returns:
        The models, in the order of the viewpoints.
    """
    return tuple(
        fit(
            np.concatenate([contexts_of(events, viewpoint) for events in sequences]),
            np.concatenate([events[:, viewpoint.column] for events in sequences]),
            viewpoint.alphabet,
        )
        for viewpoint in viewpoints
    )


def viewpoint_bits(
    models: Sequence[NGram],
    viewpoints: Sequence[Viewpoint],
    events: np.ndarray,
    *,
    adaptive: bool = False,
) -> np.ndarray:
    """Compute the information content of every symbol of one sequence.

    Args:
        models: from `fit_viewpoints`.
        viewpoints: the viewpoints that the models were fitted to, in the same order.
        events: integers, shape (n, columns).
        adaptive: whether the models also learn from the sequence itself, left to right.

    Returns:
        Bits, float64, shape (n, viewpoints); the sum of a row is the information content of the
        event.

    Example:
        >>> unigram = Viewpoint(0, 2, ())
        >>> models = fit_viewpoints([np.array([[0], [0], [0], [1]])], [unigram])
        >>> viewpoint_bits(models, [unigram], np.array([[1], [0]])).round(2).tolist()
        [[1.26], [0.78]]
    """
    columns = []
    for model, viewpoint in zip(models, viewpoints, strict=True):
        measure = model.adaptive_bits if adaptive else model.bits
        columns.append(measure(contexts_of(events, viewpoint), events[:, viewpoint.column]))
    return np.stack(columns, axis=1)
