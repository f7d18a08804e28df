"""Print the model card of a model file: `python docs/model_card.py [FILE]`; `make card` writes docs/model-card.md.

Every number of the card is read from the header of the file, where training and boxing wrote it. The prose around the
tables is in model-card.in.md beside this script.
"""

import sys
from pathlib import Path
from string import Template
from typing import Any

from stylernn.model.checkpoint import Header, load_model
from stylernn.representation import attributes
from stylernn.reranking import classifier, critic, discriminant
from stylernn.sampling import tilt
from stylernn.system.paths import bundled_model

PROSE = Path(__file__).with_name("model-card.in.md")


def main() -> None:
    """Fill the card with the tables of a model file."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_model()
    model = load_model(path)
    judges = (critic.PREFIX, classifier.PREFIX, discriminant.PREFIX, tilt.PREFIX, attributes.PREFIX)
    parameters = sum(
        array.size for name, array in model.arrays.items() if not name.startswith(judges)
    )
    facts = {
        "size": f"{path.stat().st_size / 1e6:.1f} MB",
        "parameters": f"{parameters:,}",
        "facts": table(["", ""], provenance(model.header)),
        "styles": table(
            ["style", "part of", "what it is", "tunes", "notes", "metres"], styles(model.header)
        ),
        "corpora": table(["source", "licence", "tunes"], corpora(model.header)),
        "test": table(
            [
                "style",
                "tunes",
                "notes",
                "bits/note",
                "Markov-3",
                "untrained",
                "onset",
                "pitch",
                "duration",
            ],
            test(model.header),
        ),
        "skeletons": table(["condition", "bits/note"], conditions(model.header)),
        "worth": table(["style", "the beat's skeleton", "the style"], worth(model.header)),
    }
    print(Template(PROSE.read_text(encoding="utf-8")).substitute(facts), end="")


def table(heading: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def provenance(header: Header) -> list[list[str]]:
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


def styles(header: Header) -> list[list[str]]:
    """What the model knows."""
    rows = []
    for style in header.styles:
        parent = "" if style.parent == style.name else style.parent
        metres = ", ".join(
            f"{metre} {share:.0%}"
            for metre, share in sorted(style.metres.items(), key=lambda m: -m[1])[:3]
        )
        rows.append(
            [style.name, parent, style.description, f"{style.tunes:,}", f"{style.notes:,}", metres]
        )
    return rows


def corpora(header: Header) -> list[list[str]]:
    """What it learnt from."""
    return [
        [source["source"], source["licence"], f"{source['tunes']:,}"] for source in header.corpora
    ]


def test(header: Header) -> list[list[str]]:
    """Bits per note and accuracy on the test split."""
    return [
        [row["style"], f"{row['tunes']:,}", f"{row['notes']:,}"]
        + [f"{row[name]:.3f}" for name in ("bits", "markov_bits", "untrained_bits")]
        + [f"{row[name]:.0%}" for name in ("onset_accuracy", "pitch_accuracy", "duration_accuracy")]
        for row in metrics(header).get("test", [])
    ]


def conditions(header: Header) -> list[list[str]]:
    """What style and skeleton are worth, in bits per note of the test split."""
    measured = metrics(header)
    rows = [
        [f"skeleton: {level}", f"{bits:.3f}"]
        for level, bits in measured.get("bits_by_skeleton", {}).items()
    ]
    if "bits_without_style" in measured:
        rows.append(["no skeleton, no style", f"{measured['bits_without_style']:.3f}"])
    if opening := dict(measured.get("bits_of_opening", {})):
        events = opening.pop("events")
        rows += [
            [f"no skeleton, {told}: the first {events} events", f"{bits:.3f}"]
            for told, bits in opening.items()
        ]
    return rows


def worth(header: Header) -> list[list[str]]:
    """What a skeleton and the style are worth in each style, in bits per note of the test split, and their means."""
    found = {
        style: list(parts.values()) for style, parts in metrics(header).get("worth", {}).items()
    }
    if found:
        found["mean of the styles"] = [
            sum(column) / len(found) for column in zip(*found.values(), strict=True)
        ]
    return [[style, *(f"{bits:.3f}" for bits in columns)] for style, columns in found.items()]


def metrics(header: Header) -> dict[str, Any]:
    """What was measured, empty for a model that was only trained."""
    return header.metrics or {}


if __name__ == "__main__":
    main()
