"""Bits per note under n-gram models: a baseline for a network, and a necessary sign of realism.

Conventions: a note costs the bits of its onset, pitch and duration. Onsets are advances from the
note before, pitches are intervals from the note before (the first from 60), durations are in ticks.
All three are exact up to 8 quarters, so the numbers are comparable with those of any model on the
same grid. Real folk tunes cost about as much under a model of jazz as jazz does, so a low number
does not show that a melody is in the style.

Metrics:
    fit: a Markov model of order 3, or a variable-order model of the IDyOM family that also learns
        from the melody.
    bits: cost of every note.
    per_note: bits per note of a set of melodies, or a difference of two models, with its interval.

References:
    Pearce (2005), see `stylernn.music.ngram`.
    Yin et al. (2023), Deep learning's shallow gains, Machine Learning 112: order 3 against a
        Transformer.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stylernn.music import ngram
from stylernn.music.melody import TICKS_PER_QUARTER, Melody
from stylernn.music.ngram import NGram

from .inputs import check_melodies
from .statistics import Estimate, estimate, resampled_means

__all__ = ["KINDS", "NoteModel", "bits", "evaluate", "events", "fit", "per_note"]

_LONGEST = 8 * TICKS_PER_QUARTER
_ALPHABETS = (_LONGEST + 1, 255, _LONGEST + 1)

KINDS = {"markov3": (3, False), "ppm": (10, True)}
"""Order of each kind of model, and whether it also learns from the melody it is measured on."""


class NoteModel(NamedTuple):
    """A fitted model of notes; made by `fit`.

    Args:
        models: n-gram models of onset, pitch and duration.
        viewpoints: alphabet and context of each of them.
        adaptive: whether the models also learn from the melody that they are measured on.
    """

    models: tuple[NGram, ...]
    viewpoints: tuple[ngram.Viewpoint, ...]
    adaptive: bool


def events(melody: Melody) -> np.ndarray:
    """Events of a melody for the n-gram models.

    Args:
        melody: the tune; notes in ticks (24 a quarter).

    Returns:
        int64, shape (notes, 4). Columns: ticks from the onset before, interval + 127, duration in
        ticks, position in the bar in ticks. Times end at 8 quarters.

    Example:
        >>> events(Melody.from_array(np.array([(0, 12, 60), (24, 24, 62)]))).tolist()
        [[0, 127, 12, 0], [24, 129, 24, 24]]
    """
    array = melody.array.astype(np.int64)
    bars = melody.bar_lines[np.searchsorted(melody.bar_lines, array[:, 0], side="right") - 1]
    advance = np.diff(array[:, 0], prepend=0)
    interval = np.diff(array[:, 2], prepend=60) + 127
    limited = [
        np.minimum(column, _LONGEST)
        for column in (advance, interval, array[:, 1], array[:, 0] - bars)
    ]
    limited[1] = interval
    return np.stack(limited, axis=1)


def fit(melodies: Sequence[Melody], kind: str = "markov3") -> NoteModel:
    """Fit a model to melodies.

    Args:
        melodies: the training set.
        kind: "markov3" or "ppm", see `KINDS`.

    Returns:
        The fitted model.

    Raises:
        ValueError: for any other kind, or if there are no melodies.
    """
    check_melodies(melodies)
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    order, adaptive = KINDS[kind]
    viewpoints = ngram.note_viewpoints(order, _ALPHABETS)
    return NoteModel(
        ngram.fit_viewpoints([events(melody) for melody in melodies], viewpoints),
        viewpoints,
        adaptive,
    )


def bits(model: NoteModel, melody: Melody) -> np.ndarray:
    """Cost of every note under a model.

    Args:
        model: from `fit`.
        melody: the tune.

    Returns:
        Bits of onset, pitch and duration; float64, shape (notes, 3).

    Example:
        >>> scale = Melody.from_array(np.array([(24 * i, 24, 60 + i) for i in range(8)]))
        >>> bits(fit([scale]), scale).shape
        (8, 3)
    """
    return ngram.viewpoint_bits(
        model.models, model.viewpoints, events(melody), adaptive=model.adaptive
    )


def evaluate(model: NoteModel, melodies: Sequence[Melody]) -> dict[str, np.ndarray]:
    """Mean bits per note of each melody, in all and by viewpoint.

    Args:
        model: from `fit`.
        melodies: the melodies to measure.

    Returns:
        float64 arrays of shape (melodies,): `bits`, `bits_onset`, `bits_pitch`, `bits_duration`.

    Raises:
        ValueError: if there are no melodies or one has no notes.
    """
    check_melodies(melodies)
    means = np.array([bits(model, melody).mean(axis=0) for melody in melodies])
    return {
        "bits": means.sum(axis=1),
        "bits_onset": means[:, 0],
        "bits_pitch": means[:, 1],
        "bits_duration": means[:, 2],
    }


def per_note(costs: np.ndarray, notes: np.ndarray, works: Sequence[str]) -> Estimate:
    """Bits per note of a set of melodies, with an interval by resampling compositions.

    Args:
        costs: bits of each melody under a model, or the difference of two models; shape
            (melodies,).
        notes: number of notes of each melody; shape (melodies,).
        works: the composition that each melody is a version of.

    Returns:
        Total bits over total notes, with a 95 % interval.

    Example:
        >>> print(per_note(np.array([20.0, 40.0]), np.array([10, 20]), ["a", "b"]))
        2.000 [2.000, 2.000]
    """
    ratio = resampled_means(costs, works) / resampled_means(notes, works)
    return estimate(float(np.sum(costs) / np.sum(notes)), ratio)
