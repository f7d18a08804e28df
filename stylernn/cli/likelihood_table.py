"""The table of `stylernn evaluate model`: bits per note of a model and of n-gram models."""

from dataclasses import asdict
from typing import Any

import numpy as np
from rich.table import Table

from stylernn.evaluation import bits
from stylernn.training import likelihood
from stylernn.training.likelihood import StyleScores

__all__ = ["row", "table"]


def row(tested: StyleScores) -> dict[str, Any]:
    """Make the row of a style.

    Args:
        tested: results of one style, from `likelihood.tested`.

    Returns:
        The fields of `likelihood.row`; the bits per note of the model and of the n-gram models, and
        the bits that the model saves compared with each of them, as [value, low, high].
    """
    ours = np.array([entry.bits.sum() for entry in tested.ours])
    notes = np.array([entry.notes for entry in tested.ours])
    ppm = likelihood.ppm_bits(tested.train, tested.test)
    costs = {"bits": ours, "markov_bits": tested.markov, "ppm_bits": ppm}
    saved = {"saved_on_markov": tested.markov - ours, "saved_on_ppm": ppm - ours}
    estimates = {
        name: bits.per_note(cost, notes, tested.works) for name, cost in (costs | saved).items()
    }
    return {
        **asdict(likelihood.row(tested)),
        **{name: list(value) for name, value in estimates.items()},
    }


def table(rows: list[dict[str, Any]]) -> Table:
    """Make the table to print.

    Args:
        rows: from `row`.

    Returns:
        One line a style, with intervals under their values.
    """
    lines = Table(
        caption="bits per note (lower is better) and share of correct predictions", box=None
    )
    for heading in rows[0] if rows else ():
        lines.add_column(
            heading.replace("_", " "), justify="left" if heading == "style" else "right"
        )
    for entry in rows:
        lines.add_row(*map(_cell, entry.values()))
    return lines


def _cell(value: Any) -> str:
    """A value, with its interval if it has one."""
    if isinstance(value, list):
        mean, low, high = value
        return f"{mean:.3f}\n{low:.3f}–{high:.3f}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
