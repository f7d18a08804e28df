"""Originality: whether the output is new, or copied from the training set.

Conventions: all metrics are invariant to transposition and to shifts in time. What an output shares
with its own source does not count as a copy. Held-out human tunes also share formulas with the
training set, so compare each number with theirs: outputs should not copy more.

Metrics:
    nearest_windows: for every window of 8 notes, and of 2 bars, the similarity of the nearest
        window of the training set, max over translations t of |(P + t) n Q| / max(|P|, |Q|) over
        (onset, pitch) points.
    longest_copies: longest run of (interval, ratio of inter-onset intervals) that occurs in the
        training set, in notes.

References:
    Yin, Reuben, Stepney & Collins (2021), "A good algorithm does not steal, it imitates": the
        originality report as a means of measuring when a music generation algorithm copies too
        much, EvoMUSART.
    Ukkonen, Lemström & Mäkinen (2003), Geometric algorithms for transposition invariant
        content-based music retrieval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stylernn.music.melody import Melody
from stylernn.reranking.originality import COPY_NOTES, mix, steps

from .inputs import check_melodies

__all__ = ["COPY_NOTES", "Index", "evaluate", "index", "longest_copies", "nearest_windows"]

_WINDOW = 8
_NGRAM = 3
_FAR = 1 << 24
_MOST_NOTES = 1 << 14


class Windows(NamedTuple):
    """Windows of one melody.

    Args:
        first: number of the first note of each window.
        last: number of the note after the last one.
        start: tick at which each window starts.
        stop: tick at which it stops. All four are int64, shape (windows,), and ascend.
    """

    first: np.ndarray
    last: np.ndarray
    start: np.ndarray
    stop: np.ndarray


@dataclass(frozen=True)
class Index:
    """The training set, prepared for search; made by `index`.

    Args:
        time: tune number times 2^24 plus onset in ticks, of every note, ascending; int64, shape
            (notes,).
        pitch: pitches of the same notes; int64, shape (notes,).
        ngrams: sorted hashes of all n-grams of three notes; uint64, shape (n-grams,).
        ngram_note: number of the first note of each of them; int64, shape (n-grams,).
        steps: token of the step from each note to the one after next; 0 where the tune ends first;
            uint64, shape (notes,).
    """

    time: np.ndarray
    pitch: np.ndarray
    ngrams: np.ndarray
    ngram_note: np.ndarray
    steps: np.ndarray


def index(training: Sequence[Melody]) -> Index:
    """Prepare the training set; this takes a few seconds for thousands of tunes.

    Args:
        training: melodies that an output may have been copied from.

    Returns:
        The index.

    Raises:
        ValueError: if there are no melodies or one has no notes.
    """
    check_melodies(training, "training")
    time = np.concatenate(
        [
            number * _FAR + melody.array[:, 0].astype(np.int64)
            for number, melody in enumerate(training)
        ]
    )
    pitch = np.concatenate([melody.array[:, 2].astype(np.int64) for melody in training])
    ngrams = _ngrams(time, pitch)
    valid = (
        np.flatnonzero(time[2:] - time[:-2] < _FAR // 2) if len(time) > 2 else np.zeros(0, np.int64)
    )
    order = valid[np.argsort(ngrams[valid], kind="stable")]
    return Index(
        time, pitch, ngrams[order], order, np.concatenate([steps(melody) for melody in training])
    )


def nearest_windows(melody: Melody, training: Index) -> dict[str, np.ndarray]:
    """Similarity of every window to its nearest window of the training set.

    Candidates are the translations in time and pitch under which at least two n-grams of three
    notes coincide. A window without any has similarity 0. A window of the training set spans the
    same time as that of the melody.

    Args:
        melody: the tune.
        training: from `index`.

    Returns:
        Similarities from 0 to 1 under "notes" for the windows of 8 notes, and under "bars" for
        those of 2 bars; float64, shape (windows,), empty where the melody is shorter than a window.

    Reference:
        Ukkonen, Lemström & Mäkinen (2003), Geometric algorithms for transposition invariant
            content-based music retrieval.
    """
    onset, pitch = melody.array[:, 0].astype(np.int64), melody.array[:, 2].astype(np.int64)
    note, shift = _matches(onset, pitch, training)
    windows = {"notes": _note_windows(melody), "bars": _bar_windows(melody)}
    return {kind: _best_shares(kept, note, shift, training) for kind, kept in windows.items()}


def longest_copies(
    melodies: Sequence[Melody], training: Index, sources: Sequence[Melody] | None = None
) -> np.ndarray:
    """Length of the longest run of each melody that occurs note for note in the training set.

    Args:
        melodies: the melodies to measure.
        training: from `index`.
        sources: the source of each melody; runs that also occur in it do not count.

    Returns:
        Lengths in notes; int64, shape (melodies,); 0 where not even three notes are shared.

    Raises:
        ValueError: if sources and melodies differ in number.

    Example:
        >>> tune = Melody.from_array(np.array([(24 * i, 24, 60 + i * i % 7) for i in range(9)]))
        >>> longest_copies([tune.transpose(3)], index([tune])).tolist()
        [9]
    """
    own: Sequence[Melody | None] = sources or [None] * len(melodies)
    if len(own) != len(melodies):
        raise ValueError(
            f"sources must be one for each of {len(melodies)} melodies, got {len(own)}"
        )
    tokens = np.concatenate([steps(melody) for melody in melodies])
    owner = np.repeat(np.arange(len(melodies)), [len(melody.notes) for melody in melodies])
    home_tokens = np.concatenate(
        [steps(source) if source else np.zeros(0, np.uint64) for source in own]
    )
    home_owner = np.repeat(
        np.arange(len(own)), [len(source.notes) if source else 0 for source in own]
    )
    longest = np.zeros(len(melodies), dtype=np.int64)
    here, there, home = (np.flatnonzero(row) for row in (tokens, training.steps, home_tokens))
    runs, known, homely = tokens[here], training.steps[there], home_tokens[home]
    size = 1
    while True:
        common = np.isin(runs, known)
        here, runs = here[common], runs[common]
        if not len(here):
            return longest
        wanted = np.isin(known, runs)
        there, known = there[wanted], known[wanted]
        at_home = np.isin(
            mix(runs, owner[here].astype(np.uint64)),
            mix(homely, home_owner[home].astype(np.uint64)),
        )
        np.maximum.at(longest, owner[here[~at_home]], size + 2)
        here, runs = _longer(here, runs, tokens, size)
        there, known = _longer(there, known, training.steps, size)
        home, homely = _longer(home, homely, home_tokens, size)
        size += 1


def evaluate(
    melodies: Sequence[Melody], training: Index, sources: Sequence[Melody] | None = None
) -> dict[str, np.ndarray]:
    """All metrics of originality, one value a melody.

    Args:
        melodies: the melodies to measure.
        training: from `index`.
        sources: the source of each melody. Windows that are as similar to it are left out.

    Returns:
        float64 arrays of shape (melodies,): `window_notes` and `window_bars` (mean similarity of
        the nearest windows), `longest_copy` (notes) and `copied` (1 where that is `COPY_NOTES` or
        more).

    Raises:
        ValueError: if there are no melodies, one has no notes, or sources and melodies differ in
            number.
    """
    check_melodies(melodies)
    means: dict[str, list[float]] = {"notes": [], "bars": []}
    for number, melody in enumerate(melodies):
        home = nearest_windows(melody, index([sources[number]])) if sources is not None else {}
        for kind, near in nearest_windows(melody, training).items():
            foreign = near[home[kind] < near] if home else near
            means[kind].append(float(foreign.mean()) if len(foreign) else 0.0)
    values = {f"window_{kind}": np.array(column) for kind, column in means.items()}
    longest = longest_copies(melodies, training, sources)
    return {
        **values,
        "longest_copy": longest.astype(float),
        "copied": (longest >= COPY_NOTES).astype(float),
    }


def _best_shares(
    windows: Windows, note: np.ndarray, shift: np.ndarray, training: Index
) -> np.ndarray:
    """The largest share of its points that each window has in common with the training set."""
    best = np.zeros(len(windows.first))
    if not len(note) or not len(best):
        return best
    _, sizes = np.unique(shift, return_counts=True)
    points = np.repeat(sizes, sizes)
    # Most translations match a few notes only. After those that match many have been counted,
    # hardly any of the others can still be better.
    many = points >= _WINDOW
    _count(best, windows, note[many], shift[many], training)
    better = ~many & (points > _reached(best, windows, int(note.max()) + 1)[note])
    _count(best, windows, note[better], shift[better], training)
    return best


def _reached(best: np.ndarray, windows: Windows, notes: int) -> np.ndarray:
    """For each note, the points that a translation must match to improve any window with it."""
    low, high = _of_notes(windows, np.arange(notes))
    needed = best * (windows.last - windows.first)
    return np.array(
        [needed[a:b].min() if a < b else np.inf for a, b in zip(low, high, strict=True)]
    )


def _of_notes(windows: Windows, note: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The windows that contain each note: the first, and the one after the last."""
    return np.searchsorted(windows.last, note, side="right"), np.searchsorted(
        windows.first, note, side="right"
    )


