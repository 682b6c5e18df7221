"""A path to its steps, and the expressions in it to operators.

The library reads an expression by looking for one operator after another, the loosest first, and cutting the
text at the first place where it stands outside of quotes and brackets. So is it done here, oddities included:
``@.index`` is ``@.`` in ``dex``.
"""

from __future__ import annotations

from triggerfish.expressions.go.values import runes
from triggerfish.expressions.jsonpath import selections, steps
from triggerfish.expressions.jsonpath.errors import PathError
from triggerfish.expressions.jsonpath.scope import Operand, ScriptOperator, json_of
from triggerfish.expressions.jsonpath.scripts import BINARY, Expression, NotOperator, SelectorOperator
from triggerfish.expressions.jsonpath.tokens import (
    COLON,
    COMMA,
    Argument,
    arguments,
    is_key,
    is_script,
    tokenize,
    trimmed,
)
from triggerfish.expressions.limits import exceeded
from triggerfish.expressions.run import ExpressionRun

OPERATORS = (
    *("||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!"),
    *("+", "-", "**", "*", "/", "%", "not in", "in", "@", "$"),
)
"""The operators of expressions, the loosest first."""
_AGAIN = ("", *OPERATORS)
_CUTS = 4_000
"""How often the expressions of one path may be cut."""


def parse(path: str) -> tuple[tuple[steps.PathStep, ...], int]:
    """The steps of a path, and how many cuts it took. Raises ``PathError``, and ``Failure`` for too many."""
    parser = _Parser()
    return parser.path(runes(path)), parser.cuts


class _Parser:
    def __init__(self) -> None:
        self.cuts = 0

    def path(self, path: str) -> tuple[steps.PathStep, ...]:
        return tuple([self._step(trimmed(text)) for text in tokenize(path)])

    def _step(self, text: str) -> steps.PathStep:
        if not text:
            raise PathError("a step is empty")
        if text in _SIMPLE:
            return _SIMPLE[text]
        if text[0] != "[":
            return steps.Key(text)
        subscript = trimmed(text[1:-1]) if text[-1] == "]" and len(text) > 1 else ""
        if not subscript:
            raise PathError(f"{text[:40]!r} is not a subscript")
        if subscript == "*":
            return steps.Wildcard()
        if subscript[0] == "?":
            if subscript[:2] != "?(" or subscript[-1] != ")":
                raise PathError(f"{text[:40]!r} is not a filter: write [?(…)]")
            condition = trimmed(subscript[2:-1])
            return selections.Filter(self._expression(condition) if condition else None)
        found = arguments(subscript)
        return self._single(found[0]) if len(found) == 1 else self._several(found)

    def _single(self, argument: Argument) -> steps.PathStep:
        if isinstance(argument, int):
            return steps.IndexStep(argument)
        if isinstance(argument, str) and is_key(argument):
            return steps.Key(argument[1:-1])
        if isinstance(argument, str) and is_script(argument):
            return steps.Scripted(self._expression(argument[1:-1]))
        raise PathError(f"{argument!r} is neither a number, nor in quotes, nor an expression")

    def _several(self, found: list[Argument]) -> steps.PathStep:
        values: list[Argument] = []
        previous: Argument = None
        for argument in found:
            if argument == COLON and previous == COLON:
                values.append(None)
            elif argument not in (COLON, COMMA):
                values.append(argument)
            previous = argument
        colons, commas = found.count(COLON), found.count(COMMA)
        if commas and not colons and commas < len(values):
            return selections.Union(tuple([self._member(value) for value in values]))
        if colons in (1, 2) and not commas and values:
            values += [None] * (3 - len(values))
            start, stop, step = (self._bound(value) for value in values)
            return selections.Range(start, stop, step)
        raise PathError("a subscript is either a list with commas or a range with colons")

    def _member(self, argument: Argument) -> str | int | steps.Script:
        if isinstance(argument, int):
            return argument
        if isinstance(argument, str) and is_script(argument):
            return self._expression(argument[1:-1])
        if isinstance(argument, str) and is_key(argument):
            return argument[1:-1]
        raise PathError(f"{argument!r} is neither a number, nor in quotes, nor an expression")

    def _bound(self, argument: Argument) -> selections.Bound:
        if argument is None or isinstance(argument, int):
            return argument
        if is_script(argument):
            return self._expression(argument[1:-1])
        raise PathError(f"{argument!r} is neither a number nor an expression")

    # Expressions.

    def _expression(self, text: str) -> Expression:
        return Expression(text, self._operator(text, OPERATORS))

    def _operator(self, text: str, operators: tuple[str, ...]) -> ScriptOperator | None:
        """The loosest of ``operators`` with its operands; None when the text has none of them."""
        text = trimmed(text)
        if not text:
            return None
        while operators:
            self.cuts += 1
            if self.cuts > _CUTS:
                raise exceeded(f"{_CUTS} operators and operands in one path")
            wanted = operators[0]
            if text and text[0] == "(" and text[-1] == ")":
                text, operators = trimmed(text[1:-1]), _AGAIN
                if not text:
                    return None
            place = _outside(text, wanted)
            if place >= 0 and (found := self._cut(text, place, wanted, operators)) is not None:
                return found
            operators = operators[1:]
        return None

    def _cut(self, text: str, place: int, wanted: str, operators: tuple[str, ...]) -> ScriptOperator | None:
        after, before = trimmed(text[place + len(wanted) :]), trimmed(text[:place])
        selects = wanted in ("@", "$")
        if not after and not selects:
            return None
        right = self._operand(after, operators)
        if not before and not selects and wanted != "!":
            return None
        left = self._operand(before, operators)
        if selects:
            return SelectorOperator(self.path(text)) if left is None else None
        if wanted == "!":
            return NotOperator(right) if left is None else None
        if wanted not in BINARY:
            raise PathError("an operator is missing between two operands")
        return BINARY[wanted](left, right)

    def _operand(self, text: str, operators: tuple[str, ...]) -> Operand:
        found = self._operator(text, operators)
        if found is not None or not text:
            return found
        if text[0] + text[-1] in ("[]", "{}"):
            try:
                return json_of(ExpressionRun(None, b""), text)
            except PathError:
                return text
        return text


def _outside(text: str, wanted: str) -> int:
    """Return where the operator first stands outside of quotes and brackets; -1 where it does not."""
    if wanted not in text:
        return -1
    single = double = False
    square = round_ = 0
    for place, character in enumerate(text):
        quoted = single or double
        if character in "()":
            if quoted or square > 0:
                continue
            round_ += 1 if character == "(" else -1
        elif character in "[]":
            if quoted or round_ > 0:
                continue
            square += 1 if character == "[" else -1
        elif character == "'":
            if double or square > 0 or round_ > 0:
                continue
            single = not single
        elif character == '"':
            if single or square > 0 or round_ > 0:
                continue
            double = not double
        if single or double or square > 0 or round_ > 0:
            continue
        start = place + 1 - len(wanted)
        if start >= 0 and text.startswith(wanted, start):
            return start
    return -1


_SIMPLE: dict[str, steps.PathStep] = {
    "$": steps.Root(),
    "@": steps.Current(),
    "*": steps.Wildcard(),
    "..": steps.Recursive(),
    "length": steps.Length(),
}
