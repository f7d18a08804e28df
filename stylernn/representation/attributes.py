"""Control attributes: a few numbers about a whole melody that the network is conditioned on.

Tunes of one style differ: one reel moves by step, another leaps through chords; one never rests,
another rests after every phrase. A network that is given the style alone writes the average of them
all. Therefore some of the `descriptors` of a melody are divided into classes, and the network is
conditioned on the classes, each hidden at random in training. When a melody is written, the classes
are those of a real tune of the style, its *reference attributes*: `drawn` picks a tune of the same
kind of metre by the seed. The pitch range of the same tune is used too, and, for a dance, how many
dotted notes it has. The notes of that tune are not in the model file.

Reference:
    von Rütte et al. (2023), FIGARO: Controllable music generation using learned and expert
    features, ICLR; there for each bar, here for a melody as a whole.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from stylernn.music.descriptors import DESCRIPTORS, describe_sections
from stylernn.music.key_estimation import Tonality
from stylernn.music.melody import TICKS_PER_QUARTER, Melody, TimeSignature
from stylernn.representation.event_codec import BeatGrid, is_between

__all__ = [
    "CLASSES",
    "PREFIX",
    "ATTRIBUTES",
    "ReferenceAttributes",
    "adrift",
    "pitch_range",
    "dotted",
    "drawn",
    "mixed",
    "resting",
    "rows",
    "control_attributes",
    "unknown",
]

PREFIX = "traits/"
"""Beginning of the names of arrays in a model file that hold `rows` of each style's tunes."""

# Octiles over the training tunes, with equal weight for every style. Where many tunes have a value
# of 0, the first class is those tunes. A model is bound to these numbers.
_EDGES = {
    "steps": (0.376, 0.444, 0.493, 0.534, 0.574, 0.619, 0.684),
    "turns": (0.4, 0.439, 0.465, 0.492, 0.519, 0.552, 0.597),
    "leaps": (0.001, 0.016, 0.027, 0.039, 0.053, 0.071, 0.1),
    "interval +0": (0.036, 0.061, 0.084, 0.106, 0.136, 0.177, 0.243),
    "interval entropy": (2.73, 2.93, 3.06, 3.19, 3.28, 3.38, 3.51),
    "pitch spread": (0.5, 0.57, 0.64, 0.73, 0.85, 0.94, 1.06),
    "degree entropy": (2.48, 2.62, 2.71, 2.81, 2.92, 3.01, 3.17),
    "density": (0.77, 0.95, 1.1, 1.27, 1.59, 1.92, 2.48),
    "silence": (0.002, 0.02, 0.06, 0.1, 0.15, 0.2, 0.28),
    "longest breath": (0.1, 0.6, 1.1, 1.6, 2.6, 3.8, 5.3),
    "held over the beat": (0.002, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2),
    "same advance again": (0.28, 0.37, 0.45, 0.53, 0.6, 0.66, 0.76),
    "advance entropy": (0.95, 1.26, 1.48, 1.67, 1.87, 2.06, 2.31),
    "figures that return": (0.11, 0.16, 0.21, 0.26, 0.31, 0.35, 0.42),
}
ATTRIBUTES = tuple(_EDGES)
"""Names of the control attributes, among those of `descriptors.DESCRIPTORS`."""

CLASSES = 9
"""Number of classes of each attribute; class 0 means that the attribute is not known."""

_SILENCE, _DENSITY = (2 + ATTRIBUTES.index(name) for name in ("silence", "density"))
"""Columns of `rows`."""
_LEVEL = 0.05
"""Steps in which dotted notes are counted where tunes stand in a row."""
_GOLDEN_RATIO = (5**0.5 - 1) / 2
_COLUMNS = [DESCRIPTORS.index(name) for name in ATTRIBUTES]
_RESTFUL = 0.06
"""Share of its time for which such a tune is silent."""
_FEWEST = 5
"""A tune is drawn from those in one kind of metre if there are so many, else from all."""
_MOST = 200
"""Most tunes of a style, or of a mixture of styles, in a model file."""
_OCTAVE = 12
_WIDTH = 5 + len(ATTRIBUTES)
_RARELY = 0.001
"""Added to shares of notes whose logarithms are taken."""
_MOST_DOTTED = 1.0
"""A tune that is dotted goes on by itself; with more it slips off the beat."""


