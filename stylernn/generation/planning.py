"""Planning a transfer: what the network is conditioned on, and what it may not draw freely.

The plan is made of the tune and the target style:

Skeleton
    The structural notes of the tune, moved into the pitch range of the reference tune and, if the
    style is diatonic, into its scale.
Reference attributes
    Control attributes and pitch range of a real tune of the style, the reference tune. The seed
    draws it, so transfers with different seeds differ as tunes of the style do.
Map of repetitions
    Which bars repeat an earlier bar, as in the tune.
Constraints
    The locked bars and the pitch range that the user asks for; rests, if the style is silent for
    more of its time than the tune; and a cadence.
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

# All of these were set by hand.
# Share of the missing silence that is planned. The other half arises without being planned.
_BREATHING = 0.5
# Share of repeating bars below which similar bars are looked for, see `_repeats`.
_STRAINS = 0.25
# Bars of a dance that are chosen at a time, half a strain: more of the tune is kept with few bars.
# In other styles it is not, so they have the default of `Plan`.
_PHRASE = 4
# Semitones by which notes may lie outside of the pitch range, on either side: few melodies touch
# both its edges.
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
    """Plan a transfer with reference attributes that the seed draws, and with the logit bias.

    Args:
        model: the network and its styles.
        analysis: of the tune, in a metre that the style knows, see `metre_mapping`.
        index: of the style in the model, from 1.
        seed: of the draw.
        level: of the skeleton, one of `skeleton.LEVELS`.
        choice: whether there are several candidates to choose from.
        constraints: what the user has fixed; rests, cadence and pitch range are added.

    Returns:
        The plan.
    """
    style = model.header.styles[index - 1]
    metre, tonality = analysis.melody.metre, analysis.tonality
    grid = metre_mapping.regroup_bars(analysis.melody, analysis.events.grid, style)
    reference = attributes.drawn(model.arrays, style.name, grid, seed, dance=hold(style) > 1)
    plan = make_plan(
        analysis,
        style,
        index,
        level=level,
        reference=reference,
        constraints=constraints,
        grid=grid,
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
    grid: BeatGrid | None = None,
) -> Plan:
    """Plan a transfer of a tune into a style.

    Args:
        analysis: of the tune, in a metre that the style knows, see `metre_mapping`.
        style: the target.
        index: of the style in its model, from 1.
        level: of the skeleton, one of `skeleton.LEVELS`.
        reference: control attributes and pitch range of a real tune of the style. By default no
            attribute is known, and the pitch range is that of the style.
        constraints: what the user has fixed; rests, cadence and pitch range are added.
        grid: the tune's beats in bars as the style counts them, if that is known already.

    Returns:
        The plan.
    """
    reference = reference or ReferenceAttributes(attributes.unknown())
    if grid is None:
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
    """Beats that are rests if the style rests more than the tune; bool, shape (beats,)."""
    tune = analysis.melody
    # In a tune with many notes a beat, such as a jig, a silent beat takes more of the tune away.
    density = max(len(tune.notes) / grid.beats, 1.0)
    missing = max(style.silence - breaths.silence(tune), 0.0)
    return breaths.plan(analysis.events, grid, _BREATHING * missing / density)


def _repeats(analysis: Analysis, grid: BeatGrid, style: Style, skeleton: Skeleton) -> np.ndarray:
    """For each bar of the grid an earlier one to repeat, or -1; int32, shape (bars,).

    If few bars repeat exactly, bars with similar skeletons are taken in addition.
    """
    repeats = sk.repetitions(replace(analysis.events, grid=grid))
    if improvised(style):
        return np.full_like(repeats, -1)
    if np.mean(repeats >= 0) < _STRAINS:
        return sk.similar_bars(skeleton, grid, repeats)
    return repeats


def _chroma(analysis: Analysis, grid: BeatGrid, style: Style) -> np.ndarray:
    """Pitch classes around each beat, in a diatonic style those of its scale; (beats, 12)."""
    around = chroma.around(analysis.melody, grid)
    if not diatonic(style):
        return around
    # Pitch classes that the style does not have are not raised.
    scaled: np.ndarray = around * np.isin(np.arange(12), scale_of(style, analysis.tonality))
    return scaled
