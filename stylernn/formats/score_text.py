"""Safe reading of score files as text, one text for each tune.

Archives are opened by the rules of `stylernn.system.archives`. The contents are counted before they
are parsed, and compared with `stylernn.system.limits`. XML that declares entities is refused,
because MusicXML needs none and nested entities exhaust memory. Nothing outside the file is read,
whatever document type it names.
"""

import html
import os
import re
import zipfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from stylernn.errors import FileFormatError, UsageError
from stylernn.formats.melody_extraction import LONGEST_BAR, read_bytes
from stylernn.system import archives, limits

__all__ = ["FORMATS", "abc_segments", "find_part", "pack", "tune_texts"]

_EMPTY_BARS = "\n| | |\n"
_CONTAINER_BYTES = 2**16
_CONTAINER = "META-INF/container.xml"
FORMATS = {
    ".musicxml": "musicxml",
    ".xml": "musicxml",
    ".mxl": "musicxml",
    ".abc": "abc",
    ".krn": "humdrum",
}
"""Format of a score by the ending of its file; the names are those of music21."""

_KINDS = {"musicxml": "a MusicXML score", "abc": "ABC tunes", "humdrum": "a Humdrum **kern score"}
_PLAIN_CHORD = re.compile(
    r"[A-G][#b]?(?:m|maj|min|dim|aug|add|o|ø|\+)?\d*(?:sus\d?|[#b]\d+)*(?:/[A-G][#b]?)?|N\.?C\.?"
)
_METRES = {
    "abc": re.compile(r"^M:(.*)|\[M:([^]\n]*)", re.MULTILINE),
    "humdrum": re.compile(r"\*M(\d\S*)"),
}
_LONG_NUMBER = re.compile(r"\d{5}")
_LONG_METRE = 30  # characters
_ELEMENTS = 12  # XML elements for each symbol of a score; real scores have at most that many
_REQUIRED = {  # what a file of the format must contain
    "abc": re.compile(r"^K:", re.MULTILINE),
    "humdrum": re.compile(r"^\S*\*\*kern", re.MULTILINE),
}


def tune_texts(path: str | os.PathLike[str], part: str | int | None = None) -> list[str]:
    r"""Read the text of every tune of a score file.

    Args:
        path: a file with one of the endings of `FORMATS`.
        part: the only part to return, an index from 0 or a name; this makes parsing faster. It is
            used for MusicXML only.

    Returns:
        One text for each tune; MusicXML and Humdrum files have one.

    Raises:
        FileFormatError: if the file is not of the format of its ending, or is above a limit.
        UsageError: if a MusicXML score has no such part.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tunes.abc")
        ...     _ = path.write_text("L:1/4\nX:1\nK:C\nC|\nX:2\nK:G\nG|\n")
        ...     tune_texts(path)
        ['L:1/4\nX:1\nK:C\nC|\n', 'L:1/4\nX:2\nK:G\nG|\n']
    """
    kind = FORMATS[Path(path).suffix.lower()]
    data = read_bytes(path, _KINDS[kind])
    if kind == "musicxml":
        if Path(path).suffix.lower() == ".mxl":
            data = _unpack(path, data)
        return [_musicxml(path, data, part)]
    try:
        text = data.decode(
            "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
        )
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if not _REQUIRED[kind].search(text) or "\0" in text:
        raise _damaged(path, kind, "something else")
    if kind == "humdrum":
        return [_checked_kern(path, text)]
    tunes = _abc_tunes(text)
    limits.check("tunes", len(tunes), f"{path} has too many tunes", remedy="Cut it into pieces.")
    return [_checked_abc(path, tune) for tune in tunes]


