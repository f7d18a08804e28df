"""Mixtures of styles: "jazz=0.7,celtic=0.3".

A mixture is a point between the embeddings of its styles. It takes the place of its weightiest style in a copy of the
model, so that it runs through the programs that are compiled for that model already.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stylernn.checkpoint import Header, Model
from stylernn.errors import UsageError
from stylernn.styles import Style, parents

__all__ = ["parse", "resolve"]


def parse(text: str) -> dict[str, float]:
    """Read "jazz=0.7,celtic=0.3" as weights that add up to 1; "jazz" alone weighs 1.

    Raises:
        UsageError: if a weight is missing, is no positive number, or a style is named twice.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        try:
            weight = float(number) if equals or "," in text else 1.0
        except ValueError:
            weight = math.nan
        if not name or name in weights or not 0 < weight < math.inf:
            found = f"{part.strip()!r} in {text!r}"
            raise UsageError("cannot mix styles", expected="distinct styles, as in jazz=0.7,celtic=0.3", found=found)
        weights[name] = weight
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def resolve(model: Model, text: str) -> tuple[Model, int]:
    """The model that knows what a style or a mixture names, and its index there.

    Raises:
        UsageError: if `parse` does not understand it, or the model does not know a style.
    """
    weights = parse(text)
    shares = {model.style(name): weight for name, weight in weights.items()}
    place = max(shares, key=lambda index: shares[index])
    if len(shares) == 1:
        return model, place
    styles = model.header.styles
    blended = _blended(text, [(styles[index - 1], weight) for index, weight in shares.items()])
    tree = tuple(blended if index == place else style for index, style in enumerate(styles, 1))
    parent = parents(styles)
    roots, deltas = model.arrays["styles/roots"].copy(), model.arrays["styles/deltas"].copy()
    vector = sum(weight * _vector(roots, deltas, parent, index) for index, weight in shares.items())
    if parent[place] == place:
        roots[place] = vector
    else:
        deltas[place] = vector - roots[parent[place]]
    header: Header = replace(model.header, styles=tree)
    return Model(header, {**model.arrays, "styles/roots": roots, "styles/deltas": deltas}), place


def _vector(roots: np.ndarray, deltas: np.ndarray, parent: Sequence[int], index: int) -> np.ndarray:
    own = deltas[index] if parent[index] != index else 0.0
    return roots[parent[index]] + own


def _blended(name: str, parts: Sequence[tuple[Style, float]]) -> Style:
    """The profile of a mixture: weighted means, and the metres of all."""
    heaviest = max(parts, key=lambda part: part[1])[0]

    def mean(attribute: str) -> float:
        return sum(weight * getattr(style, attribute) for style, weight in parts)

    names = {metre for style, _ in parts for metre in style.metres}
    return replace(
        heaviest,
        description=f"mixture: {name}",
        register=round(mean("register")),
        reach=tuple(round(sum(weight * style.reach[k] for style, weight in parts)) for k in (0, 1)),
        diatonic=mean("diatonic"),
        density=mean("density"),
        metres={metre: sum(weight * style.metres.get(metre, 0.0) for style, weight in parts) for metre in names},
        tempo=mean("tempo"),
    )
