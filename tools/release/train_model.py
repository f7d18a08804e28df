"""The training run of a release; a run that was broken off is resumed."""

from pathlib import Path

from stylernn import corpus
from stylernn.cli import display
from stylernn.config import Settings
from stylernn.system.process import keep_freed
from stylernn.training import train
from stylernn.training.train import Outcome

__all__ = ["train_model"]

_BEGUN = "run.json"


def train_model(data: Path, out: Path, settings: Settings) -> Outcome:
    """Train a model on all styles of a labelled folder, and show how far it is.

    Args:
        data: the labelled folder.
        out: the run folder; a run in it is resumed, and must have been begun with the same data and
            settings.
        settings: of the model, the data and the training.

    Returns:
        What the run came to.

    Raises:
        CorpusError: if there is no such folder or no music in it.
        TrainingError: if the data are too few, or the run folder is in use or belongs to other
            data.
    """
    keep_freed()
    tunes = corpus.load_folder(data)
    with display.training() as show:
        outcome = train.fit(settings, tunes, out, resume=(out / _BEGUN).exists(), on_event=show)
    for row in outcome.table:
        print(f"{row.style}: {row.bits:.3f} bits per note, Markov-3 {row.markov_bits:.3f}")
    return outcome
