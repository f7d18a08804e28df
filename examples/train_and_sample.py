"""Train a small model and sample from it: `python examples/train_and_sample.py [FOLDER]`.

The four parts of the library that research needs: `representation` turns melodies into events and
back, `training.fit` trains a network, `model` is that network, an `nnx.Module`, and
`sampling.sample` is a pure function of it that `jax.jit` compiles. The tunes are made up here;
`stylernn.corpus.load` gives real ones. It takes about a minute.
"""

import sys
import tempfile

import jax
import numpy as np

from stylernn import config, load
from stylernn.corpus import LabelledMelody
from stylernn.music.melody import Melody, Note
from stylernn.representation import batching, decode, encode
from stylernn.representation.examples import Condition, prepare
from stylernn.representation.skeleton import LEVELS
from stylernn.sampling import melodies, sample
from stylernn.training import fit


def tune(style: str, number: int) -> LabelledMelody:
    """A random walk of 32 notes: quarters in one style, eighths in the other."""
    walk = np.random.default_rng(number).integers(-2, 3, 32).cumsum()
    length = 24 if style == "calm" else 12  # in ticks, 24 a quarter note
    notes = [Note(length * k, length, 64 + int(step)) for k, step in enumerate(walk)]
    name = f"{style}-{number}"
    return LabelledMelody(Melody(tuple(notes)), style, name, name, "made up", "CC0-1.0")


def main(folder: str) -> None:
    """Train, then draw four melodies in each style over the skeletons of known tunes."""
    tunes = [tune(style, number) for style in ("calm", "lively") for number in range(40)]
    assert decode(encode(tunes[0].melody)) == tunes[0].melody  # nothing is lost on the way

    settings = config.load("tiny", {"train.steps": 60})
    for row in fit(settings, tunes, folder).table:
        print(f"{row.style}: {row.bits:.2f} bits per note, untrained {row.untrained_bits:.2f}")

    model = load(folder)
    examples = [prepare(each.melody) for each in tunes[:4]]
    draw = jax.jit(lambda conditions, key: sample(model.network, conditions, key, events=80))
    for name in ("calm", "lively"):
        windows = []
        for each in examples:
            level, bars = LEVELS.index("bar"), each.melody.bars
            shown = Condition(model.style(name), level, each.skeletons[level], each.repeats)
            windows.append((each, 0, bars, shown))
        conditions = batching.collate(windows, events=80).piece
        made = melodies(draw(conditions, jax.random.key(1)), examples)
        print(name, [len(melody.notes) for melody in made])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
