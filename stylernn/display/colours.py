"""One set of colours for pictures, notebooks and reports.

The colours are those of Okabe & Ito. What differs in colour also differs in fill or edge, so that
pictures can be read in grey and with every kind of colour vision.

Reference:
    Okabe & Ito (2008), Color universal design: how to make figures and presentations that are
    friendly to colorblind people.
"""

from typing import NamedTuple

__all__ = ["BAR_LINE", "BLUE", "GREEN", "GREY", "KINDS", "PITCH_LINE", "VERMILION", "Look"]

BLUE, ORANGE, SKY = "#0072B2", "#E69F00", "#CFEAFA"
VERMILION, GREEN, GREY = "#D55E00", "#009E73", "#777777"
BAR_LINE, PITCH_LINE = "#999999", "#DDDDDD"


class Look(NamedTuple):
    """How a note is drawn.

    Args:
        fill: colour of its inside.
        edge: colour of its outline.
    """

    fill: str
    edge: str

    @property
    def sign(self) -> str:
        """The colour that tells it from others in a legend."""
        return self.edge if self.fill == "white" else self.fill


KINDS = {
    "kept": Look(BLUE, "black"),
    "moved": Look(ORANGE, "black"),
    "ornament": Look(SKY, "black"),
    "new": Look("white", VERMILION),
    "dropped": Look("white", GREY),
}
"""The kinds of notes, see `note_alignment.KINDS`, and notes of the source that were dropped."""
