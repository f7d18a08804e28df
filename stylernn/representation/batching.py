"""Training windows: seeded, resumable, balanced by style, bucketed by length.

Batch `step` of a run is a function of the seed, the settings and `step` alone, so a resumed run sees the same batches.
A window is a stretch of whole bars. Tunes are sorted into buckets by the length of their windows; a step draws a
bucket, then windows from it, such that each style gets its share of windows whatever the lengths of its tunes.
"""

from collections.abc import Sequence

import numpy as np

from stylernn.config import DataSettings
from stylernn.music.melody import TICKS_PER_QUARTER
from stylernn.representation import skeleton as sk
from stylernn.representation.analysis import Analysis
from stylernn.representation.arrays import PAD_TIME, Batch, ConditioningArrays, initial_history
from stylernn.representation.event_codec import END, LOWEST, PITCHES, REST
from stylernn.representation.examples import Condition, Example

__all__ = ["BEATS", "Batcher", "collate", "cover", "window_arrays"]

BEATS = 208
"""Most beats in a training window."""

_BUCKET = 32
_LEFT = 17
_TOLD = 0.8  # chance of each trait, where any is told


def window_arrays(
    example: Analysis, first: int, last: int, condition: Condition, beats: int, notes: int
) -> ConditioningArrays[np.ndarray]:
    """What is known of bars `first` to `last` (excluded) of a melody, filled up to numbers of beats and of notes."""
    grid = example.events.grid
    low, high = int(grid.first[first]), int(grid.first[last])
    bars = np.diff(grid.first)
    bar = _fill(grid.bar[low:high] - first, beats, last - first)
    absolute = np.minimum(bar + first, len(bars) - 1)
    compound = grid.unit[low:high] != TICKS_PER_QUARTER
    positions = np.zeros((beats, 16), bool)
    table = grid.ticks.reshape(-1, 16) >= 0
    positions[: high - low] = table[low:high]
    if high - low < beats:
        positions[high - low, 0] = True
    skeleton = condition.skeleton
    inside = (skeleton.time >= 16 * low) & (skeleton.time < 16 * high)
    repeats = condition.repeats[first:last] - first
    return ConditioningArrays(
        style=_number(condition.style),
        tonic=_number((example.tonality.tonic - LOWEST) % 12),
        minor=_number(example.tonality.mode == "minor"),
        median_pitch=_number(np.clip(example.median_pitch - LOWEST, 0, PITCHES - 1)),
        level=_number(condition.level),
        end=_number(16 * (high - low) if last == len(bars) else PAD_TIME),
        attributes=condition.attributes.astype(np.int32),
        bar=bar,
        first=_fill(grid.first[first : last + 1] - low, beats, high - low),
        kind=(np.minimum(bars[absolute], 8) + 9 * _fill(compound, beats, 0)).astype(np.int32),
        phrase=((absolute - example.pickup) % 8).astype(np.int32),
        left=np.clip(len(bars) - first - bar, 0, _LEFT).astype(np.int32),
        positions=positions,
        repeats=_fill(np.where(repeats < 0, -1, repeats), beats, -1),
        skeleton_time=_fill(skeleton.time[inside] - 16 * low, notes, PAD_TIME),
        skeleton_pitch=_fill(skeleton.pitch[inside], notes, 0),
    )


def collate(
    windows: Sequence[tuple[Example, int, int, Condition]], events: int, beats: int = BEATS
) -> Batch[np.ndarray]:
    """Stack windows (example, first bar, last bar excluded, condition), filled up to numbers of events and of beats."""
    pieces = [window_arrays(*window, beats, events) for window in windows]
    rows = [_window_events(example, first, last, events) for example, first, last, _ in windows]
    time, pitch, duration, scored = (np.stack(column) for column in zip(*rows, strict=True))
    piece: ConditioningArrays[np.ndarray] = ConditioningArrays(
        *(np.stack(leaves) for leaves in zip(*pieces, strict=True))
    )
    style = np.array([example.style for example, *_ in windows], np.int32)
    return Batch(
        piece,
        initial_history(piece.median_pitch, time, pitch, duration),
        time,
        pitch,
        duration,
        scored,
        style,
    )


def cover(example: Example, events: int, beats: int = BEATS) -> list[tuple[int, int]]:
    """Cut a melody into consecutive windows of whole bars, each as long as fits; bars too full to fit are left out."""
    bars = len(example.events.grid.first) - 1
    windows, first = [], 0
    while first < bars:
        last = _longest(example, first, events, beats)
        if last > first:
            windows.append((first, last))
        first = max(last, first + 1)
    return windows


