"""Traits: what one tune of a style is like beside another, in a few numbers that the model can be told.

Tunes of a style differ: one reel runs in steps, another leaps through chords; one never rests, another after every
phrase. A model that knows the style alone plays the average of them all. So it learns to follow the classes into which
a tune falls by some of its `descriptors`, each of them hidden now and then, and a result gets those of a real tune of
the style in its kind of metre, drawn by the seed, the compass of that tune, and, if it is to be a dance, as many dotted
notes. No note of it is known to anybody.

Reference:
    Such controls by description are those of von Rütte et al., FIGARO (2023), here for a melody as a whole.
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
"""Under which a model file keeps the traits of some tunes of each style."""

# Octiles of the training split, every style for the same; where many tunes have nothing, the first class is that.
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
"""Their names, among those of `descriptors.DESCRIPTORS`."""

CLASSES = 9
"""Classes of each trait; the first means that it is not known."""

_SILENCE, _DENSITY = (2 + ATTRIBUTES.index(name) for name in ("silence", "density"))
"""Columns of `rows`."""
_LEVEL = 0.05
"""Steps in which dotted notes are counted where tunes stand in a row."""
_GOLDEN_RATIO = (5**0.5 - 1) / 2
_COLUMNS = [DESCRIPTORS.index(name) for name in ATTRIBUTES]
_RESTFUL = 0.06
"""Share of its time for which such a tune is silent."""
_FEWEST, _MOST = 5, 200
"""Tunes in a kind of metre that are drawn from, and tunes of a style, or of a mixture, that are kept."""
_OCTAVE = 12
_WIDTH = 5 + len(ATTRIBUTES)
_RARELY = 0.001
"""Added to shares of notes whose logarithms are taken."""
_MOST_DOTTED = 1.0
"""A tune that is dotted goes on by itself; with more it slips off the beat."""


class ReferenceAttributes(NamedTuple):
    """What is drawn of a tune of a style.

    Args:
        attributes: its classes, see `control_attributes`.
        pitch_range: its lowest and highest note around its median pitch, in semitones; None where it is not known.
        dotted: share of its notes, see `dotted`; None where it is not known.
        more_dotted: by how much it is more so than the style's tunes are in the mean, a logarithm.
    """

    attributes: np.ndarray
    pitch_range: tuple[int, int] | None = None
    dotted: float | None = None
    more_dotted: float = 0.0


def unknown() -> np.ndarray:
    """Traits of which nothing is known; int32, shape (len(TRAITS),)."""
    return np.zeros(len(ATTRIBUTES), np.int32)


def control_attributes(melody: Melody, tonality: Tonality) -> np.ndarray:
    """The classes of a melody's traits, from 1, as means over its sections; unknown if it has fewer than two notes."""
    if len(melody.notes) < 2:
        return unknown()
    described = describe_sections(melody, tonality).mean(axis=0)[_COLUMNS]
    classes = [
        1 + np.searchsorted(_EDGES[name], value, "right")
        for name, value in zip(ATTRIBUTES, described, strict=True)
    ]
    return np.array(classes, np.int32)


def resting(known: np.ndarray) -> float:
    """Share of its time for which a tune of these traits is silent at least, if it rests throughout.

    Not just now and then; 0 if it does not, or that is not known.
    """
    edge = _EDGES["silence"][max(known[ATTRIBUTES.index("silence")] - 2, 0)]
    return edge if edge >= _RESTFUL else 0.0


def dotted(melody: Melody) -> float:
    """Share of the moves from note to note that go from the sixteenths and triplets to between them; 0 without any."""
    return _to_between(melody, before=False)


def adrift(melody: Melody) -> float:
    """Share of the moves that stay between them, as in a line that has slipped off the beat."""
    return _to_between(melody, before=True)


