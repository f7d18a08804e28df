"""The style that a text names: one of the model's, a personal one, a tune, or a mixture of these.

A mixture is written "jazz=0.7,celtic=0.3". Its vector is the weighted mean of the embeddings of its
styles. In a copy of the model it replaces the style of the greatest weight, so that the number of
styles stays the same and nothing has to be compiled again.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from stylernn.adaptation import user_styles
from stylernn.corpus.styles import Style
from stylernn.errors import UsageError
from stylernn.formats import registry
from stylernn.model.checkpoint import Model
from stylernn.representation import attributes

__all__ = ["knowing", "parse", "resolve"]


def parse(text: str) -> dict[str, float]:
    """Read a style or a mixture as weights.

    Args:
        text: "jazz", or "jazz=0.7,celtic=0.3"; the weights need not add up to 1.

    Returns:
        Weights by name of the style; they add up to 1.

    Raises:
        UsageError: if a weight is missing, is no positive number, or a style is named twice.

    Example:
        >>> parse("jazz=3,celtic=1")
        {'jazz': 0.75, 'celtic': 0.25}
        >>> parse("jazz")
        {'jazz': 1.0}
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (field.strip() for field in part.partition("="))
        try:
            weight = float(number) if equals or "," in text else 1.0
        except ValueError:
            weight = math.nan
        if not name or name in weights or not 0 < weight < math.inf:
            found = f"{part.strip()!r} in {text!r}"
            raise UsageError(
                "cannot mix styles",
                expected="distinct styles, as in jazz=0.7,celtic=0.3",
                found=found,
            )
        weights[name] = weight
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def resolve(model: Model, text: str) -> tuple[Model, int]:
    """Find a style or a mixture, and put it into a copy of the model if need be.

    Args:
        model: a model.
        text: see `parse`; a name is a style of the model, a personal style or a music file.

    Returns:
        The model, or a copy of it that has the style, and the index of the style in it.

    Raises:
        UsageError: if `parse` refuses the text, or a style is unknown.
        StylernnError: if a personal style, or the file of a tune, cannot be used.
    """
    weights = parse(text)
    model = knowing(model, weights)
    shares = {model.style(name): weight for name, weight in weights.items()}
    position = max(shares, key=lambda index: shares[index])
    if len(shares) == 1:
        return model, position
    styles = model.header.styles
    blended = _blended(text, [(styles[index - 1], weight) for index, weight in shares.items()])
    known = user_styles.vectors(model)
    vector = sum(weight * known[index] for index, weight in shares.items())
    model = user_styles.put(model, position, blended, vector)
    named = {styles[index - 1].name: weight for index, weight in shares.items()}
    return replace(model, arrays=attributes.mixed(model.arrays, named, blended.name)), position


def knowing(model: Model, names: Iterable[str]) -> Model:
    """Put personal styles and the styles of tunes into a copy of a model.

    Args:
        model: a model.
        names: of styles; those that are neither personal styles nor music files are left out.

    Returns:
        A copy of the model, or the same model if nothing has to be added.

    Raises:
        StylernnError: if a personal style, or the file of a tune, cannot be used.
    """
    wanted = list(names)
    others = [name for name in wanted if name not in {style.name for style in model.header.styles}]
    found = {}
    for name in others:
        if Path(name).suffix.lower() in registry.endings():
            from stylernn.adaptation import adapt  # its optimisers take a second to import

            own = adapt.like(model, Path(name))
            found[name] = replace(own, style=replace(own.style, name=name))
        elif name in user_styles.saved_styles():
            found[name] = user_styles.load(user_styles.file_of(name))
    return (
        user_styles.with_user_styles(model, list(found.values()), spared=wanted) if found else model
    )


def _blended(name: str, parts: Sequence[tuple[Style, float]]) -> Style:
    """The statistics of a mixture: weighted means over its styles, and the metres of all."""
    weightiest = max(parts, key=lambda part: part[1])[0]

    def mean(attribute: str) -> float:
        return sum(weight * getattr(style, attribute) for style, weight in parts)

    names = {metre for style, _ in parts for metre in style.metres}
    metres = {
        name: sum(weight * style.metres.get(name, 0.0) for style, weight in parts) for name in names
    }
    # The density in a metre is a mean over the styles, weighted by their shares of the metre.
    notes = {
        name: sum(w * s.metres.get(name, 0.0) * s.densities.get(name, 0.0) for s, w in parts)
        for name in names
    }
    densities = {name: notes[name] / share for name, share in metres.items() if share}
    return replace(
        weightiest,
        description=f"mixture: {name}",
        register=round(mean("register")),
        pitch_range=tuple(
            round(sum(weight * style.pitch_range[k] for style, weight in parts)) for k in (0, 1)
        ),
        diatonic=mean("diatonic"),
        silence=mean("silence"),
        density=mean("density"),
        metres=metres,
        densities=densities,
        tempo=mean("tempo"),
    )
