"""The model file of a training run: float16, measured on the test split, with its sources.

The run's best model is stored as float16, and that very file is measured: bits per note with and
without style and skeleton, accuracy, Markov-3. The numbers are written into its header, with the
sources as the folder's manifest names them. The model card is made from there.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from stylernn.corpus import Split
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.representation.examples import Example
from stylernn.training import likelihood, run_folder, train
from stylernn.training.likelihood import Measure
from tools.release import judge_data, model_files

__all__ = ["measured", "package_model"]

_OPENING = 8
"""Events at the beginning of a melody, where knowing the style lowers the bits most."""


def package_model(run: Path, data: Path, out: Path) -> None:
    """Write the model file of a run.

    Args:
        run: the run folder.
        data: the labelled folder that it was trained on.
        out: the model file to write; any but that of the shipped model.

    Raises:
        ModelFileError: if there is no model in the run folder.
        CorpusError: if there is no such folder or no music in it.
        UsageError: if `out` is the shipped model or cannot be written.
    """
    model_files.write(out, measured(run, data))


def measured(run: Path, data: Path) -> Model:
    """Measure the best model of a run.

    Args:
        run: the run folder.
        data: the labelled folder that it was trained on.

    Returns:
        The model as its file in float16 will hold it, with its metrics and its sources.

    Raises:
        ModelFileError: if there is no model in the run folder.
        CorpusError: if there is no such folder or no music in it.
    """
    trained = checkpoint.load_model(run / run_folder.MODEL)
    with tempfile.TemporaryDirectory() as scratch:
        halved = Path(scratch) / "model.safetensors"
        checkpoint.save_model(halved, trained, dtype="float16")
        model = checkpoint.load_model(halved)
    splits = judge_data.split_of_model(model, data)
    named = replace(model.header, corpora=train.sources(splits.train))
    return checkpoint.with_metrics(replace(model, header=named), _metrics(model, splits))


def _metrics(model: Model, splits: Split) -> dict[str, object]:
    """All numbers of the model card."""
    examples = likelihood.labelled(splits.test, model.header.styles)
    compiled, state = likelihood.scorer(model.network)
    by_level = {
        level: likelihood.measure_melodies(compiled, state, examples, level=level)
        for level in ("none", "bar", "half", "beat")
    }
    unstyled = likelihood.measure_melodies(compiled, state, examples, styled=False)
    opening = {
        name: likelihood.bits_per_note(
            likelihood.measure_melodies(compiled, state, examples, styled=styled, opening=_OPENING)
        )
        for name, styled in (("style", True), ("no style", False))
    }
    return {
        "test": [asdict(row) for row in likelihood.table(model, splits)],
        "bits_by_skeleton": {
            level: likelihood.bits_per_note(results) for level, results in by_level.items()
        },
        "bits_without_style": likelihood.bits_per_note(unstyled),
        "worth": {
            style.name: {
                "skeleton": _of(k, by_level["none"], examples) - _of(k, by_level["beat"], examples),
                "style": _of(k, unstyled, examples) - _of(k, by_level["none"], examples),
            }
            for k, style in enumerate(model.header.styles, 1)
            if any(example.parent == k for example in examples)
        },
        "bits_of_opening": {"events": _OPENING, **opening},
    }


def _of(parent: int, results: Sequence[Measure], examples: Sequence[Example]) -> float:
    """Bits per note of the examples of a root style."""
    return likelihood.bits_per_note(
        [each for each, own in zip(results, examples, strict=True) if own.parent == parent]
    )
