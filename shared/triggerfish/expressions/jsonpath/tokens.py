"""A path cut into the texts of its steps, and a subscript into its arguments."""

from __future__ import annotations

from triggerfish.expressions.go.strconv import parse_int
from triggerfish.expressions.go.values import SPACES
from triggerfish.expressions.jsonpath.errors import PathError

Argument = str | int | None
"""An argument of a subscript: a text (a quoted key, a script in parentheses), a number, or nothing."""

COLON, COMMA = ":", ","


def trimmed(text: str) -> str:
    """``strings.TrimSpace``."""
    return text.strip(SPACES)


def is_script(text: str) -> bool:
    """Return whether the text is an expression in parentheses."""
    return len(text) > 2 and text[0] == "(" and text[-1] == ")"


def is_key(text: str) -> bool:
    """Return whether the text stands in quotes."""
    return len(text) > 1 and text[0] == text[-1] and text[0] in "'\""


def tokenize(path: str) -> list[str]:
    """The steps of a path: ``$``, ``..``, names, and subscripts with their brackets. Raises ``PathError``."""
    if path[:1] not in ("$", "@"):
        raise PathError(f"unexpected token {path[:1]!r} at index 0")
    if len(path) > 1 and path[1] not in ".[":
        raise PathError(f"unexpected token {path[1]!r} at index 1")
    steps, step = [path[0]], ""
    quotes = opened = closed = brackets = 0
    for character in path[1:]:
        if not step:
            quotes = opened = closed = 0
        quotes += character == "'"
        opened += character == "("
        closed += character == ")"
        brackets += (character == "[") - (character == "]")
        step += character
        within = quotes % 2 == 1 or opened != closed
        if step == "..":
            steps.append(step)
            step = ""
        elif character == "[":
            if step not in ("[", ".[") and step.count("[") == 1:
                steps.append(step[:-1].removeprefix("."))
                step = "["
        elif "[" in step:
            if character == "]" and not within and brackets == 0:
                steps.append(step.removeprefix("."))
                step = ""
        elif character == "." and step != "." and not within:
            steps.append(step[:-1].removeprefix("."))
            step = "."
    if step:
        steps.append(step.removeprefix("."))
    return steps


def arguments(subscript: str) -> list[Argument]:
    """Return what stands in a subscript, ``:`` and ``,`` among it. Raises ``PathError``."""
    return _Arguments(subscript).found


class _Arguments:
    """One pass over a subscript; ``buffer`` is the argument that is being read."""

    def __init__(self, subscript: str) -> None:
        self.found: list[Argument] = []
        self._buffer = ""
        self._quote = ""
        self._opened = self._closed = 0
        for place, character in enumerate(subscript):
            self._buffer += character
            self._take(character, first=place == 0)
        if self._buffer:
            self.found.append(_number(self._buffer))

    @property
    def _in_script(self) -> bool:
        return self._opened != self._closed

    def _take(self, character: str, *, first: bool) -> None:
        if character == " ":
            if not self._quote and not self._in_script:
                self._buffer = trimmed(self._buffer)
        elif character == "(":
            self._opened += not self._quote
        elif character == ")":
            self._closed += 1
            if not self._in_script:
                if not is_script(self._buffer):
                    raise PathError(f"invalid expression: {self._buffer!r}")
                self._put()
        elif character in "'\"":
            self._quoted(character)
        elif character in ":," and not self._quote and not self._in_script:
            self._separate(character, first=first)

    def _quoted(self, quote: str) -> None:
        if self._quote not in ("", quote) or self._in_script:
            return
        if self._buffer[-2:-1] == "\\":
            self._buffer = self._buffer[:-2] + quote
        elif not self._quote:
            if self._buffer != quote:
                raise PathError("a quote within a name")
            self._quote = quote
        else:
            if not is_key(self._buffer):
                raise PathError("a quote that is not closed")
            self._quote = ""
            self._put()

    def _put(self) -> None:
        self.found.append(self._buffer)
        self._buffer = ""

    def _separate(self, separator: str, *, first: bool) -> None:
        if argument := self._buffer[:-1]:
            value = _number(argument)
            if separator == COLON and isinstance(value, str):
                raise PathError(f"not a number: {argument!r}")
            self.found.append(value)
        elif separator == COLON and first:
            self.found.append(None)
        self.found.append(separator)
        self._buffer = ""


def _number(text: str) -> str | int:
    number = parse_int(text, base=10)
    return text if number is None else number
