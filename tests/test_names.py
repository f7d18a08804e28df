"""Names and terms that were given up for the field's own: none of them comes back.

`ABANDONED` are whole names of modules, classes, functions, parameters and fields; `TERMS` are
private terms in docstrings, help texts and documents. What a later change deletes as a whole stands
in `LEAVING`, a list that only shrinks.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = [
    path
    for folder in ("stylernn", "evaluation", "tools", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def words(text: str) -> set[str]:
    """The words of a text."""
    return set(text.split())


ABANDONED = words(
    """
    Tilt tilt tilted Traits traits TRAITS Character character characterised hold Dials
    Options turns course Course gone_on_from script Script Due due ways Ways Told told
    tell echo next_echo lookback suggestions pieces Piece begun FAR breaths hushed towards
    timed changes Changes locks Free let_go streams Tested Row pace Place place places
    replacing heaviest Metre Tune laid_out plan_transfer fitted heard restored margins
    merits forms unlike Standards worthy formed keeping forming losing hearing clear
    adrift dotted between resting compass reach anchor grain grains GRAINS likeness
    likenesses headed heading strays closing figures Figures knows adopted kept divided
    everywhere filled box boxed boxed_model Wishes
    """
)
"""Names of the dictionary's left column."""

ABANDONED_MODULES = ABANDONED | words(
    """
    choice turns course script sample compose pieces changes locks factors streams measure
    pace intake unpacking engraving parts arrangement wishes words judging several
    likelihoods programs memory container endings descent fifths settings files page
    pictures
    """
)
"""Of modules also these, which are plain words elsewhere."""

LEAVING = {
    "stylernn/corpus/styles.py": {"hold"},
    "stylernn/system/style_data.py": {"hold"},
    "stylernn/representation/attributes.py": {"dotted", "resting", "adrift"},
    "stylernn/representation/breaths.py": {"breaths", "hushed"},
    "stylernn/reranking/ranking.py": {
        *("Standards", "worthy", "formed", "keeping", "forming", "losing", "hearing", "clear"),
        *("adrift", "resting", "heard", "merits", "forms", "unlike"),
    },
    "stylernn/sampling/guidance.py": {"tilt", "towards", "tilted", "timed"},
    "stylernn/sampling/plan.py": {"tilt", "dotted"},
    "stylernn/sampling/tilt.py": {"tilt", "between", "Tilt", "kept"},
    "tools/release/steps.py": {"tilt"},
}
"""What later work on transfer deletes as a whole, by file.

These are the fitted bias, the weights of the choice, and planned rests.
"""


def names(path: Path) -> Iterator[tuple[str, str]]:
    """Names that a module defines, with what they are of."""
    yield path.stem, "module"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node.name, "function"
            arguments = node.args
            for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                yield each.arg, f"parameter of {node.name}"
        elif isinstance(node, ast.ClassDef):
            yield node.name, "class"
            for each in node.body:
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                    yield each.target.id, f"field of {node.name}"


def abandoned(path: Path) -> list[tuple[str, str]]:
    """The abandoned names that a module defines."""
    return [
        (name, kind)
        for name, kind in names(path)
        if name in (ABANDONED_MODULES if kind == "module" else ABANDONED)
    ]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_abandoned_name_is_left(path: Path) -> None:
    leaving = LEAVING.get(str(path.relative_to(ROOT)), set())
    found = [f"{name} ({kind})" for name, kind in abandoned(path) if name not in leaving]
    assert not found


def test_the_list_of_what_is_leaving_only_shrinks() -> None:
    """A name that is gone is taken off the list, so that it cannot come back."""
    gone = {
        name: rest
        for name, leaving in LEAVING.items()
        if (rest := leaving - {each for each, _ in abandoned(ROOT / name)})
    }
    assert not gone
    assert sum(map(len, LEAVING.values())) <= 33


TERMS = {
    "tilt": r"\btilt(s|ed)?\b",
    "hold as a property of a style": r"\b(a|with a|without a|the) hold\b|\bheld styles?\b",
    "trait": r"\btraits?\b",
    "character of a tune": r"\bcharacter of (a|the) (tune|melody)\b",
    "told": r"\b(model|network|sampler) is (not )?told\b|\btold (to )?the (model|network)\b",
    "unlike": r"\bunlike (others|what)\b",
    "adrift": r"\badrift\b",
    "worthy": r"\bworthy\b",
    "formed": r"\bwell formed enough\b|\bgood enough in form\b",
    "box": r"\b(model )?in the box\b|\bboxed\b",
    "laid out": r"\blaid[- ]out\b(?! anew)",
    "compass": r"\bcompass\b",
    "lookback": r"\blookback\b",
    "echo of the past": r"\bechoes\b",
    "grain": r"\bgrains?\b",
    "anchor": r"\banchors?\b",
    "dials": r"\bdials?\b",
    "gone on from": r"\bgone on from\b",
    "merits": r"\bmerits?\b",
    "wishes": r"\bwish(es)?\b",
    "let go": r"\blet go\b",
    "adopted": r"\badopted\b",
}
"""Private terms, each as a pattern; plain words in their plain sense stay."""

TEXT_LEAVING = {
    *(name for name in LEAVING),
    "stylernn/representation/chroma.py",
    "stylernn/reranking/selection.py",
    "stylernn/reranking/critic.py",
    "stylernn/reranking/classifier.py",
    "stylernn/reranking/discriminant.py",
    "stylernn/generation/planning.py",
    "stylernn/generation/transfer.py",
    "stylernn/generation/generate.py",
    "stylernn/sampling/candidates.py",
    "stylernn/sampling/sampler.py",
    "tools/release/fit_tilt.py",
    "tools/release/fit_critic.py",
    "tools/release/fit_classifier.py",
    "docs/explanation/transfer.md",
    "docs/explanation/what-was-tried.md",
}
"""Files that must name what later work deletes."""


STANDARD = {"anchor": {"evaluation/listening.py", "docs/guide/evaluation.md"}}
"""Files in which a term is the field's own: the hidden anchors of a listening test."""


@cache
def texts() -> list[tuple[str, str]]:
    """Every docstring with its file, help texts included, and every document."""
    found = []
    for path in CODE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                if text:
                    found.append((str(path.relative_to(ROOT)), text))
            elif isinstance(node, ast.keyword) and node.arg == "help":
                found.append((str(path.relative_to(ROOT)), ast.unparse(node.value)))
    documents = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*.md"),
    ]
    found += [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in documents]
    return [(name, re.sub(r"`[^`]*`", "", text)) for name, text in found]


@pytest.mark.parametrize("term", TERMS)
def test_no_private_term_is_left(term: str) -> None:
    pattern = re.compile(TERMS[term], re.IGNORECASE)
    found = [
        f"{name}: {text[max(match.start() - 40, 0) : match.end() + 30]!r}"
        for name, text in texts()
        if name not in TEXT_LEAVING | STANDARD.get(term, set())
        for match in pattern.finditer(text)
    ]
    assert not found
