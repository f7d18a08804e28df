"""Transfer: the same tune in another style.

The tune is reduced to its structural notes; these are moved towards the target style (into its scale if it is
diatonic, into its range); the model writes new surfaces over them, in a batch; the best is kept. Bars, beats, key and
metre stay those of the source.
"""

from dataclasses import dataclass, replace

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
        strength: how strongly to take on the style; 0 not at all, 1 as the model learnt it, 4 and more caricature it.
        candidates: melodies to compose, of which the best is kept.
        temperature: 1 is as varied as the style; lower is plainer.
    """

    preserve: float = 0.5
    strength: float = 3.0
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


def transfer(model: Model, melody: Melody, style: str, options: Options = Options(), *, seed: int = 0) -> Result:
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
    plan = plan_transfer(example, melody, index, target, grain=_grain(options.preserve))
    candidates = compose(model, plan, dials(options), seed, options.candidates)
    structure = example.skeletons[sk.GRAINS.index("beat")]
    best = _best(candidates, plan)
    kept = int(sounding(best.melody, plan, structure).sum())
    return Result(best.melody, example.tonality, len(structure.time), kept)


def dials(options: Options) -> Dials:
    """The sampler's settings for a user's wishes."""
    return Dials(
        strength=options.strength,
        preserve=2.0 * options.preserve,
        rhythm_strength=min(options.strength, 1.0 + (options.strength - 1.0) / 4),
        rhythm=options.temperature,
        pitch=0.9 * options.temperature,
    )


def _grain(preserve: float) -> str:
    """A tune that is to be kept loosely is told to the model by the half bar only, or by the bar."""
    return "bar" if preserve < 0.1 else "half" if preserve < 0.3 else "beat"


def plan_transfer(example: Example, melody: Melody, index: int, target: Style, grain: str = "beat") -> Plan:
    """Lay out what the model is to write over: the tune's skeleton at a grain, moved towards the style."""
    grid = metres.heard(melody, example.events.grid, target)
    middle = example.anchor - LOWEST
    told = sk.GRAINS.index(grain)
    skeleton = example.skeletons[told]
    if target.diatonic >= _DIATONIC:
        skeleton = sk.normalise(skeleton, example.tonality, middle + target.reach[0], middle + target.reach[1])
        told += 4
    repeats = sk.repetitions(replace(example.events, grid=grid))
    return Plan(example, grid, Condition(index, told, skeleton, repeats))


def sounding(melody: Melody, plan: Plan, structure: sk.Skeleton) -> np.ndarray:
    """Which structural notes' pitch classes sound in a melody at their moments."""
    ticks = plan.example.events.grid.ticks[structure.time]
    at = np.searchsorted(melody.array[:, 0], ticks, side="right") - 1
    notes = melody.array[np.maximum(at, 0)]
    return (at >= 0) & (ticks < notes[:, 0] + notes[:, 1]) & ((notes[:, 2] - structure.pitch - LOWEST) % 12 == 0)


def _best(candidates: list[Candidate], plan: Plan) -> Candidate:
    """The candidate that keeps the skeleton it was given, is in the style and closes, at the usual density.

    Without the last, the choice would fall on bare skeletons, which keep the tune best.
    """
    usual = float(np.median([len(candidate.melody.notes) for candidate in candidates]))

    def merit(candidate: Candidate) -> float:
        kept = sounding(candidate.melody, plan, plan.condition.skeleton)
        density = abs(np.log(max(len(candidate.melody.notes), 1) / max(usual, 1)))
        style = candidate.log_p - candidate.log_p_plain
        close = closing(candidate.melody, plan.example.tonality)
        return float(0.3 * (kept.mean() if len(kept) else 0.0) + 0.5 * style + 0.5 * close - density)

    return max(candidates, key=merit)
