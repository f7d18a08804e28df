"""The chords of a melody: those of its chord symbols, or else inferred ones.

A tune without chord symbols gets one triad of its key a bar. The triads are the best path (Viterbi
decoding) by two scores: how well a triad fits the notes of its bar, and how usual the step from one
root to the next is. Programs that harmonise sung melodies work in the same way.

References:
    Simon, Morris & Basu (2008), MySong: automatic accompaniment generation for vocal melodies, CHI.
    Piston (1941), Harmony: the table of usual root progressions.
"""

import re
from typing import NamedTuple

import numpy as np

from stylernn.music.key_estimation import Tonality, estimate
from stylernn.music.melody import Chord, Melody

__all__ = ["Harmony", "harmonies", "parse"]


class Harmony(NamedTuple):
    """A chord that sounds from its onset to that of the next one.

    Args:
        onset: in ticks.
        bass: pitch class of the lowest note; that of the root, unless the symbol names another one.
        pitches: pitch classes, the root first; empty where no chord sounds.
    """

    onset: int
    bass: int
    pitches: tuple[int, ...]


_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SYMBOL = re.compile(r"([A-G])([#b]?)(.*?)(?:/([A-G])([#b]?))?")
# Semitones above the root, by the text after the root; the first pattern that matches counts.
_QUALITIES = [
    (r"(m|min|mi|-)7?b5|ø|h", (0, 3, 6, 10)),
    (r"(dim|o|°)7", (0, 3, 6, 9)),
    (r"dim|o|°", (0, 3, 6)),
    (r"(m|min|mi|-)(maj|ma|j|M)7", (0, 3, 7, 11)),
    (r"(maj|ma|j|M)(7|9|13)|Δ|\^", (0, 4, 7, 11)),
    (r"ma|M", (0, 4, 7)),
    (r"(m|min|mi|-)6", (0, 3, 7, 9)),
    (r"(m|min|mi|-)(7|9|11|13)", (0, 3, 7, 10)),
    (r"m|min|mi|-", (0, 3, 7)),
    (r"(7|9|13)?sus", (0, 5, 7, 10)),
    (r"(\+|aug)7|7(\+|#5|b13)", (0, 4, 8, 10)),
    (r"\+|aug", (0, 4, 8)),
    (r"6", (0, 4, 7, 9)),
    (r"7|9|11|13", (0, 4, 7, 10)),
    (r"", (0, 4, 7)),
]

# The chords that a bar may get, by mode: semitones of the root above the tonic, and of the chord
# tones above the root.
_TRIADS = {
    "major": (
        (0, (0, 4, 7)),
        (2, (0, 3, 7)),
        (4, (0, 3, 7)),
        (5, (0, 4, 7)),
        (7, (0, 4, 7, 10)),
        (9, (0, 3, 7)),
    ),
    "minor": (
        (0, (0, 3, 7)),
        (3, (0, 4, 7)),
        (5, (0, 3, 7)),
        (7, (0, 4, 7, 10)),
        (8, (0, 4, 7)),
        (10, (0, 4, 7)),
    ),
}
_SEVENTHS = {(0, 4, 7): 11, (0, 3, 7): 10}
_COMMON = {0: 0.25, 5: 0.1, 7: 0.15}  # bonus of tonic, subdominant and dominant
# Scores of root progressions: down a fifth, no change, dominant to subdominant.
_FIFTH_DOWN, _SAME, _RETREAT = 0.2, -0.05, -0.25
_TONES = np.array([1.0, 0.8, 0.8, 0.3])  # weights of notes that are the root, third, fifth, seventh
_FOREIGN = -0.4  # weight of notes outside the chord


def harmonies(melody: Melody, *, sevenths: bool = False) -> list[Harmony]:
    """List the chords of a melody: of its chord symbols or, if it has none, inferred ones.

    Args:
        melody: the tune, with at least one note.
        sevenths: whether inferred triads get the seventh of their key.

    Returns:
        Chords in order of onset; inferred ones start at the bar lines, one a bar.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> pitches = (60, 64, 67, 64, 62, 67, 71, 67, 60, 64, 67, 72)
        >>> tune = Melody(tuple(Note(24 * k, 24, pitch) for k, pitch in enumerate(pitches)))
        >>> [(chord.onset, chord.pitches) for chord in harmonies(tune)]
        [(0, (0, 4, 7)), (96, (7, 11, 2, 5)), (192, (0, 4, 7))]
    """
    if melody.chords:
        return [parse(chord) for chord in melody.chords]
    return _inferred(melody, estimate(melody), sevenths)


