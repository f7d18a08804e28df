"""Learning a personal style from a few tunes; the model itself is not changed.

First the mixture of the model's styles is found that predicts the tunes best. Then the style is
fine-tuned from there: its vector, and a small update of every style kernel (see `style_tuning`).
Some tunes are held out, and the parameters that predict these best are taken, so that few tunes are
not overfitted. From fewer than `FEWEST` tunes only a mixture is learnt.
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
"""From fewer tunes only a mixture of the model's styles is learnt."""

_HELD_OUT = 0.2  # share of the tunes
_HELD_OUT_BATCHES = 4


def learn(
    model: Model,
    tunes: Sequence[LabelledMelody],
    name: str,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Personal:
    """Learn a personal style.

    Args:
        model: the model that the style is for; it is not changed.
        tunes: of the style; fewer than `FEWEST` give a mixture of the model's styles.
        name: label of the new style.
        seed: of the choice of the held-out tunes and of the batches.
        progress: called after every step, with the number of steps done and of all steps.

    Returns:
        The style, which only this model can use.
    """
    examples = [prepare(tune.melody) for tune in tunes]
    rng = np.random.default_rng(seed)
    held_out = max(round(_HELD_OUT * len(tunes)), 1) if len(tunes) >= FEWEST else 0
    order = rng.permutation(len(tunes))
    valid = style_tuning.Windows(model, [examples[k] for k in order[:held_out]], seed + 1)
    train = style_tuning.Windows(model, [examples[k] for k in order[held_out:]], seed)
    objective = style_tuning.objective_of(model)
    free = style_tuning.mixture(objective, model, train, progress)
    facts: dict[str, Any] = {"mixture": np.asarray(free.weights).round(4).tolist()}
    if held_out:
        held = [valid(k) for k in range(_HELD_OUT_BATCHES)]
        free, measured = style_tuning.finetune(objective, free, train, held, progress)
        facts |= measured
    vector = np.asarray(free.weights) @ user_styles.vectors(model)
    kernel_updates = {
        kernel: np.asarray(update)
        for kernel, update in free.kernel_updates.items()
        if np.any(update)
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
    rows = attributes.rows(each.reference for each in examples)
    return Personal(*own, described, rows)


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
    """Learn a personal style from the music files of a folder, and save it.

    Args:
        model: the model that the style is for.
        folder: of music files with at least `FEWEST` tunes.
        name: label of the new style.
        seed: see `learn`.
        force: replace a personal style of the same name.
        loading: called after each file that is read.
        progress: called after every step, with the number of steps done and of all steps.

    Returns:
        The style, and the files that could not be used with the reasons.

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
    """The style of one tune, as a mixture of the model's styles; it is saved in the cache folder.

    Args:
        model: the model that the style is for.
        path: of a music file.

    Returns:
        The style, labelled "like".

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
