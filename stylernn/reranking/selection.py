"""The best candidate, in all bars or in a stretch of them.

A long melody is not good from beginning to end in any of a few dozen candidates, but some of them
are good for eight bars. So what is judged is cut out of candidate and tune alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stylernn.corpus.styles import Style, improvised
from stylernn.model.checkpoint import Model
from stylernn.music.descriptors import describe_sections
from stylernn.music.melody import TICKS_PER_QUARTER, Melody
from stylernn.music.similarity import repetition
from stylernn.representation import attributes, breaths
from stylernn.representation import skeleton as sk
from stylernn.reranking import classifier, critic, discriminant
from stylernn.reranking.originality import NgramIndex, longest_copy
from stylernn.reranking.ranking import Standards, ranked
from stylernn.sampling.candidates import Candidate
from stylernn.sampling.plan import Plan

__all__ = ["Selection"]

_REST = TICKS_PER_QUARTER // 2
"""Shorter gaps are articulation."""
_NEARLY = 0.25
"""Share of the candidates that may rest nearly as much as the first, or be dotted as they should.
"""
_DOTTED = 0.1
"""Share of notes by which the dotted ones may be more or fewer than they should be."""
_CONTEXT = 16
"""Bars that the judges hear, if there are so many: descriptors depend on length."""
_LAID_OUT = 8
"""Beats for which few soloists are silent: one in seven, once."""


@dataclass(frozen=True)
class Selection:
    """What candidates are chosen by.

    Args:
        model: that composed them; its classifier and its critic judge.
        style: that they are to be in.
        plan: that they were composed to.
        tune: what the plan was made from.
        standards: what is good enough.
        density: prefer the sparsest (-1) or the busiest (1); 0 does not mind.
        training: what the model learnt from, if it is known.
    """

    model: Model
    style: Style
    plan: Plan
    tune: Melody
    standards: Standards
    density: float = 0.0
    training: NgramIndex | None = None

    def best(self, candidates: Sequence[Candidate], bars: range) -> int:
        """The number of the best candidate in these bars of the tune."""
        return next(self.order(candidates, bars))

    def order(self, candidates: Sequence[Candidate], bars: range) -> Iterator[int]:
        """Numbers of the candidates, the best first; last come those that copy the training set, or
        are silent.
        """
        cut = [_within(candidate.melody, bars) for candidate in candidates]
        heard = [k for k, melody in enumerate(cut) if melody.notes]
        if not heard:  # where the tune is silent for so long
            yield from range(len(candidates))
            return
        tune, plan = _within(self.tune, bars), self._asked(bars)
        judged = self._judged([candidates[k] for k in heard], bars)
        forms = np.array([repetition(_within(candidates[k].melody, _since(bars))) for k in heard])
        melodies = [cut[k] for k in heard]
        unlike = self._unlike([candidates[k].melody for k in heard], bars)
        found = ranked(melodies, plan, tune, *judged, forms, self.density, self.standards, unlike)
        copies = []
        for k in (heard[position] for position in found):
            if self._copies(candidates[k].melody, bars):
                copies.append(k)
            else:
                yield k
        yield from copies
        yield from (k for k, melody in enumerate(cut) if not melody.notes)

    def _judged(
        self, candidates: Sequence[Candidate], bars: range
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """How clearly candidates are heard in the style, and how much they are like real music.

        Improvised styles are heard in nearly all candidates, so nobody is asked, and the choice is
        free for the rest. A personal style is told by its mean alone, which says all that is known
        of it. Without a critic the second is how far the style raised the odds.
        """
        context = max(min(bars.start, bars.stop - _CONTEXT), 0)
        parts = [candidate.melody.slice(context, bars.stop) for candidate in candidates]
        described = [describe_sections(part, self.plan.analysis.tonality) for part in parts]
        arrays, style = self.model.arrays, self.style
        personal = discriminant.style_margins(arrays, style, described)
        if personal is not None:
            return personal, np.zeros(len(described))
        heard = None if improvised(style) else classifier.style_margins(arrays, style, described)
        merits = critic.judge(arrays, style, described, self.tune.metre.is_compound)
        if merits is None:
            merits = np.array([candidate.log_p - candidate.log_p_plain for candidate in candidates])
        return heard, merits

    def _unlike(self, melodies: Sequence[Melody], bars: range) -> np.ndarray | None:
        """How far candidates are, in these bars, from what all should be; the larger the worse.

        2 for one that is silent for over a bar where the tune is not, or off the beat too often, or
        dotted where it should not be; 1 more for one that `_rests_astray`. Improvised styles are
        judged by silence alone, of over two bars of four: they breathe by plan. None where few
        candidates are heard, as in a personal style, or a density is asked for.
        """
        if discriminant.has_style(self.model.arrays, self.style) or self.density:
            return None
        metre = self.tune.metre
        most = _LAID_OUT * metre.beat if improvised(self.style) else metre.bar
        longest = max(_longest_silence(self.tune, bars), most)
        empty = np.array([_longest_silence(melody, bars) > longest for melody in melodies])
        if improvised(self.style):
            return 2 * empty
        cut = [_within(melody, bars) for melody in melodies]
        astray = np.array(
            [attributes.adrift(melody) > self.standards.adrift for melody in cut]
        ) | self._unevenly(cut)
        return 2 * (astray | empty) + self._rests_astray(melodies, bars)

    def _unevenly(self, melodies: Sequence[Melody]) -> np.ndarray:
        """Which candidates are dotted where the tune whose character they have is not, or not where
        it is.
        """
        if self.plan.dotted is None:
            return np.zeros(len(melodies), bool)
        apart = np.abs(
            np.array([attributes.dotted(melody) for melody in melodies]) - self.plan.dotted
        )
        return apart > max(_DOTTED, np.quantile(apart, _NEARLY, method="lower"))

    def _rests_astray(self, melodies: Sequence[Melody], bars: range) -> np.ndarray:
        """Which candidates do not rest as the first does, at all and nearly as much, or rest again
        too soon.

        Who keeps most of a tune rests least, so the choice would leave no rests. The first rests as
        often as the model does; if it rests again too soon, none is to rest. Where tunes hardly
        rest, but that whose character they have does throughout, they are to rest as much as it
        does at least.
        """
        since = _since(bars)
        silent, rested = (
            np.array([breaths.rests(melody, _REST, part) for melody in melodies])
            for part in (bars, since)
        )
        most, least = (
            self.standards.resting * min(_CONTEXT, self.tune.bars) * self.tune.metre.bar,
            0.0,
        )
        if self.standards.resting < 1 and (
            share := attributes.resting(self.plan.condition.attributes)
        ):
            most, least = np.inf, share * len(since) * self.tune.metre.bar
        again = (silent > 0) & (rested > most)
        wanted = 0 if again[0] else max(silent[0], least - (rested - silent)[0])
        apart = np.where(((silent > 0) == (wanted > 0)) & ~again, np.abs(silent - wanted), np.inf)
        return (apart > np.quantile(apart, _NEARLY, method="lower")) | np.isinf(apart)

    def _asked(self, bars: range) -> Plan:
        """The plan with the structural notes of these bars alone."""
        condition, first = self.plan.condition, self.plan.analysis.events.grid.first
        beat = condition.skeleton.time // 16
        inside = (beat >= first[bars.start]) & (beat < first[bars.stop])
        return replace(
            self.plan, condition=replace(condition, skeleton=sk.keep(condition.skeleton, inside))
        )

    def _copies(self, melody: Melody, bars: range) -> bool:
        """Whether a melody copies the training set in these bars; what it copies may begin in the
        bars before.
        """
        if self.training is None:
            return False
        return longest_copy(_within(melody, _since(bars)), self.training, self.tune) > 0


def _since(bars: range) -> range:
    """The bars, and those before that are heard with them."""
    return range(max(bars.start - _CONTEXT, 0), bars.stop)


def _within(melody: Melody, bars: range) -> Melody:
    """Only the notes that begin in these bars, at their places."""
    return replace(melody, notes=melody.notes[_inside(melody, bars)])


def _inside(melody: Melody, bars: range) -> slice:
    """Which notes begin in these bars."""
    return slice(*np.searchsorted(melody.array[:, 0], melody.bar_lines[[bars.start, bars.stop]]))


def _longest_silence(melody: Melody, bars: range) -> int:
    """The longest silence that begins in these bars, in ticks: up to the next note, which may come
    long after them.
    """
    start, stop = melody.bar_lines[[bars.start, bars.stop]]
    onset, end = melody.array[:, 0], melody.array[:, 0] + melody.array[:, 1]
    inside = _inside(melody, bars)
    following = onset[inside.stop] if inside.stop < len(onset) else stop
    return int((np.append(onset[inside], following) - np.append(start, end[inside])).max())
