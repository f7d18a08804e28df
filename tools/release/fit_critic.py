"""Teach the critic of a model.

For each root style, tunes of the training split in all styles are transferred to it, and a logistic
regression learns to tell its real melodies of the training split from the outcomes and from real
melodies of the other styles (`stylernn.reranking.critic`). Simple and compound metres apart, where
there are melodies enough. Neither held-out tunes nor the evaluation kit's features take part.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from stylernn.corpus import LabelledMelody
from stylernn.corpus.styles import Style
from stylernn.generation import planning, transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.descriptors import describe_sections
from stylernn.music.key_estimation import Tonality, estimate
from stylernn.music.melody import Melody
from stylernn.representation import metre_mapping
from stylernn.representation.analysis import analyse
from stylernn.reranking import critic
from stylernn.sampling.candidates import compose
from tools.release import judge_data, model_files
from tools.release.judge_data import LEAST_NOTES, JudgeData, root

__all__ = ["CriticSize", "fit_critic", "with_critic"]

_PENALTY = 0.02
_MADE = 0.8


@dataclass(frozen=True)
class CriticSize:
    """How much the critic learns from.

    Args:
        sources: about so many tunes are transferred to each style, in simple and in compound
            metres.
        candidates: of each transfer; all of them count.
        real: most sections of real melodies in the style, and of other styles together.
        fewest: sections of each kind below which a style has no critic.
        bars: of a tune that is transferred; longer ones are cut.
    """

    sources: int = 100
    candidates: int = 6
    real: int = 700
    fewest: int = 40
    bars: int = 32


def fit_critic(path: Path, data: Path, out: Path, size: CriticSize | None = None) -> None:
    """Write a model file with a critic.

    Args:
        path: a model file.
        data: the labelled folder that the model was trained on.
        out: the model file to write; any but that of the shipped model.
        size: how much to learn from.

    Raises:
        ModelFileError: if there is no such model.
        CorpusError: if there is no such folder or no music in it.
        UsageError: if `out` is the shipped model or cannot be written.
    """
    model = checkpoint.load_model(path)
    model_files.write(out, with_critic(model, judge_data.read(model, data), size))


def with_critic(model: Model, data: JudgeData, size: CriticSize | None = None) -> Model:
    """Teach, style by style.

    Args:
        model: any model; a critic of its own does not count.
        data: what to learn from, see `judge_data.read`.
        size: how much to learn from.

    Returns:
        The model with its critic.
    """
    size = size or CriticSize()
    bare = judge_data.without(model, critic.PREFIX)
    taught: dict[str, np.ndarray] = {}
    for style in (style for style in bare.header.styles if style.parent == style.name):
        began = time.perf_counter()
        for compound in (False, True):
            found = teach(bare, style, data.train, compound, size)
            taught |= {
                f"{critic.named(style.name, compound)}/{part}": array
                for part, array in found.items()
            }
        print(f"{style.name}: {time.perf_counter() - began:.0f} s", flush=True)
    print(f"{len(taught) // 3} critics")
    return judge_data.with_arrays(bare, taught)


def teach(
    model: Model, style: Style, train: Sequence[LabelledMelody], compound: bool, size: CriticSize
) -> dict[str, np.ndarray]:
    """Mean and scale of the descriptors, and the weights; nothing where there is too little."""
    own, foreign = drawn(model, style, train, compound, size)
    made = np.array(
        [
            d
            for melody, key in outcomes(model, style, train, compound, size)
            for d in describe_sections(melody, key)
        ]
    )
    parts = np.array([len(own), len(foreign), len(made)])
    print(critic.named(style.name, compound), "real, foreign, made:", *parts, flush=True)
    if parts.min() < size.fewest:
        return {}
    x = np.concatenate([own, foreign, made])
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
    # The real ones weigh as much as both kinds of others together.
    weights = np.repeat(len(x) * np.array([1, 1 - _MADE, _MADE]) / (2 * parts), parts)
    regression = LogisticRegression(C=_PENALTY, max_iter=3000).fit(
        (x - mean) / scale, np.repeat([1, 0, 0], parts), weights
    )
    return {"mean": mean, "scale": scale, "weights": regression.coef_[0]}


def drawn(
    model: Model, style: Style, train: Sequence[LabelledMelody], compound: bool, size: CriticSize
) -> tuple[np.ndarray, np.ndarray]:
    """Descriptors of real melodies in the style, and an equal share of each other root style."""
    rng = np.random.default_rng(0)
    by_root: dict[str, list[np.ndarray]] = {}
    others = sum(known.parent == known.name for known in model.header.styles) - 1
    share = size.real // max(others, 1)
    for tune in (train[k] for k in rng.permutation(len(train))):
        name = root(model, tune)
        part = by_root.setdefault(name, [])
        if tune.melody.metre.is_compound == compound and len(part) < (
            size.real if name == style.name else share
        ):
            part.extend(describe_sections(tune.melody, estimate(tune.melody)))
    own = by_root.pop(style.name, [])
    return np.array(own[: size.real]), np.array(
        [d for name in sorted(by_root) for d in by_root[name][:share]]
    )


def outcomes(
    model: Model, style: Style, train: Sequence[LabelledMelody], compound: bool, size: CriticSize
) -> Iterator[tuple[Melody, Tonality]]:
    """All candidates of transfers from tunes of all styles, in simple or in compound metres."""
    rng = np.random.default_rng(1)
    by_root: dict[str, list[LabelledMelody]] = {}
    for tune in (train[k] for k in rng.permutation(len(train))):
        if (tune.melody.metre.is_compound and metre_mapping.knows_compound(style)) == compound:
            by_root.setdefault(root(model, tune), []).append(tune)
    sampling_config = transfer.sampling_config(transfer.TransferConfig(), style)
    share = -(-size.sources // max(len(by_root), 1))
    for number, tune in enumerate(
        tune for name in sorted(by_root) for tune in by_root[name][:share]
    ):
        melody = tune.melody.slice(0, size.bars) if tune.melody.bars > size.bars else tune.melody
        if len(melody.notes) < LEAST_NOTES:
            continue
        plan = planning.draw_plan(
            model,
            analyse(metre_mapping.to_supported_metre(melody, style)),
            model.style(style.name),
            number,
        )
        for candidate in compose(model, plan, sampling_config, number, size.candidates):
            yield candidate.melody, plan.analysis.tonality
