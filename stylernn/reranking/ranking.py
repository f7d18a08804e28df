"""The best of several candidates: those that keep the tune and are in the style, and of these those
with most form.

Likeness to the tune is taken from structural notes, from chroma and from how far pitch classes are
apart; in which style a candidate is heard, and how much it is like real music, is judged by others,
see `classifier` and `critic`. A candidate may keep less of the tune for the sake of a style that
not all are heard in, but not so little that the tune would be taken for another.

Choosing the likeliest, or the most faithful, would make all results alike, and a classifier would
tell them from real music by it; so whatever is good enough is equally good, and the first drawn of
these is taken.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stylernn.music.melody import Melody
from stylernn.music.similarity import chroma_similarity, pitch_class_distance
from stylernn.representation import skeleton as sk
from stylernn.representation.event_codec import LOWEST
from stylernn.sampling.plan import Plan

__all__ = ["COMPOSED", "HELD", "IMPROVISED", "PERSONAL", "Standards", "ranked", "sounding"]

_NEAR = 1.8
"""Mean distance of pitch classes, in semitones, up to which a tune is not taken for another."""
_HARMONY = 2.0
"""Weight of the chroma beside structural notes and distance."""
_CROWDING = 8.0
"""Weight of the density, should any be preferred."""


class Standards(NamedTuple):
    """What is good enough, as ranks among the candidates from 0 to 1.

    Args:
        worthy: in tune, realism and style.
        formed: in repetition, of which candidates have less than real music has.
        keeping, forming: weights of the tune and of repetition beside realism, where the style is
            asked for too.
        losing: weight there of a semitone by which a candidate is farther from the tune than it may
            be.
        hearing: weight there of the style.
        clear: how much more a candidate is heard in the style than in another where more is no
            better.
        adrift: share of the notes that may be off the beat after another, see `attributes.adrift`;
            one with more is unlike others.
        resting: share of sixteen bars, or of all, that may be rests; one with more is unlike
            others, unless the tune whose traits it has rests throughout, see `attributes.resting`;
            then one with less than that tune is.
    """

    worthy: float = 0.85
    formed: float = 0.65
    keeping: float = 1.0
    forming: float = 0.0
    losing: float = 0.0
    hearing: float = 16.0
    clear: float = 0.5
    adrift: float = 1.0
    resting: float = 1.0


IMPROVISED, COMPOSED = Standards(), Standards(worthy=0.95, formed=0.35)
"""For improvised styles; for the others, whose bars return by plan, and which rest less where they
repeat most.
"""
HELD = COMPOSED._replace(keeping=1.5, forming=1.0, losing=10.0, adrift=0.1, resting=0.018)
"""For styles with a `styles.hold`, whose tilt may make a line slip off the beat by a thirty-second
and stay there, and whose tunes take a breath in sixteen bars, or rest all the time."""
PERSONAL = COMPOSED._replace(worthy=1.0, losing=10.0, hearing=4.0, clear=0.7)
"""For styles that are learnt from a few tunes, so that few candidates are heard in them, by another
judge.
"""


def ranked(
    melodies: Sequence[Melody],
    plan: Plan,
    tune: Melody,
    heard: np.ndarray | None,
    merits: np.ndarray,
    forms: np.ndarray,
    density: float = 0.0,
    standards: Standards = IMPROVISED,
    unlike: np.ndarray | None = None,
) -> list[int]:
    """Numbers of the melodies, the best first; one that stands still on a note for over two bars
    comes last.

    Those that are good enough are in the order of their form, then as drawn; the others follow by
    their worth.

    Args:
        melodies: composed to the plan.
        plan: with the structural notes that are asked for.
        tune: what the plan was made from.
        heard: how much more each is heard in the style than in another, -1 to 1, see `classifier`;
            or nothing, and the lower of the ranks in tune and realism counts.
        merits: how much like real music each is, on any scale, see `critic`.
        forms: how much of each repeats what it or the music before it had, on any scale, see
            `similarity.repetition`.
        density: prefer the sparsest (-1) or the busiest (1); 0 does not mind.
        standards: what is good enough.
        unlike: how far each is from what all should be like, and comes after the others; ints,
            shape (melodies,).
    """
    if not melodies:
        return []
    structural = _ranks(
        [float(sounding(melody, plan, plan.condition.skeleton).sum()) for melody in melodies]
    )
    chroma = _ranks([chroma_similarity(tune, melody)[0] for melody in melodies])
    distance = np.array([pitch_class_distance(tune, melody) for melody in melodies])
    busy = _ranks([float(len(melody.notes)) for melody in melodies])
    kept, real = _ranks(structural + _HARMONY * chroma + _ranks(-distance)), _ranks(merits)
    form = _ranks(forms)
    good = np.minimum(kept, real)
    if heard is not None:
        good = standards.keeping * kept + real + standards.forming * form
        good += standards.hearing * np.minimum(heard, standards.clear)
        good -= standards.losing * np.maximum(distance - _NEAR, 0)
    worth = np.minimum(_ranks(good + _CROWDING * density * busy), standards.worthy)
    stuck = [
        any(note.duration > 2 * melody.metre.bar for note in melody.notes) for melody in melodies
    ]
    odd = np.zeros(len(melodies), int) if unlike is None else unlike
    return sorted(
        range(len(melodies)),
        key=lambda k: (stuck[k], odd[k], -worth[k], form[k] < standards.formed),
    )


def sounding(melody: Melody, plan: Plan, structure: sk.Skeleton) -> np.ndarray:
    """Which structural notes' pitch classes sound in a melody at their moments."""
    heard = melody.sounding_at(plan.analysis.events.grid.ticks[structure.time])
    return (heard >= 0) & ((melody.array[heard, 2] - structure.pitch - LOWEST) % 12 == 0)


def _ranks(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Each value's place among all, from 0 for the least to 1; equals share theirs."""
    array = np.asarray(values)
    below = (array[:, None] > array).sum(axis=1) + ((array[:, None] == array).sum(axis=1) - 1) / 2
    return below / max(len(array) - 1, 1)
