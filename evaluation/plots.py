"""Pictures of a report, each a PNG as a data URI, so that the page needs no other file.

Colours are those of Okabe & Ito, told apart by colour-blind readers; what differs in colour differs in mark or place
too. The palette and the names of the three kinds of melody are the same in every picture.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from stylernn.music.melody import TICKS_PER_QUARTER

__all__ = ["COLOURS", "confusion", "distributions", "originality", "piano_rolls", "trade_off"]

COLOURS = {"real": "#0072B2", "output": "#D55E00", "source": "#737373", "accent": "#009E73"}
_DPI = 130
_RC = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": "#333333",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "legend.frameon": False,
    "figure.facecolor": "white",
}


def trade_off(points: Sequence[Mapping[str, Any]], rows: Mapping[str, tuple[float, float]]) -> str:
    """Style against content over the dials, with other systems as lone marks.

    Args:
        points: with keys `dial`, `setting`, `style` and `content`; the settings of a dial are joined by a line.
        rows: (content, style) of other rows, by name.
    """
    with mpl.rc_context(_RC):
        figure, axes = _canvas(1, 1, 7, 4.2)
        axis = axes[0]
        for dial, mark, colour in (
            ("preserve", "o", COLOURS["real"]),
            ("strength", "s", COLOURS["accent"]),
        ):
            line = sorted((p for p in points if p["dial"] == dial), key=lambda p: p["setting"])
            places = ([p["content"] for p in line], [p["style"] for p in line])
            axis.plot(*places, marker=mark, color=colour, label=dial)
            for p in line:
                axis.annotate(
                    f"{p['setting']:g}",
                    (p["content"], p["style"]),
                    (4, 4),
                    textcoords="offset points",
                )
        for number, (name, (x, y)) in enumerate(rows.items()):
            # The first row is the system's. Labels go up and down in turn, so that neighbours do not meet.
            axis.plot(
                x, y, "o" if number == 0 else "x", color=COLOURS["source" if number else "output"]
            )
            left = x > 0.7
            place = (-6 if left else 6, 5 if number % 2 else -11)
            axis.annotate(
                name,
                (x, y),
                place,
                textcoords="offset points",
                color="#555555",
                ha="right" if left else "left",
            )
        axis.set(xlim=(-0.03, 1.03), ylim=(-0.05, 1.08))
        axis.set(xlabel="content: mean reciprocal rank of the source", ylabel="style: P(target)")
        if points:
            axis.legend(title="numbers: settings", loc="lower left")
        return _encode(figure)


def confusion(styles: Sequence[str], rows: Sequence[str], matrix: np.ndarray) -> str:
    """Shares of each row heard as each style; numbers are printed in the cells."""
    with mpl.rc_context(_RC):
        figure, axes = _canvas(1, 1, 2.2 + 0.7 * len(styles), 1.3 + 0.45 * len(rows))
        axis = axes[0]
        axis.imshow(matrix, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for i, j in np.ndindex(*matrix.shape):
            axis.text(
                j,
                i,
                f"{matrix[i, j]:.2f}",
                ha="center",
                va="center",
                color="white" if matrix[i, j] > 0.5 else "#333",
            )
        axis.set_xticks(range(len(styles)), styles, rotation=30, ha="right")
        axis.set_yticks(range(len(rows)), rows)
        axis.set_xlabel("heard as")
        return _encode(figure)


def distributions(values: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Distribution of each feature in real, output and source melodies: median, quartiles and 5 to 95 %."""
    with mpl.rc_context(_RC):
        columns = 4
        figure, axes = _canvas(
            -(-len(values) // columns), columns, 9.5, 1.55 * -(-len(values) // columns)
        )
        for axis, (name, groups) in zip(axes, values.items(), strict=False):
            for place, (group, sample) in enumerate(reversed(list(groups.items()))):
                low, q1, middle, q3, high = np.quantile(sample, [0.05, 0.25, 0.5, 0.75, 0.95])
                axis.plot([low, high], [place, place], color=COLOURS[group], lw=1)
                axis.plot(
                    [q1, q3], [place, place], color=COLOURS[group], lw=5, solid_capstyle="butt"
                )
                axis.plot(middle, place, "o", color="white", mec=COLOURS[group], ms=5)
            axis.set_title(name.replace("_", " "), loc="left", fontsize=9)
            axis.set_yticks(range(len(groups)), list(reversed(list(groups))))
            axis.set_ylim(-0.6, len(groups) - 0.4)
        for axis in axes[len(values) :]:
            axis.set_axis_off()
        return _encode(figure)


def originality(
    real: Sequence[float], outputs: Sequence[float], interval: tuple[float, float]
) -> str:
    """Similarity to the nearest training window: outputs against the band of held-out human tunes."""
    with mpl.rc_context(_RC):
        figure, axes = _canvas(1, 1, 7, 2.6)
        axis = axes[0]
        bins = np.linspace(0, 1, 26).tolist()
        axis.hist(
            real,
            bins,
            density=True,
            histtype="stepfilled",
            alpha=0.35,
            color=COLOURS["real"],
            label="held-out human",
        )
        axis.hist(
            outputs,
            bins,
            density=True,
            histtype="step",
            lw=2,
            color=COLOURS["output"],
            label="outputs",
        )
        axis.axvspan(
            *interval, color=COLOURS["real"], alpha=0.15, label="mean of human tunes, 95 %"
        )
        axis.axvline(
            float(np.mean(outputs)), color=COLOURS["output"], ls="--", label="mean of outputs"
        )
        axis.set(
            xlabel="mean similarity of 8-note windows to the nearest training window (1: copied)",
            yticks=[],
        )
        axis.legend(loc="best")
        return _encode(figure)


def piano_rolls(source: np.ndarray, output: np.ndarray, bar_lines: np.ndarray) -> str:
    """Source above output on one time line with bar lines.

    Args:
        source: rows (onset, duration, pitch) in ticks.
        output: likewise.
        bar_lines: ticks of the bar lines to draw, from the first to the last shown.
    """
    with mpl.rc_context(_RC):
        figure, axes = _canvas(2, 1, 9.5, 3.4)
        quarters = bar_lines / TICKS_PER_QUARTER
        for axis, notes, name in zip(axes, (source, output), ("source", "output"), strict=True):
            onset, duration, pitch = notes.T
            axis.barh(
                pitch,
                duration / TICKS_PER_QUARTER,
                0.85,
                onset / TICKS_PER_QUARTER,
                color=COLOURS[name],
                edgecolor="none",
            )
            axis.vlines(quarters, 0, 127, color="#DDDDDD", lw=0.8, zorder=0)
            axis.set(xlim=(quarters[0], quarters[-1]), ylim=(pitch.min() - 2, pitch.max() + 2))
            axis.set_ylabel(name)
            octaves = [p for p in range(0, 128, 12) if pitch.min() - 2 < p < pitch.max() + 2]
            axis.set_yticks(octaves, [f"C{p // 12 - 1}" for p in octaves])
            axis.set_xticks([])
        axes[-1].set_xticks(quarters[:-1], [str(number + 1) for number in range(len(quarters) - 1)])
        axes[-1].set_xlabel("bar")
        return _encode(figure)


def _canvas(rows: int, columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure outside pyplot's global list, and its axes in reading order."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(np.atleast_1d(figure.subplots(rows, columns)).ravel())


def _encode(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