class ReferenceAttributes(NamedTuple):
    """What is taken from a tune of a style for a melody to write.

    Args:
        attributes: its classes, see `control_attributes`.
        pitch_range: its lowest and highest note in semitones from its median pitch; None where it
            is not known.
        dotted: share of its notes, see `dotted`; None where it is not known.
        more_dotted: by how much it is more so than the style's tunes are in the mean, a logarithm.
    """

    attributes: np.ndarray
    pitch_range: tuple[int, int] | None = None
    dotted: float | None = None
    more_dotted: float = 0.0


def unknown() -> np.ndarray:
    """Classes where no attribute is known: zeros; int32, shape (len(ATTRIBUTES),)."""
    return np.zeros(len(ATTRIBUTES), np.int32)


def control_attributes(melody: Melody, tonality: Tonality) -> np.ndarray:
    """Classify a melody by its attributes.

    Args:
        melody: the tune.
        tonality: its key.

    Returns:
        Classes from 1 to CLASSES - 1, of the mean over the melody's sections; 0 for all attributes
        of a melody with fewer than two notes. int32, shape (len(ATTRIBUTES),).

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody(tuple(Note(24 * k, 24, 60 + 2 * k) for k in range(8)))
        >>> classes = control_attributes(tune, Tonality(0, "major"))
        >>> int(classes[ATTRIBUTES.index("steps")]), int(classes[ATTRIBUTES.index("leaps")])
        (8, 1)
    """
    if len(melody.notes) < 2:
        return unknown()
    described = describe_sections(melody, tonality).mean(axis=0)[_COLUMNS]
    classes = [
        1 + np.searchsorted(_EDGES[name], value, "right")
        for name, value in zip(ATTRIBUTES, described, strict=True)
    ]
    return np.array(classes, np.int32)


def resting(known: np.ndarray) -> float:
    """Share of its time for which a tune of these traits is silent at least.

    If it rests throughout, not just now and then; 0 if it does not, or that is not known.
    """
    edge = _EDGES["silence"][max(known[ATTRIBUTES.index("silence")] - 2, 0)]
    return edge if edge >= _RESTFUL else 0.0


def dotted(melody: Melody) -> float:
    """Share of the moves from note to note that go from the sixteenths and triplets to between.

    0 without any.
    """
    return _to_between(melody, before=False)


def adrift(melody: Melody) -> float:
    """Share of the moves that stay between them, as in a line that has slipped off the beat."""
    return _to_between(melody, before=True)


def pitch_range(pitch: np.ndarray, median_pitch: int) -> tuple[int, int]:
    """Measure how far pitches go below and above their median.

    Args:
        pitch: of one or more notes, in semitones, shape (notes,).
        median_pitch: their median, counted from the same zero.

    Returns:
        Lowest and highest pitch less the median, in semitones. A range of less than an octave is
        widened to an octave, because no melody is written in less.

    Example:
        >>> pitch_range(np.array([60, 64, 67]), 64)
        (-6, 6)
    """
    low, high = int(pitch.min()) - median_pitch, int(pitch.max()) - median_pitch
    lacking = max(_OCTAVE - (high - low), 0)
    return low - lacking // 2, high + lacking - lacking // 2


def rows(tunes: Iterable[tuple[TimeSignature, np.ndarray, tuple[int, int], float]]) -> np.ndarray:
    """Describe tunes of a style in the form that a model file keeps.

    Args:
        tunes: of each, its metre, its classes from `control_attributes`, its `pitch_range`, and how
            far it is dotted.

    Returns:
        One row for each tune, or for at most 200 that represent all, in the given order: beats in a
        bar; 1 in a compound metre, else 0; classes; pitch range; dotted. float32, shape (tunes, 5 +
        len(ATTRIBUTES)).

    Example:
        >>> rows([(TimeSignature(6, 8), unknown(), (-7, 9), 0.0)]).shape
        (1, 19)
    """
    found = [
        np.r_[round(metre.bar / metre.beat), metre.is_compound, known, edges, share]
        for metre, known, edges, share in tunes
    ]
    return _some(np.array(found, np.float32).reshape(-1, _WIDTH), _MOST)