def abc_segments(text: str) -> list[str]:
    r"""Divide an ABC tune of one voice where its metre changes.

    Each segment ends with two empty bars, because music21 uses bar lines only if it finds two.

    Args:
        text: one tune, from `tune_texts`.

    Returns:
        Segments that are tunes with a complete header; the tune itself if it has several voices.

    Example:
        >>> abc_segments("X:1\nM:4/4\nK:C\nCDEF|\nM:3/4\nGAB|\n")
        ['X:1\nM:4/4\nK:C\nCDEF|\n\n| | |\n', 'X:1\nM:3/4\nK:C\nGAB|\n\n| | |\n']
    """
    header, mark, body = re.split(r"^(K:.*\n?)", text, maxsplit=1, flags=re.MULTILINE)
    pieces = re.split(r"^M:(.*)\n|\[M:([^]]*)\]", body, flags=re.MULTILINE)
    if len(pieces) == 1 or re.search(r"^V:|\[V:", text, re.MULTILINE):
        return [text + _EMPTY_BARS]
    segments = [text[: len(text) - len(body)] + pieces[0]]
    header = re.sub(r"^(?:M|Q):.*\n", "", header, flags=re.MULTILINE)
    for line, inline, bars in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        segments.append(f"{header}M:{line or inline}\n{mark}{bars}")
    return [
        segment + _EMPTY_BARS
        for segment, bars in zip(segments, pieces[::3], strict=True)
        if re.search("[A-Ga-gxz]", bars)
    ]


def pack(score: bytes) -> bytes:
    """Compress a MusicXML score.

    Args:
        score: the MusicXML document.

    Returns:
        Contents of an .mxl file.

    Example:
        >>> with archives.opened("tune.mxl", pack(b"<score-partwise/>")) as package:
        ...     package.namelist()
        ['META-INF/container.xml', 'score.musicxml']
    """
    container = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
        '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
        "</rootfiles></container>\n"
    )
    return archives.pack([(_CONTAINER, container.encode()), ("score.musicxml", score)])


def _damaged(path: str | os.PathLike[str], kind: str, found: str) -> FileFormatError:
    """The error for a file that is not of its format."""
    remedy = "Export it again from a notation program."
    return FileFormatError(
        f"{path} cannot be read", expected=_KINDS[kind], found=found, remedy=remedy
    )


def _unpack(path: str | os.PathLike[str], data: bytes) -> bytes:
    """The score in a compressed MusicXML file."""
    with archives.opened(path, data) as package:
        name = _score_name(package)
        if name is None:
            raise _damaged(path, "musicxml", "an archive without a score")
        return archives.read_member(path, package, name)


def _score_name(package: zipfile.ZipFile) -> str | None:
    """Name of the score by the container; some programs do not escape it, hence no XML parser."""
    scores = [
        name
        for name in package.namelist()
        if not name.startswith("META-INF") and name.endswith("ml")
    ]
    container = (
        package.open(_CONTAINER).read(_CONTAINER_BYTES) if _CONTAINER in package.namelist() else b""
    )
    named = [
        name
        for name in scores
        if html.escape(name).encode() in container or name.encode() in container
    ]
    return next(iter(named or scores), None)


def _xml(path: str | os.PathLike[str], data: bytes) -> ElementTree.Element:
    """The tree of an XML document; a first pass checks entities, depth and size."""
    depth = elements = 0
    parser, allowed = expat.ParserCreate(), limits.current().depth

    def declare(*_: object) -> None:
        raise _damaged(path, "musicxml", "XML that declares entities")

    def start(*_: object) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > allowed:
            limits.check(
                "depth",
                depth,
                f"{path} is nested too deeply",
                unit="levels",
                remedy="Export it again.",
            )

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.EntityDeclHandler = declare
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
        limits.check(
            "symbols", elements // _ELEMENTS, f"{path} is too large a score", unit="symbols"
        )
        return ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise _damaged(path, "musicxml", "something else or damaged XML") from error


