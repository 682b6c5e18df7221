"""Why an expression gives what it gives: its conditions taken apart, each part with its value.

Looked at are the operands of &&, ||, !, comparisons and ?:, outside of closures; a part is evaluated as an
expression of its own. What the expression itself never came to is marked as not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from triggerfish.errors import ExpressionError
from triggerfish.expressions.budget import Budget
from triggerfish.expressions.syntax import nodes as n
from triggerfish.expressions.syntax.printer import to_source

#: Parts of one explanation; what lies deeper is shown as a whole.
PARTS = 100

_COMPARES = frozenset(
    {"==", "!=", "<", ">", "<=", ">=", "in", "contains", "startsWith", "endsWith", "matches"}
)
_LITERALS = (n.Nil, n.Integer, n.Float, n.Bool, n.String, n.Bytes, n.Array, n.MapLiteral)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part: its source, where that stands, and what came of it.

    ``error`` is the message when it failed, and ``value`` is then None; ``reached`` is False for what the
    expression decided without. ``parts`` are what it is made of, in order. ``note`` says why a value is nil,
    where somebody knows that.
    """

    text: str
    position: int
    value: Any = None
    error: str | None = None
    reached: bool = True
    parts: tuple[Explanation, ...] = ()
    note: str = ""

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
        seen = [f"{_short(part.text)} is {part.shown}" for part in self.parts if part.error is None]
        return f"{_short(self.text)} is {self.shown}" + (f": {', '.join(seen)}" if seen else "")

    @property
    def shown(self) -> str:
        """The value in a few words: of a text the beginning, of a map or a longer list the size."""
        return f"{_shown(self.value)}: {self.note}" if self.note else _shown(self.value)


class Evaluates(Protocol):
    """What a part is evaluated by: a ``Program`` of its own."""

    def evaluate(
        self,
        environment: Mapping[str, Any],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Any:
        """Its value; ``ExpressionError`` when it has none."""


Make = Callable[[n.Node], Evaluates]


@dataclass(frozen=True, slots=True)
class Conditions:
    """An expression taken apart once, each part compiled, to be explained often.

    ``operator`` is ``&&`` or ``||``, ``?`` for a choice (its condition and both branches), else empty.
    """

    text: str
    position: int
    program: Evaluates
    operator: str = ""
    parts: tuple[Conditions, ...] = ()

    def explain(
        self,
        environment: Mapping[str, Any],
        now: datetime | None,
        seed: bytes,
        budget: Budget | None = None,
    ) -> Explanation:
        """Each part with its value over that environment."""
        parts = tuple(self._explained(environment, now, seed, budget))
        try:
            value, error = self.program.evaluate(environment, now=now, seed=seed, budget=budget), None
        except ExpressionError as problem:
            value, error = None, problem.message
        return Explanation(self.text, self.position, value, error, parts=parts)

    def _explained(
        self, environment: Mapping[str, Any], now: datetime | None, seed: bytes, budget: Budget | None
    ) -> Iterator[Explanation]:
        if self.operator == "?":
            condition, *branches = self.parts
            found = condition.explain(environment, now, seed, budget)
            yield found
            if found.error is None:
                for branch in branches[found.value is not True :][:1]:
                    yield branch.explain(environment, now, seed, budget)
            return
        decided = False
        for part in self.parts:
            if decided:
                yield Explanation(part.text, part.position, reached=False)
                continue
            found = part.explain(environment, now, seed, budget)
            yield found
            decided = bool(self.operator) and (
                found.error is not None or found.value is (self.operator == "||")
            )


def conditions(node: n.Node, make: Make) -> Conditions:
    """``make`` compiles a tree, which it may use up."""
    return _Taker(make).part(node)


class _Taker:
    def __init__(self, make: Make) -> None:
        self._make = make
        self._left = PARTS
        self._lets: list[n.Let] = []

    def part(self, node: n.Node) -> Conditions:
        self._left -= 1
        if isinstance(node, n.Let):
            self._lets.append(node)
            found = self.part(node.body)
            self._lets.pop()
            return found
        parts = tuple(self.part(part) for part in _parts(node) if self._left > 0)
        return Conditions(to_source(node), node.position, self._program(node), _operator(node), parts)

    def _program(self, node: n.Node) -> Evaluates:
        whole = deepcopy(node)
        for let in reversed(self._lets):
            whole = n.Let(let.name, deepcopy(let.value), whole, position=let.position)
        return self._make(whole)


def _operator(node: n.Node) -> str:
    if isinstance(node, n.Logic):
        return node.operator
    return "?" if isinstance(node, n.Conditional) else ""


def _parts(node: n.Node) -> Iterator[n.Node]:
    if isinstance(node, n.Logic):
        yield from node.operands
    elif isinstance(node, n.Unary) and node.operator == "!":
        yield node.node
    elif isinstance(node, n.Binary) and node.operator in _COMPARES:
        yield from (side for side in (node.left, node.right) if not isinstance(side, _LITERALS))
    elif isinstance(node, n.Conditional):
        yield from (node.condition, node.then, node.otherwise)


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'"{_short(value, 60)}"'
    if isinstance(value, (list, tuple)) and len(value) == 1 and not isinstance(value[0], (list, tuple, dict)):
        return f"[{_shown(value[0])}]"  # as headers are
    if isinstance(value, (list, tuple, dict)):
        return f"a {'map' if isinstance(value, dict) else 'list'} of {len(value)}"
    return _short(str(value), 60)
