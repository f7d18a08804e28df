"""What `critic.py` and `classifier.py` have in common: what they are told, and how a judge comes into a model file."""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stylernn import corpus
from stylernn.corpus import LabelledMelody
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model

LEAST_NOTES = 24


class Lesson(NamedTuple):
    """A model without the judge in question, melodies in its styles that are long enough, and where to write."""

    model: Model
    train: list[LabelledMelody]
    valid: list[LabelledMelody]
    out: Path


def asked(description: str, prefix: str | tuple[str, ...]) -> Lesson:
    """Read the command line and what it names; `prefix`, or one of several, begins the names of the judge's arrays."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, help="By default the model itself.")
    arguments = parser.parse_args()
    model = checkpoint.load_model(arguments.model)
    bare = {name: array for name, array in model.arrays.items() if not name.startswith(prefix)}
    styles = {style.name for style in model.header.styles}
    split = corpus.split(
        [tune for tune in corpus.load_folder(arguments.data) if tune.style in styles]
    )
    train, valid = (
        [t for t in part if len(t.melody.notes) >= LEAST_NOTES]
        for part in (split.train, split.valid)
    )
    return Lesson(Model(model.header, bare), train, valid, arguments.out or arguments.model)


def write(lesson: Lesson, judge: dict[str, np.ndarray]) -> None:
    """Write the model with a judge, float16 as the rest."""
    model = lesson.model
    checkpoint.save_model(
        lesson.out, Model(model.header, {**model.arrays, **judge}), dtype="float16"
    )
    print(f"{lesson.out}: {lesson.out.stat().st_size / 1e6:.2f} MB")


def root(model: Model, tune: LabelledMelody) -> str:
    """The root style that a tune belongs to."""
    return next(
        (style.parent for style in model.header.styles if style.name == tune.style), tune.style
    )
