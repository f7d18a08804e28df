"""Index the figures of a model's training set: `python -m tools.release.index_training_set MODEL DATA_FOLDER`, after `classifier.py`.

Takes the tunes of the training split in the styles that the model knows, and writes their index beside the model, by
which `stylernn transfer` tells how much of an output stands in the training set.
"""

import argparse
from pathlib import Path

from stylernn import corpus
from stylernn.model import checkpoint
from stylernn.reranking import originality


def main() -> None:
    """Collect, save, say how large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    learnt = {style.name for style in checkpoint.load_model(arguments.model).header.styles}
    tunes = [tune for tune in corpus.load_folder(arguments.data) if tune.style in learnt]
    training = [tune.melody for tune in corpus.split(tunes).train]
    figures = originality.collect(training, originality.fingerprint(arguments.model))
    path = originality.save_index(arguments.model, figures)
    print(
        f"{path}: {figures.tunes:,} tunes, {figures.figures:,} figures, {path.stat().st_size / 1e6:.2f} MB"
    )
    print(f"a figure that is not in it is found with probability {figures.chance:.1e}")


if __name__ == "__main__":
    main()
