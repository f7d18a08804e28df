"""Factors of event streams: which column of an array of events is predicted from which of the columns before.

`Stream` declares such a factor, `fit_streams` and `stream_bits` do the bookkeeping around `ngram`, `note_streams` gives
the usual three. With order 3 this is the Markov-3 of the literature; with order 10 and `adaptive=True`, which adds a
short-term model of the piece itself, it is a variable-order model of the IDyOM family.

References:
    Conklin & Witten (1995), Multiple viewpoint systems for music prediction.
    Pearce (2005), The construction and evaluation of statistical models of melodic structure, ch. 6 and 7.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stylernn import ngram
from stylernn.ngram import BEFORE_START, NGram

__all__ = ["Stream", "contexts_of", "fit_streams", "note_streams", "stream_bits"]


class Stream(NamedTuple):
    """One factor of an event array.

    Args:
        column: the column of the array that is predicted.
        alphabet: number of its symbols.
        context: (column, lag) pairs from the least to the most telling; lag 0 is the present event.
    """

    column: int
    alphabet: int
    context: tuple[tuple[int, int], ...]


def note_streams(order: int, alphabets: tuple[int, int, int]) -> tuple[Stream, Stream, Stream]:
    """The usual factorisation p(onset | h) p(pitch | h, onset) p(duration | h, onset) of a note event.

    Args:
        order: how many notes back each stream looks.
        alphabets: numbers of symbols of columns 0, 1, 2: onset (such as the advance), pitch, duration. A column 3
            holds the place of the note in its bar; it follows from the onsets and is given, not predicted.

    Returns:
        One stream each for onset, pitch and duration.
    """
    lags = range(order, 0, -1)
    onset = (*((0, lag) for lag in lags), (3, 1))
    pitch = ((3, 0), *((1, lag) for lag in lags))
    duration = (*((2, lag) for lag in lags), (3, 0), (0, 0))
    return Stream(0, alphabets[0], onset), Stream(1, alphabets[1], pitch), Stream(2, alphabets[2], duration)


def contexts_of(events: np.ndarray, stream: Stream) -> np.ndarray:
    """Contexts of a stream at every event of one sequence.

    Args:
        events: integers, shape (n, columns).
        stream: which lagged columns to gather.

    Returns:
        Integers, shape (n, len(stream.context)).
    """
    contexts = np.full((len(events), len(stream.context)), BEFORE_START, dtype=np.int64)
    for place, (column, lag) in enumerate(stream.context):
        contexts[lag:, place] = events[: max(len(events) - lag, 0), column]
    return contexts


def fit_streams(sequences: Sequence[np.ndarray], streams: Sequence[Stream]) -> tuple[NGram, ...]:
    """Fit one model a stream to sequences of events, each of shape (n, columns)."""
    return tuple(
        ngram.fit(
            np.concatenate([contexts_of(events, stream) for events in sequences]),
            np.concatenate([events[:, stream.column] for events in sequences]),
            stream.alphabet,
        )
        for stream in streams
    )


def stream_bits(
    models: Sequence[NGram], streams: Sequence[Stream], events: np.ndarray, *, adaptive: bool = False
) -> np.ndarray:
    """Surprise of every symbol of one sequence.

    Args:
        models: from `fit_streams`.
        streams: the streams that they were fitted to, in the same order.
        events: integers, shape (n, columns).
        adaptive: also learn from the sequence itself, left to right.

    Returns:
        Bits, shape (n, streams); their sum over a row is the cost of the event.
    """
    columns = []
    for model, stream in zip(models, streams, strict=True):
        measure = model.adaptive_bits if adaptive else model.bits
        columns.append(measure(contexts_of(events, stream), events[:, stream.column]))
    return np.stack(columns, axis=1)
