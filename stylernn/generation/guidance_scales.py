"""How far the sampler moves from the network's own distribution: one table, a row a style.

`corpora/guidance.toml` is the table. Its numbers hold at the default `strength` and `preserve`; both
multiply them.
"""

import tomllib
from dataclasses import dataclass
from functools import cache

from stylernn.corpus.styles import Style
from stylernn.system.paths import catalogue

__all__ = ["GuidanceScales", "guidance_scales"]

_DEFAULT = "default"


@dataclass(frozen=True)
class GuidanceScales:
    """Scales of guidance at the default settings.

    Args:
        style: of pitches towards the style; 0 leaves the style out, 1 is the network's own
            distribution, more extrapolates.
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
    """The scales of a style: its own row, its parent's, or the default.

    Args:
        style: of a model.

    Returns:
        The row.

    Example:
        >>> from stylernn.corpus.styles import Style
        >>> guidance_scales(Style("a style of your own", "a style of your own")).content
        0.45
    """
    rows = _table()
    name = next((name for name in (style.name, style.parent) if name in rows), _DEFAULT)
    return rows[name]


@cache
def _table() -> dict[str, GuidanceScales]:
    with (catalogue() / "guidance.toml").open("rb") as file:
        return {name: GuidanceScales(**row) for name, row in tomllib.load(file).items()}
