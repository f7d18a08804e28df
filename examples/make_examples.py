"""Write the example tunes from their ABC: `python examples/make_examples.py`.

The ABC files beside this script are transcriptions made for this project of tunes that have long
been in the public domain (see README.md here). The MIDI files are what `stylernn` makes of them.
"""

from pathlib import Path

from stylernn.formats import registry

FOLDER = Path(__file__).parent


def main() -> None:
    """Convert every ABC file of this folder."""
    for source in sorted(FOLDER.glob("*.abc")):
        melody = registry.read(source)
        target = source.with_suffix(".mid")
        registry.write(melody, target)
        print(f"{target.name}: {melody.bars} bars, {len(melody.notes)} notes")


if __name__ == "__main__":
    main()
