"""The network, its recurrent cells, its loss and its files.

`Network` is a `flax.nnx.Module`. `load_model` reads a model file, whose `network` it is::

    from stylernn.model import load_model

    model = load_model()                  # the model that comes with stylernn
    model.header.styles[0].name           # what it knows
    model.network                         # the nnx.Module with the file's parameters
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylernn.model.checkpoint import Model, load_model, new_network, save_model
    from stylernn.model.loss import mean_loss
    from stylernn.model.network import Network

__all__ = ["Model", "Network", "load_model", "mean_loss", "new_network", "save_model"]

_MODULES = {
    "Model": "checkpoint",
    "Network": "network",
    "load_model": "checkpoint",
    "mean_loss": "loss",
    "new_network": "checkpoint",
    "save_model": "checkpoint",
}


def __getattr__(name: str) -> Any:
    """Import JAX and Flax when one of the names is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
