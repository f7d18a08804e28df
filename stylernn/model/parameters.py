"""The network's parameters as plain arrays by name, as they are in model files.

The sampler needs only these where its program has been compiled before. Therefore nothing here
imports flax, which takes half a second, and the shapes of all parameters are declared here once
more; a test compares them with those of `network.Network`.
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
"""Largest intervals in semitones that the pitch head scores: from the previous note, and from the
structural notes around it."""

ONSET_OUTPUTS = ONSETS + SUGGESTIONS + 1
"""Outputs of the onset head: scores of the onset classes, a gate for each suggestion, and one for
the onset of the next structural note."""

PITCH_OUTPUTS = 2 * PREVIOUS + 1 + 2 * (2 * STRUCTURAL + 1) + SUGGESTIONS + 1
"""Outputs of the pitch head: scores of the intervals from the previous note and from two structural
notes, a gate for each suggestion, and a score of REST."""


class Parameters(NamedTuple):
    """All that a network is built from.

    Args:
        settings: its sizes.
        parents: the tree of styles, see `layers.StyleTable`.
        arrays: its parameters by name, see `shapes`.
    """

    settings: ModelSettings
    parents: tuple[int, ...]
    arrays: Arrays


def shapes(settings: ModelSettings, styles: int) -> dict[str, tuple[int, ...]]:
    """Name the parameters of a network and their shapes.

    Args:
        settings: its sizes.
        styles: number of styles, the null style included.

    Returns:
        Shapes by name.

    Example:
        >>> shapes(ModelSettings(style=32), styles=10)["styles/roots"]
        (10, 32)
    """
    return dict(_shapes(settings, styles))


def _shapes(settings: ModelSettings, styles: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every parameter."""
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
    """Check that parameters are those of a network.

    Args:
        parameters: from a model file, which may have further arrays.

    Returns:
        The parameters without further arrays.

    Raises:
        ModelFileError: if an array is missing or has another shape.
    """
    wanted = shapes(parameters.settings, len(parameters.parents))
    for name, shape in wanted.items():
        _check(name, shape, parameters.arrays)
    return parameters._replace(arrays={name: parameters.arrays[name] for name in wanted})


def flatten(tree: Any) -> dict[str, np.ndarray]:
    """Name the arrays of a tree by their paths.

    Args:
        tree: nested dictionaries, lists, NamedTuples or the state of a flax module.

    Returns:
        Arrays by path, the parts of which are separated by slashes.

    Example:
        >>> flatten({"layers": [{"bias": np.zeros(2)}]})
        {'layers/0/bias': array([0., 0.])}
    """
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {_name(path): np.asarray(leaf) for path, leaf in leaves}


def unflatten(like: Any, arrays: Arrays) -> Any:
    """Put named arrays back into a tree.

    Args:
        like: a tree of arrays, or of anything with a shape and a dtype.
        arrays: by path, as `flatten` names them; there may be others.

    Returns:
        A tree like it with these arrays.

    Raises:
        ModelFileError: if a path is missing or its array has another shape.

    Example:
        >>> unflatten({"bias": np.zeros(2, np.float32)}, {"bias": np.ones(2)})
        {'bias': Array([1., 1.], dtype=float32)}
    """

    def fill(path: Any, leaf: Any) -> jax.Array:
        name = _name(path)
        _check(name, leaf.shape, arrays)
        return jnp.asarray(arrays[name], leaf.dtype)

    return jax.tree_util.tree_map_with_path(fill, like)


def _check(name: str, shape: tuple[int, ...], arrays: Arrays) -> None:
    """Raise a ModelFileError unless there is an array of that name and shape."""
    if name not in arrays or arrays[name].shape != shape:
        found = f"shape {arrays[name].shape}" if name in arrays else "nothing"
        raise ModelFileError(
            f"the array {name} does not fit", expected=f"shape {shape}", found=found
        )


def _name(path: Any) -> str:
    """The path of a leaf as text, without the "value" in which flax wraps parameters."""
    keys = [
        str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path
    ]
    return "/".join(keys[:-1] if keys[-1] == "value" else keys)
