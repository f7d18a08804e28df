"""What the fitted parts of a model file learn from: melodies in the styles of the model."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from stylernn import corpus
from stylernn.corpus import LabelledMelody
from stylernn.model.checkpoint import Model

__all__ = ["LEAST_NOTES", "JudgeData", "read", "root", "split_of_model", "with_arrays", "without"]

LEAST_NOTES = 24
"""Melodies of fewer notes are left out."""


class JudgeData(NamedTuple):
    """Melodies in the styles of a model that have `LEAST_NOTES` or more.

    Args:
        train: of the training split.
        valid: of the validation split.
    """

    train: list[LabelledMelody]
    valid: list[LabelledMelody]


def read(model: Model, data: Path) -> JudgeData:
    """The melodies of a labelled folder that a model's judges learn from.

    Args:
        model: whose styles count.
        data: the labelled folder that the model was trained on.

    Returns:
        The melodies of the training and the validation split.

    Raises:
        CorpusError: if there is no such folder or no music in it.
    """
    split = split_of_model(model, data)
    train, valid = (
        [tune for tune in part if len(tune.melody.notes) >= LEAST_NOTES]
        for part in (split.train, split.valid)
    )
    return JudgeData(train, valid)


def split_of_model(model: Model, data: Path) -> corpus.Split:
    """The frozen split of a labelled folder, of the styles of a model alone.

    Args:
        model: whose styles count.
        data: the labelled folder that the model was trained on.

    Returns:
        The split that the model was trained with.

    Raises:
        CorpusError: if there is no such folder or no music in it.
    """
    styles = {style.name for style in model.header.styles}
    return corpus.split([tune for tune in corpus.load_folder(data) if tune.style in styles])


def without(model: Model, *prefixes: str) -> Model:
    """The model without the arrays of a judge.

    Args:
        model: any model.
        prefixes: how the names of the judge's arrays begin.

    Returns:
        A model with the same header.
    """
    arrays = {name: array for name, array in model.arrays.items() if not name.startswith(prefixes)}
    return Model(model.header, arrays)


def with_arrays(model: Model, arrays: dict[str, np.ndarray]) -> Model:
    """The model with further arrays.

    Args:
        model: any model.
        arrays: by name; they replace those of the same names.

    Returns:
        A model with the same header.
    """
    return Model(model.header, {**model.arrays, **arrays})


def root(model: Model, tune: LabelledMelody) -> str:
    """The name of the root style that a tune belongs to.

    Args:
        model: whose tree of styles counts.
        tune: in one of the model's styles.

    Returns:
        The parent of the tune's style.
    """
    return next(
        (style.parent for style in model.header.styles if style.name == tune.style), tune.style
    )
