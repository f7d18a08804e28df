"""What the model is told of a tune that is to be in another style: the tune's structure, moved towards the style.

The skeleton goes into the scale of the key, if the style is diatonic, and into the compass of a real tune of the style,
which the seed draws and whose traits the model is told; some beats fall silent where the style rests more.
"""

from dataclasses import replace

import numpy as np

from stylernn.corpus.styles import Style, diatonic, hold, improvised, scale_of
from stylernn.generation import cadence, metre_mapping
from stylernn.model.checkpoint import Model
from stylernn.music.melody import Melody
from stylernn.representation import attributes, breaths, chroma
from stylernn.representation import skeleton as sk
from stylernn.representation.attributes import ReferenceAttributes
from stylernn.representation.event_codec import LOWEST, BeatGrid
from stylernn.representation.examples import Condition, prepare
from stylernn.sampling import tilt
from stylernn.sampling.candidates import Plan

__all__ = ["make_plan", "plan_transfer"]

# Share of the silence that a tune lacks which is planned; the rest comes of itself.
_BREATHING = 0.5
# Share of bars that repeat another, below which a tune has no strains.
_STRAINS = 0.25
# Bars of a dance that are chosen at a time, half a strain; in other styles no more of the tune is kept by it.
_PHRASE = 4
# Semitones beyond a compass, to either side, where the model may go: few lines touch both edges of what is allowed.
_BEYOND = 1


def make_plan(
    model: Model, tune: Melody, index: int, seed: int, level: str = "beat", *, choice: bool = True
) -> Plan:
    """The plan of a tune in a style, with the character that the seed draws and the tilt of the style.

    Args:
        model: that is to write.
        tune: `metre_mapping.to_supported_metre` to the style.
        index: of the style.
        seed: of the draw.
        level: of the skeleton, one of GRAINS.
        choice: whether there are candidates to choose from.
    """
    target = model.header.styles[index - 1]
    grid = metre_mapping.regroup_bars(tune, BeatGrid.of(tune), target)
    reference = attributes.drawn(model.arrays, target.name, grid, seed, dance=hold(target) > 1)
    plan = plan_transfer(tune, index, target, level, reference)
    heard = target, tune.metre, plan.example.tonality
    tilted = tilt.of_style(model.arrays, *heard, reference.more_dotted, choice=choice)
    return replace(plan, tilt=tilted, dotted=reference.dotted)


def plan_transfer(
    tune: Melody,
    index: int,
    target: Style,
    level: str = "beat",
    reference: ReferenceAttributes | None = None,
) -> Plan:
    """Lay out what the model is to write over: the skeleton of a `metre_mapping.to_supported_metre` tune, moved towards the style.

    Args:
        tune: the tune.
        index: of the style in its model.
        target: the style.
        level: of the skeleton, one of GRAINS.
        reference: what the result is to be like; by default nothing is told, and the style's reach is the compass.
    """
    drawn = reference or ReferenceAttributes(attributes.unknown())
    example = prepare(tune)
    grid = metre_mapping.regroup_bars(tune, example.events.grid, target)
    middle = example.median_pitch - LOWEST
    told = sk.LEVELS.index(level)
    low, high = (middle + edge for edge in drawn.pitch_range or target.pitch_range)
    skeleton, members = example.skeletons[told], scale_of(target, example.tonality)
    if diatonic(target):
        skeleton = sk.reduce(sk.in_scale(example.events, members), level, example.tonality)
    skeleton = sk.normalise(sk.fold(skeleton, low, high), example.tonality, low, high, members)
    told += len(sk.LEVELS)
    # Where many notes stand in a beat, as in a jig, as many beats would be too much of the tune.
    density = max(len(tune.notes) / grid.beats, 1.0)
    missing = max(target.silence - breaths.silence(tune), 0.0)
    silent = breaths.plan(example.events, grid, _BREATHING * missing / density)
    skeleton = sk.keep(skeleton, ~silent[skeleton.time // 16])
    repeats = sk.repetitions(replace(example.events, grid=grid))
    if improvised(target):
        repeats = np.full_like(repeats, -1)
    elif np.mean(repeats >= 0) < _STRAINS:
        repeats = sk.similar_bars(skeleton, grid, repeats)
    last = int(skeleton.pitch[-1]) if len(skeleton.pitch) else middle
    close = cadence.cadence(example.events, example.tonality, last)
    condition = Condition(index, told, skeleton, repeats, drawn.attributes)
    around = chroma.around(tune, grid)
    if diatonic(
        target
    ):  # what the style does not have is not to be raised, however often it sounds in the tune
        around *= np.isin(np.arange(12), members)
    pitch_range = (low - _BEYOND, high + _BEYOND) if drawn.pitch_range else None
    section = _PHRASE if hold(target) > 1 else Plan.section
    return Plan(
        example,
        grid,
        condition,
        silent=silent,
        cadence=close,
        chroma=around,
        pitch_range=pitch_range,
        section=section,
    )
