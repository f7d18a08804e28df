"""Personal styles, which `adapt` learns from a few tunes, as small files in the user's data folder.

A personal style is a vector among the style vectors of one model, and an update of the model's
style kernels in a direction of the style space that is orthogonal to all of its styles. The update
changes nothing for the other styles, and the personal style can be mixed with them. In a copy of
the model it replaces a style that is not asked for, so that nothing has to be compiled again.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stylernn.corpus.styles import Style, parents
from stylernn.errors import ModelFileError, UsageError
from stylernn.model import checkpoint, parameters
from stylernn.model.checkpoint import Model
from stylernn.representation import attributes
from stylernn.reranking import discriminant
from stylernn.system import paths

__all__ = [
    "Personal",
    "with_user_styles",
    "check_name",
    "file_of",
    "free_directions",
    "saved_styles",
    "load",
    "put",
    "remove",
    "save",
    "style_kernels",
    "vectors",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_ENDING = ".safetensors"
_KERNEL_UPDATES = "answers/"  # prefix of their names in the file


@dataclass(frozen=True)
class Personal:
    """A style learnt for one model.

    Args:
        style: its label, with statistics of the tunes that it was learnt from.
        model: `Model.digest` of the model that it belongs to.
        tunes: fingerprint of the tunes, see `corpus.fingerprint`.
        vector: a vector in the span of the model's style vectors; float32, shape (width,).
        kernel_updates: by name of a style kernel, its outputs for the free direction; float32,
            shape (outputs,).
        facts: mixture weights and losses of the learning.
        described: mean of its tunes' descriptors, from which the classifier of styles knows it, see
            `discriminant`; None in files of early versions.
        attributes: reference attributes of its tunes, see `attributes.rows`; None in files of early
            versions.
    """

    style: Style
    model: str
    tunes: str
    vector: np.ndarray
    kernel_updates: Mapping[str, np.ndarray]
    facts: Mapping[str, Any]
    described: np.ndarray | None = None
    attributes: np.ndarray | None = None


def vectors(model: Model) -> np.ndarray:
    """The embedding vectors of all styles of a model.

    Args:
        model: a model.

    Returns:
        float32, shape (styles + 1, width); the null style is the first.
    """
    parent = np.array(parents(model.header.styles))
    own = (parent != np.arange(len(parent)))[:, None]
    return model.arrays["styles/roots"][parent] + own * model.arrays["styles/deltas"]


def free_directions(model: Model) -> np.ndarray:
    """Orthonormal directions that are orthogonal to all style vectors of a model.

    Args:
        model: a model.

    Returns:
        float32, shape (directions, width); there may be none.
    """
    known = vectors(model)
    return np.linalg.svd(known, full_matrices=True)[2][len(known) :].astype(np.float32)


def style_kernels(model: Model) -> list[str]:
    """Names of the matrices that a style vector is multiplied with.

    Args:
        model: a model.

    Returns:
        Names of its arrays, in its order.
    """
    names = parameters.style_kernels(model.header.settings.model)
    return [name for name in model.arrays if name in names]


def put(model: Model, position: int, style: Style, vector: np.ndarray) -> Model:
    """Replace a style of a model.

    Args:
        model: a model; it is not changed.
        position: index of the style that is replaced, from 1.
        style: the new style.
        vector: its embedding; float32, shape (width,).

    Returns:
        A copy of the model.
    """
    tree = tuple(
        style if index == position else other for index, other in enumerate(model.header.styles, 1)
    )
    parent = parents(model.header.styles)
    roots, deltas = model.arrays["styles/roots"].copy(), model.arrays["styles/deltas"].copy()
    if parent[position] == position:
        roots[position] = vector
    else:
        deltas[position] = vector - roots[parent[position]]
    arrays = {**model.arrays, "styles/roots": roots, "styles/deltas": deltas}
    return Model(replace(model.header, styles=tree), arrays)


def with_user_styles(
    model: Model, styles: Sequence[Personal], spared: Collection[str] = ()
) -> Model:
    """Put personal styles into a copy of a model.

    Args:
        model: the model that they belong to.
        styles: each replaces a style of the model, and uses a free direction if it has kernel
            updates.
        spared: labels of styles that are not replaced.

    Returns:
        A copy of the model.

    Raises:
        ModelFileError: if a style was learnt for another model.
        UsageError: if there is no room for so many.
    """
    free, positions = free_directions(model), _replaceable(model, spared)
    if len(styles) > len(positions) or any(own.kernel_updates for own in styles[len(free) :]):
        raise UsageError(f"the model has no room for {len(styles)} personal styles at once")
    changed = model
    for own, position, number in zip(styles, positions, range(len(styles)), strict=False):
        _check_model(own, model)
        direction = free[number] if own.kernel_updates else np.zeros_like(own.vector)
        changed = put(
            changed,
            position,
            _in_place_of(model.header.styles[position - 1], own.style),
            own.vector + direction,
        )
        kernels = {
            name: _updated(changed.arrays[name], direction, update)
            for name, update in own.kernel_updates.items()
        }
        further: dict[str, np.ndarray] = {}
        if own.described is not None:
            further |= discriminant.with_user_style(model.arrays, own.style.name, own.described)
        if own.attributes is not None:
            further[attributes.PREFIX + own.style.name] = own.attributes
        changed = Model(changed.header, {**changed.arrays, **kernels, **further})
    return changed


def _updated(kernel: np.ndarray, direction: np.ndarray, update: np.ndarray) -> np.ndarray:
    """A kernel with these outputs for a unit direction, and its own for orthogonal directions."""
    return kernel + np.outer(direction, update - direction @ kernel)


def _replaceable(model: Model, spared: Collection[str]) -> list[int]:
    """Indices of the styles that have no substyles, those without a parent first."""
    styles = model.header.styles
    parents_of_others = {style.parent for style in styles if style.parent != style.name}
    fixed = {*parents_of_others, *spared}
    free = [k for k, style in enumerate(styles, 1) if style.name not in fixed]
    return sorted(free, key=lambda k: styles[k - 1].parent != styles[k - 1].name)


def _in_place_of(replaced: Style, style: Style) -> Style:
    """A style with its own label as its parent, or the parent of the substyle that it replaces."""
    return replace(
        style, parent=style.name if replaced.parent == replaced.name else replaced.parent
    )


def _check_model(own: Personal, model: Model) -> None:
    """Refuse a style that was learnt for another model."""
    if own.model != model.digest:
        problem = f"the style {own.style.name} was learnt for another model"
        expected, found = f"model {model.digest:.12}", f"{own.model:.12}"
        command = "stylernn add-style FOLDER --name NAME --force"
        remedy = f"Learn it for this one: {command}, with the same --model."
        raise ModelFileError(problem, expected=expected, found=found, remedy=remedy)


def check_name(name: str) -> None:
    """Refuse a text that cannot be the label of a personal style.

    Args:
        name: the label.

    Raises:
        UsageError: if it is empty, too long or has other characters than letters, digits, - and _.

    Example:
        >>> check_name("my_style-2")
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a style", expected="up to 40 letters, digits, - and _"
        )


