"""Listening tests: a static page that works from a file, and the statistics of its answers.

Two kinds of question. A *choice* plays the outputs of two systems for one source and asks which is the better piece of
the target style; an *identification* plays one item and asks for its style. Real melodies and rule-based outputs are
hidden among the items: a listener, or a test, that does not place them well is of no use.

Conventions: items have names that say nothing; what they are stands in `key.json`, which listeners do not get. Orders
come from a balanced Latin square over the listener's number; sides are balanced with it. Answers are CSV rows
(listener, question, kind, left, right, answer), answer being an item of a choice or a style of an identification.

References:
    Williams (1949), Experimental designs balanced for the estimation of residual effects of treatments.
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
    """One thing to hear.

    Args:
        name: says nothing about it.
        role: "system", "other", "anchor", "source" or "real".
        pair: number of its source, -1 for a real melody.
        style: what a listener should hear in it.
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
    """Write `index.html` and `key.json`.

    Args:
        folder: where to; made if need be.
        sources: the sources.
        outputs: output i was made from source i. The first `count` are used: nobody chooses them.
        real: held-out real melodies of the target style; two are hidden among the items.
        source_style: what the sources are.
        target: what the outputs should be.
        styles: answers that an identification offers, both of these among them.
        other: outputs of a second system to choose against; by default the rule-based anchor.
        bars: length of every item.
        count: number of sources.
        seed: of the names of items.

    Returns:
        The page and the key.
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
    """Rows of a balanced Latin square: every question in every place, and after every other equally often.

    Returns:
        `size` orders, or twice as many for an odd size, of the numbers 0 to size - 1.
    """
    # 0, 1, n - 1, 2, n - 2, ...: all differences between neighbours are different.
    first = [(k // 2 + 1 if k % 2 else -(k // 2)) % size for k in range(size)]
    rows = [[(place + turn) % size for place in first] for turn in range(size)]
    return rows + [row[::-1] for row in rows] if size % 2 else rows


def read_answers(paths: Sequence[Path]) -> list[dict[str, str]]:
    """All rows of several result files.

    Raises:
        FileFormatError: naming the file that cannot be read or whose columns are not those of a result.
    """
    return [row for path in paths for row in read_table(path, _FIELDS)]


def read_key(path: Path) -> dict[str, Any]:
    """Content of `key.json`.

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
    """What listeners said, with exact intervals.

    Args:
        answers: from `read_answers`.
        key: content of `key.json`.

    Returns:
        `listeners`; `preference`: hits, trials, share, interval, p and judgements still needed at the share observed
        (doubled, because the answers of one listener depend on each other; None where it is not above chance);
        `identification`: the same by role, a hit being the style that the item should have.

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
    heard: dict[str, list[bool]] = {}
    for answer in answers:
        if answer["kind"] == "identification":
            item = items[answer["left"]]
            heard.setdefault(item.role, []).append(answer["answer"] == item.style)
    chance = 1 / len(key["styles"])
    return {
        "listeners": len({answer["listener"] for answer in answers}),
        "preference": _shares(choices, 0.5) if choices else None,
        "identification": {role: _shares(hits, chance) for role, hits in sorted(heard.items())},
    }


def _questions(items: Sequence[Item], rival: str) -> list[dict[str, str]]:
    """One choice and one identification a source, and identifications of anchors, sources and real items in turn."""
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
    """The first bars, counted from the bar of the first note."""
    first = int(np.searchsorted(melody.bar_lines, melody.notes[0].onset, side="right")) - 1
    return melody.slice(first, min(first + bars, melody.bars))


def _shares(hits: Sequence[bool], chance: float) -> dict[str, Any]:
    estimate = binomial_interval(int(np.sum(hits)), len(hits))
    needed = None
    if chance < estimate.value:
        try:
            needed = max(_CLUSTERING * judgements_needed(estimate.value, chance) - len(hits), 0)
        except ValueError:  # so near to chance that thousands would be needed
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
    folder.mkdir(parents=True, exist_ok=True)
    template = Template(files(__package__).joinpath("listening.html").read_text(encoding="utf-8"))
    # "</" would end the script element that holds the test.
    document = template.substitute(test=json.dumps(test).replace("</", "<\\/"))
    for name, text in (("index.html", document), ("key.json", json.dumps(key, indent=1))):
        with atomic_write(folder / name) as draft:
            draft.write_text(text, encoding="utf-8")
    return folder / "index.html", folder / "key.json"
