"""Run the tutorial and store its outputs in it: `python docs/pictures/tutorial.py`.

Players are left out of what is stored, since each holds a sound file.
"""

import re
from pathlib import Path

import nbclient
import nbformat

NOTEBOOK = Path(__file__).parents[1] / "tutorials" / "transfer.ipynb"
PLAYER = re.compile(r"<p><audio.*?</audio></p>", re.DOTALL)


def main() -> None:
    """Execute the notebook in its folder and write it back."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, timeout=600, resources=place).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day
        for output in cell.get("outputs", []):
            if html := output.get("data", {}).get("text/html"):
                output["data"]["text/html"] = PLAYER.sub("", html)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
