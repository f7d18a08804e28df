"""All steps of a release, one after the other, under a work folder.

Each step has a subfolder of its own, named after it, and a stamp beside it (see `stamps`). The
model files of all steps stay there, so that what a step has added can be looked at. A change of the
program does not repeat a step: to have one done again, with all that depend on its product, delete
its stamp.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stylernn.config import Settings
from tools.release import (
    fit_classifier,
    fit_critic,
    fit_tilt,
    index_training_set,
    measure_pairs,
    model_card,
    package_model,
    train_model,
    training_data,
)
from tools.release.fit_classifier import ClassifierSize
from tools.release.fit_critic import CriticSize
from tools.release.fit_tilt import TiltSize
from tools.release.measure_pairs import PairsSize
from tools.release.model_files import NAME
from tools.release.stamps import Chain

__all__ = ["CARD", "Sizes", "release"]

CARD = "model-card.md"
"""Name of the model card in the folder of its step."""


@dataclass(frozen=True)
class Sizes:
    """How much the steps after the training learn from.

    Args:
        tilt: of `fit_tilt`.
        critic: of `fit_critic`.
        classifier: of `fit_classifier`.
        pairs: of `measure_pairs`.
    """

    tilt: TiltSize = field(default_factory=TiltSize)
    critic: CriticSize = field(default_factory=CriticSize)
    classifier: ClassifierSize = field(default_factory=ClassifierSize)
    pairs: PairsSize = field(default_factory=PairsSize)


def release(
    data: Path,
    work: Path,
    settings: Settings,
    *,
    sizes: Sizes | None = None,
    pairs: bool = False,
    card: bool = False,
    report: Callable[[str], None] = print,
) -> Path:
    """Make a model file; steps that were done before are left out.

    Args:
        data: a collection or a labelled folder, see `training_data`.
        work: the work folder; made if it is missing.
        settings: of the model, the data and the training.
        sizes: how much the steps after the training learn from.
        pairs: whether to measure how well each style turns into each other one.
        card: whether to write the model card.
        report: called with one line about each step.

    Returns:
        The model file, with the n-gram index of its training set beside it.

    Raises:
        StylernnError: if the data cannot be read or are too few, or the work folder cannot be
            written to.
    """
    sizes = sizes or Sizes()
    chain = Chain(work, report)
    tunes = chain.step(
        "training_data",
        [*training_data.inputs(data), training_data.rules()],
        lambda out: training_data.training_data(data, out),
    )
    run = chain.step(
        "train",
        [tunes, settings],
        lambda out: train_model.train_model(tunes, out, settings),
        resumes=True,
    )
    packaged = chain.step(
        "package_model",
        [run, tunes],
        lambda out: package_model.package_model(run, tunes, out / NAME),
    )
    with_tilt = chain.step(
        "fit_tilt",
        [packaged, tunes, sizes.tilt],
        lambda out: fit_tilt.fit_tilt(packaged / NAME, tunes, out / NAME, sizes.tilt),
    )
    with_critic = chain.step(
        "fit_critic",
        [with_tilt, tunes, sizes.critic],
        lambda out: fit_critic.fit_critic(with_tilt / NAME, tunes, out / NAME, sizes.critic),
    )
    with_classifier = chain.step(
        "fit_classifier",
        [with_critic, tunes, sizes.classifier],
        lambda out: fit_classifier.fit_classifier(
            with_critic / NAME, tunes, out / NAME, sizes.classifier
        ),
    )
    with_index = chain.step(
        "index_training_set",
        [with_classifier, tunes],
        lambda out: index_training_set.index_training_set(
            with_classifier / NAME, tunes, out / NAME
        ),
    )
    last = with_index
    if pairs:
        last = chain.step(
            "measure_pairs",
            [with_index, tunes, sizes.pairs],
            lambda out: measure_pairs.measure_pairs(
                with_index / NAME, tunes, out / NAME, size=sizes.pairs
            ),
        )
    if card:
        chain.step("model_card", [last], lambda out: model_card.model_card(last / NAME, out / CARD))
    return last / NAME
