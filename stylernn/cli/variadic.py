"""Options that take several values, such as `--styles A B`.

The parser of typer gives an option a fixed number of values; for a variable number the option must
be repeated. So the option is repeated here before each further value. Required options, choices,
`--styles=A B` and repetition by the user work as usual. The list ends at the next option or at
`--`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from typer.core import TyperCommand

__all__ = ["SeveralValuesCommand"]


class SeveralValuesCommand(TyperCommand):
    """A command whose list options take all values that follow them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        lists = {
            name
            for parameter in self.params
            if getattr(parameter, "multiple", False)
            for name in parameter.opts
        }
        return super().parse_args(ctx, list(_restate(args, lists)))


def _restate(words: Iterable[str], lists: set[str]) -> Iterator[str]:
    """The words, with each list option repeated before its second and further values."""
    words = iter(words)
    option, has_value = "", False
    for word in words:
        if word == "--":
            yield word
            yield from words
        elif word.startswith("-") and word != "-":
            name, equals, _ = word.partition("=")
            option, has_value = (name if name in lists else ""), bool(equals)
            yield word
        else:
            if option and has_value:
                yield option
            has_value = True
            yield word
