"""Planning a transfer: what the network is shown of a tune, and what it may not draw freely.

The skeleton goes into the scale of the key, if the style is diatonic, and into the pitch range of a
real tune of the style, which the seed draws and whose control attributes the network is shown; some
beats fall silent where the style rests more.
"""

from dataclasses import replace

import numpy as np

from stylernn.corpus.styles import Style, diatonic, hold, improvised, scale_of
from stylernn.generation import cadence
from stylernn.model.checkpoint import Model
from stylernn.representation import attributes, breaths, chroma, metre_mapping
from stylernn.representation import skeleton as sk
from stylernn.representation.analysis import Analysis
from stylernn.representation.attributes import ReferenceAttributes
from stylernn.representation.event_codec import LOWEST, BeatGrid
from stylernn.representation.examples import Condition
from stylernn.representation.skeleton import Skeleton
from stylernn.sampling import tilt
from stylernn.sampling.constraints import FREE, Constraints
from stylernn.sampling.plan import Plan

__all__ = ["draw_plan", "make_plan"]

# Share of the silence that a tune lacks which is planned; the rest comes of itself.
_BREATHING = 0.5
# Share of bars that repeat another, below which a tune has no strains.
_STRAINS = 0.25
# Bars of a dance that are chosen at a time, half a strain; in other styles no more of the tune is kept by it.
_PHRASE = 4
# Semitones beyond a pitch range, to either side, where the model may go: few lines touch both its edges.
_BEYOND = 1


def draw_plan(
    model: Model,
    analysis: Analysis,
    index: int,
    seed: int,
    *,
    level: str = "beat",
    choice: bool = True,
    constraints: Constraints = FREE,
) -> Plan:
    """Plan a transfer of a tune after a real tune of the style, which the seed draws.

    Args:
        model: that is to write.
        analysis: of the tune, in a metre that the style knows, see `metre_mapping`.
        index: of the style in the model, from 1.
        seed: of the draw.
        level: of the skeleton, one of `skeleton.LEVELS`.
        choice: whether there are several candidates to choose from.
        constraints: what the user has fixed; rests, cadence and pitch range are added to it.

    Returns:
        The plan.
    """
    style = model.header.styles[index - 1]
    metre, tonality = analysis.melody.metre, analysis.tonality
    grid = metre_mapping.regroup_bars(analysis.melody, analysis.events.grid, style)
    reference = attributes.drawn(model.arrays, style.name, grid, seed, dance=hold(style) > 1)
    plan = make_plan(
        analysis, style, index, level=level, reference=reference, constraints=constraints
    )
    more = reference.more_dotted
    tilted = tilt.of_style(model.arrays, style, metre, tonality, more, choice=choice)
    return replace(plan, tilt=tilted, dotted=reference.dotted)


def make_plan(
    analysis: Analysis,
    style: Style,
    index: int,
    *,
    level: str = "beat",
    reference: ReferenceAttributes | None = None,
    constraints: Constraints = FREE,
) -> Plan:
    """Plan a transfer of a tune into a style.

    Args:
        analysis: of the tune, in a metre that the style knows, see `metre_mapping`.
        style: the target.
        index: of the style in its model, from 1.
        level: of the skeleton, one of `skeleton.LEVELS`.
        reference: control attributes and pitch range of a real tune of the style; by default no
            attribute is shown, and the pitch range is that of the style.
        constraints: what the user has fixed; rests, cadence and pitch range are added to it.

    Returns:
        The plan.
    """
    reference = reference or ReferenceAttributes(attributes.unknown())
    grid = metre_mapping.regroup_bars(analysis.melody, analysis.events.grid, style)
    middle = analysis.median_pitch - LOWEST
    low, high = (middle + edge for edge in reference.pitch_range or style.pitch_range)
    silent = _silent_beats(analysis, grid, style)
    skeleton = _skeleton(analysis, style, level, low, high)
    skeleton = sk.keep(skeleton, ~silent[skeleton.time // 16])
    shown = sk.LEVELS.index(level) + len(sk.LEVELS)
    repeats = _repeats(analysis, grid, style, skeleton)
    last = int(skeleton.pitch[-1]) if len(skeleton.pitch) else middle
    close = cadence.cadence(analysis.events, analysis.tonality, last)
    constraints = replace(constraints, silent=silent, cadence=close)
    if reference.pitch_range:
        constraints = constraints.within(low - _BEYOND, high + _BEYOND)
    return Plan(
        analysis,
        grid,
        Condition(index, shown, skeleton, repeats, reference.attributes),
        constraints,
        section=_PHRASE if hold(style) > 1 else Plan.section,
        chroma=_chroma(analysis, grid, style),
    )


def _skeleton(analysis: Analysis, style: Style, level: str, low: int, high: int) -> Skeleton:
    """The tune's structural notes in the style's scale and in a range, pitches less LOWEST."""
    members = scale_of(style, analysis.tonality)
    skeleton = analysis.skeleton(level, members if diatonic(style) else None)
    return sk.normalise(sk.fold(skeleton, low, high), analysis.tonality, low, high, members)


def _silent_beats(analysis: Analysis, grid: BeatGrid, style: Style) -> np.ndarray:
    """Beats that are to be silent where the style rests more than the tune; bool, shape (beats,)."""
    tune = analysis.melody
    # Where many notes stand in a beat, as in a jig, as many beats would be too much of the tune.
    density = max(len(tune.notes) / grid.beats, 1.0)
    missing = max(style.silence - breaths.silence(tune), 0.0)
    return breaths.plan(analysis.events, grid, _BREATHING * missing / density)


def _repeats(analysis: Analysis, grid: BeatGrid, style: Style, skeleton: Skeleton) -> np.ndarray:
    """For each bar as the style counts them an earlier one to repeat, or -1; int32, shape (bars,)."""
    repeats = sk.repetitions(replace(analysis.events, grid=grid))
    if improvised(style):
        return np.full_like(repeats, -1)
    if np.mean(repeats >= 0) < _STRAINS:
        return sk.similar_bars(skeleton, grid, repeats)
    return repeats


def _chroma(analysis: Analysis, grid: BeatGrid, style: Style) -> np.ndarray:
    """Pitch classes around each beat, in a diatonic style those of its scale alone; (beats, 12)."""
    around = chroma.around(analysis.melody, grid)
    if not diatonic(style):
        return around
    # What the style does not have is not to be raised, however often it sounds in the tune.
    scaled: np.ndarray = around * np.isin(np.arange(12), scale_of(style, analysis.tonality))
    return scaled
