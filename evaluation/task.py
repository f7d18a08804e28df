"""The task: one direction of transfer and its data, independent of the system under test.

Task: sources, real melodies, evaluators and the training set.
prepare: build a task from labelled melodies.
excerpts, spread: cut melodies into windows, on which style and realism are measured. Statistics
    of long and of short melodies differ whatever the style, so windows have the lengths of real
    ones.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stylernn.music.melody import TICKS_PER_QUARTER, Melody

from . import bits, features, originality, style
from .cache import digest, remembered
from .inputs import check_melodies

__all__ = ["LEAST_REAL", "WINDOW_QUARTERS", "Labelled", "Task", "excerpts", "prepare", "spread"]

Labelled = Mapping[str, Sequence[Melody]]
"""Melodies by style."""

WINDOW_QUARTERS = 64
"""Longest windows for style and realism: sixteen bars of 4/4, thirty-two of 2/4."""

LEAST_REAL = 10
"""Least number of real melodies, or windows, that outputs are compared with."""

_WINDOWS_PER_TUNE = 4
_LEAST_NOTES = 8
_MOST_REAL = 120
_MOST_FITTED = 400
_OTHERS = 200
_POOL = 400
_FEW = 0.05
"""A kind of metre counts as used if it has more than this share of the sources."""


@dataclass(frozen=True)
class Task:
    """One direction of transfer; made by `prepare`.

    Args:
        target: style of the outputs.
        sources: what is transferred.
        origins: the style of each source; empty where it is unknown.
        distractors: more melodies of the sources' styles, for retrieval to choose from.
        real: windows of held-out real melodies of the target style, and the number of the tune of
            each.
        more_real: the same of other tunes, for the row of real melodies.
        every_real: the same of all held-out tunes, for events that are too rare to be counted in a
            few tunes.
        pool: training melodies of the target style, for the baselines.
        evaluators: one for each family of features.
        ceilings: recall of each style on held-out real melodies for each family.
        training: index of everything that a system may have copied.
        note_model: n-gram model of the target style.
        digest: checksum of the data above.
        seed: of every random choice.
        real_features: features of the windows of `real`; float64, shape (windows, features).
    """

    target: str
    sources: tuple[Melody, ...]
    origins: tuple[str, ...]
    distractors: tuple[Melody, ...]
    real: tuple[tuple[Melody, ...], tuple[int, ...]]
    more_real: tuple[tuple[Melody, ...], tuple[int, ...]]
    every_real: tuple[tuple[Melody, ...], tuple[int, ...]]
    pool: tuple[Melody, ...]
    evaluators: tuple[style.Evaluator, ...]
    ceilings: Mapping[str, Mapping[str, float]]
    training: originality.Index
    note_model: bits.NoteModel
    digest: str
    seed: int = 0
    real_features: np.ndarray = field(default_factory=lambda: np.zeros((0, len(features.NAMES))))


def prepare(
    train: Labelled,
    held_out: Labelled,
    target: str,
    *,
    source_styles: Sequence[str] = (),
    sources: Sequence[Melody] | None = None,
    count: int = 100,
    seed: int = 0,
) -> Task:
    """Build a task.

    Args:
        train: melodies by style for the evaluators, the originality index and the baselines; two
            styles or more.
        held_out: melodies by style that no system has seen, the target style among them.
        target: style to transfer to.
        source_styles: styles whose held-out melodies are the sources, in equal parts, unless
            `sources` are given.
        sources: the sources themselves.
        count: how many held-out melodies to take as sources, of all styles together.
        seed: of every random choice.

    Returns:
        The task.

    Raises:
        ValueError: if a style is missing or has too few melodies.
    """
    if target not in train or len(held_out.get(target, ())) < LEAST_REAL:
        known = ", ".join(sorted(set(train) & set(held_out)))
        raise ValueError(
            f"the target needs training and {LEAST_REAL} held-out melodies; "
            f"{target!r} is none of {known}"
        )
    rng = np.random.default_rng(seed)
    rest: list[Melody] = []
    origins: list[str] = []
    if sources is None:
        sources, origins, rest = _sources(train, held_out, source_styles, count, rng)
    check_melodies(sources, "sources")
    named = [
        (name, digest(melodies))
        for part in (train, held_out)
        for name, melodies in sorted(part.items())
    ]
    evaluators, ceilings = _evaluators(train, held_out, named, seed)
    mixed = [held_out[target][i] for i in rng.permutation(len(held_out[target]))]
    tunes = _in_like_metres(mixed, sources)
    cut = [
        features.windows(
            tune, WINDOW_QUARTERS, most=_WINDOWS_PER_TUNE, seed=seed, least=_LEAST_NOTES
        )
        for tune in tunes
    ]
    half = min(len(tunes) // 2, _MOST_REAL)
    real = _joined(cut[:half])
    return Task(
        target=target,
        sources=tuple(sources),
        origins=tuple(origins),
        distractors=tuple(rest),
        real=real,
        more_real=_joined(cut[half : 2 * _MOST_REAL]),
        every_real=_joined(cut),
        pool=tuple(train[target][i] for i in rng.permutation(len(train[target]))[:_POOL]),
        evaluators=evaluators,
        ceilings=ceilings,
        training=originality.index([melody for melodies in train.values() for melody in melodies]),
        note_model=bits.fit(train[target], "ppm"),
        digest=repr((named, target, digest(sources), digest(rest), tuple(origins), seed)),
        seed=seed,
        real_features=features.extract(real[0]),
    )


def excerpts(task: Task, melodies: Sequence[Melody]) -> list[Melody]:
    """Cut one window out of each melody, as long as a random one of the real windows.

    With longer windows of outputs a classifier could tell them from real tunes by their length
    alone.

    Args:
        task: from `prepare`.
        melodies: the melodies.

    Returns:
        One window a melody, in the same order.
    """
    return [
        features.excerpt(melody, length, task.seed, least=_LEAST_NOTES)
        for melody, length in zip(melodies, _lengths(task, len(melodies)), strict=True)
    ]


def spread(task: Task, melodies: Sequence[Melody]) -> tuple[list[Melody], np.ndarray]:
    """Cut several windows out of each melody, at most as many as out of a real one.

    Events that are rare, such as rests in a dance, are counted more precisely in several windows.

    Args:
        task: from `prepare`.
        melodies: the melodies.

    Returns:
        The windows, and the number of the melody of each; int64, shape (windows,).
    """
    found = [
        features.windows(melody, length, most=_WINDOWS_PER_TUNE, seed=task.seed, least=_LEAST_NOTES)
        or [melody]
        for melody, length in zip(melodies, _lengths(task, len(melodies)), strict=True)
    ]
    return [window for group in found for window in group], np.repeat(
        np.arange(len(found)), list(map(len, found))
    )


def _lengths(task: Task, count: int) -> np.ndarray:
    """Lengths of random real windows in quarters."""
    lengths = [window.end / TICKS_PER_QUARTER for window in task.real[0]] or [WINDOW_QUARTERS]
    return np.random.default_rng(task.seed).choice(lengths, count)


def _sources(
    train: Labelled, held_out: Labelled, styles: Sequence[str], count: int, rng: np.random.Generator
) -> tuple[list[Melody], list[str], list[Melody]]:
    """Sources in equal parts of their styles, the style of each, and 200 distractors for retrieval.

    Training melodies are among the distractors of a style with too few held-out melodies.
    """
    if not styles or not all(held_out.get(name) for name in styles):
        raise ValueError(
            f"there are no held-out melodies of the source style {' or '.join(styles) or None!r}"
        )
    chosen: list[Melody] = []
    origins: list[str] = []
    others: list[Melody] = []
    for number, name in enumerate(styles):
        share, fill = ((total + number) // len(styles) for total in (count, _OTHERS))
        unseen, seen = (
            [
                melody
                for melody in part.get(name, ())
                if len(melody.notes) >= 2 * originality.COPY_NOTES
            ]
            for part in (held_out, train)
        )
        mixed = [unseen[i] for i in rng.permutation(len(unseen))]
        more = [seen[i] for i in rng.permutation(len(seen))[:fill]]
        chosen += mixed[:share]
        origins += [name] * len(mixed[:share])
        others += (mixed[share:] + more)[:fill]
    return chosen, origins, others


def _evaluators(
    train: Labelled, held_out: Labelled, named: Sequence[tuple[str, str]], seed: int
) -> tuple[tuple[style.Evaluator, ...], dict[str, dict[str, float]]]:
    """Evaluators for all families of features, and their recalls on held-out melodies."""
    known = [name for name, melodies in train.items() if len(melodies) >= 5]
    (seen, labels), (unseen, truth) = (
        _labelled(part, known, seed, (side, named))
        for side, part in (("train", train), ("held out", held_out))
    )
    evaluators = tuple(style.fit(seen, labels, family, seed=seed) for family in features.FAMILIES)
    return evaluators, {each.family: style.accuracy(each, unseen, truth) for each in evaluators}


def _labelled(
    melodies: Labelled, styles: Sequence[str], seed: int, facts: tuple[object, ...]
) -> tuple[np.ndarray, list[str]]:
    """Features of one window of up to 400 melodies of each style, with labels."""

    def extracted() -> dict[str, np.ndarray]:
        cut: list[Melody] = []
        labels: list[str] = []
        for name in styles:
            own = melodies.get(name, ())
            for i in np.random.default_rng(seed).permutation(len(own))[:_MOST_FITTED]:
                cut += (
                    found := features.windows(
                        own[i], WINDOW_QUARTERS, most=1, seed=seed, least=_LEAST_NOTES
                    )
                )
                labels += [name] * len(found)
        return {"features": features.extract(cut), "labels": np.array(labels)}

    arrays = remembered(("labelled", facts, tuple(styles), seed), extracted)
    return arrays["features"], arrays["labels"].tolist()


def _in_like_metres(tunes: Sequence[Melody], sources: Sequence[Melody]) -> Sequence[Melody]:
    """Real tunes in the kinds of metre (duple, triple, compound) of the sources.

    A transfer keeps the metre, so that other metres would tell real tunes from outputs. All tunes,
    if too few are left.
    """
    kinds = Counter(map(_kind, sources))
    like = [tune for tune in tunes if kinds[_kind(tune)] > _FEW * len(sources)]
    return like if len(like) >= 2 * LEAST_REAL else tunes


def _kind(tune: Melody) -> tuple[bool, bool]:
    """Whether a tune begins in a compound metre, and whether in a triple one."""
    beats = tune.metre.bar // tune.metre.beat
    return tune.metre.is_compound, not tune.metre.is_compound and beats % 3 == 0


def _joined(cut: Sequence[Sequence[Melody]]) -> tuple[tuple[Melody, ...], tuple[int, ...]]:
    """The windows of all tunes, and the number of the tune of each."""
    return tuple(w for group in cut for w in group), tuple(
        i for i, group in enumerate(cut) for _ in group
    )
