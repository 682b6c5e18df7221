"""Why an expression gives what it gives: its conditions taken apart, each part with its value.

Looked at are the operands of &&, ||, !, comparisons and ?:, outside of closures; a part is evaluated as an
expression of its own. What the expression itself never came to is marked as not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions import nodes as n
from triggerfish.expressions.printer import to_source

#: Parts of one explanation; what lies deeper is shown as a whole.
PARTS = 100

_COMPARES = frozenset(
    {"==", "!=", "<", ">", "<=", ">=", "in", "contains", "startsWith", "endsWith", "matches"}
)
_LITERALS = (n.Nil, n.Integer, n.Float, n.Bool, n.String, n.Bytes, n.Array, n.Map)

Evaluate = Callable[[n.Node], Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part: its source, where that stands, and what came of it.

    ``error`` is the message when it failed, and ``value`` is then None; ``reached`` is False for what the
    expression decided without. ``parts`` are what it is made of, in order.
    """

    text: str
    position: int
    value: Any = None
    error: str | None = None
    reached: bool = True
    parts: tuple[Explanation, ...] = ()

    def deciding(self) -> Explanation:
        """The smallest condition that made this one false, or fail: why it did not match."""
        if self.error is None and self.value is not False:
            return self
        for part in self.parts:
            if part.reached and (part.error is not None if self.error is not None else part.value is False):
                return part.deciding()
        return self

    @property
    def sentence(self) -> str:
        """``payload.ref == "x" is false: payload.ref is "refs/heads/y"``; for people, shortened."""
        if self.error is not None:
            return f"{_short(self.text)} fails: {self.error}"
        seen = [f"{_short(part.text)} is {_shown(part.value)}" for part in self.parts if part.error is None]
        return f"{_short(self.text)} is {_shown(self.value)}" + (f": {', '.join(seen)}" if seen else "")


def explain(node: n.Node, evaluate: Evaluate) -> Explanation:
    """``evaluate`` gives the value of a node of the tree, or raises ``ExpressionError``."""
    return _Explainer(evaluate).part(node)


class _Explainer:
    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self._left = PARTS
        self._lets: list[n.Let] = []

    def part(self, node: n.Node) -> Explanation:
        self._left -= 1
        if isinstance(node, n.Let):
            self._lets.append(node)
            found = self.part(node.body)
            self._lets.pop()
            return found
        parts = tuple(self._parts(node)) if self._left > 0 else ()
        value, error = self._value(node)
        return Explanation(to_source(node), node.position, value, error, parts=parts)

    def _value(self, node: n.Node) -> tuple[Any, str | None]:
        whole = deepcopy(node)
        for let in reversed(self._lets):
            whole = n.Let(let.name, deepcopy(let.value), whole, position=let.position)
        try:
            return self._evaluate(whole), None
        except ExpressionError as error:
            return None, error.message

    def _parts(self, node: n.Node) -> Iterator[Explanation]:
        if isinstance(node, n.Logic):
            yield from self._operands(node)
        elif isinstance(node, n.Unary) and node.operator == "!":
            yield self.part(node.node)
        elif isinstance(node, n.Binary) and node.operator in _COMPARES:
            for side in (node.left, node.right):
                if not isinstance(side, _LITERALS):
                    yield self.part(side)
        elif isinstance(node, n.Conditional):
            condition = self.part(node.condition)
            yield condition
            if condition.error is None:
                yield self.part(node.then if condition.value is True else node.otherwise)

    def _operands(self, node: n.Logic) -> Iterator[Explanation]:
        decided = False
        for operand in node.operands:
            if decided or self._left <= 0:
                yield Explanation(to_source(operand), operand.position, reached=False)
                continue
            part = self.part(operand)
            yield part
            decided = part.error is not None or part.value is (node.operator == "||")


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'"{_short(value, 60)}"'
    if isinstance(value, (list, tuple, dict)):
        return f"a {'map' if isinstance(value, dict) else 'list'} of {len(value)}"
    return _short(str(value), 60)
