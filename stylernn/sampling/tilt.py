"""A tilt: what a style's transfers have too much or too little of, made up for note by note.

Over the skeleton of another style the model's lines turn too often, dwell too little on the tonic,
leap too far and never breathe. For each style, in simple and in compound metre, a few weights move
its odds of the next note so that counts of its transfers agree with those of real melodies: of
scale degrees, of intervals, of turns after so many moves in one direction, of chromatic runs; of
notes that end before the next begins, at quarters of the bar and elsewhere, of long waits after
them, of onsets between the sixteenths and triplets. Of all corrections that make them agree this
log-linear one is nearest to the model. It lies in the model file, as arrays named `tilt/...`; a
style without one is not corrected.

References:
    Khalifa, Elsahar & Dymetman, A distributional approach to controlled text generation (2021),
    ICLR, section 2.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from stylernn.corpus.styles import Style
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import TICKS_PER_QUARTER, Melody, TimeSignature
from stylernn.representation.event_codec import (
    DURATIONS,
    LEGATO,
    LOWEST,
    MAX_AHEAD,
    PITCHES,
    POSITIONS,
    is_between,
)

__all__ = [
    "CHOSEN",
    "PREFIX",
    "Tilt",
    "Weights",
    "counts",
    "kept",
    "named",
    "nothing",
    "of_style",
    "piece",
    "unweighted",
]

PREFIX = "tilt/"
CHOSEN = "chosen/"
"""Of what is added to weights for what the choice among candidates takes away."""

_LARGEST = 12
_LONGEST = 4  # notes in one direction, beyond which more are counted as so many
_WAITS = (2, 4)  # beats from one onset to the next, after a note that has ended


class Weights(NamedTuple):
    """Weights, or counts, of what a tilt goes by; float arrays.

    Args:
        degree: in major and in minor, each from the tonic up, (2, 12).
        interval: from an octave down to an octave up, further ones with these, (25,).
        turn: after 1, 2, 3, 4 and more moves in one direction, whether the next one is in the
            other, (4,); of counts (4, 2), on and back.
        chromatic: whether a semitone is followed by another in its direction, (1,); of counts (1,
            2), by anything else and by that.
        breath: whether a note ends before the next begins: elsewhere, and at a quarter of the bar,
            (2,); of counts (2, 2), each beside the notes that last until the next.
        wait: whether, if it does, the next begins more than two beats after it began, and more than
            four, (2,); of counts (2, 2), likewise.
        between: whether a note begins between the sixteenths and triplets: after one that does not,
            as in dotted rhythm, and after one that does too, (2,); of counts (2, 2), likewise.
    """

    degree: np.ndarray
    interval: np.ndarray
    turn: np.ndarray
    chromatic: np.ndarray
    breath: np.ndarray
    wait: np.ndarray
    between: np.ndarray


class Tilt(NamedTuple):
    """What is added to the logits of one piece; float arrays.

    Args:
        pitch: for each pitch, (PITCHES,).
        onset: for each onset class, by the place of the note before, (len(PLACES), MAX_AHEAD * 16).
        rested: for each onset class, if the note before has ended, (MAX_AHEAD * 16,).
        breath: for each duration of a note at each place, (len(PLACES), len(DURATIONS)).
        interval, turn, chromatic: as in `Weights`.
    """

    pitch: np.ndarray
    onset: np.ndarray
    rested: np.ndarray
    interval: np.ndarray
    turn: np.ndarray
    chromatic: np.ndarray
    breath: np.ndarray


def unweighted() -> Weights:
    """Weights of 0, which change nothing."""
    shapes = ((2, 12), 2 * _LARGEST + 1, _LONGEST, 1, 2, len(_WAITS), 2)
    return Weights(*(np.zeros(shape, np.float32) for shape in shapes))


def nothing() -> Tilt:
    """A tilt that changes nothing."""
    return piece(unweighted(), Tonality(0, "major"), TimeSignature())


def of_style(
    arrays: Mapping[str, np.ndarray],
    style: Style,
    metre: TimeSignature,
    tonality: Tonality,
    more_dotted: float = 0.0,
    *,
    choice: bool = True,
) -> Tilt:
    """The tilt of a style for a piece; `nothing` where the model has none for it.

    Args:
        arrays: of a model.
        style: the style; a child may have its parent's.
        metre: of the piece.
        tonality: of the piece.
        more_dotted: what is added to the weight of dotted rhythm.
        choice: whether there are candidates to choose from; the weights make up for what the choice
            takes away, too.
    """
    for name in (style.name, style.parent):
        if known := kept(arrays, name, metre.is_compound):
            weights = unweighted()._replace(**known)
            if not choice:
                taken = unweighted()._replace(**kept(arrays, name, metre.is_compound, CHOSEN))
                weights = Weights(
                    *(weight - more for weight, more in zip(weights, taken, strict=True))
                )
            more = np.array([more_dotted, 0], np.float32)
            return piece(weights._replace(between=weights.between + more), tonality, metre)
    return nothing()


def kept(
    arrays: Mapping[str, np.ndarray], style: str, compound: bool, group: str = ""
) -> dict[str, np.ndarray]:
    """The weights that a model has for a style of its own, by their names in `Weights`, or a group
    of them.

    Earlier models lack some, or have one for all rests, or for all that is between.
    """
    names = {part: f"{named(style, compound)}/{group}{part}" for part in Weights._fields}
    found = {
        part: np.asarray(arrays[name], np.float32) for part, name in names.items() if name in arrays
    }
    return {
        part: np.broadcast_to(array, getattr(unweighted(), part).shape)
        for part, array in found.items()
    }


def named(style: str, compound: bool) -> str:
    """The name of a tilt's arrays in a model file, without the last part."""
    return f"{PREFIX}{style}/{'compound' if compound else 'simple'}"


