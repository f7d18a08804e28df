"""Style transfer and style-conditioned generation of melodies with a conditional LSTM.

    import stylernn as s

    tune = s.read("in.mid")
    jazz = s.transfer(tune, to="jazz", seed=1)
    jazz.write("out.mid")

`read`, `transfer`, `variations`, `generate`, `styles` and `Tune` are those of `stylernn.api`, which is imported when it
is needed. The modules `transfer`, `generate` and `styles` have the names of what they are for; to call them is to call
the API.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"
__all__ = ["Tune", "generate", "read", "styles", "transfer", "variations"]

_ALSO_MODULES = ("generate", "styles", "transfer")


class _Callable(ModuleType):
    """A module that can be called."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return getattr(import_module("stylernn.api"), self.__name__.rpartition(".")[2])(*arguments, **options)


class _Package(ModuleType):
    """A package some of whose modules can be called, from the moment they are imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ALSO_MODULES and isinstance(value, ModuleType):
            value.__class__ = _Callable
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562), so that `import stylernn` itself takes no time."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _ALSO_MODULES:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(f"{__name__}.api"), name)
