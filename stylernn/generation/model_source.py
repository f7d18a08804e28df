"""Where a model comes from: memory, a model file or a run folder."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from stylernn.generation.melody_file import AnyPath
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.reranking import originality
from stylernn.system import paths
from stylernn.training import run_folder

__all__ = ["AnyModel", "ModelSource", "load", "model_file", "model_source"]

AnyModel = AnyPath | Model
"""A model in memory, a model file or a run folder."""


class ModelSource(NamedTuple):
    """A model, its file, and the index of the tunes that it learnt from."""

    model: Model
    path: Path | None
    training: originality.NgramIndex | None


def model_file(model: AnyPath | None = None) -> Path:
    """The file of a model.

    Args:
        model: a model file, or a run folder, of which it is the best model; by default the file
            that comes with stylernn.

    Returns:
        Its path, whether there is such a file or not.
    """
    path = paths.bundled_model() if model is None else Path(model)
    return path / run_folder.MODEL if path.is_dir() else path


def load(model: AnyModel | None = None) -> Model:
    """Load a model; each file is read once.

    Args:
        model: a model file or a run folder; by default the model that comes with stylernn. A model
            in memory is returned as it is.

    Returns:
        The model.

    Raises:
        ModelFileError: if the file is missing, damaged or no model.
    """
    return model if isinstance(model, Model) else _loaded(model_file(model))


def model_source(model: AnyModel | None) -> ModelSource:
    """Load a model and, if it comes from a file, the index of its training set."""
    if isinstance(model, Model):
        return ModelSource(model, None, None)
    path = model_file(model)
    return ModelSource(_loaded(path), path, originality.beside(path))


@cache
def _loaded(path: Path) -> Model:
    """Load a model file once."""
    return checkpoint.load_model(path)
