"""Pictures of a report, each a PNG in a data URI, so that the page needs no other file.

Colours are those of Okabe & Ito, which colour-blind readers can tell apart. What differs in colour
also differs in marker or position. The palette and the names of the three kinds of melody are the
same in all pictures.
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

from stylernn.display.colours import BLUE, GREEN, GREY, PITCH_LINE, VERMILION
from stylernn.music.melody import TICKS_PER_QUARTER

__all__ = ["COLOURS", "confusion", "distributions", "originality", "piano_rolls", "trade_off"]

COLOURS = {"real": BLUE, "output": VERMILION, "source": GREY, "accent": GREEN}
"""Colours of the three kinds of melody, and one more."""

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
    """Draw style against content: a line for each setting, a mark for each other system.

    Args:
        points: from `sweeps.sweep`; the values of a setting are joined by a line.
        rows: (content, style) of other rows, by name; the first is the system's.

    Returns:
        A data URI.
    """
    with mpl.rc_context(_RC):
        figure, axes = _canvas(1, 1, 7, 4.2)
        axis = axes[0]
        for setting, mark, colour in (
            ("preserve", "o", COLOURS["real"]),
            ("strength", "s", COLOURS["accent"]),
        ):
            line = sorted((p for p in points if p["name"] == setting), key=lambda p: p["value"])
            content, style = ([p[key] for p in line] for key in ("content", "style"))
            axis.plot(content, style, marker=mark, color=colour, label=setting)
            for p in line:
                axis.annotate(
                    f"{p['value']:g}",
                    (p["content"], p["style"]),
                    (4, 4),
                    textcoords="offset points",
                )
        for number, (name, (x, y)) in enumerate(rows.items()):
            # Labels are above and below in turn, so that neighbours do not overlap.
            axis.plot(
                x, y, "o" if number == 0 else "x", color=COLOURS["source" if number else "output"]
            )
            left = x > 0.7
            offset = (-6 if left else 6, 5 if number % 2 else -11)
            axis.annotate(
                name,
                (x, y),
                offset,
                textcoords="offset points",
                color="#555555",
                ha="right" if left else "left",
            )
        axis.set(xlim=(-0.03, 1.03), ylim=(-0.05, 1.08))
        axis.set(xlabel="content: mean reciprocal rank of the source", ylabel="style: P(target)")
        if points:
            axis.legend(title="numbers: values", loc="lower left")
        return _encode(figure)


def confusion(styles: Sequence[str], rows: Sequence[str], matrix: np.ndarray) -> str:
    """Draw the shares of each row that are classified as each style.

    Args:
        styles: names of the columns.
        rows: names of the rows.
        matrix: shares from 0 to 1, shape (rows, styles); printed in the cells.

    Returns:
        A data URI.
    """
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
        axis.set_xlabel("classified as")
        return _encode(figure)


def distributions(values: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Draw the median, the quartiles and the range from 5 to 95 % of each feature.

    Args:
        values: by feature, then by kind of melody ("real", "output", "source").

    Returns:
        A data URI.
    """
    with mpl.rc_context(_RC):
        columns = 4
        figure, axes = _canvas(
            -(-len(values) // columns), columns, 9.5, 1.55 * -(-len(values) // columns)
        )
        for axis, (name, groups) in zip(axes, values.items(), strict=False):
            for height, (group, sample) in enumerate(reversed(list(groups.items()))):
                low, q1, middle, q3, high = np.quantile(sample, [0.05, 0.25, 0.5, 0.75, 0.95])
                axis.plot([low, high], [height, height], color=COLOURS[group], lw=1)
                axis.plot(
                    [q1, q3], [height, height], color=COLOURS[group], lw=5, solid_capstyle="butt"
                )
                axis.plot(middle, height, "o", color="white", mec=COLOURS[group], ms=5)
            axis.set_title(name.replace("_", " "), loc="left", fontsize=9)
            axis.set_yticks(range(len(groups)), list(reversed(list(groups))))
            axis.set_ylim(-0.6, len(groups) - 0.4)
        for axis in axes[len(values) :]:
            axis.set_axis_off()
        return _encode(figure)


def originality(
    real: Sequence[float], outputs: Sequence[float], interval: tuple[float, float]
) -> str:
    """Draw the similarity to the nearest training window for outputs and held-out real tunes.

    Args:
        real: mean similarity of each real melody.
        outputs: mean similarity of each output.
        interval: 95 % interval of the mean of real melodies.

    Returns:
        A data URI.
    """
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


def piano_rolls(
    source: np.ndarray, output: np.ndarray, bar_lines: np.ndarray, first: int = 1
) -> str:
    """Draw the piano rolls of a source and, below it, of its output.

    Args:
        source: rows (onset, duration, pitch) in ticks, shape (notes, 3).
        output: likewise.
        bar_lines: ticks of the bar lines, from the first to the last shown.
        first: number of the first bar; 0 is a pickup.

    Returns:
        A data URI.
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
            axis.vlines(quarters, 0, 127, color=PITCH_LINE, lw=0.8, zorder=0)
            axis.set(xlim=(quarters[0], quarters[-1]), ylim=(pitch.min() - 2, pitch.max() + 2))
            axis.set_ylabel(name)
            octaves = [p for p in range(0, 128, 12) if pitch.min() - 2 < p < pitch.max() + 2]
            axis.set_yticks(octaves, [f"C{p // 12 - 1}" for p in octaves])
            axis.set_xticks([])
        numbers = range(first, first + len(quarters) - 1)
        axes[-1].set_xticks(quarters[:-1], [str(number) for number in numbers])
        axes[-1].set_xlabel("bar")
        return _encode(figure)


def _canvas(rows: int, columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure without pyplot, and its axes in reading order."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(np.atleast_1d(figure.subplots(rows, columns)).ravel())


def _encode(figure: Figure) -> str:
    """A figure as a PNG in a data URI."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