def file_of(name: str) -> Path:
    """The file of the personal style of a name; it need not exist.

    Args:
        name: label of the style.

    Returns:
        A path in the user's data folder.

    Example:
        >>> file_of("mine").name
        'mine.safetensors'
    """
    return paths.data_folder() / "styles" / f"{name}{_ENDING}"


def saved_styles() -> list[str]:
    """Labels of the user's personal styles, in alphabetical order."""
    return sorted(
        path.stem for path in file_of("x").parent.glob(f"*{_ENDING}") if _NAME.fullmatch(path.stem)
    )


def remove(name: str) -> None:
    """Delete a personal style.

    Args:
        name: label of the style.

    Raises:
        UsageError: if there is none of that name.
    """
    if name not in saved_styles():
        names = ", ".join(saved_styles()) or "none"
        raise UsageError(
            f"there is no personal style {name!r}", expected=f"one of your own ({names})"
        )
    file_of(name).unlink()


def save(own: Personal, path: Path) -> None:
    """Write a personal style; the folder is made if it is missing.

    Args:
        own: the style.
        path: of the file, which is replaced if it exists.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "vector": own.vector,
        **{f"{_KERNEL_UPDATES}{name}": update for name, update in own.kernel_updates.items()},
    }
    found = {"described": own.described, "traits": own.attributes}
    arrays |= {name: array for name, array in found.items() if array is not None}
    facts = {
        "style": asdict(own.style),
        "model": own.model,
        "tunes": own.tunes,
        "learning": dict(own.facts),
    }
    checkpoint.save_style(path, arrays, facts)


def load(path: Path) -> Personal:
    """Read a personal style.

    Args:
        path: of the file.

    Returns:
        The style.

    Raises:
        ModelFileError: if the file is missing, damaged or something else.
    """
    arrays, facts = checkpoint.load_style(path)
    try:
        kernel_updates = {
            name.removeprefix(_KERNEL_UPDATES): arrays[name]
            for name in arrays
            if name.startswith(_KERNEL_UPDATES)
        }
        return Personal(
            style=checkpoint.style_from(facts["style"]),
            model=str(facts["model"]),
            tunes=str(facts["tunes"]),
            vector=arrays["vector"],
            kernel_updates=kernel_updates,
            facts=facts["learning"],
            described=arrays.get("described"),
            attributes=arrays.get("traits"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"{path} has a damaged header", found=str(error)) from error