def _count(
    best: np.ndarray, windows: Windows, note: np.ndarray, shift: np.ndarray, training: Index
) -> None:
    """Raise the best shares to those under further translations, in place."""
    # Each matched note counts for all windows that contain it; then they are counted by (shift,
    # window).
    low, high = _of_notes(windows, note)
    sizes = np.maximum(high - low, 0)
    window = np.arange(sizes.sum()) + np.repeat(low - (np.cumsum(sizes) - sizes), sizes)
    pairs, shared = np.unique(np.repeat(shift, sizes) * _MOST_NOTES + window, return_counts=True)
    window, ticks = pairs % _MOST_NOTES, pairs // _MOST_NOTES // 256 - _FAR
    own = windows.last[window] - windows.first[window]
    # Counting the other notes of the training set in the time of a window costs the most, and can
    # only lower a share. Pairs with the most points in common go first; of the others only those
    # are counted that could still be better.
    most = np.zeros(len(best), dtype=shared.dtype)
    np.maximum.at(most, window, shared)
    leading = shared == most[window]
    for chosen in (leading, ~leading):
        open_still = np.flatnonzero(chosen & (shared > best[window] * own))
        w = window[open_still]
        start, stop = (
            np.searchsorted(training.time, side[w] + ticks[open_still])
            for side in (windows.start, windows.stop)
        )
        np.maximum.at(
            best, w, shared[open_still] / np.maximum(np.maximum(own[open_still], stop - start), 1)
        )


