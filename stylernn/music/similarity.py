"""How alike two melodies are, and a melody and itself: asked by the choice among candidates and by the evaluation.

chroma_similarity: do the same pitch classes sound at the same time?
pitch_class_distance: where they do not, how far apart are they?
repetition: do its figures come again?
pitch_classes, heaviest: which sound when, and which note longest?
"""

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody

__all__ = [
    "chroma_similarity",
    "longest_note_per_span",
    "pitch_class_distance",
    "pitch_classes",
    "repetition",
]

_FRAME = TICKS_PER_QUARTER // 12
_SPANS = 128
_FIGURE = 4
_WITHIN_BARS = 8


def chroma_similarity(source: Melody, output: Melody) -> tuple[float, float]:
    """Mean cosine of smoothed chroma over the windows in which either melody sounds.

    Binary chroma at 12 frames a quarter, box filter of two quarters, hop of one.

    Returns:
        As played, and at the best of 12 transpositions of the output.

    Reference:
        Lu & Su (2018), Transferring the style of homophonic music, ISMIR; Cífka, Şimşekli & Richard (2020),
        Groove2Groove, IEEE/ACM TASLP 28, section IV.B.
    """
    windows = max(source.end, output.end) // TICKS_PER_QUARTER + 1
    a, b = _chroma(source, windows), _chroma(output, windows)
    either = max(int(np.sum(a.any(axis=0) | b.any(axis=0))), 1)
    values = [float(np.sum(a * np.roll(b, turn, axis=0)) / either) for turn in range(12)]
    return values[0], max(values)


def pitch_class_distance(source: Melody, output: Melody) -> float:
    """Mean distance, 0 to 6 semitones, of the pitch classes of the longest notes in each span in which either sounds.

    Spans are 128 equal ones, so that of a long melody the outline is known. One without a note counts as the one
    before it.
    """
    edges = np.unique(np.linspace(0, max(source.end, output.end), _SPANS + 1).round().astype(int))
    longest = [longest_note_per_span(melody, edges) for melody in (source, output)]
    either = (longest[0] >= 0) | (longest[1] >= 0)
    if not either.any():
        return 0.0
    first, second = (
        _carried_on(note, melody)[either]
        for note, melody in zip(longest, (source, output), strict=True)
    )
    gap = (first - second) % 12
    return float(np.minimum(gap, 12 - gap).mean())


def pitch_classes(melody: Melody, ticks: np.ndarray) -> np.ndarray:
    """At how many of the ticks (spans, frames) of each span each pitch class sounds; float64, shape (spans, 12)."""
    heard = melody.sounding_at(ticks)
    counts = np.zeros((len(ticks), 12))
    np.add.at(counts, (np.nonzero(heard >= 0)[0], melody.array[heard[heard >= 0], 2] % 12), 1)
    return counts


def longest_note_per_span(melody: Melody, edges: np.ndarray) -> np.ndarray:
    """The note that sounds longest in each span, the earliest of equals.

    Args:
        melody: the melody.
        edges: ascending ticks, shape (spans + 1,).

    Returns:
        Indices of notes, -1 where a span is silent; int64, shape (spans,).
    """
    onset, end = melody.array[:, 0], melody.array[:, 0] + melody.array[:, 1]
    first = np.maximum(np.searchsorted(edges, onset, side="right") - 1, 0)
    last = np.minimum(np.searchsorted(edges, end, side="left"), len(edges) - 1)
    sizes = np.maximum(last - first, 0)
    note = np.repeat(np.arange(len(onset)), sizes)
    span = np.arange(sizes.sum()) + np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
    share = np.minimum(end[note], edges[span + 1]) - np.maximum(onset[note], edges[span])
    order = np.lexsort((-note, share, span))
    chosen = np.full(len(edges) - 1, -1)
    chosen[span[order]] = note[order]
    return chosen


def repetition(melody: Melody) -> float:
    """Share of four-note figures (intervals and inter-onset intervals) that were heard in the 8 bars before.

    A figure and its repetition must not share a note.
    """
    array = melody.array
    if len(array) < _FIGURE:
        return 0.0
    steps = list(zip(np.diff(array[:, 2]).tolist(), np.diff(array[:, 0]).tolist(), strict=True))
    bars = np.searchsorted(melody.bar_lines, array[:, 0], side="right") - 1
    last_heard: dict[tuple[tuple[int, int], ...], list[int]] = {}
    again = 0
    count = len(array) - _FIGURE + 1
    for i in range(count):
        figure = tuple(steps[i : i + _FIGURE - 1])
        places = last_heard.setdefault(figure, [])
        again += any(
            i - j >= _FIGURE and bars[i] - bars[j] <= _WITHIN_BARS for j in places[-_FIGURE - 1 :]
        )
        places.append(i)
    return again / count


def _carried_on(longest: np.ndarray, melody: Melody) -> np.ndarray:
    """The pitch class of the longest note of each span, or of the span before if it has none."""
    known = longest[longest >= 0]
    if not len(known):
        return np.zeros(len(longest), int)
    return melody.array[np.maximum(np.maximum.accumulate(longest), known[0]), 2] % 12


def _chroma(melody: Melody, windows: int) -> np.ndarray:
    """Smoothed chroma with columns of length 1 or 0; float64, shape (12, windows)."""
    ticks = np.arange(0, (windows + 1) * TICKS_PER_QUARTER, _FRAME)
    quarters = pitch_classes(melody, ticks.reshape(windows + 1, -1)).T
    smooth = quarters[:, :-1] + quarters[:, 1:]
    return smooth / np.maximum(np.linalg.norm(smooth, axis=0), 1e-12)
