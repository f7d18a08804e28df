"""Options that take several bare values: `--styles classical jazz`.

The parser under typer gives an option a fixed number of values; the way it has for a variable number is to repeat
the option. So the option is restated before each further bare word, and the parser does the rest: required options,
choices, `--styles=classical jazz` and repetition work as ever. The list ends at the next option or at `--`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from typer.core import TyperCommand

__all__ = ["SeveralValuesCommand"]


class SeveralValuesCommand(TyperCommand):
    """A command whose list options take all bare words that follow them: `app.command(cls=SeveralValuesCommand)`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        lists = {
            name
            for parameter in self.params
            if getattr(parameter, "multiple", False)
            for name in parameter.opts
        }
        return super().parse_args(ctx, list(_restate(args, lists)))


def _restate(words: Iterable[str], lists: set[str]) -> Iterator[str]:
    """The words with each list option repeated before its second and further values."""
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