def piece(weights: Weights, tonality: Tonality, metre: TimeSignature) -> Tilt:
    """The tilt of a piece in a key and a metre."""
    degree = (np.arange(PITCHES) + LOWEST - tonality.tonic) % 12
    positions = POSITIONS * metre.beat // TICKS_PER_QUARTER
    between = is_between(positions)
    at_quarters = ((positions[:, None] + DURATIONS) % _quarter(metre) == 0).astype(int)
    waits = (np.arange(MAX_AHEAD)[:, None] > np.array(_WAITS)) @ weights.wait
    return Tilt(
        pitch=weights.degree[int(tonality.mode == "minor"), degree],
        onset=np.tile(weights.between[between.astype(int)][:, None] * between, MAX_AHEAD),
        rested=np.repeat(waits, len(POSITIONS)),
        interval=weights.interval,
        turn=weights.turn,
        chromatic=weights.chromatic,
        breath=np.where(np.arange(len(DURATIONS)) == LEGATO, 0.0, weights.breath[at_quarters]),
    )


def counts(melody: Melody, tonality: Tonality) -> Weights:
    """How often what a tilt goes by comes in a melody.

    Args:
        melody: with notes.
        tonality: of the melody, or of what it was made from.
    """
    pitch = melody.array[:, 2].astype(int)
    moves = np.diff(pitch)
    degree = np.zeros((2, 12))
    degree[int(tonality.mode == "minor")] = np.bincount((pitch - tonality.tonic) % 12, minlength=12)
    going = moves[moves != 0]
    back = np.append(False, np.sign(going[1:]) != np.sign(going[:-1]))[: len(going)]
    since = np.arange(len(going)) - np.maximum.accumulate(np.where(back, np.arange(len(going)), 0))
    turn = np.zeros((_LONGEST, 2))
    np.add.at(turn, (np.minimum(since[:-1], _LONGEST - 1), back[1:].astype(int)), 1)
    semitones = np.abs(moves[:-1]) == 1
    again = int((moves[1:] == moves[:-1])[semitones].sum())
    onset, advance = melody.array[:, 0], np.diff(melody.array[:, 0])
    ends = onset[:-1] + melody.array[:-1, 1]
    breathes, at_quarter = onset[1:] > ends, ends % _quarter(melody.metre) == 0
    between = is_between(onset)
    waits = [(advance > beats * melody.metre.beat)[breathes] for beats in _WAITS]
    return Weights(
        degree,
        np.bincount(
            np.clip(moves, -_LARGEST, _LARGEST) + _LARGEST, minlength=2 * _LARGEST + 1
        ).astype(float),
        turn,
        np.array([[int(semitones.sum()) - again, again]], float),
        _divided(*(breathes[~breathes | (at_quarter == where)] for where in (False, True))),
        _divided(*waits),
        _divided(*(between[1:][between[:-1] == after] for after in (False, True))),
    )


def _quarter(metre: TimeSignature) -> int:
    """Ticks in a quarter of a bar of two or four beats, where phrases end; in a beat of others."""
    return (
        metre.bar // 4
        if metre.bar in (2 * metre.beat, 4 * metre.beat) and not metre.is_compound
        else metre.beat
    )


def _divided(*holds: np.ndarray) -> np.ndarray:
    """How often each of some things does not hold, and does; (things, 2)."""
    return np.array([[(~each).sum(), each.sum()] for each in holds], float)
