"""Candidate melodies from the network.

`sample` is a pure function of a network, a batch of conditions and a random key, for research.
Transfer and generation use `compose`, which turns a `Plan` into candidates. Both run the program of
`sampler`, which draws one event a step with classifier-free guidance.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylernn.sampling.batch import Samples, melodies, sample
    from stylernn.sampling.candidates import Candidate, compose
    from stylernn.sampling.constraints import Constraints
    from stylernn.sampling.guidance import SamplingConfig
    from stylernn.sampling.plan import Plan

__all__ = [
    "Candidate",
    "Constraints",
    "Plan",
    "Samples",
    "SamplingConfig",
    "compose",
    "melodies",
    "sample",
]

_MODULES = {
    "Candidate": "candidates",
    "Constraints": "constraints",
    "Plan": "plan",
    "Samples": "batch",
    "SamplingConfig": "guidance",
    "compose": "candidates",
    "melodies": "batch",
    "sample": "batch",
}


def __getattr__(name: str) -> Any:
    """Import JAX and Flax when one of the names is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
