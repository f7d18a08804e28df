"""The examples in docstrings give what they say they give."""

import doctest
import importlib
import pkgutil

import pytest

import stylernn
from stylernn import evaluation

LEAST = 60
"""Public functions that carry an example, at least."""

PACKAGES = [(stylernn, "stylernn."), (evaluation, "stylernn.evaluation.")]
MODULES = sorted(
    {
        "stylernn.evaluation",
        *(
            module.name
            for package, prefix in PACKAGES
            for module in pkgutil.walk_packages(package.__path__, prefix)
            if "__main__" not in module.name
        ),
    }
)


def examples(name: str) -> list[doctest.DocTest]:
    """The docstrings of a module that hold an example."""
    module = importlib.import_module(name)
    found = doctest.DocTestFinder(exclude_empty=True).find(module, name)
    return [each for each in found if each.examples]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name: str) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    problems: list[str] = []
    for each in examples(name):
        runner.run(each, out=problems.append)
    assert not runner.failures, "".join(problems)


def test_enough_public_functions_carry_an_example() -> None:
    found = {each.name for name in MODULES for each in examples(name)}
    public = {
        name
        for name in found
        if name not in MODULES and not name.rpartition(".")[2].startswith("_")
    }
    assert len(public) >= LEAST
