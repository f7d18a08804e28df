"""Training of a model, and its likelihood on held-out tunes.

`fit` trains a model on labelled melodies and saves it in a run folder::

    from stylernn import config, corpus, training

    tunes = corpus.load(["classical", "jazz"])           # or corpus.load_folder(...)
    settings = config.load("default", {"train.steps": 500})
    outcome = training.fit(settings, tunes, "runs/mine", on_event=print)
    print(outcome.table)                                 # bits per note on the test set
    # The model is runs/mine/model.safetensors; training.fit(..., resume=True) continues a run.

Reading many files starts processes, so a script needs `if __name__ == "__main__":` around this.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylernn.training.train import Outcome, fit

__all__ = ["Outcome", "fit"]


def __getattr__(name: str) -> Any:
    """Import the training loop, and with it JAX and Optax, when it is first used."""
    if name in __all__:
        from stylernn.training import train

        return getattr(train, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
