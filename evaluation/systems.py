"""A stylernn model as systems under test: as it is, with other settings, and its ablations.

This is the only module of the package that uses our model. jax is imported when a system is made,
so that the files of other systems can be evaluated without it.
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

__all__ = ["ablations", "with_setting", "transfer_system"]

_MOST_BARS = 512


def transfer_system(
    model: "Model", target: str, options: "TransferConfig", training: "NgramIndex | None" = None
) -> System:
    """Make the system that transfers with a model.

    Args:
        model: the model.
        target: style to transfer to.
        options: of the transfer.
        training: n-grams of the training set; candidates that copy from it are avoided.

    Returns:
        A system.
    """
    from stylernn.generation import transfer

    def system(melody: Melody, seed: int) -> Melody:
        return transfer.transfer(
            model, melody, target, options, seed=seed, training=training
        ).melody

    return system


def with_setting(
    model: "Model", target: str, options: "TransferConfig"
) -> Callable[[str, float], System]:
    """Make systems with one of the options at a given value, for `sweeps.sweep`.

    Each draws one candidate, so that the ranking of candidates does not hide what the setting does.

    Args:
        model: the model.
        target: style to transfer to.
        options: of the transfer, for all other settings.

    Returns:
        A function of the name of an option and its value that makes the system.
    """

    def system(name: str, value: float) -> System:
        settings: dict[str, Any] = {"candidates": 1, name: value}
        return transfer_system(model, target, replace(options, **settings))

    return system


def ablations(model: "Model", target: str, options: "TransferConfig") -> dict[str, System]:
    """Make the model with one part left out at a time.

    All systems draw one candidate: compare them with the first of them, which has all parts.

    Args:
        model: the model.
        target: style to transfer to.
        options: of the transfer.

    Returns:
        Systems by the name of their row.
    """
    from stylernn.generation import generate, planning, transfer
    from stylernn.representation import metre_mapping
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
