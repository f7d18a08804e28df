"""The tutorial is stored with its outputs, and runs from its first cell to its last."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tutorials" / "transfer.ipynb"


@pytest.mark.slow
def test_the_notebook_runs() -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    shown = [
        output.data
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    assert sum("<svg" in data.get("text/html", "") for data in shown) == 3


def test_the_outputs_are_stored() -> None:
    cells = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if "outputs" in cell]
    assert all(cell["execution_count"] for cell in cells)
    stored = json.dumps([cell["outputs"] for cell in cells])
    assert stored.count("<svg") == 3
    assert "<audio" not in stored
    assert len(stored) < 100_000
