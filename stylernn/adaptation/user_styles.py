"""Personal styles: what `adapt` has learnt from a few tunes, as small files in the user's data folder.

A personal style is a point among the styles of one model, and what the model's style kernels answer to a direction of
the style space that no style of its own uses. So it changes nothing for the others, and mixes with them. In a copy of
the model it takes the place of a style that is not asked for, so that it runs through the programs that are compiled
for that model already.
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
_KERNEL_UPDATES = "answers/"


@dataclass(frozen=True)
class Personal:
    """A style learnt for one model.

    Args:
        style: its name, profile, and the numbers of tunes and notes that it was learnt from.
        model: `Model.digest` of the model that it belongs to.
        tunes: fingerprint of the tunes, see `corpus.fingerprint`.
        vector: a point of the space that the model's styles span, (width,).
        kernel_updates: by name of a style kernel, what it adds for this style, (outputs,).
        facts: what the learning measured.
        attributes: of its tunes, see `attributes.rows`; None in early files.
        described: mean of its tunes' descriptors, by which it is heard among other styles, see `discriminant`; None in
            early files.
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
    """The embedding of every style of a model, the null style first, (styles + 1, width)."""
    parent = np.array(parents(model.header.styles))
    own = (parent != np.arange(len(parent)))[:, None]
    return model.arrays["styles/roots"][parent] + own * model.arrays["styles/deltas"]


def free_directions(model: Model) -> np.ndarray:
    """Orthonormal directions that no style of a model has a part of, (directions, width); there may be none."""
    known = vectors(model)
    return np.linalg.svd(known, full_matrices=True)[2][len(known) :].astype(np.float32)


def style_kernels(model: Model) -> list[str]:
    """Names of the matrices that a style vector is multiplied with."""
    names = parameters.style_kernels(model.header.settings.model)
    return [name for name in model.arrays if name in names]


def put(model: Model, position: int, style: Style, vector: np.ndarray) -> Model:
    """A copy of a model with another style in the place of one of its own."""
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
    """A copy of a model that knows personal styles.

    Args:
        model: that they belong to.
        styles: each takes the place of a style of the model, and a free direction where it has answers.
        spared: names of styles that stay.

    Raises:
        ModelFileError: if a style was learnt for another model.
        UsageError: if there is no room for so many.
    """
    free, places = free_directions(model), _places(model, spared)
    if len(styles) > len(places) or any(own.kernel_updates for own in styles[len(free) :]):
        raise UsageError(f"the model has no room for {len(styles)} personal styles at once")
    changed = model
    for own, position, number in zip(styles, places, range(len(styles)), strict=False):
        _check_model(own, model)
        direction = free[number] if own.kernel_updates else np.zeros_like(own.vector)
        changed = put(
            changed,
            position,
            _in_place_of(model.header.styles[position - 1], own.style),
            own.vector + direction,
        )
        kernels = {
            name: _updated(changed.arrays[name], direction, answer)
            for name, answer in own.kernel_updates.items()
        }
        heard = (
            {}
            if own.described is None
            else discriminant.with_user_style(model.arrays, own.style.name, own.described)
        )
        heard |= (
            {} if own.attributes is None else {attributes.PREFIX + own.style.name: own.attributes}
        )
        changed = Model(changed.header, {**changed.arrays, **kernels, **heard})
    return changed


def _updated(kernel: np.ndarray, direction: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """A kernel that answers so to a unit direction, and to what is orthogonal to it as before."""
    return kernel + np.outer(direction, answer - direction @ kernel)


def _places(model: Model, spared: Collection[str]) -> list[int]:
    """Indices of the styles that can give way: those without children, roots first."""
    styles = model.header.styles
    elders = {style.parent for style in styles if style.parent != style.name}
    open_ = [k for k, style in enumerate(styles, 1) if style.name not in {*elders, *spared}]
    return sorted(open_, key=lambda k: styles[k - 1].parent != styles[k - 1].name)


def _in_place_of(replaced: Style, style: Style) -> Style:
    return replace(
        style, parent=style.name if replaced.parent == replaced.name else replaced.parent
    )


def _check_model(own: Personal, model: Model) -> None:
    if own.model != model.digest:
        problem = f"the style {own.style.name} was learnt for another model"
        expected, found = f"model {model.digest:.12}", f"{own.model:.12}"
        remedy = "Learn it for this one: stylernn add-style FOLDER --name NAME --force, with the same --model."
        raise ModelFileError(problem, expected=expected, found=found, remedy=remedy)


def check_name(name: str) -> None:
    """Refuse what cannot name a style.

    Raises:
        UsageError: if it is empty, too long or has other characters than letters, digits, - and _.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a style", expected="up to 40 letters, digits, - and _"
        )


def file_of(name: str) -> Path:
    """Where the personal style of a name is kept."""
    return paths.data_folder() / "styles" / f"{name}{_ENDING}"


def saved_styles() -> list[str]:
    """Names of the user's personal styles."""
    return sorted(
        path.stem for path in file_of("x").parent.glob(f"*{_ENDING}") if _NAME.fullmatch(path.stem)
    )


def remove(name: str) -> None:
    """Remove a personal style.

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
    """Write a personal style, its folder included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "vector": own.vector,
        **{f"{_KERNEL_UPDATES}{name}": answer for name, answer in own.kernel_updates.items()},
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
        style, told = (
            checkpoint.style_from(facts["style"]),
            (str(facts["model"]), str(facts["tunes"])),
        )
        further = (arrays.get(name) for name in ("described", "traits"))
        return Personal(style, *told, arrays["vector"], kernel_updates, facts["learning"], *further)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"{path} has a damaged header", found=str(error)) from error
