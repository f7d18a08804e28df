"""Settings of the documentation: `make docs` builds it into build/docs, without a network."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from stylernn.version import __version__  # noqa: E402

project = "stylernn"
author = "The stylernn authors"
release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["pictures", "model-card.in.md"]
suppress_warnings = ["config.cache"]

# Pages in Markdown, with anchors at headings down to the third level, so that links into a page
# can be checked. The notebooks are stored with their outputs and are not run again.
myst_heading_anchors = 3
nb_execution_mode = "off"

# Docstrings are in Google's style; words in single backticks are code.
default_role = "code"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}

html_theme = "furo"
html_title = f"stylernn {release}"
html_copy_source = False
html_static_path: list[str] = []
