"""Reports: `report.json` with all numbers, and `report.html`, one self-contained page made from it.

The page is a pure function of the JSON document, so it can be made again. It loads no other file:
pictures are inlined. The columns of its table are those of `metrics.METRICS`.

A report is a dictionary with the keys title, facts: what was measured, on what, by which command,
    seed and version. verdict: list of {question, answer, p, p_holm, holds}, see `claims`. seeds:
    the system's means for each seed. rows: list of {name, kind, values}; kind is "system",
    "ceiling", "ablation" or "baseline", values are
        [mean, low, high] by metric.
    ceilings: recall of each style on held-out real melodies for each family of features.
    trade_off, settings, confusion, distributions, originality, examples: data of the pictures;
    optional.
"""

import html
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from stylernn.system.atomic_write import atomic_write

from . import plots
from .metrics import METRICS
from .statistics import Estimate

__all__ = ["page", "row", "write"]


def row(name: str, kind: str, values: Mapping[str, Estimate]) -> dict[str, Any]:
    """Make a row of the table.

    Args:
        name: of the row.
        kind: "system", "ceiling", "ablation" or "baseline".
        values: estimates by metric.

    Returns:
        The row as in `report.json`.

    Example:
        >>> row("identity", "baseline", {"edit": Estimate(1.0, 0.9, 1.0)})["values"]
        {'edit': [1.0, 0.9, 1.0]}
    """
    return {
        "name": name,
        "kind": kind,
        "values": {key: list(value) for key, value in values.items()},
    }


def write(report: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write `report.json` and `report.html`.

    Args:
        report: see the keys above.
        folder: where to write; made if it does not exist.

    Returns:
        The paths of both files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = json.dumps(report, indent=1, ensure_ascii=False, default=_plain)
    for name, text in (("report.json", document), ("report.html", page(json.loads(document)))):
        with atomic_write(folder / name) as draft:
            draft.write_text(text, encoding="utf-8")
    return folder / "report.json", folder / "report.html"


def page(report: Mapping[str, Any]) -> str:
    """Make the HTML page of a report.

    Args:
        report: see the keys above.

    Returns:
        The text of the page.
    """
    template = Template(files(__package__).joinpath("report.html").read_text(encoding="utf-8"))
    facts = " · ".join(
        f"{html.escape(str(key))}: {html.escape(str(value))}"
        for key, value in report["facts"].items()
    )
    cards = [
        f'<div class="{"yes" if item["holds"] else "no"}">'
        f"<strong>{html.escape(item['question'])} {'Yes' if item['holds'] else 'No'}.</strong>"
        f"<span>{html.escape(item['answer'])}</span></div>"
        for item in report["verdict"]
    ]
    return template.substitute(
        title=html.escape(report["title"]),
        facts=facts,
        verdict="\n".join(cards),
        table=_table(report["rows"]),
        sections="\n".join(_sections(report)),
    )


def _table(rows: list[dict[str, Any]]) -> str:
    """The rows in the columns of `METRICS` that any of them has a value for."""
    shown = [
        metric for name, metric in METRICS.items() if any(name in each["values"] for each in rows)
    ]
    head = "".join(
        f'<th title="{html.escape(metric.chapter)}">'
        f"{html.escape(metric.title)} {metric.better}</th>"
        for metric in shown
    )
    body = []
    for each in rows:
        cells = "".join(f"<td>{_cell(each['values'].get(metric.name))}</td>" for metric in shown)
        body.append(f'<tr class="{each["kind"]}"><td>{html.escape(each["name"])}</td>{cells}</tr>')
    return (
        f"<table><thead><tr><th>row</th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def _cell(value: list[float] | None) -> str:
    """A mean with its interval, if it has one."""
    if value is None:
        return "–"
    mean, low, high = value
    return f"{mean:.2f}" + (f"<small>{low:.2f} – {high:.2f}</small>" if high > low else "")


def _sections(report: Mapping[str, Any]) -> list[str]:
    """The pictures for which the report has data."""
    sections = []
    points = {
        r["name"]: (r["values"]["reciprocal_rank"][0], r["values"]["probability_all"][0])
        for r in report["rows"]
        if {"reciprocal_rank", "probability_all"} <= set(r["values"])
    }
    if report.get("trade_off") or len(points) > 1:
        picture = plots.trade_off(report.get("trade_off", []), points)
        sections.append(
            _section(
                "Style against content",
                picture,
                "Higher is closer to the style, further right is closer to the tune.",
            )
        )
    if effects := report.get("settings"):
        cells = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{_cell(value)}</td></tr>"
            for name, value in effects.items()
        )
        head = "<thead><tr><th>setting</th><th>rank correlation</th></tr></thead>"
        sections.append(f"<h2>Settings</h2><table>{head}<tbody>{cells}</tbody></table>")
    if confused := report.get("confusion"):
        picture = plots.confusion(
            confused["styles"], confused["rows"], np.array(confused["matrix"])
        )
        sections.append(
            _section(
                "Classified as",
                picture,
                "Rows: held-out real melodies of the target style, sources, outputs.",
            )
        )
    if spread := report.get("distributions"):
        text = (
            "Bars: middle half; lines: 5 to 95 %; rings: medians. "
            "Outputs should be distributed like real melodies."
        )
        sections.append(_section("Features", plots.distributions(spread), text))
    if copied := report.get("originality"):
        picture = plots.originality(copied["real"], copied["outputs"], tuple(copied["interval"]))
        sections.append(
            _section(
                "Originality",
                picture,
                "Right of the band: closer to the training set than real tunes are.",
            )
        )
    for number, example in enumerate(report.get("examples", []), start=1):
        source, output = (np.array(example[side]).reshape(-1, 3) for side in ("source", "output"))
        picture = plots.piano_rolls(
            source, output, np.array(example["bar_lines"]), int(example.get("first_bar", 1))
        )
        sections.append(
            _section(
                f"Example {number}: {example['title']}",
                picture,
                "The first bars, source above output.",
            )
        )
    return sections


def _section(title: str, picture: str, note: str) -> str:
    """A picture with its heading and a note."""
    heading = html.escape(title)
    text = f'<h2>{heading}</h2><p class="note">{html.escape(note)}</p>'
    return f'{text}<img src="{picture}" alt="{heading}">'


def _plain(value: Any) -> Any:
    """Arrays and numbers of numpy as JSON."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(
        f"a report holds numbers, texts, lists and dictionaries, got {type(value).__name__}"
    )
