"""Sampling melodies from the network: a batch of candidates, drawn by one compiled program.

The program is that of `steps`. It is kept in the user's cache, so a process that finds it there builds no network.
Sizes come in few steps, so that melodies of many lengths share it; the style is an argument, not a part of it.
"""

from importlib.metadata import version

import jax
import numpy as np

from stylernn.model.parameters import Parameters, checked
from stylernn.representation.arrays import PAD_TIME, ConditioningArrays
from stylernn.sampling.constraints import CompiledConstraints
from stylernn.sampling.guidance import Bias, SamplingConfig
from stylernn.sampling.state import SamplerState
from stylernn.system import executable_cache
from stylernn.system.executable_cache import Program

__all__ = ["SamplingConfig", "bucket", "draw"]

_STEPS = 512


def draw(
    parameters: Parameters,
    state: SamplerState[np.ndarray],
    piece: ConditioningArrays,
    constraints: CompiledConstraints,
    bias: Bias,
    config: SamplingConfig,
    seed: int,
    until: int = PAD_TIME,
) -> SamplerState[np.ndarray]:
    """Let candidates go on.

    Args:
        parameters: of the network.
        state: how far they are, see `state.begin`; a candidate that needs more events than there is room for ends
            with the last.
        piece: without a batch axis.
        constraints: what may not be drawn freely.
        bias: what is added to the logits.
        config: how to sample.
        seed: candidate k of a seed is the same whatever their number is.
        until: time code; a candidate waits with its first event there or after it.

    Returns:
        The state where all candidates have ended or wait.
    """
    parameters = checked(parameters)
    numbers = jax.tree.map(np.float32, config)
    most = min(_STEPS, state.pitch.shape[1])
    asked = (
        parameters.arrays,
        piece,
        constraints,
        bias,
        numbers,
        np.uint32(seed % 2**32),
        np.int32(until),
    )
    settled, tree = jax.tree.flatten(asked)
    written, shape = jax.tree.flatten(state)

    def function(*leaves: jax.Array) -> list[jax.Array]:
        # flax comes with these: a program that is kept needs neither.
        from stylernn.model.network import with_parameters
        from stylernn.sampling import sampler

        begun = jax.tree.unflatten(shape, leaves[: len(written)])
        unflattened = jax.tree.unflatten(tree, leaves[len(written) :])
        arrays, piece, constraints, bias, numbers, seed, until = unflattened
        network = with_parameters(parameters._replace(arrays=arrays))
        key = jax.random.key(seed)
        return jax.tree.leaves(
            sampler.run(network, most, begun, piece, constraints, bias, numbers, key, until)
        )

    facts = repr((parameters.settings, parameters.parents, most, version("flax")))
    program = Program("draw", "stylernn.sampling.sampler", facts, len(written), function)
    while not state.halted.all():
        run = executable_cache.compiled(program, [*written, *settled])
        written = [np.asarray(leaf) for leaf in run(*written, *settled)]
        state = jax.tree.unflatten(shape, written)
    return state


def bucket(size: int, smallest: int) -> int:
    """The next of a few sizes, smallest times a power of two, so that lengths share compiled programs."""
    return smallest * 2 ** max(0, int(np.ceil(np.log2(max(size, 1) / smallest))))
