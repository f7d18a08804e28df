"""Hearing a personal style among the model's own.

From a few tunes no forest can be grown (see `classifier`), but a mean can be taken. If all styles
spread about their means alike, that is enough to tell one from the others: the linear discriminant.
So the model file has the means of its root styles over `descriptors`, and how sections of one style
spread, as arrays named `discriminant/...`: `scale`, the standard deviation of each descriptor;
`precision`, the inverse of their shrunk correlations; and `mean/STYLE`, in units of the scale. A
personal style brings its own mean, which stands beside them as `own/STYLE`.

References:
    Fisher, The use of multiple measurements in taxonomic problems (1936), Annals of Eugenics 7.
    Friedman, Regularized discriminant analysis (1989), JASA 84, for shrinking.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from stylernn.corpus.styles import Style
from stylernn.music.descriptors import mean_of_sections

__all__ = ["PREFIX", "with_user_style", "fit", "has_style", "style_margins"]

PREFIX = "discriminant/"
_MEAN, _OWN = f"{PREFIX}mean/", f"{PREFIX}own/"
_SHRUNK = 0.5
_LEAST_SCALE = 1e-3
_CLEAR = 5.0
"""Log-odds at which a style is heard clearly."""


def fit(described: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a model.

    Args:
        described: sections of each style, (sections, descriptors); every style counts for as much.
    """
    within = np.mean([np.cov(rows.T, bias=True) for rows in described.values()], axis=0)
    scale = np.sqrt(np.diag(within)) + _LEAST_SCALE
    correlation = (1 - _SHRUNK) * within / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    arrays = {f"{PREFIX}scale": scale, f"{PREFIX}precision": np.linalg.inv(correlation)}
    arrays |= {f"{_MEAN}{name}": rows.mean(axis=0) / scale for name, rows in described.items()}
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def with_user_style(
    arrays: Mapping[str, np.ndarray], name: str, described: np.ndarray
) -> dict[str, np.ndarray]:
    """What a model needs in addition to hear a personal style; nothing if it has no means of its
    own.

    Args:
        arrays: of the model.
        name: of the personal style.
        described: mean of its tunes' descriptors, (descriptors,).
    """
    scale = arrays.get(f"{PREFIX}scale")
    return {} if scale is None else {f"{_OWN}{name}": described / scale}


def has_style(arrays: Mapping[str, np.ndarray], style: Style) -> bool:
    """Whether a style is a personal one that a model can hear."""
    return f"{_OWN}{style.name}" in arrays


def style_margins(
    arrays: Mapping[str, np.ndarray], style: Style, described: Sequence[np.ndarray]
) -> np.ndarray | None:
    """How much more each melody is like a personal style than like the next best one; float64,
    shape (melodies,).

    Args:
        arrays: of a model, see `fit` and `with_user_style`.
        style: that the melodies are meant to be in.
        described: each melody, see `descriptors.describe_sections`.

    Returns:
        From -1 to 1, the log-odds squashed; or None where the style is not a personal one, or the
        model has no means.
    """
    if not has_style(arrays, style):
        return None
    names = [name for name in arrays if name.startswith((_MEAN, _OWN))]
    means = np.stack([arrays[name] for name in names]).astype(np.float64)
    slopes = means @ arrays[f"{PREFIX}precision"]
    scores = (
        np.concatenate(described) / arrays[f"{PREFIX}scale"] @ slopes.T
        - (slopes * means).sum(axis=1) / 2
    )
    mine = np.array(names) == f"{_OWN}{style.name}"
    odds = scores[:, mine][:, 0] - scores[:, ~mine].max(axis=1)
    return np.tanh(mean_of_sections(odds, described) / _CLEAR)
