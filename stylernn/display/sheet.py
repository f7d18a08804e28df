"""A melody as an engraved page, SVG or PNG, by verovio. Needs the extra `pictures`.

Durations are written as a reader expects them: a note that ends a little before the next one is
written up to it, see `legible`. Musical signs in texts, for which verovio uses a font of its own,
are replaced by Unicode characters. No font has to be embedded then, and the texts look the same in
every font that has these characters, such as DejaVu Serif.
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

_LONGEST = 60_000  # the greatest height of a page in verovio, in tenths of a millimetre
_WIDTH = 2100  # tenths of a millimetre: A4
_PIXELS = 1680  # width of a PNG
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
_LABEL = re.compile(r"<title .*?</title>")  # a tooltip that some viewers show as the heading


def engrave(melody: Melody, path: str | os.PathLike[str]) -> None:
    """Write a melody as a page; an existing file is replaced as a whole.

    Args:
        melody: the melody to write.
        path: of the picture; its suffix .svg or .png decides the format.

    Raises:
        UsageError: if the melody does not fit on one long page.
    """
    page = svg(melody)
    with atomic_write(path) as draft:
        draft.write_bytes(_png(page) if Path(path).suffix.lower() == ".png" else page.encode())


def svg(melody: Melody) -> str:
    """Engrave a melody on one page of SVG, whose height depends on its length.

    Args:
        melody: the melody to write.

    Returns:
        The SVG document.

    Raises:
        UsageError: if the melody does not fit on one page of the greatest height.
    """
    from stylernn.formats.musicxml import musicxml  # music21 takes seconds to import

    verovio.enableLog(verovio.LOG_ERROR)  # not its warnings about the layout
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
    """The melody with the durations and the tempo that a score shows.

    Args:
        melody: with durations as they are played.

    Returns:
        The melody, with each note lengthened up to the next if less than an eighth of rest is
        between them, or else up to a multiple of an eighth. The tempo is a whole number.

    Example:
        >>> played = Melody((Note(0, 20, 60), Note(24, 40, 62)), tempo=99.7)
        >>> [note.duration for note in legible(played).notes], legible(played).tempo
        ([24, 48], 100)
    """
    notes = [
        note._replace(duration=_written(note, following))
        for note, following in pairwise([*melody.notes, None])
        if note
    ]
    return replace(melody, notes=tuple(notes), tempo=max(round(melody.tempo), 1))


def _written(note: Note, following: Note | None) -> int:
    """The written duration of a note in ticks; see `legible`."""
    if following is not None and following.onset - note.end < _EIGHTH:
        return following.onset - note.onset
    end = -(-note.end // _EIGHTH) * _EIGHTH
    return (end if following is None else min(end, following.onset)) - note.onset


def _png(page: str) -> bytes:
    """A page of SVG as PNG."""
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
