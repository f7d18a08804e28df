"""Errors that a user can cause and correct, such as a damaged file or an unknown style.

Each error says what was expected, what was found and what to do. The command line prints the
message on one line and exits with `exit_code`. A program can catch all of them as `StylernnError`.
Errors of a programmer, such as a wrong shape or a negative duration, are ordinary `ValueError`s.
"""

__all__ = [
    "CorpusError",
    "FileFormatError",
    "ModelFileError",
    "StylernnError",
    "TrainingError",
    "UsageError",
]


class StylernnError(Exception):
    """Base class of all errors that a user can cause and correct.

    Args:
        problem: what happened, with the file or value, without a full stop.
        expected: what would be correct, without a full stop.
        found: what was there instead, without a full stop.
        remedy: what the user can do now; one or more sentences.

    Example:
        >>> print(StylernnError("no style jaz", expected="jazz or irish", remedy="See --help."))
        no style jaz; expected jazz or irish. See --help.
    """

    exit_code = 1

    def __init__(
        self, problem: str, *, expected: str = "", found: str = "", remedy: str = ""
    ) -> None:
        self.problem = problem
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        facts = [self.problem]
        if self.expected:
            facts.append(f"expected {self.expected}")
        if self.found:
            facts.append(f"found {self.found}")
        return "; ".join(facts) + (f". {self.remedy}" if self.remedy else "")


class UsageError(StylernnError):
    """An argument or option is not possible, such as an unknown style."""

    exit_code = 2


class FileFormatError(StylernnError):
    """A music file cannot be read as a melody."""


class CorpusError(StylernnError):
    """A corpus is missing, incomplete or different from its catalogue entry."""


class ModelFileError(StylernnError):
    """A model file is missing, damaged, of a newer version or not a stylernn model."""


class TrainingError(StylernnError):
    """Training cannot start or continue."""
