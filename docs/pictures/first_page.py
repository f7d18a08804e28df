"""Make the picture and the sounds of the first page: `python docs/pictures/first_page.py`.

They are what the bundled model makes of an example tune with its default settings:

    docs/images/auld-lang-syne.jazz.png   piano rolls of tune and result, first sixteen bars
    docs/sounds/auld-lang-syne.mp3        the tune
    docs/sounds/auld-lang-syne.jazz.mp3   the result, as jazz is played
"""

from pathlib import Path

import matplotlib.image
import soundfile

import stylernn
from stylernn.display import piano_roll
from stylernn.sound import RATE, recording

DOCS = Path(__file__).parents[1]
TUNE = DOCS.parent / "examples" / "auld-lang-syne.mid"

# The tune has seventeen bars and a line of the picture has sixteen, so a second line would be empty
# but for one note. It is cut off.
LINE = 424  # pixels


def main() -> None:
    """Write the files."""
    tune = stylernn.read(TUNE)
    jazz = stylernn.transfer(tune, to="jazz", seed=0)
    picture = DOCS / "images" / "auld-lang-syne.jazz.png"
    piano_roll.roll(jazz.melody, picture, tune.melody)
    matplotlib.image.imsave(picture, matplotlib.image.imread(picture)[:LINE])
    for name, melody, style in (("", tune.melody, ""), (".jazz", jazz.melody, "jazz")):
        stereo = recording.record(melody, style, seed=0)
        soundfile.write(
            DOCS / "sounds" / f"auld-lang-syne{name}.mp3",
            stereo.mean(axis=1),
            RATE,
            format="MP3",
            bitrate_mode="VARIABLE",
            compression_level=0.8,
        )


if __name__ == "__main__":
    main()
