"""Draw a tune, its skeleton and a result: `python docs/pictures/skeleton.py`.

Writes docs/images/skeleton.png: bars 5 to 8 of an example tune, its structural notes by the beat,
and what the bundled model writes over them in jazz.
"""

from collections.abc import Iterable
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

import stylernn
from stylernn.music import key_estimation
from stylernn.music.melody import Melody, Note
from stylernn.representation import event_codec, skeleton

DOCS = Path(__file__).parents[1]
TUNE = DOCS.parent / "examples" / "auld-lang-syne.mid"
FIRST, LAST = 5, 9  # bars, the pickup being bar 0; the last one is not drawn


def main() -> None:
    """Draw the three rows one below the other."""
    tune = stylernn.read(TUNE).melody
    jazz = stylernn.transfer(tune, to="jazz", seed=0).melody
    rows = {
        "tune": tune.notes,
        "skeleton": structural_notes(tune),
        "result in jazz": jazz.notes,
    }
    figure, axes = plt.subplots(3, 1, figsize=(9, 4.8), sharex=True, sharey=True)
    colours = ("#333333", "#d55e00", "#0072b2")
    for each, (name, notes), colour in zip(axes, rows.items(), colours, strict=True):
        draw(each, notes, colour, tune)
        each.set_ylabel(name, fontsize=10)
    axes[0].set_title("Auld Lang Syne, bars 5 to 8", loc="left", fontsize=10)
    figure.tight_layout()
    figure.savefig(DOCS / "images" / "skeleton.png", dpi=110)


def structural_notes(tune: Melody) -> list[Note]:
    """The skeleton by the beat as notes, each as long as it is the structural note."""
    events = event_codec.encode(tune)
    found = skeleton.reduce(events, "beat", key_estimation.estimate(tune))
    onsets = [int(events.grid.start[time // 16]) for time in found.time]
    ends = [*onsets[1:], tune.end]
    return [
        Note(onset, end - onset, int(pitch) + event_codec.LOWEST)
        for onset, end, pitch in zip(onsets, ends, found.pitch, strict=True)
    ]


def draw(axes: Axes, notes: Iterable[Note], colour: str, tune: Melody) -> None:
    """Notes as boxes over bar lines and beats."""
    lines = [int(tick) for tick in tune.bar_lines[FIRST : LAST + 1]]
    for tick in range(lines[0], lines[-1], 24):
        axes.axvline(tick, color="#eeeeee", linewidth=0.8, zorder=0)
    for tick in lines:
        axes.axvline(tick, color="#999999", linewidth=1, zorder=0)
    for note in notes:
        corner = (note.onset + 0.5, note.pitch - 0.45)
        axes.add_patch(Rectangle(corner, note.duration - 1, 0.9, color=colour))
    axes.set_xlim(lines[0], lines[-1])
    axes.set_ylim(48, 80)
    axes.set_yticks([53, 60, 65, 72, 77], ["F3", "C4", "F4", "C5", "F5"], fontsize=8)
    axes.set_xticks([])


if __name__ == "__main__":
    main()