def _note_windows(melody: Melody) -> Windows:
    """All windows of 8 notes."""
    onset = melody.array[:, 0].astype(np.int64)
    first = np.arange(max(len(onset) - _WINDOW + 1, 0))
    return Windows(first, first + _WINDOW, onset[first], onset[first + _WINDOW - 1] + 1)


def _bar_windows(melody: Melody) -> Windows:
    """All windows of 2 bars with 4 notes or more."""
    lines, onset = melody.bar_lines.astype(np.int64), melody.array[:, 0]
    start, stop = lines[:-2], lines[2:]
    first, last = np.searchsorted(onset, start), np.searchsorted(onset, stop)
    filled = last - first >= _NGRAM + 1
    return Windows(first[filled], last[filled], start[filled], stop[filled])


def _matches(
    onset: np.ndarray, pitch: np.ndarray, training: Index
) -> tuple[np.ndarray, np.ndarray]:
    """Notes that coincide with a training note under a translation that matches a whole n-gram.

    Returns:
        Numbers of notes and, for each, the translation: (shift in time + 2^24) * 256 + shift in
        pitch + 128.
    """
    ngrams = _ngrams(onset, pitch)
    low, high = (
        np.searchsorted(training.ngrams, ngrams),
        np.searchsorted(training.ngrams, ngrams, side="right"),
    )
    sizes = high - low
    note = np.repeat(np.arange(len(ngrams)), sizes)
    there = training.ngram_note[
        np.arange(sizes.sum()) + np.repeat(low - (np.cumsum(sizes) - sizes), sizes)
    ]
    shift = (
        (training.time[there] - onset[note] + _FAR) * 256
        + training.pitch[there]
        - pitch[note]
        + 128
    )
    # Most translations match a single n-gram, which is three notes of eight and no copy.
    order = np.argsort(shift, kind="stable")
    ordered = shift[order]
    several = np.zeros(len(ordered), dtype=bool)
    several[1:] |= ordered[1:] == ordered[:-1]
    several[:-1] |= ordered[:-1] == ordered[1:]
    kept = order[several] if several.any() else order
    notes = (note[kept][:, None] + np.arange(_NGRAM)).ravel()
    pairs = np.sort(np.repeat(shift[kept], _NGRAM) * _MOST_NOTES + notes)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return pairs % _MOST_NOTES, pairs // _MOST_NOTES


def _ngrams(time: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Hash of each n-gram of three notes: two steps in time and pitch; shape (notes - 2,)."""
    if len(time) < _NGRAM:
        return np.zeros(0, np.uint64)
    step = (np.diff(time) * 512 + np.diff(pitch) + 256).astype(np.uint64)
    return mix(step[:-1], step[1:])


def _longer(
    where: np.ndarray, runs: np.ndarray, tokens: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """The runs with one more token, where the melody continues."""
    inside = where + size < len(tokens)
    where, runs = where[inside], runs[inside]
    following = tokens[where + size]
    return where[following > 0], mix(runs, following)[following > 0]
