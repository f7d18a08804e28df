"""Listening tests: a static page that works without a server, and the statistics of its answers.

There are two kinds of question. A *choice* plays the outputs of two systems for one source and asks
which is the better melody of the target style. An *identification* plays one item and asks for its
style. Real melodies and rule-based outputs (anchors) are hidden among the items. The answers of a
listener who does not recognise them are not reliable.

Conventions: the names of items are random; `key.json`, which listeners do not get, says what they
are. The order of questions comes from a balanced Latin square over the listener's number; sides are
balanced with it. Answers are CSV rows (listener, question, kind, left, right, answer); the answer
is an item of a choice or a style of an identification.

References:
    Williams (1949), Experimental designs balanced for the estimation of residual effects of
        treatments.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from stylernn.errors import FileFormatError
from stylernn.music.melody import Melody
from stylernn.system import limits
from stylernn.system.atomic_write import atomic_write
from stylernn.system.csv_tables import read_table

from .baselines import jazzify
from .inputs import check_melodies, check_pairs
from .statistics import binomial_interval, exact_p, judgements_needed
from .synthesiser import data_uri, render

__all__ = ["Item", "balanced_orders", "make", "read_answers", "read_key", "score"]

_FIELDS = ("listener", "question", "kind", "left", "right", "answer")
_CLUSTERING = 2


@dataclass(frozen=True)
class Item:
    """One melody to be played.

    Args:
        name: random.
        role: "system", "other", "anchor", "source" or "real".
        pair: number of its source; negative for a real melody.
        style: the right answer of an identification.
    """

    name: str
    role: str
    pair: int
    style: str


def make(
    folder: Path,
    sources: Sequence[Melody],
    outputs: Sequence[Melody],
    real: Sequence[Melody],
    *,
    source_style: str,
    target: str,
    styles: Sequence[str],
    other: Sequence[Melody] | None = None,
    bars: int = 8,
    count: int = 8,
    seed: int = 0,
) -> tuple[Path, Path]:
    """Write the page of a listening test and its key.

    Args:
        folder: where to write `index.html` and `key.json`; made if it does not exist.
        sources: the sources.
        outputs: output i was made from source i. The first `count` are used, so that nobody selects
            them.
        real: held-out real melodies of the target style; two are hidden among the items.
        source_style: the style of the sources.
        target: the style that the outputs should be in.
        styles: answers that an identification offers, both of these among them.
        other: outputs of a second system for the choices; by default those of the rule-based
            anchor.
        bars: length of every item in bars.
        count: number of sources.
        seed: of the names of items.

    Returns:
        The paths of the page and of the key.

    Raises:
        ValueError: if lists differ in length, there are fewer than 2 real melodies, or a style is
            missing in `styles`.
    """
    check_pairs(sources, outputs)
    check_melodies(real, "real", least=2)
    if not {source_style, target} <= set(styles):
        raise ValueError(
            f"styles must hold {source_style!r} and {target!r}, got {', '.join(styles)}"
        )
    count = min(count, len(sources))
    anchors = [jazzify(melody, seed + i) for i, melody in enumerate(sources[:count])]
    groups = {
        "system": (outputs[:count], target),
        "anchor": (anchors, target),
        "source": (sources[:count], source_style),
    }
    if other is not None:
        check_pairs(sources, other)
        groups["other"] = (other[:count], target)
    sounds: dict[str, str] = {}
    items: list[Item] = []
    numbered = [
        (role, i, m, s) for role, (melodies, s) in groups.items() for i, m in enumerate(melodies)
    ]
    for role, pair, melody, style in [
        *numbered,
        *(("real", -1 - i, m, target) for i, m in enumerate(real[:2])),
    ]:
        item = Item(sha256(f"{seed} {role} {pair}".encode()).hexdigest()[:10], role, pair, style)
        items.append(item)
        sounds[item.name] = data_uri(render(_beginning(melody, bars)))
    questions = _questions(items, "other" if other is not None else "anchor")
    test = {
        "target": target,
        "styles": list(styles),
        "questions": questions,
        "orders": balanced_orders(len(questions)),
        "sounds": sounds,
    }
    key = {"target": target, "styles": list(styles), "items": [asdict(item) for item in items]}
    return _write(folder, test, key)


def balanced_orders(size: int) -> list[list[int]]:
    """Rows of a balanced Latin square.

    Every question is equally often at every position and equally often after every other question.

    Args:
        size: number of questions.

    Returns:
        `size` orders of the numbers 0 to size - 1; twice as many for an odd size.

    Example:
        >>> balanced_orders(4)
        [[0, 1, 3, 2], [1, 2, 0, 3], [2, 3, 1, 0], [3, 0, 2, 1]]
    """
    # 0, 1, n - 1, 2, n - 2, ...: all differences between neighbours are different.
    first = [(k // 2 + 1 if k % 2 else -(k // 2)) % size for k in range(size)]
    rows = [[(number + turn) % size for number in first] for turn in range(size)]
    return rows + [row[::-1] for row in rows] if size % 2 else rows


def read_answers(paths: Sequence[Path]) -> list[dict[str, str]]:
    """Read all rows of several result files.

    Args:
        paths: CSV files that listeners sent back.

    Returns:
        One dictionary of texts a row.

    Raises:
        FileFormatError: naming the file that cannot be read or whose columns are not those of a
            result.
    """
    return [row for path in paths for row in read_table(path, _FIELDS)]


def read_key(path: Path) -> dict[str, Any]:
    """Read `key.json`.

    Args:
        path: the file that `make` wrote.

    Returns:
        `target`, `styles` and `items`.

    Raises:
        FileFormatError: if the file cannot be read or is no key.
    """
    try:
        key = json.loads(limits.contents(path, "megabytes"))
        items = [Item(**entry) for entry in key["items"]]
        usable = bool(key["styles"]) and all(isinstance(item.name, str) for item in items)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileFormatError(
            f"cannot read {path}", expected="a key.json", found=f"{error!s:.100}"
        ) from error
    if not usable:
        raise FileFormatError(f"cannot read {path}", expected="a key.json with styles and items")
    return key


def score(answers: Sequence[Mapping[str, str]], key: Mapping[str, Any]) -> dict[str, Any]:
    """Count the answers, with exact intervals.

    Args:
        answers: from `read_answers`.
        key: from `read_key`.

    Returns:
        `listeners`: their number. `preference`: hits, trials, share, interval, p and the number of
        judgements still needed at the observed share; it is doubled because the answers of one
        listener depend on each other, and None where the share is not above chance.
        `identification`: the same by role; a hit is the style that the item should have.

    Raises:
        FileFormatError: if an answer names an item that the key does not know.
    """
    items = {entry["name"]: Item(**entry) for entry in key["items"]}
    for answer in answers:
        named = {"choice": ("left", "right", "answer"), "identification": ("left",)}.get(
            answer["kind"], ()
        )
        for name in (answer[column] for column in named):
            if name not in items:
                raise FileFormatError(
                    f"an answer names {name:.50}, which is not in the key",
                    remedy="Give its own key.",
                )
    choices = [
        items[answer["answer"]].role == "system" for answer in answers if answer["kind"] == "choice"
    ]
    identified: dict[str, list[bool]] = {}
    for answer in answers:
        if answer["kind"] == "identification":
            item = items[answer["left"]]
            identified.setdefault(item.role, []).append(answer["answer"] == item.style)
    chance = 1 / len(key["styles"])
    return {
        "listeners": len({answer["listener"] for answer in answers}),
        "preference": _shares(choices, 0.5) if choices else None,
        "identification": {
            role: _shares(hits, chance) for role, hits in sorted(identified.items())
        },
    }


def _questions(items: Sequence[Item], rival: str) -> list[dict[str, str]]:
    """A choice and an identification for each source, and identifications of hidden items."""
    by_role = {
        role: [item for item in items if item.role == role]
        for role in ("system", rival, "source", "anchor", "real")
    }
    choices = [
        {"kind": "choice", "left": a.name, "right": b.name}
        for a, b in zip(by_role["system"], by_role[rival], strict=True)
    ]
    few = len(by_role["system"]) // 4 + 1
    asked = chain(
        by_role["system"], by_role["anchor"][:few], by_role["source"][:few], by_role["real"]
    )
    return choices + [{"kind": "identification", "left": item.name, "right": ""} for item in asked]


def _beginning(melody: Melody, bars: int) -> Melody:
    """The first bars, from the bar of the first note on."""
    first = int(np.searchsorted(melody.bar_lines, melody.notes[0].onset, side="right")) - 1
    return melody.slice(first, min(first + bars, melody.bars))


def _shares(hits: Sequence[bool], chance: float) -> dict[str, Any]:
    """The share of hits with its interval and p-value."""
    estimate = binomial_interval(int(np.sum(hits)), len(hits))
    needed = None
    if chance < estimate.value:
        try:
            needed = max(_CLUSTERING * judgements_needed(estimate.value, chance) - len(hits), 0)
        except ValueError:  # too near to chance
            needed = None
    return {
        "hits": int(np.sum(hits)),
        "trials": len(hits),
        "share": estimate.value,
        "interval": [estimate.low, estimate.high],
        "chance": chance,
        "p": exact_p(int(np.sum(hits)), len(hits), chance),
        "still_needed": needed,
    }


def _write(folder: Path, test: Mapping[str, Any], key: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write the page and the key."""
    folder.mkdir(parents=True, exist_ok=True)
    template = Template(files(__package__).joinpath("listening.html").read_text(encoding="utf-8"))
    # "</" would end the script element that holds the test.
    document = template.substitute(test=json.dumps(test).replace("</", "<\\/"))
    for name, text in (("index.html", document), ("key.json", json.dumps(key, indent=1))):
        with atomic_write(folder / name) as draft:
            draft.write_text(text, encoding="utf-8")
    return folder / "index.html", folder / "key.json"
