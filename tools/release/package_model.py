"""Put a trained model in the box: `python -m tools.release.package_model RUN_FOLDER DATA_FOLDER`, second half of `make weights`.

Stores the run's best model as float16, measures that very file on the test split (bits per note with and without style
and skeleton, accuracy, Markov-3) and writes the numbers into its header, with the sources as the folder's manifest
names them; docs/model-card.md is made from there.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from stylernn import corpus
from stylernn.corpus import Split
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.representation.examples import Example
from stylernn.system.paths import bundled_model
from stylernn.training import likelihood, run_folder, train
from stylernn.training.likelihood import Measure

OPENING = 8
"""Events at the beginning of a melody, where a style is worth most."""


def main() -> None:
    """Store, measure, store again with the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    trained = checkpoint.load_model(arguments.run / run_folder.MODEL)
    with tempfile.TemporaryDirectory() as scratch:
        halved = Path(scratch) / "model.safetensors"
        checkpoint.save_model(halved, trained, dtype="float16")
        model = checkpoint.load_model(halved)
    learnt = {style.name for style in model.header.styles}
    tunes = [tune for tune in corpus.load_folder(arguments.data) if tune.style in learnt]
    splits = corpus.split(tunes)
    metrics = _metrics(model, splits)
    named = replace(model.header, corpora=train.sources(splits.train))
    model = replace(model, header=named)
    checkpoint.save_model(bundled_model(), checkpoint.with_metrics(model, metrics), dtype="float16")
    print(f"{bundled_model()}: {bundled_model().stat().st_size / 1e6:.1f} MB")


def _metrics(model: Model, splits: Split) -> dict[str, object]:
    """All that the model card says."""
    examples = likelihood.labelled(splits.test, model.header.styles)
    compiled, state = likelihood.scorer(model.network)
    by_grain = {
        level: likelihood.measure_melodies(compiled, state, examples, level=level)
        for level in ("none", "bar", "half", "beat")
    }
    unstyled = likelihood.measure_melodies(compiled, state, examples, styled=False)
    opening = {
        name: likelihood.bits_per_note(
            likelihood.measure_melodies(compiled, state, examples, styled=styled, opening=OPENING)
        )
        for name, styled in (("style", True), ("no style", False))
    }
    return {
        "test": [asdict(row) for row in likelihood.table(model, splits)],
        "bits_by_skeleton": {
            level: likelihood.bits_per_note(results) for level, results in by_grain.items()
        },
        "bits_without_style": likelihood.bits_per_note(unstyled),
        "worth": {
            style.name: {
                "skeleton": _of(k, by_grain["none"], examples) - _of(k, by_grain["beat"], examples),
                "style": _of(k, unstyled, examples) - _of(k, by_grain["none"], examples),
            }
            for k, style in enumerate(model.header.styles, 1)
            if any(example.parent == k for example in examples)
        },
        "bits_of_opening": {"events": OPENING, **opening},
    }


def _of(parent: int, results: Sequence[Measure], examples: Sequence[Example]) -> float:
    """Bits per note of the examples of a root style."""
    return likelihood.bits_per_note(
        [each for each, own in zip(results, examples, strict=True) if own.parent == parent]
    )


if __name__ == "__main__":
    main()
