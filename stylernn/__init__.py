"""Style transfer and style-conditioned generation of melodies with a conditional LSTM.

    import stylernn

    tune = stylernn.read("in.mid")
    jazz = stylernn.transfer(tune, to="jazz", seed=1)
    jazz.write("out.mid")

The names below are those of `stylernn.api`, which is imported when one of them is first used, so
that `import stylernn` itself takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stylernn.version import __version__

if TYPE_CHECKING:
    from stylernn.api import (
        MelodyFile,
        evaluate,
        generate,
        load,
        read,
        styles,
        transfer,
        variations,
    )

__all__ = [
    "MelodyFile",
    "__version__",
    "evaluate",
    "generate",
    "load",
    "read",
    "styles",
    "transfer",
    "variations",
]


def __getattr__(name: str) -> Any:
    """Import a public name on its first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.api"), name)


def __dir__() -> list[str]:
    """The public names, those not yet imported included."""
    return sorted({*globals(), *__all__})
