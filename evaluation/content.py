"""Content: whether the output is still the same tune.

Conventions: functions take pairs of melodies on the same time line, the source first. A similarity
of 1 is a perfect copy. An output in another metre, such as a jig written in 2/4, is compared bar by
bar: `evaluate` stretches the source first. Where a metric is undefined, such as the contour of a
monotone, it is 0 unless both melodies agree.

Metrics:
    retrieval: rank of the source among all candidates; invariant to transposition, octave and
        tempo, and robust to ornaments.
    chroma_similarity: cosine of smoothed chroma, as played and at the best of 12 transpositions.
    skeleton_recall: share of the source's structural notes whose pitch class sounds at their
        instant.
    contour_correlation: Pearson correlation of the pitch curves.
    edit_similarity: one minus the normalised edit distance of (interval, duration) tokens.
    grooving_similarity: cosine of the bars' onset patterns.

References:
    Lu & Su (2018), Transferring the style of homophonic music, ISMIR.
    Cífka, Şimşekli & Richard (2020), Groove2Groove, IEEE/ACM TASLP 28 (section IV.B: content
        preservation).
    Sakoe & Chiba (1978), Dynamic programming algorithm optimization for spoken word recognition
        (the band).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody
from stylernn.music.similarity import chroma_similarity, longest_note_per_span

from .inputs import beat_edges, check_melodies, check_pairs

__all__ = [
    "Retrieval",
    "chroma_similarity",
    "contour_correlation",
    "edit_distance",
    "edit_similarity",
    "evaluate",
    "grooving_similarity",
    "retrieval",
    "skeleton_recall",
    "stretched",
]

_SLICES = 128
_BAND = 6
_UNREACHED = np.int16(16_000)
_FRAME = TICKS_PER_QUARTER // 12


class Retrieval(NamedTuple):
    """The rank of each output's own source among all candidates.

    Args:
        ranks: float64, shape (outputs,); 1 is the best, and ties share their mean rank.
        candidates: number of candidates; the chance of a top-1 hit is 1 / candidates.
    """

    ranks: np.ndarray
    candidates: int

    @property
    def top1(self) -> np.ndarray:
        """1 where the source is found first, else 0; float64, shape (outputs,)."""
        return (self.ranks == 1).astype(float)

    @property
    def reciprocal(self) -> np.ndarray:
        """Reciprocal ranks; float64, shape (outputs,)."""
        return 1 / self.ranks


def retrieval(
    candidates: Sequence[Melody], outputs: Sequence[Melody], truth: Sequence[int]
) -> Retrieval:
    """Rank candidate sources by melodic similarity to each output.

    Every melody becomes 128 slices of equal length in beats, each with the pitch class that sounds
    longest in it. The distance of two melodies is the least mean distance of pitch classes over all
    12 transpositions and all alignments within a band of 6 slices.

    Args:
        candidates: all possible sources.
        outputs: melodies made from some of them.
        truth: for each output the index of its source among the candidates.

    Returns:
        The rank of each output's source.

    Raises:
        ValueError: if there are fewer than 2 candidates, or an output has no source among them.

    Example:
        >>> up = Melody.from_array(np.array([(24 * i, 24, 60 + 2 * i) for i in range(4)]))
        >>> down = Melody.from_array(np.array([(24 * i, 24, 70 - 3 * i) for i in range(4)]))
        >>> retrieval([up, down], [down.transpose(5)], [1]).ranks.tolist()
        [1.0]
    """
    check_melodies(candidates, "candidates", least=2)
    check_melodies(outputs, "outputs")
    own_index = np.asarray(truth)
    if (
        own_index.shape != (len(outputs),)
        or own_index.min() < 0
        or own_index.max() >= len(candidates)
    ):
        raise ValueError(
            f"truth must name one of {len(candidates)} candidates "
            f"for each of {len(outputs)} outputs"
        )
    costs = _costs(np.stack([_curve(melody) for melody in candidates]))
    distances = np.stack([_aligned_distances(_curve(output), costs) for output in outputs])
    own = distances[np.arange(len(outputs)), own_index][:, None]
    ties = np.isclose(distances, own, atol=1e-6)
    better = (distances < own) & ~ties
    return Retrieval(better.sum(axis=1) + (ties.sum(axis=1) + 1) / 2, len(candidates))


def skeleton_recall(source: Melody, output: Melody) -> float:
    """Share of the source's structural notes whose pitch class sounds in the output at their onset.

    The structural note of a beat is the one that sounds longest in it. A note that lasts for
    several beats counts once.

    Args:
        source: the source.
        output: the melody made from it.

    Returns:
        A share from 0 to 1.

    Example:
        >>> source = Melody.from_array(np.array([(0, 24, 60), (24, 24, 62)]))
        >>> skeleton_recall(source, Melody.from_array(np.array([(0, 24, 72), (24, 24, 64)])))
        0.5
    """
    chosen = longest_note_per_span(source, beat_edges(source))
    notes = np.unique(chosen[chosen >= 0])
    sounding = output.sounding_at(source.array[notes, 0])
    same = output.array[sounding, 2] % 12 == source.array[notes, 2] % 12
    return float(np.mean(same & (sounding >= 0)))


def contour_correlation(source: Melody, output: Melody) -> float:
    """Pearson correlation of two pitch curves over the time that both melodies have.

    Curves have 12 frames a quarter; a pitch is held through the rest after it.

    Args:
        source: the source.
        output: the melody made from it.

    Returns:
        A correlation from -1 to 1; 0 where the melodies share no time.

    Example:
        >>> up = Melody.from_array(np.array([(0, 24, 60), (24, 24, 62), (48, 24, 64)]))
        >>> down = Melody.from_array(np.array([(0, 24, 64), (24, 24, 62), (48, 24, 60)]))
        >>> contour_correlation(up, up.transpose(7)), contour_correlation(up, down)
        (1.0, -1.0)
    """
    start = max(source.notes[0].onset, output.notes[0].onset)
    stop = min(source.notes[-1].end, output.notes[-1].end)
    ticks = np.arange(start, stop, _FRAME)
    if len(ticks) < 2:
        return 0.0
    a, b = (_held(melody, ticks) for melody in (source, output))
    if a.std() == 0 or b.std() == 0:
        return float(a.std() == b.std())
    return float(np.corrcoef(a, b)[0, 1])


def edit_similarity(source: Melody, output: Melody) -> float:
    """One minus the edit distance of (interval, duration) tokens over the longer length.

    Args:
        source: the source.
        output: the melody made from it.

    Returns:
        A similarity from 0 to 1; 1 for two melodies of one note.

    Example:
        >>> source = Melody.from_array(np.array([(0, 24, 60), (24, 24, 62), (48, 24, 64)]))
        >>> edit_similarity(source, Melody.from_array(np.array([(0, 24, 60), (24, 24, 62)])))
        0.5
    """
    a, b = _tokens(source), _tokens(output)
    longest = max(len(a), len(b))
    return 1.0 - edit_distance(a, b) / longest if longest else 1.0


def edit_distance(a: Sequence[int] | np.ndarray, b: Sequence[int] | np.ndarray) -> int:
    """Levenshtein distance of two sequences of integers.

    Args:
        a: a sequence.
        b: a sequence to compare it with.

    Returns:
        The least number of insertions, deletions and substitutions.

    Example:
        >>> edit_distance([1, 2, 3], [2, 3, 4])
        2
    """
    a, b = np.asarray(a), np.asarray(b)
    positions = np.arange(len(b) + 1)
    row = positions.copy()
    for number, symbol in enumerate(a, start=1):
        best = np.minimum(row[1:] + 1, row[:-1] + (b != symbol))
        # An insertion carries the best value so far to the right at a cost of 1 a step.
        row = np.minimum.accumulate(np.r_[number, best] - positions) + positions
    return int(row[-1])


def grooving_similarity(source: Melody, output: Melody) -> float:
    """Mean cosine of the onset patterns of bars with the same number.

    Bars without any onset in both melodies are left out.

    Args:
        source: the source.
        output: the melody made from it.

    Returns:
        A similarity from 0 to 1.

    Example:
        >>> source = Melody.from_array(np.array([(0, 24, 60), (48, 24, 62)]))
        >>> grooving_similarity(source, Melody.from_array(np.array([(0, 24, 60), (24, 24, 62)])))
        0.5
    """
    a, b = _onsets_by_bar(source), _onsets_by_bar(output)
    values = []
    for bar in sorted(a.keys() | b.keys()):
        left, right = a.get(bar, frozenset()), b.get(bar, frozenset())
        values.append(len(left & right) / np.sqrt(max(len(left) * len(right), 1)))
    return float(np.mean(values))


def evaluate(
    sources: Sequence[Melody], outputs: Sequence[Melody], distractors: Sequence[Melody] = ()
) -> dict[str, np.ndarray]:
    """All metrics of content, one value a pair.

    Args:
        sources: the sources.
        outputs: output i was made from source i.
        distractors: more melodies of the sources' style for retrieval to choose from.

    Returns:
        float64 arrays of shape (pairs,): `chroma`, `chroma_best`, `skeleton_recall`, `contour`,
        `edit`, `groove` and, where there are 2 candidates for retrieval, `top1` and
        `reciprocal_rank`.

    Raises:
        ValueError: if sources and outputs differ in number, or a melody has no notes.
    """
    check_pairs(sources, outputs)
    pairs = [
        (stretched(source, output), output) for source, output in zip(sources, outputs, strict=True)
    ]
    chroma = np.array([chroma_similarity(*pair) for pair in pairs])
    values = {
        "chroma": chroma[:, 0],
        "chroma_best": chroma[:, 1],
        "skeleton_recall": np.array([skeleton_recall(*pair) for pair in pairs]),
        "contour": np.array([contour_correlation(*pair) for pair in pairs]),
        "edit": np.array([edit_similarity(*pair) for pair in pairs]),
        "groove": np.array([grooving_similarity(*pair) for pair in pairs]),
    }
    candidates = [*sources, *distractors]
    if len(candidates) > 1:
        found = retrieval(candidates, outputs, range(len(outputs)))
        values = {"top1": found.top1, "reciprocal_rank": found.reciprocal, **values}
    return values


def stretched(source: Melody, output: Melody) -> Melody:
    """Give the bars of a source the lengths of an output's bars.

    Args:
        source: the source.
        output: the melody made from it.

    Returns:
        The source in the metre of the output; the source itself if both are of one length, or
        differ in their number of bars.
    """
    if source.end == output.end or source.bars != output.bars:
        return source
    array = source.array
    onsets, ends = (
        np.rint(np.interp(ticks, source.bar_lines, output.bar_lines)).astype(int)
        for ticks in (array[:, 0], array[:, 0] + array[:, 1])
    )
    notes = np.stack([onsets, np.maximum(ends - onsets, 1), array[:, 2]], axis=1)
    apart = np.append(np.diff(onsets) > 0, True)
    return Melody.from_array(
        notes[apart], metres=output.metres, pickup=output.pickup, end=output.end
    )


def _curve(melody: Melody) -> np.ndarray:
    """Pitch class of each slice, held through rests; int64, shape (_SLICES,)."""
    beats = beat_edges(melody)
    edges = np.interp(np.linspace(0, len(beats) - 1, _SLICES + 1), np.arange(len(beats)), beats)
    chosen = longest_note_per_span(melody, edges)
    return melody.array[np.maximum(np.maximum.accumulate(chosen), 0), 2] % 12


def _costs(curves: np.ndarray) -> np.ndarray:
    """Twice the distance of each pitch class to each slice of each candidate and transposition.

    Returns:
        int16, shape (12, _SLICES, 12 * candidates), for `_aligned_distances`.
    """
    turned = ((curves[None] + np.arange(12)[:, None, None]) % 12).reshape(-1, _SLICES).T
    gaps = (np.arange(12)[:, None, None] - turned) % 12
    return 2 * np.minimum(gaps, 12 - gaps).astype(np.int16)


def _aligned_distances(query: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Least cost of a banded alignment over transpositions; shape (candidates,)."""
    width = 2 * _BAND + 1
    row = np.full((width + 2, costs.shape[2]), _UNREACHED, dtype=np.int16)
    row[_BAND + 1] = 0
    for i, pitch_class in enumerate(query):
        previous, row = row, np.full_like(row, _UNREACHED)
        for k in range(max(0, _BAND - i), min(width, _SLICES + _BAND - i)):
            # In the coordinates of the band the diagonal step keeps k, the vertical comes from k +
            # 1, and the horizontal from k - 1 of the same row. Off the diagonal a slice counts
            # again, so detours have a cost.
            step = np.minimum(previous[k + 1], np.minimum(previous[k + 2], row[k]) + 1)
            np.add(step, costs[pitch_class, i + k - _BAND], out=row[k + 1])
    return (row[_BAND + 1] / (2 * _SLICES)).reshape(12, -1).min(axis=0)


def _held(melody: Melody, ticks: np.ndarray) -> np.ndarray:
    """The pitch at each tick, held through rests, less its median; float64, shape (ticks,)."""
    pitch = melody.array[np.searchsorted(melody.array[:, 0], ticks, side="right") - 1, 2].astype(
        float
    )
    return pitch - np.median(pitch)


def _tokens(melody: Melody) -> np.ndarray:
    """One integer for each (interval, duration of the second note); shape (notes - 1,)."""
    return np.diff(melody.array[:, 2].astype(np.int64)) * 100_000 + melody.array[1:, 1]


def _onsets_by_bar(melody: Melody) -> dict[int, frozenset[int]]:
    """Onsets of each bar that has one, in ticks from the bar line."""
    bars = np.searchsorted(melody.bar_lines, melody.array[:, 0], side="right") - 1
    positions = melody.array[:, 0] - melody.bar_lines[bars]
    return {int(bar): frozenset(positions[bars == bar].tolist()) for bar in np.unique(bars)}
