"""Training on several devices: each has a share of the batch and all of the weights.

The devices are those of one machine or, after `join` has been called in each process, those of
several processes on several machines. Every process computes the whole batch, which is a function
of the seed and the step, and uses its share of it. Only gradients are sent between processes, and
only the first process writes files.
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
    """Make this process one of several that train together. Call it before any other use of JAX.

    Args:
        coordinator: address of the first process, "host:port"; by default that of the variable
            JAX_COORDINATOR_ADDRESS or of the cluster (Slurm, MPI, a cloud).
        processes: number of processes; by default that of the cluster.
        number: of this process, from 0; by default that of the cluster.

    Raises:
        TrainingError: if the address or a number is missing, or the other processes do not join.
    """
    try:
        jax.distributed.initialize(coordinator, processes, number)
    except (ValueError, RuntimeError) as error:
        remedy = "Give --coordinator HOST:PORT, --processes N and --process K to each of them."
        raise TrainingError(
            "cannot join the other processes", found=str(error), remedy=remedy
        ) from error


def mesh() -> Mesh:
    """A mesh of one axis with all devices of all processes."""
    return Mesh(np.array(jax.devices()), (_AXIS,))


def is_writer() -> bool:
    """Whether this process, the first of all, writes the files."""
    return jax.process_index() == 0


def wait_for_all(moment: str) -> None:
    """Wait until all processes have reached this point.

    Args:
        moment: name of the point, the same in all processes.
    """
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(moment)


def replicate(tree: Tree, devices: Mesh) -> Tree:
    """Copy arrays to all devices.

    Args:
        tree: any tree of arrays.
        devices: from `mesh`.

    Returns:
        The same tree, with every array on all devices.
    """
    return _placed(tree, NamedSharding(devices, Spec()))


def shard(batch: Batch[np.ndarray], devices: Mesh) -> Batch[jax.Array]:
    """Divide the windows of a batch among the devices.

    Args:
        batch: windows on the first axis of every array.
        devices: from `mesh`.

    Returns:
        The batch, padded to a multiple of the number of devices, with a share on each of them.
    """
    return _placed(pad_to_multiple(batch, devices.size), NamedSharding(devices, Spec(_AXIS)))


def pad_to_multiple(batch: Batch[np.ndarray], shares: int) -> Batch[np.ndarray]:
    """Repeat the last window of a batch until the number of windows is a multiple.

    The repeated windows are not scored. The loss, a sum over scored events divided by their number,
    stays the same.

    Args:
        batch: windows on the first axis of every array.
        shares: the number of windows becomes a multiple of it.

    Returns:
        The padded batch, or the same batch if no window is missing.
    """
    missing = -len(batch.scored) % shares
    if missing:
        batch = jax.tree.map(
            lambda x: np.concatenate([x, np.repeat(x[-1:], missing, axis=0)]), batch
        )
        batch.scored[-missing:] = 0
    return batch


def _placed(tree: Any, sharding: NamedSharding) -> Any:
    def put(leaf: np.ndarray) -> jax.Array:
        whole = np.asarray(leaf)
        return jax.make_array_from_callback(whole.shape, sharding, lambda share: whole[share])

    return jax.tree.map(put, tree)
