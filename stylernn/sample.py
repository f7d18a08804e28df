"""Sampling melodies from the network: a batch of candidates, drawn by one compiled program.

The program is that of `turns`. It is kept in the user's cache, so a process that finds it there builds no network.
Sizes come in few steps, so that melodies of many lengths share it; the style is an argument, not a part of it.
"""

from importlib.metadata import version
from typing import NamedTuple

import jax
import numpy as np

from stylernn import programs
from stylernn.choice import Dials
from stylernn.model.parameters import Parameters, checked
from stylernn.pieces import Piece
from stylernn.programs import Program
from stylernn.script import Script

__all__ = ["Dials", "Drawn", "bucket", "draw"]


class Drawn(NamedTuple):
    """Sampled events, (candidates, events), filled up with FAR, END and 0.

    `log_p` is each candidate's log-probability given style and skeleton, `log_p_plain` the same without the style.
    """

    time: np.ndarray
    pitch: np.ndarray
    duration: np.ndarray
    log_p: np.ndarray
    log_p_plain: np.ndarray


def draw(
    parameters: Parameters, piece: Piece, script: Script, dials: Dials, seed: int, count: int, events: int
) -> Drawn:
    """Sample candidates for one piece.

    Args:
        parameters: of the network.
        piece: without a batch axis.
        script: events that are given.
        dials: how to sample.
        seed: candidate k of a seed is the same whatever `count` is.
        count: number of candidates.
        events: most events; a candidate that needs more ends there.
    """
    parameters = checked(parameters)
    numbers = jax.tree.map(np.float32, dials)
    leaves, tree = jax.tree.flatten((parameters.arrays, piece, script, numbers, np.uint32(seed % 2**32)))

    def function(*leaves: jax.Array) -> tuple[jax.Array, ...]:
        from stylernn import turns  # and flax with it: a program that is kept needs neither

        arrays, *asked = jax.tree.unflatten(tree, leaves)
        return turns.run(parameters._replace(arrays=arrays), count, events, *asked)

    facts = repr((parameters.settings, parameters.parents, count, events, version("flax")))
    run = programs.compiled(Program("draw", facts, len(Drawn._fields), function), leaves)
    return Drawn(*(np.asarray(x) for x in run(*leaves)))


def bucket(size: int, smallest: int) -> int:
    """The next of a few sizes, smallest times a power of two, so that lengths share compiled programs."""
    return smallest * 2 ** max(0, int(np.ceil(np.log2(max(size, 1) / smallest))))
