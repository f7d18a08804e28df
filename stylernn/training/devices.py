"""One training step over several devices: the batch is divided among them, the weights are the same on all.

Devices may be those of one machine or, once `join` has been called in each, of several processes on several machines.
Every process makes the whole batch, which is a function of the seed and the step, and keeps its share, so no data pass
between them but the gradients. Only the first process writes files.
"""

from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec

from stylernn.errors import TrainingError
from stylernn.representation.arrays import Batch

__all__ = ["shard", "replicate", "pad_to_multiple", "is_writer", "join", "mesh", "wait_for_all"]

Tree = TypeVar("Tree")
_AXIS = "windows"


def join(
    coordinator: str | None = None, processes: int | None = None, number: int | None = None
) -> None:
    """Make this process one of several that train together; to be called before anything else of jax.

    Args:
        coordinator: address of the first process, "host:port"; by default from JAX_COORDINATOR_ADDRESS, or as the
            cluster (Slurm, MPI, a cloud's) tells it.
        processes: how many there are.
        number: this one's, from 0.

    Raises:
        TrainingError: if it is not told how, or the others do not come.
    """
    try:
        jax.distributed.initialize(coordinator, processes, number)
    except (ValueError, RuntimeError) as error:
        remedy = "Give --coordinator HOST:PORT, --processes N and --process K to each of them."
        raise TrainingError(
            "cannot join the other processes", found=str(error), remedy=remedy
        ) from error


def mesh() -> Mesh:
    """All devices of all processes, in a row."""
    return Mesh(np.array(jax.devices()), (_AXIS,))


def is_writer() -> bool:
    """Whether this process writes the files."""
    return jax.process_index() == 0


def wait_for_all(moment: str) -> None:
    """Go on when all processes have come here."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(moment)


def replicate(tree: Tree, devices: Mesh) -> Tree:
    """The same arrays on all devices."""
    return _placed(tree, NamedSharding(devices, Spec()))


def shard(batch: Batch[np.ndarray], devices: Mesh) -> Batch[jax.Array]:
    """A share of the windows on each device."""
    return _placed(pad_to_multiple(batch, devices.size), NamedSharding(devices, Spec(_AXIS)))


def pad_to_multiple(batch: Batch[np.ndarray], shares: int) -> Batch[np.ndarray]:
    """A batch that can be divided evenly: the last window is repeated, without being scored.

    The loss is a sum over scored events divided by their number, so it stays the same.
    """
    missing = -len(batch.scored) % shares
    if missing:
        batch = jax.tree.map(
            lambda x: np.concatenate([x, np.repeat(x[-1:], missing, axis=0)]), batch
        )
        batch.scored[-missing:] = 0
    return batch


def _placed(tree: Any, sharding: NamedSharding) -> Any:
    def place(leaf: np.ndarray) -> jax.Array:
        whole = np.asarray(leaf)
        return jax.make_array_from_callback(whole.shape, sharding, lambda share: whole[share])

    return jax.tree.map(place, tree)
