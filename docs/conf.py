"""Settings of the documentation: `make docs` builds it into build/docs, without a network."""

import re
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
    """Escape signs in docstrings that reStructuredText would read as markup: |x| and **kern."""
    lines: list[str] = arguments[-1]
    lines[:] = [re.sub(r"(?<!\\)\||\*\*(?=kern)", r"\\\g<0>", line) for line in lines]


def setup(app: "Sphinx") -> None:
    """Called by Sphinx when it starts."""
    app.connect("autodoc-process-docstring", plain_text)
