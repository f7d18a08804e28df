"""A melody as the network learns from it: its analysis with a label, and what of it is shown."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from stylernn.music.melody import Melody, TimeSignature
from stylernn.representation import skeleton as sk
from stylernn.representation.analysis import Analysis, analyse
from stylernn.representation.attributes import control_attributes, dotted, pitch_range, unknown

__all__ = ["Condition", "Example", "prepare"]


@dataclass(frozen=True)
class Example(Analysis):
    """An analysed melody with the style that it is labelled with, ready for cutting into windows.

    Args:
        style: index of its style in the model.
        parent: index of that style's parent.
    """

    style: int = 0
    parent: int = 0

    @cached_property
    def attributes(self) -> np.ndarray:
        """Classes of its control attributes; int32, shape (len(ATTRIBUTES),)."""
        return control_attributes(self.melody, self.tonality)

    @property
    def reference(self) -> tuple[TimeSignature, np.ndarray, tuple[int, int], float]:
        """What a model file keeps of it to draw from later, see `attributes.rows`."""
        edges = pitch_range(self.melody.array[:, 2], self.median_pitch)
        return self.events.frame.metre, self.attributes, edges, dotted(self.melody)


@dataclass(frozen=True)
class Condition:
    """What the network is shown of a melody, or of a window of it.

    Args:
        style: index of the style, 0 for none.
        level: index into `skeleton.LEVELS`, plus their number where the skeleton was moved into
            the scale and range of a style.
        skeleton: the structural notes.
        repeats: for each bar an earlier bar that it repeats, or -1; int32, shape (bars,).
        attributes: classes of the control attributes, 0 where one is not known; int32, shape
            (len(ATTRIBUTES),).
    """

    style: int
    level: int
    skeleton: sk.Skeleton
    repeats: np.ndarray
    attributes: np.ndarray = field(default_factory=unknown)


def prepare(melody: Melody, style: int = 0, parent: int = 0) -> Example:
    """Analyse a labelled melody, with all that training windows need of it.

    Args:
        melody: with at least one note.
        style: index of its style in the model, 0 for none.
        parent: index of that style's parent.

    Returns:
        The example; nothing of it is worked out again while batches are drawn.

    Raises:
        ValueError: if the melody has no notes.
    """
    found = analyse(melody)
    example = Example(
        melody, found.events, found.tonality, found.median_pitch, style=style, parent=parent
    )
    _ = example.skeletons, example.repeats, example.attributes
    return example
