"""Draw the packages and their layers: `python docs/pictures/layers.py`.

Writes docs/images/layers.svg from the contract of layers in pyproject.toml; a test compares them.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "layers.svg"

WHAT = {
    "__main__": "python -m stylernn",
    "cli": "one file a command",
    "api": "read, transfer, generate",
    "evaluation": "metrics, one file a chapter",
    "generation": "transfer and new melodies",
    "adaptation": "styles of the user's own",
    "reranking": "the best of the candidates",
    "sampling": "candidates from the network",
    "training": "learning, likelihood",
    "model": "LSTM, network, model files",
    "corpus": "labelled melodies, splits",
    "display": "piano rolls, pages",
    "representation": "melody to events to arrays",
    "config": "settings",
    "formats": "files to melodies and back",
    "sound": "how a melody is played",
    "music": "the melody, key, harmony",
    "system": "limits, archives, caches",
    "errors": "expected, found, remedy",
    "version": "",
    "configs": "shipped settings",
    "corpora": "catalogue, styles",
    "weights": "the bundled model",
}
WIDTH, HEIGHT, GAP = 860, 46, 8


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(picture(), encoding="utf-8")


def layers() -> list[list[str]]:
    """The packages of each layer, the highest layer first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return [re.split(r"\s*[|:]\s*", layer) for layer in contract["layers"]]


def picture() -> str:
    """The layers as rows of boxes, as SVG."""
    rows = layers()
    boxes = []
    for row, names in enumerate(rows):
        wide = (WIDTH - GAP * (len(names) + 1)) / len(names)
        for column, name in enumerate(names):
            left = GAP + column * (wide + GAP)
            boxes.append(box(name, left, GAP + row * (HEIGHT + GAP), wide))
    height = GAP + len(rows) * (HEIGHT + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" text-anchor="middle">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{"".join(boxes)}</svg>\n'
    )


def box(name: str, left: float, top: float, wide: float) -> str:
    """One package: its name, and below it what it is."""
    middle = left + wide / 2
    what = WHAT.get(name, "")
    return (
        f'<rect x="{left:g}" y="{top}" width="{wide:g}" height="{HEIGHT}" rx="5" '
        f'fill="#eef4fb" stroke="#0072b2"/>\n'
        f'<text x="{middle:g}" y="{top + 19}" font-size="14" fill="#111111">{name}</text>\n'
        f'<text x="{middle:g}" y="{top + 36}" font-size="11" fill="#444444">{what}</text>\n'
    )


if __name__ == "__main__":
    main()