def _musicxml(path: str | os.PathLike[str], data: bytes, part: str | int | None) -> str:
    """The checked text of a MusicXML score."""
    root = _xml(path, data)
    if root.tag not in ("score-partwise", "score-timewise"):
        raise _damaged(path, "musicxml", f"XML of another kind, <{root.tag}>")
    if part is not None and root.tag == "score-partwise":
        _keep_part(path, root, part)
    limits.check("tracks", len(root.findall("part")), f"{path} has too many parts")
    symbols = sum(1 + len(measure) for measure in root.findall("*/measure"))
    symbols += sum(1 + len(part) for part in root.findall("measure/part"))
    limits.check("symbols", symbols, f"{path} is too large a score", unit="symbols")
    _check_metres(path, "musicxml", (beats.text or "" for beats in root.iter("beats")))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _keep_part(path: str | os.PathLike[str], root: ElementTree.Element, part: str | int) -> None:
    """Remove all parts but one from a partwise score."""
    declared = root.findall("part-list/score-part")
    names = [" ".join((entry.findtext("part-name") or "").split()) for entry in declared]
    chosen = declared[find_part(path, names, part)].get("id")
    for entry in root.findall("part"):
        if entry.get("id") != chosen:
            root.remove(entry)
    for listed in root.findall("part-list"):
        for entry in list(listed):
            if entry.get("id") != chosen:
                listed.remove(entry)


def find_part(path: str | os.PathLike[str], names: list[str], part: str | int) -> int:
    """Find a part by its index or name.

    Args:
        path: the file, for the error message.
        names: names of all parts.
        part: an index from 0, also as text, or a name; capitals do not matter.

    Returns:
        Index of the part.

    Raises:
        UsageError: if there is no such part.

    Example:
        >>> find_part("duet.xml", ["Violin", "Cello"], "cello")
        1
    """
    if isinstance(part, int) or part.isdecimal():
        index = int(part)
    else:
        index = next((i for i, name in enumerate(names) if name.casefold() == part.casefold()), -1)
    if not 0 <= index < len(names):
        listed = ", ".join(f"{i} {name}".strip() for i, name in enumerate(names))
        raise UsageError(f"{path} has no part {part}", expected=f"one of: {listed}")
    return index


def _abc_tunes(text: str) -> list[str]:
    """Tunes of an ABC file; each gets the fields before the first tune.

    The unit of length is an eighth unless the file says otherwise. Annotations and rare chord
    symbols are removed, because music21 refuses tunes that contain them.
    """
    text = re.sub(
        r'"([^"\n]*)"', lambda quoted: quoted[0] if _PLAIN_CHORD.fullmatch(quoted[1]) else "", text
    )
    if not re.search("^[LM]:", text, re.MULTILINE):
        text = re.sub("^K:", "L:1/8\nK:", text, flags=re.MULTILINE)
    head, *tunes = re.split(r"^(?=X:)", text, flags=re.MULTILINE)
    return [head + tune for tune in tunes] or [head]


def _checked_abc(path: str | os.PathLike[str], tune: str) -> str:
    """A tune of ABC within the limits; letters and bar lines outside of fields are its symbols."""
    body = re.sub(r"^(?:[A-Za-z]:|%).*", "", tune, flags=re.MULTILINE)
    symbols = len(re.findall(r"[A-Za-z|]", body))
    limits.check(
        "symbols",
        symbols,
        f"{path} has too long a tune",
        unit="symbols",
        remedy="Cut it into pieces.",
    )
    _check_metres(path, "abc", ("".join(found) for found in _METRES["abc"].findall(tune)))
    if _LONG_NUMBER.search(body):
        raise _damaged(path, "abc", "a note of more than 9,999 units")
    return tune


def _checked_kern(path: str | os.PathLike[str], text: str) -> str:
    """A Humdrum score within the limits; each field of each line is a symbol."""
    widest = max(line.count("\t") for line in text.splitlines())
    limits.check("tracks", widest, f"{path} has too many spines")
    symbols = text.count("\t") + text.count("\n")
    limits.check("symbols", symbols, f"{path} is too large a score", unit="symbols")
    _check_metres(path, "humdrum", _METRES["humdrum"].findall(text))
    return text


def _check_metres(path: str | os.PathLike[str], kind: str, metres: Iterable[str]) -> None:
    """Raise a FileFormatError for metres of so many beats that music21 would not end."""
    for metre in metres:
        if (
            len(metre) > _LONG_METRE
            or max(map(int, re.findall(r"\d+", metre)), default=0) > LONGEST_BAR
        ):
            raise _damaged(path, kind, f"a metre of {metre.strip():.20}")
