"""A stylernn model as systems under test: itself, its dials, and the ablations that stand beside it.

The only module of the kit that knows our model. jax is imported when a system is made, not with the kit, so the kit
runs on other systems' files without it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylernn.music.melody import Melody

from .baselines import System

if TYPE_CHECKING:
    from stylernn.generation.transfer import TransferConfig
    from stylernn.model.checkpoint import Model
    from stylernn.reranking.originality import NgramIndex

__all__ = ["ablations", "dialled", "transfer_system"]

_MOST_BARS = 512


def transfer_system(
    model: "Model", target: str, options: "TransferConfig", training: "NgramIndex | None" = None
) -> System:
    """The model, transferring to `target`; with an index of its training set it prefers what copies nothing of it."""
    from stylernn.generation import transfer

    def system(melody: Melody, seed: int) -> Melody:
        return transfer.transfer(
            model, melody, target, options, seed=seed, training=training
        ).melody

    return system


def dialled(
    model: "Model", target: str, options: "TransferConfig"
) -> Callable[[str, float], System]:
    """Systems with one of the options at a value, for `dials.sweep`; each draws one candidate.

    So the curve shows what the dials do, and not what the choice among candidates makes of it.
    """

    def system(dial: str, value: float) -> System:
        settings: dict[str, Any] = {"candidates": 1, dial: value}
        return transfer_system(model, target, replace(options, **settings))

    return system


def ablations(model: "Model", target: str, options: "TransferConfig") -> dict[str, System]:
    """The model with a part taken away, by name of the row.

    All draw one candidate, so they are to be compared with the first of them, which has all its parts.
    """
    from stylernn.generation import generate, metre_mapping, planning, transfer
    from stylernn.representation.analysis import analyse
    from stylernn.sampling import candidates

    single = replace(options, candidates=1)

    def without_skeleton(melody: Melody, seed: int) -> Melody:
        index = model.style(target)
        style = model.header.styles[index - 1]
        plan = planning.draw_plan(
            model,
            analyse(metre_mapping.to_supported_metre(melody, style)),
            index,
            seed,
            level="none",
            choice=False,
        )
        plan = replace(plan, condition=replace(plan.condition, level=0), chroma=None)
        return candidates.compose(model, plan, transfer.sampling_config(single, style), seed, 1)[
            0
        ].melody

    def unconditional(melody: Melody, seed: int) -> Melody:
        bars = min(max(melody.bars, 2), _MOST_BARS)
        return generate.generate(
            model, target, bars=bars, seed=seed, metre=melody.metre, candidates=1
        )[0]

    return {
        "one candidate": transfer_system(model, target, single),
        "skeleton by the bar (preserve 0)": transfer_system(
            model, target, replace(single, preserve=0.0)
        ),
        "no skeleton": without_skeleton,
        "no style (strength 0)": transfer_system(model, target, replace(single, strength=0.0)),
        "unconditional generation": unconditional,
    }
