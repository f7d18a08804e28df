"""Baselines and cheats: rows that stand in every table, so that a metric that they win is seen to be won by them.

Every baseline is a function (melody, seed) -> melody, or a factory of one where it needs data. Rows that need a trained
model (unconditional generation, no skeleton, no style) are functions of the same form made by the caller.

    identity: does nothing.
    pitch_shuffle: keeps the rhythm and the pitches, loses the tune.
    jazzify: a ten-line rule that fools genre classifiers.
    random_real, nearest_real: real melodies of the target style, whatever the source.
    markov_over_skeleton: an order-3 model of the target style between the source's structural notes.
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
"""Anything that turns a melody into another one: (melody, seed) -> melody."""

_HALF = TICKS_PER_QUARTER // 2
_SWUNG = 2 * TICKS_PER_QUARTER // 3
_APPROACH_CHANCE = 0.6
_DETACHED = 0.8
_REACH = 12


def identity(melody: Melody, seed: int) -> Melody:
    """The source itself."""
    del seed
    return melody


def pitch_shuffle(melody: Melody, seed: int) -> Melody:
    """The source's rhythm with its pitches in random order."""
    array = melody.array.copy()
    array[:, 2] = np.random.default_rng(seed).permutation(array[:, 2])
    return replace(melody, notes=tuple(Note(*map(int, row)) for row in array))


def jazzify(melody: Melody, seed: int) -> Melody:
    """The rule-based cheat: swing the off-beat eighths, slip in chromatic approach notes, play everything detached.

    An onset in the middle of a quarter moves to its last third. Three in five notes of an eighth or longer give up
    their end to a note a semitone below or above the one that follows. Every note sounds for four fifths of its length.
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
    """A real melody of the target style that has nothing to do with the source."""
    check_melodies(pool, "pool")

    def system(melody: Melody, seed: int) -> Melody:
        rng = np.random.default_rng([seed, len(melody.notes), melody.notes[0].pitch, melody.end])
        return pool[int(rng.integers(len(pool)))]

    return system


def nearest_real(pool: Sequence[Melody]) -> System:
    """The real melody of the target style that is most like the source, moved to the transposition where it is."""
    check_melodies(pool, "pool")

    def system(melody: Melody, seed: int) -> Melody:
        del seed
        return max(pool, key=lambda other: chroma_similarity(melody, other)[1])

    return system


def markov_over_skeleton(pool: Sequence[Melody], *, order: int = 3) -> System:
    """An n-gram model of the target style writes the notes between the source's structural ones.

    Rhythm and pitch are drawn from models of the last `order` notes; the note at or next after each structural onset
    takes the structural pitch, and the interval before it is drawn in the knowledge of how far there is to go.

    Args:
        pool: real melodies of the target style to learn from.
        order: notes of history.
    """
    check_melodies(pool, "pool")
    viewpoints = _skeleton_streams(order)
    models = ngram.fit_viewpoints([_skeleton_events(melody) for melody in pool], viewpoints)

    def system(melody: Melody, seed: int) -> Melody:
        return _compose(melody, models, viewpoints, np.random.default_rng(seed))

    return system


def _skeleton_streams(order: int) -> tuple[ngram.Viewpoint, ngram.Viewpoint, ngram.Viewpoint]:
    """Advance, interval and share of the advance that sounds; columns 3 and 4 hold the place and the way to go."""
    lags = range(order, 0, -1)
    advance = ngram.Viewpoint(0, 8 * TICKS_PER_QUARTER + 1, (*((0, lag) for lag in lags), (3, 1)))
    interval = ngram.Viewpoint(1, 4 * _REACH + 1, (*((1, lag) for lag in lags), (4, 0)))
    share = ngram.Viewpoint(2, 5, ((2, 2), (2, 1), (0, 0)))
    return advance, interval, share


def _skeleton_events(melody: Melody) -> np.ndarray:
    """Columns: advance to the next onset, interval to here, sounding share in quarters, place, way to go."""
    array = melody.array.astype(np.int64)
    advance = np.diff(np.r_[array[:, 0], array[-1, 0] + array[-1, 1]])
    interval = np.diff(np.r_[array[0, 2], array[:, 2]])
    share = np.rint(4 * array[:, 1] / np.maximum(advance, 1)).astype(np.int64)
    chosen = longest_note_per_span(melody, beat_edges(melody))
    structural = np.unique(chosen[chosen >= 0])
    target = structural[
        np.minimum(np.searchsorted(structural, np.arange(len(array))), len(structural) - 1)
    ]
    way = array[target, 2] - np.r_[array[0, 2], array[:-1, 2]]
    return np.stack(
        [
            np.minimum(advance, 8 * TICKS_PER_QUARTER),
            np.clip(interval, -2 * _REACH, 2 * _REACH) + 2 * _REACH,
            np.minimum(share, 4),
            array[:, 0] % TICKS_PER_QUARTER,
            np.clip(way, -_REACH, _REACH) + 2 * _REACH,
        ],
        axis=1,
    )


def _compose(
    melody: Melody,
    models: Sequence[NGram],
    viewpoints: Sequence[ngram.Viewpoint],
    rng: np.random.Generator,
) -> Melody:
    chosen = longest_note_per_span(melody, beat_edges(melody))
    structural = melody.array[np.unique(chosen[chosen >= 0])]
    onset, pitch, last = int(structural[0, 0]), int(structural[0, 2]), int(structural[-1, 0])
    events, notes, centre = np.zeros((0, 5), dtype=np.int64), [], int(np.median(melody.array[:, 2]))
    while onset <= last:
        due = structural[min(np.searchsorted(structural[:, 0], onset), len(structural) - 1)]
        way = int(np.clip(due[2] - pitch, -_REACH, _REACH)) + 2 * _REACH
        place = onset % TICKS_PER_QUARTER
        # Column 3 of the event before is known; a row whose lag-0 parts are still open stands for the event to come.
        events = np.concatenate([events, [[0, 0, 0, place, way]]])
        interval = _draw(models[1], viewpoints[1], events, rng) - 2 * _REACH
        pitch = int(due[2]) if due[0] == onset else _in_range(pitch + interval, centre)
        events[-1, 1] = np.clip(interval, -2 * _REACH, 2 * _REACH) + 2 * _REACH
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
    reach = max(lag for _, lag in viewpoint.context) + 1
    context = ngram.contexts_of(events[-reach:], viewpoint)[-1:]
    return int(rng.choice(model.alphabet, p=model.distribution(context)[0]))


def _in_range(pitch: int, centre: int) -> int:
    """The pitch moved by octaves to within 19 semitones of a centre."""
    while pitch > centre + 19:
        pitch -= 12
    while pitch < centre - 19:
        pitch += 12
    return int(np.clip(pitch, 0, 127))
