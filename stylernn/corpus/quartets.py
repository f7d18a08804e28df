"""The movements of a score that contains a whole work.

OpenScore stores a string quartet with all its movements in one MusicXML file. A movement begins
where the bar numbers restart. If they never do, it begins after a final bar line that is no repeat.
Each movement is given to the score reader as a small file of the first part alone, which is also
four times as fast as reading the whole score.
"""

import copy
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from stylernn.corpus.cache import Parsed
from stylernn.corpus.parsing import Job, parse_one
from stylernn.corpus.tunes import Dropped

__all__ = ["movements", "read_movements"]

_LASTING = ("divisions", "key", "time", "staves", "clef", "transpose")


def read_movements(job: Job) -> Parsed:
    """The first part of every movement as a tune of its own.

    Args:
        job: a compressed MusicXML file and its labels.

    Returns:
        The tunes, and what was dropped. If there are several movements, the identity of each is
        `<file>#<movement>`.
    """
    try:
        found = list(movements(_score(Path(job.path))))
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError, StopIteration) as error:
        return Parsed([], [Dropped(job.identity, f"not a readable MusicXML file: {error}")])
    read = Parsed([], [])
    with tempfile.TemporaryDirectory() as folder:
        for number, movement in enumerate(found, 1):
            path = Path(folder, f"{number}.musicxml")
            ElementTree.ElementTree(movement).write(path, encoding="utf-8", xml_declaration=True)
            alone = replace(job, path=str(path))
            if len(found) > 1:
                alone = replace(
                    alone, identity=f"{job.identity}#{number}", title=f"{job.title} mvt {number}"
                )
            part = parse_one(alone)
            read.tunes.extend(part.tunes)
            read.dropped.extend(part.dropped)
    return read


def movements(score: Element) -> Iterator[Element]:
    """Scores of the first part, one a movement.

    Args:
        score: the root of a partwise MusicXML document; it is not changed.

    Yields:
        The root of a partwise MusicXML document for each movement.
    """
    part = score.find("part")
    if part is None:
        return
    measures = part.findall("measure")
    starts = _restarts(measures) or _after_final_bar_lines(measures)
    lasting: dict[str, Element] = {}
    for start, stop in pairwise([0, *starts, len(measures)]):
        yield _wrap(
            score, part, [_with_attributes(measures[start], lasting), *measures[start + 1 : stop]]
        )
        for attributes in (
            found for measure in measures[start:stop] for found in measure.iterfind("attributes")
        ):
            lasting.update({child.tag: child for child in attributes if child.tag in _LASTING})


def _restarts(measures: list[Element]) -> list[int]:
    """Indices of the measures where the numbers fall back to 0 or 1."""
    numbered = [
        (index, int(name))
        for index, name in enumerate(m.get("number", "") for m in measures)
        if name.isdigit()
    ]
    return [index for (_, before), (index, number) in pairwise(numbered) if number <= 1 < before]


def _after_final_bar_lines(measures: list[Element]) -> list[int]:
    """Indices of the measures that follow a final bar line."""
    ends = [
        index
        for index, measure in enumerate(measures)
        if any(map(_is_final, measure.iterfind("barline")))
    ]
    return [index + 1 for index in ends if index + 1 < len(measures)]


def _is_final(line: Element) -> bool:
    return line.findtext("bar-style") == "light-heavy" and line.find("repeat") is None


def _with_attributes(measure: Element, lasting: dict[str, Element]) -> Element:
    """A measure with the divisions, key, metre and clef in force that it does not set itself."""
    opened = copy.deepcopy(measure)
    own = opened.find("attributes")
    if own is None:
        own = Element("attributes")
        opened.insert(0, own)
    missing = [tag for tag in _LASTING if tag in lasting and own.find(tag) is None]
    own[:] = sorted([*own, *(copy.deepcopy(lasting[tag]) for tag in missing)], key=_order)
    return opened


def _order(attribute: Element) -> int:
    """Position of an attribute in the sequence that MusicXML prescribes."""
    return _LASTING.index(attribute.tag) if attribute.tag in _LASTING else len(_LASTING)


def _wrap(score: Element, part: Element, measures: list[Element]) -> Element:
    wrapped = Element("score-partwise", version=score.get("version", "3.1"))
    names = score.find(f"part-list/score-part[@id='{part.get('id')}']")
    listed = ElementTree.SubElement(wrapped, "part-list")
    if names is not None:
        entry = ElementTree.SubElement(listed, "score-part", id=part.get("id", "P1"))
        ElementTree.SubElement(entry, "part-name").text = names.findtext("part-name")
    ElementTree.SubElement(wrapped, "part", id=part.get("id", "P1")).extend(measures)
    return wrapped


def _score(path: Path) -> Element:
    with zipfile.ZipFile(path) as archive:
        container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
        name = next(
            element.get("full-path", "")
            for element in container.iter()
            if element.tag.endswith("rootfile")
        )
        return ElementTree.fromstring(archive.read(name))