class Batcher:
    """Draws the batches of a run.

    Args:
        examples: the training set.
        settings: what is hidden, dropped and balanced.
        batch: windows per step at the full length; shorter windows come in larger batches of as many events.
        seed: of the run.
    """

    def __init__(
        self, examples: Sequence[Example], settings: DataSettings, batch: int, seed: int
    ) -> None:
        self.examples, self.settings, self.batch, self.seed = list(examples), settings, batch, seed
        styles = np.array([example.style for example in self.examples])
        lengths = np.array([len(example.events.time) for example in self.examples])
        # A long piece counts for more than one tune, but not for all its windows.
        weight = np.sqrt(np.maximum(lengths / settings.events, 1.0))
        share = np.bincount(styles, weights=lengths) ** settings.balance
        weight = (weight * share[styles]) / np.bincount(styles, weights=weight)[styles]
        bucket = np.minimum(-(-lengths // _BUCKET) * _BUCKET, settings.events).clip(2 * _BUCKET)
        self.lengths = np.unique(bucket)
        self._members = [np.flatnonzero(bucket == length) for length in self.lengths]
        self._odds = [weight[members] / weight[members].sum() for members in self._members]
        mass = np.array([weight[members].sum() for members in self._members]) * self.lengths
        self._bucket_odds = mass / mass.sum()

    def __call__(self, step: int) -> Batch[np.ndarray]:
        """The batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        k = int(rng.choice(len(self.lengths), p=self._bucket_odds))
        length = int(self.lengths[k])
        size = max(self.batch * self.settings.events // length, 1)
        chosen = rng.choice(self._members[k], size=size, p=self._odds[k])
        return collate([self._window(self.examples[i], length, rng) for i in chosen], length)

    def _window(
        self, example: Example, length: int, rng: np.random.Generator
    ) -> tuple[Example, int, int, Condition]:
        latest = _latest_start(example, length)
        first = int(rng.choice([0, latest, int(rng.integers(latest + 1))], p=[0.15, 0.15, 0.7]))
        return (
            example,
            first,
            max(_longest(example, first, length), first + 1),
            self.condition(example, rng),
        )

    def condition(self, example: Example, rng: np.random.Generator) -> Condition:
        """What a window of an example tells the model, drawn as the settings say."""
        settings = self.settings
        style = example.parent if rng.random() < settings.parent else example.style
        style = 0 if rng.random() < settings.style_dropout else style
        odds = np.array(settings.skeleton_levels) / sum(settings.skeleton_levels)
        level = int(rng.choice(len(sk.LEVELS), p=odds))
        skeleton = example.skeletons[level]
        skeleton = sk.keep(skeleton, self._kept(skeleton, rng))
        if level and rng.random() < settings.normalised:
            level += 4
            middle = example.median_pitch - LOWEST
            skeleton = sk.normalise(skeleton, example.tonality, middle - 8, middle + 8)
        repeats = (
            example.repeats
            if rng.random() >= settings.map_dropout
            else np.full_like(example.repeats, -1)
        )
        shown = np.where(rng.random(len(example.attributes)) < _TOLD, example.attributes, 0)
        shown = shown if rng.random() < settings.attributes else np.zeros_like(shown)
        return Condition(style, level, skeleton, repeats, shown)

    def _kept(self, skeleton: sk.Skeleton, rng: np.random.Generator) -> np.ndarray:
        """Leave out notes here and there, or whole stretches: the model must fill gaps and may rest in them."""
        least, most = self.settings.skeleton_dropout
        share = rng.uniform(least, most)
        stretch = 16 * int(rng.choice([1, 4, 8]))
        numbers = rng.random(int(skeleton.time[-1]) // stretch + 1 if len(skeleton.time) else 1)
        return numbers[skeleton.time // stretch] >= share


def _counts(example: Example) -> np.ndarray:
    """Events before each bar and, last, before the closing bar line."""
    return np.searchsorted(example.events.time, 16 * example.events.grid.first)


def _longest(example: Example, first: int, events: int, beats: int = BEATS) -> int:
    """The bar up to which a window from bar `first` can reach; END needs room too."""
    counts, starts = _counts(example), example.events.grid.first
    counts[-1] += 1
    fits = (counts - counts[first] <= events) & (starts - starts[first] < beats)
    return int(np.flatnonzero(fits)[-1])


def _latest_start(example: Example, events: int) -> int:
    """The first bar from which a window reaches the end."""
    counts, beats = _counts(example), example.events.grid.first
    reaches = (counts[-1] + 1 - counts[:-1] <= events) & (beats[-1] - beats[:-1] < BEATS)
    return int(reaches.argmax()) if reaches.any() else len(beats) - 2


def _window_events(example: Example, first: int, last: int, events: int) -> tuple[np.ndarray, ...]:
    """Time, pitch, duration and weight of a window's events, filled up."""
    source, beats = example.events, example.events.grid.first
    low, high = 16 * int(beats[first]), 16 * int(beats[last])
    ends = last == len(beats) - 1
    inside = (source.time >= low) & (source.time < high + ends)
    time = (source.time[inside] - low)[:events]
    n = len(time)
    scored = (np.arange(events) < n).astype(np.float32)
    # The grammar knows a REST only as a whole stretch of beats; the cut has shortened this one.
    scored[0] *= source.pitch[inside][0] != REST if n else 0
    return (
        _fill(time, events, PAD_TIME),
        _fill(source.pitch[inside][:events], events, END),
        _fill(source.duration[inside][:events], events, 0),
        scored,
    )


def _number(value: float | np.ndarray) -> np.ndarray:
    return np.array(value, np.int32)


def _fill(values: np.ndarray, length: int, filling: int) -> np.ndarray:
    """Cut or fill an array up to a length; int32."""
    out = np.full(length, filling, np.int32)
    out[: len(values)] = values[:length]
    return out
