"""Similarity of two melodies, and repetition within one melody.

The choice among candidates and the evaluation both use these measures:

- `chroma_similarity`: whether the same pitch classes sound at the same time.
- `pitch_class_distance`: how far apart the pitch classes are that sound at the same time.
- `repetition`: how much of a melody repeats its previous bars.
- `pitch_classes`, `longest_note_per_span`: which pitch classes sound in a span of time, and which
  note sounds longest.
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

_FRAME = TICKS_PER_QUARTER // 12  # ticks between the samples of the chroma
_SPANS = 128
_NGRAM = 4  # notes
_WITHIN_BARS = 8


def chroma_similarity(source: Melody, output: Melody) -> tuple[float, float]:
    """Compute the mean cosine of smoothed chroma over the windows in which either melody sounds.

    The chroma is binary, with 12 frames a quarter. Windows are two quarters long and one quarter
    apart.

    Args:
        source: a melody.
        output: a melody to compare it with.

    Returns:
        Two numbers from 0 to 1: the similarity as played, and at the best of 12 transpositions.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 48, 60), Note(48, 48, 64)))
        >>> [round(value, 3) for value in chroma_similarity(tune, tune.transpose(2))]
        [0.0, 1.0]

    References:
        Lu & Su (2018), Transferring the style of homophonic music, ISMIR.
        Cífka, Şimşekli & Richard (2020), Groove2Groove, IEEE/ACM TASLP 28, section IV.B.
    """
    windows = max(source.end, output.end) // TICKS_PER_QUARTER + 1
    a, b = _chroma(source, windows), _chroma(output, windows)
    either = max(int(np.sum(a.any(axis=0) | b.any(axis=0))), 1)
    values = [float(np.sum(a * np.roll(b, turn, axis=0)) / either) for turn in range(12)]
    return values[0], max(values)


def pitch_class_distance(source: Melody, output: Melody) -> float:
    """Compute the mean distance of the pitch classes of two melodies.

    Both melodies are divided into the same 128 equal spans, so that a long melody is compared in
    outline. The pitch class of a span is that of the note that sounds longest in it. A span without
    a note has the pitch class of the span before it. Spans in which both are silent do not count.

    Args:
        source: a melody.
        output: a melody to compare it with.

    Returns:
        Semitones on the circle of pitch classes, 0 to 6.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 48, 60), Note(48, 48, 64)))
        >>> pitch_class_distance(tune, tune.transpose(-2))
        2.0
    """
    edges = np.unique(np.linspace(0, max(source.end, output.end), _SPANS + 1).round().astype(int))
    longest = [longest_note_per_span(melody, edges) for melody in (source, output)]
    either = (longest[0] >= 0) | (longest[1] >= 0)
    if not either.any():
        return 0.0
    first, second = (
        _carried_forward(note, melody)[either]
        for note, melody in zip(longest, (source, output), strict=True)
    )
    gap = (first - second) % 12
    return float(np.minimum(gap, 12 - gap).mean())


def pitch_classes(melody: Melody, ticks: np.ndarray) -> np.ndarray:
    """Count the frames of each span in which each pitch class sounds.

    Args:
        melody: the tune.
        ticks: the frames, integers, shape (spans, frames).

    Returns:
        float64, shape (spans, 12); 0 is C.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 24, 60), Note(24, 24, 62)))
        >>> pitch_classes(tune, np.array([[0, 12, 24, 36]]))[0, :4].tolist()
        [2.0, 0.0, 2.0, 0.0]
    """
    note = melody.sounding_at(ticks)
    counts = np.zeros((len(ticks), 12))
    np.add.at(counts, (np.nonzero(note >= 0)[0], melody.array[note[note >= 0], 2] % 12), 1)
    return counts


def longest_note_per_span(melody: Melody, edges: np.ndarray) -> np.ndarray:
    """Find the note that sounds longest in each span, the earliest of equals.

    Args:
        melody: the tune.
        edges: ticks between the spans, ascending integers, shape (spans + 1,).

    Returns:
        Indices of notes, -1 where a span is silent; int64, shape (spans,).

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 24, 60), Note(24, 72, 62)))
        >>> longest_note_per_span(tune, np.array([0, 48, 96, 144])).tolist()
        [0, 1, -1]
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
    """Compute the share of four-note n-grams that occurred in the 8 bars before.

    Two n-grams are the same if their intervals and inter-onset intervals are. An n-gram and its
    repetition must not share a note.

    Args:
        melody: the tune.

    Returns:
        A share from 0 to 1; 0 for fewer than four notes.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody(tuple(Note(24 * k, 24, 60 + k % 4) for k in range(8)))
        >>> repetition(tune)
        0.2
    """
    array = melody.array
    if len(array) < _NGRAM:
        return 0.0
    steps = list(zip(np.diff(array[:, 2]).tolist(), np.diff(array[:, 0]).tolist(), strict=True))
    bars = np.searchsorted(melody.bar_lines, array[:, 0], side="right") - 1
    starts: dict[tuple[tuple[int, int], ...], list[int]] = {}  # of each n-gram
    repeated = 0
    count = len(array) - _NGRAM + 1
    for i in range(count):
        before = starts.setdefault(tuple(steps[i : i + _NGRAM - 1]), [])
        repeated += any(
            i - j >= _NGRAM and bars[i] - bars[j] <= _WITHIN_BARS for j in before[-_NGRAM - 1 :]
        )
        before.append(i)
    return repeated / count


def _carried_forward(longest: np.ndarray, melody: Melody) -> np.ndarray:
    """The pitch class of the longest note of each span, or of the span before if it has none."""
    known = longest[longest >= 0]
    if not len(known):
        return np.zeros(len(longest), int)
    return melody.array[np.maximum(np.maximum.accumulate(longest), known[0]), 2] % 12


def _chroma(melody: Melody, windows: int) -> np.ndarray:
    """Smoothed chroma with columns of norm 1 or 0; float64, shape (12, windows)."""
    ticks = np.arange(0, (windows + 1) * TICKS_PER_QUARTER, _FRAME)
    quarters = pitch_classes(melody, ticks.reshape(windows + 1, -1)).T
    smooth = quarters[:, :-1] + quarters[:, 1:]
    return smooth / np.maximum(np.linalg.norm(smooth, axis=0), 1e-12)
