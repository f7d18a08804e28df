"""What can go wrong in the user's world: one small family of errors.

Each error says what was expected, what was found and what to do about it. The command line prints the
message on one line and exits with `exit_code`; a program catches `StylernnError`. Mistakes of a *programmer*
(a wrong shape, a negative duration) stay ordinary `ValueError`s.
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
    """Base of all errors that a user can cause and mend.

    Args:
        problem: what happened, naming the file or value, without a full stop.
        expected: what would have been right.
        found: what was there instead.
        remedy: what the user can do now.
    """

    exit_code = 1

    def __init__(
        self, problem: str, *, expected: str = "", found: str = "", remedy: str = ""
    ) -> None:
        self.problem, self.expected, self.found, self.remedy = problem, expected, found, remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        facts = [self.problem]
        if self.expected:
            facts.append(f"expected {self.expected}")
        if self.found:
            facts.append(f"found {self.found}")
        return "; ".join(facts) + (f". {self.remedy}" if self.remedy else "")


class UsageError(StylernnError):
    """The command was asked for something that does not exist, such as an unknown style or option value."""

    exit_code = 2


class FileFormatError(StylernnError):
    """A music file cannot be read as a melody."""


class CorpusError(StylernnError):
    """A corpus is missing, incomplete or not what its catalogue entry promises."""


class ModelFileError(StylernnError):
    """A model file is damaged, of another version or not a stylernn model."""


class TrainingError(StylernnError):
    """Training cannot start or go on."""
