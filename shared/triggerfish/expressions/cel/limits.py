"""What a CEL expression may cost, and the account it is kept on."""

from __future__ import annotations

import re

from triggerfish.errors import ExpressionError

SOURCE = 16_384
"""Characters of source."""
NESTING = 30
"""Brackets within each other; the grammar takes a dozen Python frames for each."""
STEPS = 12_000
"""Nodes visited in one evaluation; one takes about 4 µs."""
TEXT = 1_000_000
"""Characters of one text, and items of one list."""
PATTERN = 1_000
"""Characters of a regular expression."""


class Exceeded(Exception):  # noqa: N818  never seen outside: it becomes an ExpressionError
    """A bound was met. No error of CEL's: ``||`` and ``exists`` would swallow that."""


class Budget:
    """The steps that one evaluation has left."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = STEPS

    def spend(self, steps: int) -> None:
        """Take so many."""
        self.left -= steps
        if self.left < 0:
            raise Exceeded(f"too much: an expression may take no more than {STEPS} evaluation steps")

    def made(self, size: int) -> None:
        """Account for a text or a list of this size: 1,000 characters are a step."""
        if size > TEXT:
            raise Exceeded(f"too much: no text or list may have more than {TEXT} characters or items")
        self.spend(size >> 10)


# A comment, a quote that opens a text (three of them one over several lines), or a bracket.
_MARK = re.compile(r"""//[^\n]*|\"\"\"|'''|["'()\[\]{}]""")
_ESCAPE = re.compile(r"""\\(?:[abfnrtv"'\\]|[0-9]{3}|x[0-9a-fA-F]{2})""")


def check_source(source: str) -> None:
    """ExpressionError for a source that is too long, too deeply bracketed, or has a text without an end.

    The library's own pattern for texts takes time that doubles with each backslash of an open one.
    """
    if len(source) > SOURCE:
        raise ExpressionError(f"too much: an expression may have no more than {SOURCE} characters of source")
    depth, place = 0, 0
    while (mark := _MARK.search(source, place)) is not None:
        place = mark.end()
        if mark[0] in "([{":
            depth += 1
        elif mark[0] in ")]}":
            depth -= 1
        elif not mark[0].startswith("//"):
            place = _end_of_text(source, mark)
        if depth > NESTING:
            raise ExpressionError(
                f"too much: no more than {NESTING} brackets within each other", source, mark.start()
            )


def _end_of_text(source: str, opening: re.Match[str]) -> int:
    quote, place = opening[0], opening.end()
    while place < len(source):
        if source.startswith(quote, place):
            return place + len(quote)
        if source[place] == "\n" and len(quote) == 1:
            break
        escape = _ESCAPE.match(source, place)
        place = escape.end() if escape else place + 1
    raise ExpressionError("the text has no end", source, opening.start())