def parse(chord: Chord) -> Harmony:
    """Translate a chord symbol to pitch classes.

    Extensions beyond the seventh are left out. An unknown quality counts as a major triad.

    Args:
        chord: with a symbol such as "Bbm7/F".

    Returns:
        The chord at the same onset; without pitches if the symbol does not begin with a root.

    Example:
        >>> parse(Chord(0, "Bbm7/F"))
        Harmony(onset=0, bass=5, pitches=(10, 1, 5, 8))
        >>> parse(Chord(96, "N.C."))
        Harmony(onset=96, bass=0, pitches=())
    """
    match = _SYMBOL.fullmatch(chord.symbol.strip())
    if match is None:
        return Harmony(chord.onset, 0, ())
    root = _pitch_class(match[1], match[2])
    intervals = next(steps for pattern, steps in _QUALITIES if re.match(pattern, match[3]))
    bass = _pitch_class(match[4], match[5]) if match[4] else root
    return Harmony(chord.onset, bass, tuple((root + step) % 12 for step in intervals))


def _pitch_class(letter: str, sign: str) -> int:
    """The pitch class of a letter and an accidental, "#", "b" or ""."""
    return (_NATURALS[letter] + {"#": 1, "b": -1, "": 0}[sign]) % 12


def _inferred(melody: Melody, tonality: Tonality, sevenths: bool) -> list[Harmony]:
    """The best path through the triads of the key, one a bar; it ends on the tonic."""
    triads = _TRIADS[tonality.mode]
    fit = _fit(melody, tonality)
    roots = np.array([root for root, _ in triads])
    motion = (roots[None, :] - roots[:, None]) % 12
    steps = np.where(motion == 0, _SAME, np.where(motion == 5, _FIFTH_DOWN, 0.0))
    # The dominant seldom goes back to the subdominant.
    steps[triads.index((7, (0, 4, 7, 10))), roots == 5] = _RETREAT
    fit[-1, roots != 0] = -np.inf
    best, came = fit[0], np.zeros(fit.shape, int)
    for bar in range(1, len(fit)):
        reached = best[:, None] + steps
        came[bar] = reached.argmax(axis=0)
        best = reached.max(axis=0) + fit[bar]
    path = [int(best.argmax())]
    for bar in range(len(fit) - 1, 0, -1):
        path.append(int(came[bar, path[-1]]))
    chords = []
    for onset, (step, intervals) in zip(
        melody.bar_lines.tolist(), [triads[k] for k in reversed(path)], strict=False
    ):
        root = (tonality.tonic + step) % 12
        extended = (
            (*intervals, _SEVENTHS[intervals]) if sevenths and intervals in _SEVENTHS else intervals
        )
        pitches = tuple(
            (root + interval) % 12 for interval in _in_key(extended, step, tonality.mode)
        )
        chords.append(Harmony(onset, root, pitches))
    return chords


def _in_key(intervals: tuple[int, ...], step: int, mode: str) -> tuple[int, ...]:
    """Lower the major seventh where it lies outside the key: on the seventh degree in minor."""
    if intervals[-1] == 11 and mode == "minor" and step == 10:
        return (*intervals[:-1], 10)
    return intervals


def _fit(melody: Melody, tonality: Tonality) -> np.ndarray:
    """How well each triad fits the notes of each bar; float64, shape (bars, triads)."""
    lines, notes = melody.bar_lines, melody.array.astype(np.int64)
    shared = np.minimum(notes[:, :1] + notes[:, 1:2], lines[1:]) - np.maximum(
        notes[:, :1], lines[:-1]
    )
    # A note on the downbeat counts more.
    weight = np.maximum(shared, 0) * (1 + 0.5 * (notes[:, :1] == lines[:-1]))
    classes = np.stack(
        [weight[notes[:, 2] % 12 == number].sum(axis=0) for number in range(12)], axis=1
    )
    classes = np.roll(classes, -tonality.tonic, axis=1) / np.maximum(
        classes.sum(axis=1, keepdims=True), 1
    )
    fit = np.full((12, len(_TRIADS[tonality.mode])), _FOREIGN)
    for column, (root, intervals) in enumerate(_TRIADS[tonality.mode]):
        fit[[(root + step) % 12 for step in intervals], column] = _TONES[: len(intervals)]
    common = [_COMMON.get(root, 0.0) for root, _ in _TRIADS[tonality.mode]]
    return classes @ fit + common
