"""Learning a personal style from a few tunes, without touching the model's weights.

First the best mixture of the model's styles is found, then the style is let go from there: to a point among them that
need be no mixture, and to small answers of its own in every layer (see `descent`). Some tunes are kept aside, and
what predicts those best is taken, so that few tunes cannot be learnt by heart. From one tune only a mixture is learnt.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stylernn import corpus
from stylernn.adaptation import style_tuning, user_styles
from stylernn.adaptation.user_styles import Personal
from stylernn.corpus import MIN_NOTES, Dropped, LabelledMelody, styles
from stylernn.errors import CorpusError, UsageError
from stylernn.formats import registry
from stylernn.model.checkpoint import Model
from stylernn.music.descriptors import describe_sections
from stylernn.representation import attributes
from stylernn.representation.examples import prepare
from stylernn.system import paths

__all__ = ["FEWEST", "from_folder", "learn", "like"]

FEWEST = 5
"""Fewer tunes say too little of a style to learn more than a mixture."""

_ASIDE, _HELD = 0.2, 4


def learn(
    model: Model,
    tunes: Sequence[LabelledMelody],
    name: str,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Personal:
    """Learn a style.

    Args:
        model: that it is for; it stays as it is.
        tunes: of the style; fewer than `FEWEST` give a mixture of the model's styles.
        name: of the new style.
        seed: of the choice of the tunes kept aside and of the batches.
        progress: called after every step.
    """
    examples = [prepare(tune.melody) for tune in tunes]
    rng = np.random.default_rng(seed)
    aside = max(round(_ASIDE * len(tunes)), 1) if len(tunes) >= FEWEST else 0
    order = rng.permutation(len(tunes))
    valid = style_tuning.Windows(model, [examples[k] for k in order[:aside]], seed + 1)
    train = style_tuning.Windows(model, [examples[k] for k in order[aside:]], seed)
    objective = style_tuning.objective_of(model)
    free = style_tuning.mixture(objective, model, train, progress)
    facts: dict[str, Any] = {"mixture": np.asarray(free.weights).round(4).tolist()}
    if aside:
        held = [valid(k) for k in range(_HELD)]
        free, measured = style_tuning.finetune(objective, free, train, held, progress)
        facts |= measured
    vector = np.asarray(free.weights) @ user_styles.vectors(model)
    kernel_updates = {
        kernel: np.asarray(answer)
        for kernel, answer in free.kernel_updates.items()
        if np.any(answer)
    }
    profile = replace(styles.profile(name, tunes), licences=("your own",), description="your own")
    sections = (
        describe_sections(tune.melody, each.tonality)
        for tune, each in zip(tunes, examples, strict=True)
    )
    described = np.mean([rows.mean(axis=0) for rows in sections], axis=0).astype(np.float32)
    own = (
        profile,
        model.digest,
        corpus.fingerprint(tunes),
        vector.astype(np.float32),
        kernel_updates,
        facts,
    )
    kept = attributes.rows(each.reference for each in examples)
    return Personal(*own, described, kept)


def from_folder(
    model: Model,
    folder: Path,
    name: str,
    *,
    seed: int = 0,
    force: bool = False,
    loading: corpus.Progress | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Personal, list[Dropped]]:
    """Learn a style from the music files of a folder and keep it; also what could not be used, and why.

    Args:
        model: that it is for.
        folder: of five music files or more.
        name: of the new style.
        seed: see `learn`.
        force: replace a personal style of that name.
        loading: called after each file that is read.
        progress: called after every step.

    Raises:
        UsageError: if the name cannot be used.
        CorpusError: if there is no such folder, or there are too few tunes in it.
    """
    user_styles.check_name(name)
    if name in {style.name for style in model.header.styles}:
        raise UsageError(
            f"the model has a style {name} of its own", remedy="Choose another --name."
        )
    if name in user_styles.saved_styles() and not force:
        raise UsageError(
            f"there is a personal style {name}",
            remedy="Replace it with --force or choose another --name.",
        )
    found = corpus.read_folder(folder, style=name, progress=loading)
    if len(found.tunes) < FEWEST:
        problem = f"too few tunes in {folder}"
        reasons = "".join(f"; {entry.where}: {entry.reason}" for entry in found.dropped[:3])
        remedy = "From one tune: transfer or generate with --like FILE."
        raise CorpusError(
            problem,
            expected=f"{FEWEST} or more",
            found=f"{len(found.tunes)}{reasons}",
            remedy=remedy,
        )
    own = learn(model, found.tunes, name, seed=seed, progress=progress)
    user_styles.save(own, user_styles.file_of(name))
    return own, found.dropped


def like(model: Model, path: Path) -> Personal:
    """The style of one tune; what was learnt once is kept in the cache folder.

    Raises:
        FileFormatError: if the file cannot be read.
        CorpusError: if it has too few notes.
    """
    melody = registry.read(path)
    if len(melody.notes) < MIN_NOTES:
        found = f"{len(melody.notes)} notes"
        raise CorpusError(
            f"{path} is too short to be a style", expected=f"{MIN_NOTES} notes or more", found=found
        )
    tune = LabelledMelody(melody, path.stem, path.name, path.name, path.name, "your own")
    known = (
        paths.cache_folder()
        / "like"
        / f"{corpus.fingerprint([tune])}-{model.digest[:16]}.safetensors"
    )
    if known.is_file():
        return user_styles.load(known)
    own = learn(model, [tune], "like")
    user_styles.save(own, known)
    return own
