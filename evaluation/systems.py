"""A stylernn model as systems under test: itself, its dials, and the ablations that stand beside it.

The only module of the kit that knows our model. jax is imported when a system is made, not with the kit, so the kit
runs on other systems' files without it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from stylernn.melody import Melody

from .baselines import System

if TYPE_CHECKING:
    from stylernn.checkpoint import Model
    from stylernn.transfer import Options

__all__ = ["ablations", "dialled", "transfer_system"]

_MOST_BARS = 512


def transfer_system(model: "Model", target: str, options: "Options | None" = None) -> System:
    """The model, transferring to `target` with its own defaults or with `options`."""
    from stylernn import transfer

    chosen = options or transfer.Options()

    def system(melody: Melody, seed: int) -> Melody:
        return transfer.transfer(model, melody, target, chosen, seed=seed).melody

    return system


def dialled(model: "Model", target: str, options: "Options") -> Callable[[float, float], System]:
    """Systems by (preserve, strength), for `study.sweep`."""
    return lambda preserve, strength: transfer_system(
        model, target, replace(options, preserve=preserve, strength=strength)
    )


def ablations(model: "Model", target: str, options: "Options") -> dict[str, System]:
    """The model without guidance to the tune, without the style, and composing freely."""
    from stylernn import generate

    def unconditional(melody: Melody, seed: int) -> Melody:
        bars = min(max(melody.bars, 2), _MOST_BARS)
        return generate.generate(model, target, bars=bars, count=1, seed=seed, metre=melody.metre)[0]

    return {
        "unconditional generation": unconditional,
        "no skeleton (preserve 0)": transfer_system(model, target, replace(options, preserve=0.0)),
        "no style (strength 0)": transfer_system(model, target, replace(options, strength=0.0)),
    }
