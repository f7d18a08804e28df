"""Teach the critic of a model: `python -m tools.release.fit_critic MODEL DATA_FOLDER`, fourth part of `make weights`.

For each root style, tunes of the training split in all styles are transferred to it, and a logistic regression learns
to tell its real melodies of the training split from the outcomes and from real melodies of the other styles
(`stylernn.reranking.critic`). Simple and compound metres apart, where there are melodies enough. The result is written into the
model file, float16 as the rest. Neither held-out tunes nor the evaluation kit's features take part.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from stylernn.corpus import LabelledMelody
from stylernn.corpus.styles import Style
from stylernn.generation import metre_mapping, planning, transfer
from stylernn.model.checkpoint import Model
from stylernn.music.descriptors import describe_sections
from stylernn.music.key_estimation import Tonality, estimate
from stylernn.music.melody import Melody
from stylernn.reranking import critic
from stylernn.sampling.candidates import compose
from tools.release.common import LEAST_NOTES, asked, root, write

SOURCES, CANDIDATES, REAL, FEWEST, BARS = 100, 6, 700, 40, 32
PENALTY = 0.02
MADE = 0.8


def main() -> None:
    """Teach, style by style, and write."""
    lesson = asked(__doc__, critic.PREFIX)
    taught: dict[str, np.ndarray] = {}
    for style in (style for style in lesson.model.header.styles if style.parent == style.name):
        began = time.perf_counter()
        for compound in (False, True):
            found = teach(lesson.model, style, lesson.train, compound)
            taught |= {
                f"{critic.named(style.name, compound)}/{part}": array
                for part, array in found.items()
            }
        print(f"{style.name}: {time.perf_counter() - began:.0f} s", flush=True)
    print(f"{len(taught) // 3} critics")
    write(lesson, taught)


def teach(
    model: Model, style: Style, train: Sequence[LabelledMelody], compound: bool
) -> dict[str, np.ndarray]:
    """Mean and scale of the descriptors, and the regression's weights; nothing where there is too little to learn."""
    own, foreign = drawn(model, style, train, compound)
    made = np.array(
        [
            d
            for melody, key in outcomes(model, style, train, compound)
            for d in describe_sections(melody, key)
        ]
    )
    parts = np.array([len(own), len(foreign), len(made)])
    print(critic.named(style.name, compound), "real, foreign, made:", *parts, flush=True)
    if parts.min() < FEWEST:
        return {}
    x = np.concatenate([own, foreign, made])
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
    # The real ones weigh as much as both kinds of others together.
    weights = np.repeat(len(x) * np.array([1, 1 - MADE, MADE]) / (2 * parts), parts)
    to_supported_metre = LogisticRegression(C=PENALTY, max_iter=3000).fit(
        (x - mean) / scale, np.repeat([1, 0, 0], parts), weights
    )
    return {"mean": mean, "scale": scale, "weights": to_supported_metre.coef_[0]}


def drawn(
    model: Model, style: Style, train: Sequence[LabelledMelody], compound: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Descriptors of real melodies in the style, and of as many of each other root style as it can have of REAL."""
    rng = np.random.default_rng(0)
    by_root: dict[str, list[np.ndarray]] = {}
    share = REAL // (sum(known.parent == known.name for known in model.header.styles) - 1)
    for tune in (train[k] for k in rng.permutation(len(train))):
        name = root(model, tune)
        part = by_root.setdefault(name, [])
        if tune.melody.metre.is_compound == compound and len(part) < (
            REAL if name == style.name else share
        ):
            part.extend(describe_sections(tune.melody, estimate(tune.melody)))
    own = by_root.pop(style.name, [])
    return np.array(own[:REAL]), np.array(
        [d for name in sorted(by_root) for d in by_root[name][:share]]
    )


def outcomes(
    model: Model, style: Style, train: Sequence[LabelledMelody], compound: bool
) -> Iterator[tuple[Melody, Tonality]]:
    """All candidates of transfers from tunes of as many styles as there are, in the metre that is asked for."""
    rng = np.random.default_rng(1)
    by_root: dict[str, list[LabelledMelody]] = {}
    for tune in (train[k] for k in rng.permutation(len(train))):
        if (tune.melody.metre.is_compound and metre_mapping.knows_compound(style)) == compound:
            by_root.setdefault(root(model, tune), []).append(tune)
    sampling_config = transfer.sampling_config(transfer.TransferConfig(), style)
    share = -(-SOURCES // max(len(by_root), 1))
    for number, tune in enumerate(
        tune for name in sorted(by_root) for tune in by_root[name][:share]
    ):
        melody = tune.melody.slice(0, BARS) if tune.melody.bars > BARS else tune.melody
        if len(melody.notes) < LEAST_NOTES:
            continue
        plan = planning.make_plan(
            model, metre_mapping.to_supported_metre(melody, style), model.style(style.name), number
        )
        for candidate in compose(model, plan, sampling_config, number, CANDIDATES):
            yield candidate.melody, plan.example.tonality


if __name__ == "__main__":
    main()
