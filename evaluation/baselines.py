"""Baselines: simple systems that are measured beside every system under test.

Each of them wins some metric without solving the task, so a table shows which metrics do not
suffice alone. A baseline is a function (melody, seed) -> melody, or a factory of one if it needs
data. Systems that need a trained model are functions of the same form, see `systems`.

    identity: returns the source.
    pitch_shuffle: keeps the rhythm and the set of pitches, and permutes the pitches.
    jazzify: a short rule that style classifiers accept as jazz.
    random_real, nearest_real: real melodies of the target style, independent of the source or close
        to it.
    markov_over_skeleton: an order-3 model of the target style between the source's structural
        notes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from stylernn.music import ngram
from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note
from stylernn.music.ngram import NGram
from stylernn.music.similarity import longest_note_per_span

from .content import chroma_similarity
from .inputs import beat_edges, check_melodies

__all__ = [
    "System",
    "identity",
    "jazzify",
    "markov_over_skeleton",
    "nearest_real",
    "pitch_shuffle",
    "random_real",
]

System = Callable[[Melody, int], Melody]
"""A system under test: a function (melody, seed) -> melody."""

_HALF = TICKS_PER_QUARTER // 2
_SWUNG = 2 * TICKS_PER_QUARTER // 3
_APPROACH_CHANCE = 0.6
_DETACHED = 0.8
_WIDEST = 12


def identity(melody: Melody, seed: int) -> Melody:
    """Return the source itself.

    Args:
        melody: the source.
        seed: not used.

    Returns:
        The same melody.
    """
    del seed
    return melody


def pitch_shuffle(melody: Melody, seed: int) -> Melody:
    """Permute the pitches of a melody and keep its rhythm.

    Args:
        melody: the source.
        seed: of the permutation.

    Returns:
        A melody with the same onsets, durations and multiset of pitches.

    Example:
        >>> scale = Melody.from_array(np.array([(0, 24, 60), (24, 24, 62), (48, 24, 64)]))
        >>> shuffled = pitch_shuffle(scale, 1)
        >>> sorted(note.pitch for note in shuffled.notes)
        [60, 62, 64]
    """
    array = melody.array.copy()
    array[:, 2] = np.random.default_rng(seed).permutation(array[:, 2])
    return replace(melody, notes=tuple(Note(*map(int, row)) for row in array))


def jazzify(melody: Melody, seed: int) -> Melody:
    """Make a melody sound like jazz by a fixed rule.

    An onset in the middle of a quarter moves to its last third. Each note of an eighth or longer is
    shortened with probability 0.6, and a note a semitone below or above its successor fills the
    gap. Every note sounds for four fifths of its length.

    Args:
        melody: the source.
        seed: of the approach notes.

    Returns:
        A melody with the source's bars and without its chords.

    Example:
        >>> eighths = Melody.from_array(np.array([(0, 12, 60), (12, 12, 62), (24, 24, 64)]))
        >>> 16 in [note.onset for note in jazzify(eighths, 0).notes]
        True
    """
    rng = np.random.default_rng(seed)
    array = melody.array
    stops = np.r_[array[1:, 0], array[-1, 0] + array[-1, 1]]
    delay = (_SWUNG - _HALF) * (
        (array[:, 0] % TICKS_PER_QUARTER == _HALF) & (stops - array[:, 0] >= _HALF)
    )
    onsets = array[:, 0] + delay
    ends = np.minimum(onsets + array[:, 1], np.r_[onsets[1:], stops[-1]])
    notes = []
    for i, (onset, end) in enumerate(zip(onsets.tolist(), ends.tolist(), strict=True)):
        length, pitch = end - onset, int(array[i, 2])
        joins = i + 1 < len(onsets) and end == onsets[i + 1]
        if joins and length >= _HALF and rng.random() < _APPROACH_CHANCE:
            length -= TICKS_PER_QUARTER - _SWUNG if length >= _SWUNG else length // 2
            neighbour = int(np.clip(array[i + 1, 2] + rng.choice([-1, 1]), 0, 127))
            notes.append(
                Note(onset + length, max(round(_DETACHED * (end - onset - length)), 1), neighbour)
            )
        notes.append(Note(onset, max(round(_DETACHED * length), 1), pitch))
    return replace(melody, notes=tuple(sorted(notes)), chords=())


def random_real(pool: Sequence[Melody]) -> System:
    """Make the system that returns a random real melody of the target style.

    Args:
        pool: real melodies of the target style.

    Returns:
        A system; its choice depends on the seed and on the source.

    Raises:
        ValueError: if the pool is empty.
    """
    check_melodies(pool, "pool")

    def system(melody: Melody, seed: int) -> Melody:
        rng = np.random.default_rng([seed, len(melody.notes), melody.notes[0].pitch, melody.end])
        return pool[int(rng.integers(len(pool)))]

    return system


def nearest_real(pool: Sequence[Melody]) -> System:
    """Make the system that returns the real melody that is most similar to the source.

    Similarity is that of `chroma_similarity` at the best of 12 transpositions. The melody is
    returned as it is.

    Args:
        pool: real melodies of the target style.

    Returns:
        A system that ignores its seed.

    Raises:
        ValueError: if the pool is empty.
    """
    check_melodies(pool, "pool")

    def system(melody: Melody, seed: int) -> Melody:
        del seed
        return max(pool, key=lambda other: chroma_similarity(melody, other)[1])

    return system


def markov_over_skeleton(pool: Sequence[Melody], *, order: int = 3) -> System:
    """Make the system that writes between structural notes with an n-gram model.

    The structural notes are those of the source, one a beat. Rhythm and pitch are drawn from models
    of the last `order` notes. A note at a structural onset takes the structural pitch. Intervals
    before it are drawn conditioned on the distance to that pitch.

    Args:
        pool: real melodies of the target style to learn from.
        order: notes of history.

    Returns:
        A system.

    Raises:
        ValueError: if the pool is empty.
    """
    check_melodies(pool, "pool")
    viewpoints = _skeleton_viewpoints(order)
    models = ngram.fit_viewpoints([_skeleton_events(melody) for melody in pool], viewpoints)

    def system(melody: Melody, seed: int) -> Melody:
        return _compose(melody, models, viewpoints, np.random.default_rng(seed))

    return system


def _skeleton_viewpoints(order: int) -> tuple[ngram.Viewpoint, ngram.Viewpoint, ngram.Viewpoint]:
    """Viewpoints of advance, interval and sounding share; columns 3 and 4 are their conditions."""
    lags = range(order, 0, -1)
    advance = ngram.Viewpoint(0, 8 * TICKS_PER_QUARTER + 1, (*((0, lag) for lag in lags), (3, 1)))
    interval = ngram.Viewpoint(1, 4 * _WIDEST + 1, (*((1, lag) for lag in lags), (4, 0)))
    share = ngram.Viewpoint(2, 5, ((2, 2), (2, 1), (0, 0)))
    return advance, interval, share


def _skeleton_events(melody: Melody) -> np.ndarray:
    """Events of a melody; int64, shape (notes, 5).

    Columns: ticks to the next onset, interval from the note before, sounding share in quarters,
    position in the beat, interval to the next structural pitch.
    """
    array = melody.array.astype(np.int64)
    advance = np.diff(np.r_[array[:, 0], array[-1, 0] + array[-1, 1]])
    interval = np.diff(np.r_[array[0, 2], array[:, 2]])
    share = np.rint(4 * array[:, 1] / np.maximum(advance, 1)).astype(np.int64)
    chosen = longest_note_per_span(melody, beat_edges(melody))
    structural = np.unique(chosen[chosen >= 0])
    target = structural[
        np.minimum(np.searchsorted(structural, np.arange(len(array))), len(structural) - 1)
    ]
    distance = array[target, 2] - np.r_[array[0, 2], array[:-1, 2]]
    return np.stack(
        [
            np.minimum(advance, 8 * TICKS_PER_QUARTER),
            np.clip(interval, -2 * _WIDEST, 2 * _WIDEST) + 2 * _WIDEST,
            np.minimum(share, 4),
            array[:, 0] % TICKS_PER_QUARTER,
            np.clip(distance, -_WIDEST, _WIDEST) + 2 * _WIDEST,
        ],
        axis=1,
    )


def _compose(
    melody: Melody,
    models: Sequence[NGram],
    viewpoints: Sequence[ngram.Viewpoint],
    rng: np.random.Generator,
) -> Melody:
    """Draw the notes from the first structural note to the last."""
    chosen = longest_note_per_span(melody, beat_edges(melody))
    structural = melody.array[np.unique(chosen[chosen >= 0])]
    onset, pitch, last = int(structural[0, 0]), int(structural[0, 2]), int(structural[-1, 0])
    events, notes, centre = np.zeros((0, 5), dtype=np.int64), [], int(np.median(melody.array[:, 2]))
    while onset <= last:
        goal = structural[min(np.searchsorted(structural[:, 0], onset), len(structural) - 1)]
        distance = int(np.clip(goal[2] - pitch, -_WIDEST, _WIDEST)) + 2 * _WIDEST
        position = onset % TICKS_PER_QUARTER
        # The last row is the event to be drawn: its position and goal are known, the rest is filled
        # in below.
        events = np.concatenate([events, [[0, 0, 0, position, distance]]])
        interval = _draw(models[1], viewpoints[1], events, rng) - 2 * _WIDEST
        pitch = int(goal[2]) if goal[0] == onset else _in_range(pitch + interval, centre)
        events[-1, 1] = np.clip(interval, -2 * _WIDEST, 2 * _WIDEST) + 2 * _WIDEST
        advance = max(_draw(models[0], viewpoints[0], events, rng), 1)
        events[-1, 0] = advance
        share = max(_draw(models[2], viewpoints[2], events, rng), 1)
        events[-1, 2] = share
        notes.append(Note(onset, max(round(advance * min(share, 4) / 4), 1), pitch))
        onset += advance
    return replace(melody, notes=tuple(notes), chords=())


def _draw(
    model: NGram, viewpoint: ngram.Viewpoint, events: np.ndarray, rng: np.random.Generator
) -> int:
    """Draw the value of a viewpoint for the last event."""
    needed = max(lag for _, lag in viewpoint.context) + 1
    context = ngram.contexts_of(events[-needed:], viewpoint)[-1:]
    return int(rng.choice(model.alphabet, p=model.distribution(context)[0]))


def _in_range(pitch: int, centre: int) -> int:
    """Transpose a pitch by octaves to within 19 semitones of a centre."""
    while pitch > centre + 19:
        pitch -= 12
    while pitch < centre - 19:
        pitch += 12
    return int(np.clip(pitch, 0, 127))
