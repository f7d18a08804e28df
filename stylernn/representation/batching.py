"""Windows of melodies for training, in batches that are balanced by style and bucketed by length.

The batch of a step is a function of the seed, the settings and the number of the step alone, so a
resumed run sees the same batches. A window is a number of successive whole bars. Melodies are put
into buckets by the length of their windows. A step draws a bucket, then windows from it, so that
each style gets its share of the windows whatever the lengths of its melodies.
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
"""Length of the arrays of beats in a training window; a window has fewer beats."""

_BUCKET = 32  # lengths of windows are multiples of so many events
_LEFT = 17  # bars to the end are counted up to here
_SHOWN = 0.8  # probability that a control attribute is shown, in windows where any is


def window_arrays(
    example: Analysis, first: int, last: int, condition: Condition, beats: int, notes: int
) -> ConditioningArrays[np.ndarray]:
    """Describe some bars of a melody as the network is given them.

    Args:
        example: the melody.
        first: the first bar.
        last: the bar after the last one.
        condition: what the network is shown of the melody.
        beats: length of the arrays of beats and of bars, which are padded up to it.
        notes: length of the arrays of structural notes, likewise.

    Returns:
        The conditioning arrays, without a batch axis; time codes are counted from bar `first`.
    """
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
    """Put windows into one batch.

    Args:
        windows: of each, the melody, its first bar, the bar after its last one, and what the
            network is shown.
        events: length to which the arrays of events are padded.
        beats: length to which the arrays of beats are padded.

    Returns:
        The batch, with as many windows as were given.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> from stylernn.representation.examples import prepare
        >>> example = prepare(Melody(tuple(Note(24 * k, 24, 60 + k) for k in range(8))))
        >>> bars = Condition(0, 1, example.skeletons[1], example.repeats)
        >>> batch = collate([(example, 0, 1, bars), (example, 1, 2, bars)], events=6, beats=8)
        >>> (batch.pitch + LOWEST)[0].tolist()  # four notes, then padding
        [60, 61, 62, 63, 110, 110]
        >>> batch.scored.tolist()  # the second window has the end of the melody
        [[1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0]]
    """
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
    """Cut a melody into successive windows of whole bars, each as long as possible.

    Args:
        example: the melody.
        events: most events of a window, END included.
        beats: a window has fewer beats than this.

    Returns:
        Of each window, the first bar and the bar after the last one. A bar that has too many events
        by itself is left out.

    Example:
        >>> from stylernn.music.melody import Melody, Note
        >>> from stylernn.representation.examples import prepare
        >>> example = prepare(Melody(tuple(Note(24 * k, 24, 60) for k in range(20))))
        >>> cover(example, events=9)
        [(0, 2), (2, 4), (4, 5)]
    """
    bars = len(example.events.grid.first) - 1
    windows, first = [], 0
    while first < bars:
        last = _longest(example, first, events, beats)
        if last > first:
            windows.append((first, last))
        first = max(last, first + 1)
    return windows


class Batcher:
    """Draws the batches of a run; called with the number of a step.

    Args:
        examples: the training set.
        settings: what is hidden, left out and balanced.
        batch: windows in a step at the full length. Batches of shorter windows have more of them,
            with as many events in all.
        seed: of the run.
    """

    def __init__(
        self, examples: Sequence[Example], settings: DataSettings, batch: int, seed: int
    ) -> None:
        self.examples, self.settings, self.batch, self.seed = list(examples), settings, batch, seed
        styles = np.array([example.style for example in self.examples])
        lengths = np.array([len(example.events.time) for example in self.examples])
        # A long melody counts for more than a short one, but for less than its number of windows.
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
        """Draw the batch of a step.

        Args:
            step: its number, from 0.

        Returns:
            The batch, padded to the length of its bucket.
        """
        rng = np.random.default_rng([self.seed, step])
        k = int(rng.choice(len(self.lengths), p=self._bucket_odds))
        length = int(self.lengths[k])
        size = max(self.batch * self.settings.events // length, 1)
        chosen = rng.choice(self._members[k], size=size, p=self._odds[k])
        return collate([self._window(self.examples[i], length, rng) for i in chosen], length)

    def _window(
        self, example: Example, length: int, rng: np.random.Generator
    ) -> tuple[Example, int, int, Condition]:
        """Draw a window: from the start, up to the end, or from anywhere."""
        latest = _latest_start(example, length)
        first = int(rng.choice([0, latest, int(rng.integers(latest + 1))], p=[0.15, 0.15, 0.7]))
        return (
            example,
            first,
            max(_longest(example, first, length), first + 1),
            self.condition(example, rng),
        )

    def condition(self, example: Example, rng: np.random.Generator) -> Condition:
        """Draw what the network is shown of a melody.

        Args:
            example: the melody.
            rng: the source of randomness, which is advanced.

        Returns:
            The condition: parts of it are hidden as often as the settings say.
        """
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
        shown = np.where(rng.random(len(example.attributes)) < _SHOWN, example.attributes, 0)
        shown = shown if rng.random() < settings.attributes else np.zeros_like(shown)
        return Condition(style, level, skeleton, repeats, shown)

    def _kept(self, skeleton: sk.Skeleton, rng: np.random.Generator) -> np.ndarray:
        """Mask of the structural notes that are shown.

        Single beats are left out, or several beats in succession, so that the network learns to
        write in gaps of the skeleton, and to rest there.
        """
        least, most = self.settings.skeleton_dropout
        share = rng.uniform(least, most)
        stretch = 16 * int(rng.choice([1, 4, 8]))
        numbers = rng.random(int(skeleton.time[-1]) // stretch + 1 if len(skeleton.time) else 1)
        return numbers[skeleton.time // stretch] >= share


def _counts(example: Example) -> np.ndarray:
    """Number of events before each bar and, last, before the closing bar line."""
    return np.searchsorted(example.events.time, 16 * example.events.grid.first)


def _longest(example: Example, first: int, events: int, beats: int = BEATS) -> int:
    """The bar after the last one of the longest window from bar `first`; END needs room too."""
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
    """Time, pitch, duration and weight of a window's events, padded."""
    source, beats = example.events, example.events.grid.first
    low, high = 16 * int(beats[first]), 16 * int(beats[last])
    ends = last == len(beats) - 1
    inside = (source.time >= low) & (source.time < high + ends)
    time = (source.time[inside] - low)[:events]
    n = len(time)
    scored = (np.arange(events) < n).astype(np.float32)
    # The grammar allows a REST only a fixed number of beats ahead; the cut has shortened this one.
    scored[0] *= source.pitch[inside][0] != REST if n else 0
    return (
        _fill(time, events, PAD_TIME),
        _fill(source.pitch[inside][:events], events, END),
        _fill(source.duration[inside][:events], events, 0),
        scored,
    )


def _number(value: float | np.ndarray) -> np.ndarray:
    """A number as an array; int32, shape ()."""
    return np.array(value, np.int32)


def _fill(values: np.ndarray, length: int, filling: int) -> np.ndarray:
    """Cut or pad an array to a length; int32."""
    out = np.full(length, filling, np.int32)
    out[: len(values)] = values[:length]
    return out
