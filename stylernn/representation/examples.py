"""A melody as the model learns from it and is told of it: its events, and all that is found in them."""

from dataclasses import dataclass, field

import numpy as np

from stylernn.music.key_estimation import Tonality, anchor, estimate
from stylernn.music.melody import Melody, Metre
from stylernn.representation import skeleton as sk
from stylernn.representation.attributes import compass, dotted, traits, unknown
from stylernn.representation.event_codec import Events, encode

__all__ = ["Condition", "Example", "prepare"]


@dataclass(frozen=True)
class Example:
    """A melody ready for cutting into windows.

    Args:
        events: of the whole melody.
        style: index of its style, `parent` that of the style's parent.
        tonality, anchor: its key and register (median MIDI number).
        skeletons: one per grain of GRAINS.
        repeats: see `skeleton.repetitions`.
        pickup: 1 if bar 0 is a pickup, else 0.
        traits, compass, dotted: see `attributes.traits`, `attributes.compass` and `attributes.dotted`.
    """

    events: Events
    style: int
    parent: int
    tonality: Tonality
    anchor: int
    skeletons: tuple[sk.Skeleton, ...]
    repeats: np.ndarray
    pickup: int
    traits: np.ndarray = field(default_factory=unknown)
    compass: tuple[int, int] = (-12, 12)
    dotted: float = 0.0

    @property
    def kept(self) -> tuple[Metre, np.ndarray, tuple[int, int], float]:
        """What a model file keeps of it, see `attributes.rows`."""
        return self.events.frame.metre, self.traits, self.compass, self.dotted


@dataclass(frozen=True)
class Condition:
    """What a window tells the model: a style index, a skeleton with its grain index, the map of repetitions, traits."""

    style: int
    grain: int
    skeleton: sk.Skeleton
    repeats: np.ndarray
    traits: np.ndarray = field(default_factory=unknown)


def prepare(melody: Melody, style: int = 0, parent: int = 0) -> Example:
    """Encode a melody and find all that the model is told about it."""
    events = encode(melody)
    tonality = estimate(melody)
    skeletons = tuple(sk.reduce(events, grain, tonality) for grain in sk.GRAINS)
    middle = anchor(melody)
    told = sk.repetitions(events), int(melody.pickup > 0), traits(melody, tonality)
    edges = compass(melody.array[:, 2], middle)
    return Example(events, style, parent, tonality, middle, skeletons, *told, edges, dotted(melody))
