"""The network's parameters as plain arrays by name, which is how model files keep them.

A sampler whose program is compiled already needs them and no network. So nothing here imports flax, which takes half a
second; `network` builds the network that they belong to.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stylernn.config import ModelSettings
from stylernn.errors import ModelFileError
from stylernn.model.cell_base import Cell
from stylernn.model.cells import CELLS
from stylernn.representation import features as ft
from stylernn.representation.attributes import ATTRIBUTES, CLASSES
from stylernn.representation.copy_memory import ONSETS, SUGGESTIONS
from stylernn.representation.event_codec import DURATIONS, PITCHES

__all__ = [
    "ONSET_OUTPUTS",
    "PITCH_OUTPUTS",
    "PREVIOUS",
    "STRUCTURAL",
    "Arrays",
    "Parameters",
    "checked",
    "flatten",
    "shapes",
    "style_kernels",
    "unflatten",
]

Arrays = Mapping[str, Any]
"""Arrays by path, such as "layers/0/recurrent"."""

PREVIOUS, STRUCTURAL = 24, 14
"""Largest intervals, in semitones, that the pitch head scores from the previous and from the structural notes."""

ONSET_OUTPUTS = ONSETS + SUGGESTIONS + 1
PITCH_OUTPUTS = 2 * PREVIOUS + 1 + 2 * (2 * STRUCTURAL + 1) + SUGGESTIONS + 1


class Parameters(NamedTuple):
    """What makes a network.

    Args:
        settings: its sizes.
        parents: the tree of styles, see `layers.StyleTable`.
        arrays: see `shapes`.
    """

    settings: ModelSettings
    parents: tuple[int, ...]
    arrays: Arrays


def shapes(settings: ModelSettings, styles: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the parameters of a network that knows so many styles, the null style included."""
    return dict(_shapes(settings, styles))


def _shapes(settings: ModelSettings, styles: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, style, small, head = settings.hidden, settings.style, settings.skeleton, settings.head
    yield from ((f"styles/{name}", (styles, style)) for name in ("roots", "deltas"))
    tables = {"skeleton": (ft.SKELETON_FEATURES, small), "event": (ft.ONSET_FEATURES, width)}
    tables |= {"pitch": (ft.PITCH_FEATURES, head), "duration": (ft.DURATION_FEATURES, head)}
    yield from (
        (f"{name}_in/table", (sum(sizes), units)) for name, (sizes, units) in tables.items()
    )
    yield "candidates/table", (24 + 2 * PITCHES, head)
    yield "traits_in/table", (CLASSES * len(ATTRIBUTES), width)
    yield "pitch_traits/table", (CLASSES * len(ATTRIBUTES), head)
    yield "view_in/kernel", (4 * small, width)
    yield "pitch_view/kernel", (4 * small, head)
    linear = {
        "onset_out": (width, ONSET_OUTPUTS),
        "pitch_hidden": (width, head),
        "pitch_out": (head, PITCH_OUTPUTS),
    }
    linear |= {"duration_out": (head, len(DURATIONS)), "pitch_film/linear": (style, 2 * head)}
    linear |= {f"films/{k}/linear": (style, 2 * width) for k in range(settings.layers)}
    for name, (inputs, outputs) in linear.items():
        yield f"{name}/kernel", (inputs, outputs)
        yield f"{name}/bias", (outputs,)
    for name, cell, units in _recurrent_layers(settings):
        gates = cell.gates * units
        yield f"{name}/input/kernel", (units, gates)
        yield f"{name}/style/kernel", (style, gates)
        yield from ((f"{name}/{own}", shape) for own, shape in cell.shapes(units).items())
        yield f"{name}/bias", (gates,)


def _recurrent_layers(settings: ModelSettings) -> list[tuple[str, Cell, int]]:
    """Name, cell and number of units of every recurrent layer, the skeleton encoder's first."""
    encoder = [(name, CELLS["lstm"], settings.skeleton) for name in ("forwards", "backwards")]
    cell = CELLS[settings.cell]
    return encoder + [(f"layers/{k}", cell, settings.hidden) for k in range(settings.layers)]


def style_kernels(settings: ModelSettings) -> set[str]:
    """Names of the matrices that the style embedding is multiplied with.

    Args:
        settings: sizes of the network.

    Returns:
        Names of arrays of shape (style, outputs).

    Example:
        >>> sorted(style_kernels(ModelSettings(layers=1)))[:2]
        ['backwards/style/kernel', 'films/0/linear/kernel']
    """
    films = ["pitch_film", *(f"films/{k}" for k in range(settings.layers))]
    recurrent = [name for name, _, _ in _recurrent_layers(settings)]
    return {f"{name}/linear/kernel" for name in films} | {
        f"{name}/style/kernel" for name in recurrent
    }


def checked(parameters: Parameters) -> Parameters:
    """The parameters, without arrays that no network has.

    Raises:
        ModelFileError: if one is missing or has another shape.
    """
    wanted = shapes(parameters.settings, len(parameters.parents))
    for name, shape in wanted.items():
        _check(name, shape, parameters.arrays)
    return parameters._replace(arrays={name: parameters.arrays[name] for name in wanted})


def flatten(tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a tree by their path."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {_name(path): np.asarray(leaf) for path, leaf in leaves}


def unflatten(like: Any, arrays: Arrays) -> Any:
    """Put arrays back into a tree of the same paths and shapes.

    Raises:
        ModelFileError: if a path is missing or has another shape.
    """

    def fill(path: Any, leaf: Any) -> jax.Array:
        name = _name(path)
        _check(name, leaf.shape, arrays)
        return jnp.asarray(arrays[name], leaf.dtype)

    return jax.tree_util.tree_map_with_path(fill, like)


def _check(name: str, shape: tuple[int, ...], arrays: Arrays) -> None:
    if name not in arrays or arrays[name].shape != shape:
        found = f"shape {arrays[name].shape}" if name in arrays else "nothing"
        raise ModelFileError(
            f"the array {name} does not fit", expected=f"shape {shape}", found=found
        )


def _name(path: Any) -> str:
    keys = [
        str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path
    ]
    return "/".join(keys[:-1] if keys[-1] == "value" else keys)
