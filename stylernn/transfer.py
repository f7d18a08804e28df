"""Transfer: the same tune in another style.

The tune is reduced to its structural notes; these are moved towards the target style (into its scale if it is
diatonic, into its range); the model writes new surfaces over them, in a batch; the best is kept. Bars, beats, key and
metre stay those of the source.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from stylernn import metres
from stylernn import skeleton as sk
from stylernn.batches import Condition, Example, prepare
from stylernn.checkpoint import Model
from stylernn.codec import LOWEST
from stylernn.compose import Candidate, Plan, closing, compose
from stylernn.errors import UsageError
from stylernn.melody import Melody
from stylernn.sample import Dials
from stylernn.styles import Style
from stylernn.tonality import Tonality

__all__ = ["Options", "Result", "transfer"]

_DIATONIC = 0.9


@dataclass(frozen=True)
class Options:
    """The dials of a transfer.

    Args:
        preserve: how closely to keep to the tune, 0 to 1.
        strength: how strongly to take on the style; 0 not at all, 1 as the model learnt it, up to 4 caricatures it.
        candidates: melodies to compose, of which the best is kept.
        temperature: 1 is as varied as the style; lower is plainer.
    """

    preserve: float = 0.5
    strength: float = 2.0
    candidates: int = 16
    temperature: float = 1.0

    def __post_init__(self) -> None:
        limits = {"preserve": (0, 1), "strength": (0, 10), "candidates": (1, 1024), "temperature": (0.05, 5)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                found = str(getattr(self, name))
                raise UsageError(f"{name} cannot be used", expected=f"a number from {low} to {high}", found=found)


@dataclass(frozen=True)
class Result:
    """A transferred melody.

    Args:
        melody: the result.
        tonality: the key that was heard.
        structural, kept: number of the tune's structural notes, one a beat, and of those that sound on in the result.
    """

    melody: Melody
    tonality: Tonality
    structural: int
    kept: int


def transfer(model: Model, melody: Melody, style: str, options: Options = Options(), *, seed: int = 0) -> Result:  # noqa: B008
    """Put a melody into another style.

    Args:
        model: see `checkpoint.load_model`.
        melody: the tune.
        style: name of a style that the model knows.
        options: the dials.
        seed: the same seed gives the same result on the same machine.

    Raises:
        UsageError: if the model does not know the style.
    """
    index = model.style(style)
    target = model.header.styles[index - 1]
    example = prepare(melody)
    plan = plan_transfer(example, melody, index, target)
    candidates = compose(model, plan, dials(options), seed, options.candidates)
    structure = example.skeletons[sk.GRAINS.index("beat")]
    best = max(candidates, key=partial(_merit, plan=plan, target=target))
    kept = int(sounding(best.melody, plan, structure).sum())
    return Result(best.melody, example.tonality, len(structure.time), kept)


def dials(options: Options) -> Dials:
    """The sampler's settings for a user's wishes."""
    return Dials(
        strength=options.strength,
        preserve=2.0 * options.preserve,
        rhythm_strength=min(options.strength, 1.0),
        rhythm=options.temperature,
        pitch=0.9 * options.temperature,
    )


def plan_transfer(example: Example, melody: Melody, index: int, target: Style) -> Plan:
    """Lay out what the model is to write over."""
    grid = metres.heard(melody, example.events.grid, target)
    middle = example.anchor - LOWEST
    grain = sk.GRAINS.index("beat")
    skeleton = example.skeletons[grain]
    if target.diatonic >= _DIATONIC:
        skeleton = sk.normalise(skeleton, example.tonality, middle + target.reach[0], middle + target.reach[1])
        grain += 4
    repeats = sk.repetitions(replace(example.events, grid=grid))
    return Plan(example, grid, Condition(index, grain, skeleton, repeats))


def sounding(melody: Melody, plan: Plan, structure: sk.Skeleton) -> np.ndarray:
    """Which structural notes' pitch classes sound in a melody at their moments."""
    ticks = plan.example.events.grid.ticks[structure.time]
    at = np.searchsorted(melody.array[:, 0], ticks, side="right") - 1
    notes = melody.array[np.maximum(at, 0)]
    return (at >= 0) & (ticks < notes[:, 0] + notes[:, 1]) & ((notes[:, 2] - structure.pitch - LOWEST) % 12 == 0)


def _merit(candidate: Candidate, *, plan: Plan, target: Style) -> float:
    """How good a candidate is: it keeps the skeleton it was given, is in the style, as dense as the style, and closes."""
    kept = (
        sounding(candidate.melody, plan, plan.condition.skeleton).mean() if len(plan.condition.skeleton.time) else 0.0
    )
    beats = plan.example.events.grid.beats
    density = abs(np.log(max(len(candidate.melody.notes), 1) / beats / target.density))
    style = candidate.log_p - candidate.log_p_plain
    return float(kept + 0.5 * style - 0.5 * density + closing(candidate.melody, plan.example.tonality))