def mixed(
    arrays: Mapping[str, np.ndarray], shares: Mapping[str, float], name: str
) -> dict[str, np.ndarray]:
    """Give a mixture of styles tunes to draw reference attributes from.

    Args:
        arrays: of a model.
        shares: of each style in the mixture, by name; they sum to 1.
        name: of the mixture.

    Returns:
        The arrays and, if tunes of any of these styles are known, an array of `rows` for the
        mixture. It has tunes of each style in proportion to its share, repeated where there are
        too few.

    Example:
        >>> tune = np.ones((1, 5 + len(ATTRIBUTES)), np.float32)
        >>> arrays = {"traits/jazz": tune, "traits/celtic": 2 * tune}
        >>> mixture = mixed(arrays, {"jazz": 0.25, "celtic": 0.75}, "both")["traits/both"]
        >>> (mixture[:, 0] == 1).mean().item()
        0.25
    """
    counts = {
        style: round(_MOST * share)
        for style, share in shares.items()
        if len(arrays.get(PREFIX + style, ()))
    }
    known = [
        np.resize(_some(_filled(arrays[PREFIX + style]), count), (count, _WIDTH))
        for style, count in counts.items()
    ]
    return {**arrays, PREFIX + name: np.concatenate(known)} if known else dict(arrays)


def drawn(
    arrays: Mapping[str, np.ndarray], style: str, grid: BeatGrid, seed: int, *, dance: bool = False
) -> ReferenceAttributes:
    """Draw the reference attributes of one tune of a style.

    The tune is one in the same kind of metre where there are at least five, else any of the style.
    Tunes are ordered by silence and density, and for a dance, dotted ones come first. Successive
    seeds draw tunes that are far apart in this order and cover it evenly, so a few seeds show the
    range of a style.

    Args:
        arrays: of a model.
        style: name of one of its styles.
        grid: beats of the melody to write, in bars as the style counts them.
        seed: of the draw.
        dance: whether a tune is dotted throughout or not at all, and the result is to say so.

    Returns:
        The reference attributes; unknown ones where the model has no tunes of the style.

    Reference:
        Niederreiter (1992), Random number generation and quasi-Monte Carlo methods, SIAM, chapter
        3: multiples of the golden ratio modulo 1 (Weyl's sequence).
    """
    known = arrays.get(PREFIX + style)
    if known is None or not len(known):
        return ReferenceAttributes(unknown())
    bars = np.diff(grid.first)
    kind = np.bincount(bars).argmax(), np.median(grid.unit) != TICKS_PER_QUARTER
    known = _filled(known)
    same = known[(known[:, :2] == kind).all(axis=1)]
    among = same if len(same) >= _FEWEST else known
    row = among[
        _in_order(among, dotted_first=dance)[int((seed + 0.5) * _GOLDEN_RATIO % 1 * len(among))]
    ]
    classes, edges, share = np.split(row[2:], [len(ATTRIBUTES), len(ATTRIBUTES) + 2])
    reference = ReferenceAttributes(
        classes.astype(np.int32), None if np.isnan(edges).any() else (int(edges[0]), int(edges[1]))
    )
    if not dance or np.isnan(share).any():
        return reference
    more = np.log((share[0] + _RARELY) / (np.nanmean(known[:, -1]) + _RARELY))
    return reference._replace(dotted=float(share[0]), more_dotted=float(min(more, _MOST_DOTTED)))


def _to_between(melody: Melody, before: bool) -> float:
    """Share of the moves to a note between the sixteenths and triplets.

    From one that is there or is not.
    """
    between = is_between(melody.array[:, 0])
    return float((between[1:] & (between[:-1] == before)).sum() / max(len(between) - 1, 1))


def _filled(tunes: np.ndarray) -> np.ndarray:
    """Rows of early model files, which have no pitch range or nothing dotted, with NaN for that."""
    lacking = _WIDTH - tunes.shape[1]
    return np.pad(np.asarray(tunes, np.float32), ((0, 0), (0, lacking)), constant_values=np.nan)


def _some(tunes: np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, chosen evenly in each kind of metre, and among dotted tunes and others.

    They keep their order.
    """
    if len(tunes) <= most:
        return tunes
    order = _in_order(tunes, dotted_first=True)
    order = order[np.lexsort(tunes[order, :2].T)]
    return tunes[np.sort(order[((np.arange(most) + 0.5) * len(tunes) / most).astype(int)])]


def _in_order(tunes: np.ndarray, *, dotted_first: bool) -> np.ndarray:
    """Indices of the tunes, those first that rest least, and of these the sparsest."""
    level = np.round(np.nan_to_num(tunes[:, -1]) / _LEVEL) * dotted_first
    return np.lexsort([tunes[:, _DENSITY], tunes[:, _SILENCE], -level])
