"""A melody as the model learns from it and is told of it: its events, and all that is found in them."""

from dataclasses import dataclass, field

import numpy as np

from stylernn.music.key_estimation import Tonality, estimate, median_pitch
from stylernn.music.melody import Melody, TimeSignature
from stylernn.representation import skeleton as sk
from stylernn.representation.attributes import control_attributes, dotted, pitch_range, unknown
from stylernn.representation.event_codec import Events, encode

__all__ = ["Condition", "Example", "prepare"]


@dataclass(frozen=True)
class Example:
    """A melody ready for cutting into windows.

    Args:
        events: of the whole melody.
        style: index of its style, `parent` that of the style's parent.
        tonality, median_pitch: its key and register (median MIDI number).
        skeletons: one per grain of GRAINS.
        repeats: see `skeleton.repetitions`.
        pickup: 1 if bar 0 is a pickup, else 0.
        attributes, pitch_range, dotted: see `attributes.control_attributes`, `attributes.pitch_range` and `attributes.dotted`.
    """

    events: Events
    style: int
    parent: int
    tonality: Tonality
    median_pitch: int
    skeletons: tuple[sk.Skeleton, ...]
    repeats: np.ndarray
    pickup: int
    attributes: np.ndarray = field(default_factory=unknown)
    pitch_range: tuple[int, int] = (-12, 12)
    dotted: float = 0.0

    @property
    def kept(self) -> tuple[TimeSignature, np.ndarray, tuple[int, int], float]:
        """What a model file keeps of it, see `attributes.rows`."""
        return self.events.frame.metre, self.attributes, self.pitch_range, self.dotted


@dataclass(frozen=True)
class Condition:
    """What a window tells the model: a style index, a skeleton with its grain index, the map of repetitions, traits."""

    style: int
    level: int
    skeleton: sk.Skeleton
    repeats: np.ndarray
    attributes: np.ndarray = field(default_factory=unknown)


def prepare(melody: Melody, style: int = 0, parent: int = 0) -> Example:
    """Encode a melody and find all that the model is told about it."""
    events = encode(melody)
    tonality = estimate(melody)
    skeletons = tuple(sk.reduce(events, level, tonality) for level in sk.LEVELS)
    middle = median_pitch(melody)
    told = sk.repetitions(events), int(melody.pickup > 0), control_attributes(melody, tonality)
    edges = pitch_range(melody.array[:, 2], middle)
    return Example(events, style, parent, tonality, middle, skeletons, *told, edges, dotted(melody))
