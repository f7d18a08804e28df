"""The picture of the performance page, from the latest results.

python benchmarks/picture.py docs/reference/performance.svg
"""

import argparse
import json
from pathlib import Path

from matplotlib.figure import Figure
from timing import RESULTS


def main() -> None:
    """Draw bars of training and of sampling, each against torch."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    training, sampling = (
        json.loads((RESULTS / f"{name}.json").read_text()) for name in ("training", "sampling")
    )
    bars = {
        row["step"]: float(row["against torch"])
        for row in training["rows"]
        if row["step"] != "matrix product"
    }
    groups = {"training step": bars}
    for row in sampling["rows"]:
        group = groups.setdefault(f"sampling, batch {row['batch']}", {})
        group[row["sampler"]] = float(row["against torch"])
    figure = Figure(figsize=(8, 2.2 * len(groups)), layout="constrained")
    for axes, (title, values) in zip(figure.subplots(len(groups)), groups.items(), strict=True):
        names = list(values)[::-1]
        colours = ["C0" if name.startswith("stylernn") else "0.7" for name in names]
        axes.barh(names, [values[name] for name in names], color=colours)
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set_title(f"{title}: times as fast as torch", loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)


if __name__ == "__main__":
    main()
