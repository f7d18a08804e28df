"""Running the sampler: a batch of candidates is drawn by one compiled program.

The program is `sampler.run`. Its executable is stored in the user's cache folder. A process that
finds it there neither traces it nor imports Flax. The program is compiled for the sizes of its
arguments, and `bucket` makes few different sizes, so melodies of many lengths share one program.
Parameters, style and settings are arguments, so they share it too.
"""

import hashlib
import inspect
from importlib.metadata import version

import jax
import numpy as np

from stylernn.model.cell_base import Cell
from stylernn.model.cells import CELLS
from stylernn.model.parameters import Parameters, checked
from stylernn.representation.arrays import PAD_TIME, ConditioningArrays
from stylernn.sampling.constraints import CompiledConstraints
from stylernn.sampling.guidance import Bias, SamplingConfig
from stylernn.sampling.state import SamplerState
from stylernn.system import executable_cache
from stylernn.system.executable_cache import Program

__all__ = ["SamplingConfig", "bucket", "draw"]

# Most steps of one call of the program; longer melodies take several calls. Set by hand.
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
    """Continue a batch of candidates until all have halted.

    Args:
        parameters: of the network.
        state: the state so far, see `state.begin`. A candidate that fills all its events ends with
            the last one.
        piece: the conditions, without a batch axis.
        constraints: what may not be drawn freely.
        bias: what is added to the logits.
        config: how to sample.
        seed: candidate k of a seed is the same whatever the number of candidates.
        until: time code. A candidate halts after its first event at or after it.

    Returns:
        The state in which all candidates have ended or have reached `until`.
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
        # Imported here because they import Flax, which a stored program does not need.
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

    cell = _source_of(CELLS[parameters.settings.cell])
    facts = repr((parameters.settings, parameters.parents, most, version("flax"), cell))
    program = Program("draw", "stylernn.sampling.sampler", facts, len(written), function)
    while not state.halted.all():
        run = executable_cache.compiled(program, [*written, *settled])
        written = [np.asarray(leaf) for leaf in run(*written, *settled)]
        state = jax.tree.unflatten(shape, written)
    return state


def bucket(size: int, smallest: int) -> int:
    """Round a size up to the smallest one times a power of two.

    Args:
        size: number of elements that are needed.
        smallest: the smallest size.

    Returns:
        The size to allocate.

    Example:
        >>> [bucket(size, smallest=64) for size in (1, 64, 65, 200)]
        [64, 64, 128, 256]
    """
    return smallest * 2 ** max(0, int(np.ceil(np.log2(max(size, 1) / smallest))))


def _source_of(cell: Cell) -> str:
    """The code and the parameters of a cell that was registered from outside the package."""
    outside = [
        each for each in type(cell).__mro__ if each.__module__.partition(".")[0] != "stylernn"
    ]
    modules = [inspect.getmodule(each) for each in outside if each.__module__ != "builtins"]
    texts = [repr(sorted(vars(cell).items()))]
    for module in filter(None, modules):
        try:
            texts.append(inspect.getsource(module))
        except (OSError, TypeError):  # a module without a file, such as a prompt
            texts.append(repr(id(cell)))
    return hashlib.sha256("".join(texts).encode()).hexdigest()
