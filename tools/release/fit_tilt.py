"""Fit the tilts of a model.

For each root style with a hold, stretches of tunes of the training split in all styles are
transferred to it, a few rounds; after each one the weights of `stylernn.sampling.tilt` move by the
logarithm of how much rarer a count is among the outcomes than among real melodies of the training
split, and their mean over the second half of the rounds counts, since what is rare is rarer or
commoner by chance in each of them. Weights that the model has already stay as they are. Simple and
compound metres apart, where there are melodies enough. Improvised styles have fitted weights of
intervals alone, and the others none, since they lose more by it than they gain
(docs/explanation/what-was-tried.md). What the choice among candidates takes away again is added,
and written beside them, for transfers without a choice. Neither held-out tunes nor the evaluation
kit's features take part in the fit.

Reference:
    Darroch & Ratcliff, Generalized iterative scaling for log-linear models (1972), with
    expectations by sampling.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stylernn.corpus import LabelledMelody
from stylernn.corpus.styles import Style, diatonic, hold, improvised
from stylernn.generation import planning, transfer
from stylernn.model import checkpoint
from stylernn.model.checkpoint import Model
from stylernn.music.key_estimation import Tonality, estimate, scale
from stylernn.music.melody import Melody
from stylernn.representation import attributes, metre_mapping
from stylernn.representation.analysis import analyse
from stylernn.reranking import ranking
from stylernn.sampling import tilt
from stylernn.sampling.candidates import compose
from stylernn.sampling.tilt import Weights
from tools.release import judge_data, model_files
from tools.release.judge_data import LEAST_NOTES, JudgeData, root

__all__ = ["TiltSize", "fit_tilt", "with_tilt"]

RATE, LARGEST, MOST = 0.7, 1.0, 3.0
CHOSEN = {
    "tilt/celtic/simple": {"breath": 0.4, "between": 0.53},
    "tilt/celtic/compound": {"breath": 0.3},
    "tilt/jazz/simple": {"between": 0.12},
}
"""What is added to weights: about the logarithms of how much rarer their counts are in chosen
transfers of validation tunes than in real melodies (docs/explanation/what-was-tried.md)."""


@dataclass(frozen=True)
class TiltSize:
    """How much the weights are fitted to.

    Args:
        sources: about so many stretches are transferred to each style, in simple and in compound
            metres.
        candidates: of each transfer; all of them count.
        fewest: melodies of each kind below which a style has no weights.
        bars: of a stretch.
        rounds: transfers of all stretches, after each of which the weights move.
    """

    sources: int = 60
    candidates: int = 6
    fewest: int = 40
    bars: int = 20
    rounds: int = 16


def fit_tilt(path: Path, data: Path, out: Path, size: TiltSize | None = None) -> None:
    """Write a model file with fitted weights.

    Args:
        path: a model file.
        data: the labelled folder that the model was trained on.
        out: the model file to write; any but that of the shipped model.
        size: how much to fit to.

    Raises:
        ModelFileError: if there is no such model.
        CorpusError: if there is no such folder or no music in it.
        UsageError: if `out` is the shipped model or cannot be written.
    """
    model = checkpoint.load_model(path)
    model_files.write(out, with_tilt(model, judge_data.read(model, data), size))


def with_tilt(model: Model, data: JudgeData, size: TiltSize | None = None) -> Model:
    """Fit, style by style.

    Args:
        model: any model; weights that it has already stay as they are.
        data: what to fit to, see `judge_data.read`.
        size: how much to fit to.

    Returns:
        The model with its weights.
    """
    size = size or TiltSize()
    fitted: dict[str, np.ndarray] = {}
    for style in (style for style in model.header.styles if style.parent == style.name):
        parts = _parts(style)
        for compound in (False, True) if parts else ():
            began = time.perf_counter()
            found = fit(model, style, data.train, compound, parts, size)
            name = tilt.named(style.name, compound)
            for part, more in CHOSEN.get(name, {}).items() if found else ():
                if f"{name}/{part}" not in model.arrays:
                    found[part] = found.get(part, np.zeros(1)) + more
                    found[f"{tilt.CHOSEN}{part}"] = np.array([more])
            fitted |= {f"{name}/{part}": array for part, array in found.items()}
            print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    return judge_data.with_arrays(model, fitted)


def _parts(style: Style) -> tuple[str, ...]:
    """Which weights of a style are fitted."""
    if hold(style) > 1:
        return Weights._fields
    return ("interval",) if improvised(style) else ()


def fit(
    model: Model,
    style: Style,
    train: Sequence[LabelledMelody],
    compound: bool,
    parts: Sequence[str],
    size: TiltSize,
) -> dict[str, np.ndarray]:
    """The weights of a style, of these parts alone; nothing where there is too little."""
    real = [tune.melody for tune in train if root(model, tune) == style.name]
    # Tunes that are adrift throughout are written beside the beat by the fault of their files.
    real = [
        m
        for m in real
        if m.metre.is_compound == compound and attributes.adrift(m) <= ranking.HELD.adrift
    ]
    sources = stretches(model, style, train, compound, size)
    if min(len(real), len(sources)) < size.fewest:
        return {}
    wanted = total((melody, estimate(melody)) for melody in real)
    known = {part: zero for part, zero in tilt.unweighted()._asdict().items() if part not in parts}
    known |= tilt.kept(model.arrays, style.name, compound)
    weights = tilt.unweighted()._replace(**known)
    last: list[Weights] = []
    for number in range(size.rounds):
        found = total(outcomes(model, style, sources, weights, number, size))
        rare = ", ".join(
            f"{name} {_second(ours):.4f} of {_second(theirs):.4f}"
            for name, ours, theirs in zip(Weights._fields, found, wanted, strict=True)
            if ours.shape[-1] == 2
        )
        print(f"{rare}, intervals {_apart(found, wanted):.3f} apart", flush=True)
        weights = Weights(*map(_nearer, weights, found, wanted))
        weights = (_within_scale(weights) if diatonic(style) else weights)._replace(**known)
        last = [*last, weights][-size.rounds // 2 :]
    mean = Weights(*(np.mean(values, axis=0) for values in zip(*last, strict=True)))
    return {part: getattr(mean, part) for part in parts}


def stretches(
    model: Model, style: Style, train: Sequence[LabelledMelody], compound: bool, size: TiltSize
) -> list[Melody]:
    """Stretches of tunes of all other styles, which the style writes in such a metre."""
    rng = np.random.default_rng(1)
    by_root: dict[str, list[Melody]] = {}
    for tune in (train[k] for k in rng.permutation(len(train))):
        first = int(rng.integers(max(tune.melody.bars - size.bars, 0) + 1))
        part = tune.melody.slice(first, min(first + size.bars, tune.melody.bars))
        if (part.metre.is_compound and metre_mapping.knows_compound(style)) == compound and len(
            part.notes
        ) >= LEAST_NOTES:
            by_root.setdefault(root(model, tune), []).append(part)
    by_root.pop(style.name, None)
    share = -(-size.sources // max(len(by_root), 1))
    return [part for name in sorted(by_root) for part in by_root[name][:share]]


def outcomes(
    model: Model,
    style: Style,
    sources: Sequence[Melody],
    weights: Weights,
    number: int,
    size: TiltSize,
) -> Iterable[tuple[Melody, Tonality]]:
    """Candidates of transfers at the default dials, with the key of the tune."""
    settings = transfer.sampling_config(transfer.TransferConfig(), style)
    # Among the model's arrays, so that a plan moves them by the tune it draws, as in a transfer.
    tilts = {
        f"{tilt.named(style.name, compound)}/{part}": array
        for compound in (False, True)
        for part, array in weights._asdict().items()
    }
    tilted = replace(model, arrays={**model.arrays, **tilts})
    for k, source in enumerate(sources):
        seed = number * len(sources) + k
        plan = planning.draw_plan(
            tilted,
            analyse(metre_mapping.to_supported_metre(source, style)),
            model.style(style.name),
            seed,
        )
        for candidate in compose(model, plan, settings, seed, size.candidates):
            yield candidate.melody, plan.analysis.tonality


def total(melodies: Iterable[tuple[Melody, Tonality]]) -> Weights:
    """The counts of all melodies."""
    counted = [tilt.counts(*each) for each in melodies if len(each[0].notes) >= 3]
    return Weights(*(np.sum(values, axis=0) for values in zip(*counted, strict=True)))


def _nearer(weights: np.ndarray, found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Weights after a step from the counts that are found towards those that are wanted."""
    step = np.log(_shares(wanted) / _shares(found))
    if weights.shape != found.shape:  # of two that exclude each other only the second has a weight
        step = step[:, 1] - step[:, 0]
    return np.clip(weights + np.clip(RATE * step, -LARGEST, LARGEST), -MOST, MOST).astype(
        np.float32
    )


def _within_scale(weights: Weights) -> Weights:
    """Weights that raise no degree outside the scale: the mean of the modes is none of them."""
    scales = [np.isin(np.arange(12), scale(Tonality(0, mode))) for mode in ("major", "minor")]
    return weights._replace(degree=np.where(scales, weights.degree, np.minimum(weights.degree, 0)))


def _shares(counts: np.ndarray) -> np.ndarray:
    return (counts + 1) / (counts + 1).sum(axis=-1, keepdims=True)


def _second(counts: np.ndarray) -> float:
    """The share of the second of two that exclude each other."""
    return float(counts[:, 1].sum() / counts.sum())


def _apart(found: Weights, wanted: Weights) -> float:
    """Half the sum of the differences between shares of intervals."""
    return float(np.abs(_shares(found.interval) - _shares(wanted.interval)).sum() / 2)
