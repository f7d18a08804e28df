"""A melody as an engraved page, by verovio: SVG that every program shows, or PNG. Needs the extra `pictures`.

The page is for reading: a note that stops a little before the next one is written up to it, and a last note up to its
eighth. Signs in texts, which verovio takes from a font of its own, become plain Unicode; so nothing is embedded, and
the texts look the same everywhere in a font with these signs, such as the DejaVu Serif of matplotlib.
"""

import os
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import matplotlib
import resvg_py
import verovio

from stylernn.errors import UsageError
from stylernn.music.melody import TICKS_PER_QUARTER, Melody, Note
from stylernn.system.atomic_write import atomic_write

__all__ = ["engrave", "legible", "svg"]

_LONGEST = 60_000  # verovio's limit for the height of a page
_WIDTH = 2100  # tenths of a millimetre: A4
_PIXELS = 1680
_OPTIONS = {
    "pageWidth": _WIDTH,
    "pageHeight": _LONGEST,
    "adjustPageHeight": True,
    "scale": 50,
    "header": "auto",
    "footer": "none",
    "smuflTextFont": "none",
    "svgViewBox": True,
}
_EIGHTH = TICKS_PER_QUARTER // 2
_SIGNS = str.maketrans(
    {
        "\uea64": "♭",
        "\uea65": "♮",
        "\uea66": "♯",
        "\ue870": "°",
        "\ue871": "ø",
        "\ue872": "+",
        "\ue873": "Δ",
        "\ueca5": "♩",
    }
)
_LABEL = re.compile(
    r"<title .*?</title>"
)  # a tooltip of the heading, which takes its place in some viewers


def engrave(melody: Melody, path: str | os.PathLike[str]) -> None:
    """Write a melody as a page; an existing file is replaced as a whole.

    Args:
        melody: what to write.
        path: .svg or .png.

    Raises:
        UsageError: if the melody does not fit on one long page.
    """
    page = svg(melody)
    with atomic_write(path) as draft:
        draft.write_bytes(_png(page) if Path(path).suffix.lower() == ".png" else page.encode())


def svg(melody: Melody) -> str:
    """A melody as one page of SVG, as long as need be."""
    from stylernn.formats.musicxml import musicxml  # music21 takes seconds to import

    verovio.enableLog(verovio.LOG_ERROR)  # which beam found no room is nothing to tell the user
    toolkit = verovio.toolkit()
    toolkit.setOptions(_OPTIONS)
    toolkit.loadData(musicxml(legible(melody)).decode())
    if toolkit.getPageCount() != 1:
        raise UsageError(
            "the melody is too long for one page",
            found=f"{melody.bars} bars",
            remedy="Show a part of it.",
        )
    page = re.sub(
        r'font-family="Leipzig" font-size="\d+px"', 'font-size="405px"', toolkit.renderToSVG(1)
    )
    return _LABEL.sub("", page).translate(_SIGNS)


def legible(melody: Melody) -> Melody:
    """The melody as a copyist writes it: articulation is left to the player, and the tempo is a whole number."""
    notes = [
        note._replace(duration=_written(note, following))
        for note, following in pairwise([*melody.notes, None])
        if note
    ]
    return replace(melody, notes=tuple(notes), tempo=max(round(melody.tempo), 1))


def _written(note: Note, following: Note | None) -> int:
    """A duration up to the next note where the rest between them is shorter than an eighth, or else in eighths."""
    if following is not None and following.onset - note.end < _EIGHTH:
        return following.onset - note.onset
    end = -(-note.end // _EIGHTH) * _EIGHTH
    return (end if following is None else min(end, following.onset)) - note.onset


def _png(page: str) -> bytes:
    fonts = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")
    return resvg_py.svg_to_bytes(
        svg_string=page,
        background="#ffffff",
        width=_PIXELS,
        skip_system_fonts=True,
        font_dirs=[fonts],
        font_family="DejaVu Serif",
        serif_family="DejaVu Serif",
    )
