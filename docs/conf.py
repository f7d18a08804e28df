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
autodoc_default_options = {"members": True}

html_theme = "furo"
html_title = f"stylernn {release}"
html_copy_source = False


def plain_text(*arguments: Any) -> None:
    """Make docstrings, which are plain text, into what reStructuredText reads as meant.

    Signs that would be markup are escaped. In a module's docstring the hanging lines of an entry
    are joined to its first line, and references become a list.
    """
    what: str = arguments[1]
    lines: list[str] = arguments[-1]
    if lines and lines[0].startswith("Alias for field number"):  # Python's own, of a NamedTuple
        lines.clear()
    lines[:] = [re.sub(r"(?<!\\)\||\*\*(?=kern)", r"\\\g<0>", line) for line in lines]
    if what != "module" or any(">>>" in line for line in lines):
        return
    lines[:] = plain_module(lines)


def plain_module(lines: list[str]) -> list[str]:
    """A module's docstring: indented blocks are literal, entries are joined, references listed.

    Args:
        lines: of the docstring.
    """
    done: list[str] = []
    above = section = ""  # the last line that is not empty, and the last one that is not indented
    is_literal = False
    for line in lines:
        depth = len(line) - len(line.lstrip())
        last = done[-1] if done else ""
        if line and depth == 0:
            section, is_literal = line, False
        elif depth > 0 and not last and above == section:
            is_literal = True
            done += [] if above.endswith("::") else ["::", ""]
        above = line or above
        is_entry = not is_literal and (last.startswith(" ") or ": " in last)
        if is_entry and depth > len(last) - len(last.lstrip()):
            done[-1] = f"{last} {line.strip()}"
        elif depth > 0 and section in ("Reference:", "References:"):
            done.append(f"    * {line.strip()}")
        else:
            done.append(line)
    return done


def setup(app: "Sphinx") -> None:
    """Called by Sphinx when it starts: pages of modules that are gone go, docstrings are read."""
    shutil.rmtree(Path(app.srcdir) / "api" / "generated", ignore_errors=True)
    app.connect("autodoc-process-docstring", plain_text, priority=400)
