"""Settings of the documentation: `make docs` builds it into build/docs, without a network."""

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from stylernn.version import __version__  # noqa: E402

project = "stylernn"
author = "The stylernn authors"
release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
exclude_patterns = ["pictures", "_templates"]
templates_path = ["_templates"]
# Napoleon takes the first words of some properties' docstrings for types.
suppress_warnings = ["ref.python"]

# Pages in Markdown, with anchors at headings down to the third level, so that links into a page
# can be checked. The notebooks are stored with their outputs and are not run again.
myst_heading_anchors = 3
nb_execution_mode = "off"

# Docstrings are in Google's style; words in single backticks are code.
default_role = "code"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Metrics", "params_style"), ("Reference", "References")]
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}

html_theme = "furo"
html_title = f"stylernn {release}"
html_copy_source = False


def plain_text(*arguments: Any) -> None:
    """Make docstrings, which are plain text, into what reStructuredText reads as meant.

    Signs that would be markup are escaped. In a module's docstring the hanging lines of an entry are
    joined to its first line, and references become a list.
    """
    what: str = arguments[1]
    lines: list[str] = arguments[-1]
    lines[:] = [re.sub(r"(?<!\\)\||\*\*(?=kern)", r"\\\g<0>", line) for line in lines]
    if what != "module" or any(">>>" in line for line in lines):
        return
    joined: list[str] = []
    section = ""
    for line in lines:
        depth = len(line) - len(line.lstrip())
        last = joined[-1] if joined else ""
        is_entry = last.startswith(" ") or ": " in last
        if is_entry and depth > len(last) - len(last.lstrip()):
            joined[-1] = f"{last} {line.strip()}"
            continue
        section = line if line and depth == 0 else section
        is_reference = depth > 0 and section in ("Reference:", "References:")
        joined.append(f"    * {line.strip()}" if is_reference else line)
    lines[:] = joined


def setup(app: "Sphinx") -> None:
    """Called by Sphinx when it starts: pages of modules that are gone go, docstrings are read."""
    shutil.rmtree(Path(app.srcdir) / "api" / "generated", ignore_errors=True)
    app.connect("autodoc-process-docstring", plain_text, priority=400)
