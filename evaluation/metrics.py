"""The metrics by name: the columns of a report's table, and one call that measures outputs.

A new metric costs one file in this folder, with one function, and one line in `_TABLE` below. The
function takes one output, or a source and its output, and returns one number. `benchmark` then
measures it for every system and every baseline, and the table of `stylernn evaluate` shows its mean
with an interval. A program registers a metric of its own with `register` before it measures.

Conventions: a mean is taken over outputs. Symbols of the better direction: "↑" higher, "↓" lower,
"1" and ".5" that number, "◇" as near as possible to the value of real melodies of the target style.

Metrics:
    register: add a metric to the table.
    measure: values of all registered functions.
    evaluate: means of all deterministic metrics of a set of outputs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from stylernn.errors import StylernnError
from stylernn.music.melody import Melody
from stylernn.system.source_digest import source_digest

from . import content, music, originality
from .inputs import check_melodies, check_pairs

__all__ = [
    "DIRECTIONS",
    "METRICS",
    "HasMelody",
    "Metric",
    "evaluate",
    "fingerprint",
    "measure",
    "register",
    "unregister",
]

DIRECTIONS = ("↑", "↓", "◇", "1", ".5")
"""Symbols of the better direction, see the conventions of this module."""

_LEAST_OVERLAP = 5


@dataclass(frozen=True)
class Metric:
    """A metric and its column in the table of a report.

    Args:
        name: key of its values, a Python identifier such as "edit".
        title: heading of its column.
        better: one of `DIRECTIONS`.
        chapter: the module that explains it, such as "content".
        of_output: the function, if it takes one output.
        of_pair: the function, if it takes a source and its output. A metric with neither function
            is measured by the `evaluate` function of its chapter, or made of other metrics by
            `study`.

    Raises:
        ValueError: if the name is no identifier, the direction is unknown or both functions are
            given.
    """

    name: str
    title: str
    better: str
    chapter: str
    of_output: Callable[[Melody], float] | None = None
    of_pair: Callable[[Melody, Melody], float] | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"a metric's name must be an identifier, got {self.name!r}")
        if self.better not in DIRECTIONS:
            raise ValueError(f"better must be one of {', '.join(DIRECTIONS)}, got {self.better!r}")
        if self.of_output and self.of_pair:
            raise ValueError(f"{self.name} has two functions; give of_output or of_pair")


class HasMelody(Protocol):
    """Anything with a melody, such as the result of a transfer."""

    @property
    def melody(self) -> Melody: ...


_TABLE = (
    Metric("joint", "joint score", "↑", "benchmark"),
    Metric("accuracy_all", "style accuracy", "◇", "style"),
    Metric("probability_all", "P(target)", "◇", "style"),
    Metric("accuracy_pitch", "… by pitch", "◇", "style"),
    Metric("accuracy_rhythm", "… by rhythm", "◇", "style"),
    Metric("binary_all", "target, not source", "◇", "style"),
    Metric("binary_pitch", "… by pitch", "◇", "style"),
    Metric("binary_rhythm", "… by rhythm", "◇", "style"),
    Metric("top1", "source found", "↑", "content"),
    Metric("top1_compound", "… in 6/8, 9/8, 12/8", "↑", "content"),
    Metric("reciprocal_rank", "MRR", "↑", "content"),
    Metric("strength", "strength S", "↑", "style"),
    Metric("chroma", "chroma", "↑", "content"),
    Metric("chroma_best", "… best key", "↑", "content"),
    Metric("skeleton_recall", "skeleton", "↑", "content"),
    Metric("contour", "contour", "↑", "content"),
    Metric("edit", "edit", "↑", "content"),
    Metric("groove", "groove", "↑", "content"),
    Metric("c2st_all", "two-sample", ".5", "realism"),
    Metric("c2st_pitch", "… by pitch", ".5", "realism"),
    Metric("c2st_rhythm", "… by rhythm", ".5", "realism"),
    Metric("frechet_ratio", "Fréchet ratio", "↓", "realism"),
    Metric("overlap", "overlap area", "↑", "overlap"),
    Metric("profile_pitch", "pitch profile", "↑", "style"),
    Metric("profile_rhythm", "rhythm profile", "↑", "style"),
    Metric("bits", "bits/note", "◇", "bits"),
    Metric("window_notes", "nearest 8 notes", "◇", "originality"),
    Metric("longest_copy", "longest copy", "◇", "originality"),
    Metric("copied", "copies ≥ 12", "◇", "originality"),
    Metric("music_repetition", "repetition", "◇", "music"),
    Metric("music_silence", "silence", "◇", "music"),
    Metric("music_density", "notes/quarter", "◇", "music"),
    Metric("music_off_grid", "off grid", "◇", "music"),
    Metric("music_mean_interval", "mean interval", "◇", "music"),
    Metric("music_leaps", "leaps", "◇", "music"),
    Metric("music_groove_consistency", "groove consistency", "◇", "music"),
    Metric("ratio_density", "density ÷ real", "1", "music"),
    Metric("ratio_silence", "silence ÷ real", "1", "music"),
    Metric("ratio_longest_rest", "longest rest ÷ real", "1", "music"),
    Metric("ratio_off_grid", "off grid ÷ real", "1", "music"),
    Metric("ratio_repetition", "repetition ÷ real", "1", "music"),
    Metric("music_ends_in_triad", "ends in triad", "◇", "music"),
    Metric("music_ends_long", "ends long", "◇", "music"),
    Metric("music_ends_on_strong_beat", "ends on strong beat", "◇", "music"),
)

_registered = {metric.name: metric for metric in _TABLE}

METRICS: Mapping[str, Metric] = MappingProxyType(_registered)
"""All metrics of the table by name, in the order of its columns."""


def register(metric: Metric) -> Metric:
    """Add a metric to the end of the table.

    Args:
        metric: a metric with a function; its name must be free.

    Returns:
        The metric itself.

    Raises:
        ValueError: if there is a metric of that name, or it has no function.

    Example:
        >>> def notes(output):
        ...     return float(len(output.notes))
        >>> register(Metric("notes", "notes", "◇", "music", of_output=notes)).title
        'notes'
        >>> "notes" in METRICS
        True
        >>> unregister("notes")
    """
    if metric.name in _registered:
        raise ValueError(f"there is a metric {metric.name!r} already")
    if metric.of_output is None and metric.of_pair is None:
        raise ValueError(f"{metric.name} has no function; give of_output or of_pair")
    _registered[metric.name] = metric
    return metric


def unregister(name: str) -> None:
    """Take a registered metric out of the table.

    Args:
        name: of a metric with a function.

    Raises:
        ValueError: if there is none.
    """
    metric = _registered.get(name)
    if metric is None or (metric.of_output is None and metric.of_pair is None):
        raise ValueError(f"there is no metric with a function called {name!r}")
    del _registered[name]


def measure(
    outputs: Sequence[Melody], sources: Sequence[Melody] | None = None
) -> dict[str, np.ndarray]:
    """Values of all metrics of the table that have a function of their own.

    Args:
        outputs: the melodies to measure.
        sources: the source of each output; without them functions of pairs are left out.

    Returns:
        float64 arrays of shape (outputs,) by name.
    """
    values = {}
    for metric in METRICS.values():
        if metric.of_output is not None:
            numbers = [metric.of_output(output) for output in outputs]
        elif metric.of_pair is not None and sources is not None:
            pairs = zip(sources, outputs, strict=True)
            numbers = [metric.of_pair(source, output) for source, output in pairs]
        else:
            continue
        values[metric.name] = np.asarray(numbers, dtype=float)
    return values


def fingerprint() -> tuple[tuple[str, str], ...] | None:
    """What the values of `measure` depend on beside the melodies, for `cache.remembered`.

    Returns:
        Name and checksum of the source of each metric's function; None where the source of one
        cannot be found, as that of a function typed at a prompt.
    """
    facts = []
    for metric in METRICS.values():
        function = metric.of_output or metric.of_pair
        if function is None:
            continue
        try:
            digest = source_digest(function.__module__)
        except (AttributeError, ImportError, ValueError, OSError):
            return None
        facts.append((metric.name, digest))
    return tuple(facts)


def evaluate(
    outputs: Sequence[Melody | HasMelody],
    sources: Sequence[Melody | HasMelody] | None = None,
    *,
    reference: Sequence[Melody | HasMelody] | None = None,
    training: Sequence[Melody | HasMelody] | None = None,
) -> dict[str, float]:
    """Means of the deterministic metrics of a set of outputs.

    No style classifier is fitted and no two-sample test is made here: for those, with intervals and
    baselines, see `stylernn evaluate`.

    Args:
        outputs: melodies, or objects with a `melody`, such as results of a transfer.
        sources: the tune that each output was made from, in the same order.
        reference: real melodies of the target style. Needs the extra `evaluation`.
        training: melodies that a system may have copied.

    Returns:
        Means by name. Always the descriptors of `music` as `music_*`; with sources those of
        `content`; with training melodies those of `originality`; with a reference those of `bits`,
        the style profiles and, from 5 melodies a side on, the overlap area; and the metrics that
        were registered.

    Raises:
        ValueError: if a list is empty, a melody has no notes, or sources and outputs differ in
            number.
        StylernnError: if a reference is given and scipy or scikit-learn is not installed.

    Example:
        >>> from stylernn.music.melody import Melody
        >>> up = Melody.from_array(np.array([(0, 24, 60), (24, 24, 62), (48, 24, 64)]))
        >>> down = Melody.from_array(np.array([(0, 24, 64), (24, 24, 62), (48, 24, 60)]))
        >>> means = evaluate([down], [up])
        >>> means["music_mean_interval"], means["contour"]
        (2.0, -1.0)
    """
    made = [_melody(item) for item in outputs]
    tunes = None if sources is None else [_melody(item) for item in sources]
    check_melodies(made, "outputs")
    values = {f"music_{name}": column for name, column in music.evaluate(made).items()}
    if tunes is not None:
        check_pairs(tunes, made)
        values |= content.evaluate(tunes, made)
    if training is not None:
        index = originality.index([_melody(item) for item in training])
        values |= originality.evaluate(made, index, tunes)
    if reference is not None:
        values |= _beside_reference(made, [_melody(item) for item in reference])
    values |= measure(made, tunes)
    return {name: float(np.mean(column)) for name, column in values.items()}


def _beside_reference(
    outputs: Sequence[Melody], reference: Sequence[Melody]
) -> dict[str, np.ndarray]:
    """Metrics that need real melodies of the target style, and scipy and scikit-learn."""
    try:
        from . import bits, overlap, style
    except ModuleNotFoundError as error:
        raise StylernnError(
            f"metrics with a reference need the package {error.name}",
            remedy="Install it with: pip install 'stylernn[evaluation]'",
        ) from error
    check_melodies(reference, "reference")
    profiles = style.profile_cosine(outputs, reference)
    values = bits.evaluate(bits.fit(reference, "ppm"), outputs)
    values |= {
        f"profile_{family}": np.array([cosine])
        for family, cosine in zip(("pitch", "rhythm"), profiles, strict=True)
    }
    if min(len(outputs), len(reference)) >= _LEAST_OVERLAP:
        areas = [area for area, _ in overlap.overlap(reference, outputs).values()]
        values["overlap"] = np.array(areas)
    return values


def _melody(item: Any) -> Any:
    """The melody of an item, or the item itself, which `check_melodies` then refuses."""
    return item if isinstance(item, Melody) else getattr(item, "melody", item)
