"""The n-gram index of a model's training set.

By it `stylernn transfer` says how much of an output stands in the training set.
"""

from pathlib import Path

from stylernn.model import checkpoint
from stylernn.reranking import originality
from tools.release import judge_data, model_files

__all__ = ["index_training_set"]


def index_training_set(path: Path, data: Path, out: Path) -> None:
    """Copy a model file, and write an index of its training split beside the copy.

    Args:
        path: a model file.
        data: the labelled folder that the model was trained on.
        out: the model file to write; any but that of the shipped model.

    Raises:
        ModelFileError: if there is no such model.
        CorpusError: if there is no such folder or no music in it.
        UsageError: if `out` is the shipped model or cannot be written.
    """
    model_files.copy(path, out)
    train = judge_data.split_of_model(checkpoint.load_model(out), data).train
    index = originality.collect([tune.melody for tune in train], originality.fingerprint(out))
    written = originality.save_index(out, index)
    megabytes = written.stat().st_size / 1e6
    print(f"{written}: {index.tunes:,} tunes, {index.ngrams:,} n-grams, {megabytes:.2f} MB")
    print(f"an n-gram that is not in it is found with probability {index.chance:.1e}")
