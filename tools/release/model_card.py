"""The model card of a model file, as Markdown.

Every number of the card is read from the header of the file, where training and packaging wrote it.
The prose around the tables is in model_card.in.md beside this module.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from stylernn.model.checkpoint import Header, load_model
from stylernn.representation import attributes
from stylernn.reranking import classifier, critic, discriminant
from stylernn.sampling import tilt
from stylernn.system.atomic_write import atomic_write

__all__ = ["PROSE", "card_of", "model_card"]

PROSE = Path(__file__).with_name("model_card.in.md")
"""The template."""

_NOT_OF_THE_NETWORK = (
    critic.PREFIX,
    classifier.PREFIX,
    discriminant.PREFIX,
    tilt.PREFIX,
    attributes.PREFIX,
)
_MEASURED = ("bits", "markov_bits", "untrained_bits")
_ACCURACIES = ("onset_accuracy", "pitch_accuracy", "duration_accuracy")
_METRES = 3

Rows = list[list[str]]
"""Rows of cells."""


def model_card(path: Path, out: Path) -> None:
    """Write the card of a model file.

    Args:
        path: the model file.
        out: the Markdown file to write.

    Raises:
        ModelFileError: if there is no such model.
        UsageError: if `out` cannot be written.
    """
    text = card_of(path)
    with atomic_write(out) as draft:
        draft.write_text(text, encoding="utf-8")


def card_of(path: Path) -> str:
    """Fill the template with the tables of a model file.

    Args:
        path: the model file.

    Returns:
        The card as Markdown.

    Raises:
        ModelFileError: if there is no such model.
    """
    model = load_model(path)
    header = model.header
    parameters = sum(
        array.size
        for name, array in model.arrays.items()
        if not name.startswith(_NOT_OF_THE_NETWORK)
    )
    measured = ["style", "tunes", "notes", "bits/note", "Markov-3", "untrained"]
    facts = {
        "size": f"{path.stat().st_size / 1e6:.1f} MB",
        "parameters": f"{parameters:,}",
        "facts": _table(["", ""], _provenance(header)),
        "styles": _table(
            ["style", "part of", "what it is", "tunes", "notes", "metres"], _styles(header)
        ),
        "corpora": _table(["source", "licence", "tunes"], _corpora(header)),
        "test": _table([*measured, "onset", "pitch", "duration"], _test(header)),
        "skeletons": _table(["condition", "bits/note"], _conditions(header)),
        "worth": _table(["style", "the beat's skeleton", "the style"], _worth(header)),
    }
    return Template(PROSE.read_text(encoding="utf-8")).substitute(facts)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _provenance(header: Header) -> Rows:
    """Where and with what the model was made."""
    made = dict(header.provenance or {})
    packages = ", ".join(f"{name} {number}" for name, number in made.pop("packages", {}).items())
    settings = header.settings
    network = f"{settings.model.layers} x {settings.model.hidden} {settings.model.cell}"
    rows = [
        ["network", network],
        *([name, str(value)] for name, value in made.items()),
        ["packages", packages],
    ]
    return [row for row in rows if row[1]]


def _styles(header: Header) -> Rows:
    """The styles that the model knows."""
    rows = []
    for style in header.styles:
        parent = "" if style.parent == style.name else style.parent
        usual = sorted(style.metres.items(), key=lambda metre: -metre[1])[:_METRES]
        metres = ", ".join(f"{metre} {share:.0%}" for metre, share in usual)
        rows.append(
            [style.name, parent, style.description, f"{style.tunes:,}", f"{style.notes:,}", metres]
        )
    return rows


def _corpora(header: Header) -> Rows:
    """The sources of the training set."""
    return [
        [source["source"], source["licence"], f"{source['tunes']:,}"] for source in header.corpora
    ]


def _test(header: Header) -> Rows:
    """Bits per note and accuracy on the test split."""
    return [
        [row["style"], f"{row['tunes']:,}", f"{row['notes']:,}"]
        + [f"{row[name]:.3f}" for name in _MEASURED]
        + [f"{row[name]:.0%}" for name in _ACCURACIES]
        for row in _metrics(header).get("test", [])
    ]


def _conditions(header: Header) -> Rows:
    """Bits per note of the test split with more and less of what the model is conditioned on."""
    measured = _metrics(header)
    rows = [
        [f"skeleton: {level}", f"{bits:.3f}"]
        for level, bits in measured.get("bits_by_skeleton", {}).items()
    ]
    if "bits_without_style" in measured:
        rows.append(["no skeleton, no style", f"{measured['bits_without_style']:.3f}"])
    if opening := dict(measured.get("bits_of_opening", {})):
        events = opening.pop("events")
        rows += [
            [f"no skeleton, {given}: the first {events} events", f"{bits:.3f}"]
            for given, bits in opening.items()
        ]
    return rows


def _worth(header: Header) -> Rows:
    """Bits per note of the test split that a skeleton and the style save, with their means."""
    found = {
        style: list(parts.values()) for style, parts in _metrics(header).get("worth", {}).items()
    }
    if found:
        found["mean of the styles"] = [
            sum(column) / len(found) for column in zip(*found.values(), strict=True)
        ]
    return [[style, *(f"{bits:.3f}" for bits in columns)] for style, columns in found.items()]


def _metrics(header: Header) -> dict[str, Any]:
    """What was measured; empty for a model that was only trained."""
    return header.metrics or {}