def pitch_range(pitch: np.ndarray, median_pitch: int) -> tuple[int, int]:
    """How far pitches go below and above their median, in semitones; an octave at least, as a model is asked for.

    Args:
        pitch: of the notes, one or more, on the scale of the anchor.
        median_pitch: their median.
    """
    low, high = int(pitch.min()) - median_pitch, int(pitch.max()) - median_pitch
    lacking = max(_OCTAVE - (high - low), 0)
    return low - lacking // 2, high + lacking - lacking // 2


def rows(tunes: Iterable[tuple[TimeSignature, np.ndarray, tuple[int, int], float]]) -> np.ndarray:
    """What a model file keeps of a style's tunes, given by metre, traits, compass and how far they are dotted.

    Returns:
        Beats a bar, 1 if compound, traits, compass, dotted; of many tunes a few that stand for all, in their order;
        float32, shape (tunes, 5 + len(TRAITS)).
    """
    found = [
        np.r_[round(metre.bar / metre.beat), metre.is_compound, known, edges, share]
        for metre, known, edges, share in tunes
    ]
    return _some(np.array(found, np.float32).reshape(-1, _WIDTH), _MOST)


def mixed(
    arrays: Mapping[str, np.ndarray], shares: Mapping[str, float], name: str
) -> dict[str, np.ndarray]:
    """Arrays of a model that also know a mixture of styles, which has tunes of each by its share, if need be again."""
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
    """The character of some tune of a style, in the grid's kind of metre if there are a few; else unknown.

    Seeds that follow each other draw tunes far apart: multiples of the golden ratio, modulo 1, fill the tunes evenly
    (Weyl's sequence; Niederreiter 1992, Random number generation and quasi-Monte Carlo methods, chapter 3), which stand
    in the order of their silence and density, dances that are dotted before the others. So a few tries hear what a
    style has, and a tune that rests all the time, or is dotted, comes up as often as it should.

    Args:
        arrays: of a model.
        style: name of one of its styles.
        grid: beats of the melody to write, in bars as the style counts them.
        seed: of the draw.
        dance: whether a tune is dotted throughout or not at all, and the character is to say so.
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
    told, edges, share = np.split(row[2:], [len(ATTRIBUTES), len(ATTRIBUTES) + 2])
    reference = ReferenceAttributes(
        told.astype(np.int32), None if np.isnan(edges).any() else (int(edges[0]), int(edges[1]))
    )
    if not dance or np.isnan(share).any():
        return reference
    more = np.log((share[0] + _RARELY) / (np.nanmean(known[:, -1]) + _RARELY))
    return reference._replace(dotted=float(share[0]), more_dotted=float(min(more, _MOST_DOTTED)))


def _to_between(melody: Melody, before: bool) -> float:
    """Share of the moves to a note between the sixteenths and triplets, from one that is there or is not."""
    between = is_between(melody.array[:, 0])
    return float((between[1:] & (between[:-1] == before)).sum() / max(len(between) - 1, 1))


def _filled(tunes: np.ndarray) -> np.ndarray:
    """Rows of early files, which have no compass or nothing dotted, with NaN for that."""
    lacking = _WIDTH - tunes.shape[1]
    return np.pad(np.asarray(tunes, np.float32), ((0, 0), (0, lacking)), constant_values=np.nan)


def _some(tunes: np.ndarray, most: int) -> np.ndarray:
    """So many rows at most, chosen evenly in each kind of metre, and among dotted tunes and others; in their order."""
    if len(tunes) <= most:
        return tunes
    order = _in_order(tunes, dotted_first=True)
    order = order[np.lexsort(tunes[order, :2].T)]
    return tunes[np.sort(order[((np.arange(most) + 0.5) * len(tunes) / most).astype(int)])]


def _in_order(tunes: np.ndarray, *, dotted_first: bool) -> np.ndarray:
    """Places of the tunes, those first that rest least, and of these the sparsest; int, shape (tunes,)."""
    level = np.round(np.nan_to_num(tunes[:, -1]) / _LEVEL) * dotted_first
    return np.lexsort([tunes[:, _DENSITY], tunes[:, _SILENCE], -level])
