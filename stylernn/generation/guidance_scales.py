"""Guidance scales: how far the sampler moves from the network's own distribution in each style.

They are the table `[guidance]` of `corpora/styles/<style>/style.toml`, and were set by hand on
validation tunes. They hold at the default `strength` and `preserve` of a transfer, which multiply
them.
"""

from dataclasses import dataclass

from stylernn.corpus.styles import Style
from stylernn.system import style_data

__all__ = ["GuidanceScales", "guidance_scales"]


@dataclass(frozen=True)
class GuidanceScales:
    """Guidance scales of a style at the default settings, see `sampling.guidance`.

    Args:
        style: of pitches towards the style; 0 leaves the style out, 1 is the network's own
            distribution, and greater values extrapolate beyond it.
        content: of pitches towards the skeleton, added to the network's own distribution.
        attributes: of pitches towards the control attributes, likewise.
        chroma: weight of pitch classes that sound in the tune at the time, in logits.
        rhythm: of onsets and durations towards the style, as `style`.
        temperature: of onsets and durations.
    """

    style: float
    content: float
    attributes: float
    chroma: float
    rhythm: float
    temperature: float


def guidance_scales(style: Style) -> GuidanceScales:
    """The scales of a style: its own, its parent's, or the default.

    Args:
        style: of a model.

    Returns:
        The scales.

    Raises:
        UsageError: if a file of the catalogue cannot be used.

    Example:
        >>> from stylernn.corpus.styles import Style
        >>> guidance_scales(Style("a style of your own", "a style of your own")).content
        0.45
    """
    label = style.name if style.name in style_data.labels() else style.parent
    return GuidanceScales(**style_data.guidance(label))
