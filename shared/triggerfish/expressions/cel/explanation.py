"""A CEL expression taken apart: what each of its conditions gave, noted while the whole was evaluated once.

Looked at are the operands of &&, ||, !, comparisons and ?:, outside of macros. CEL evaluates both operands of
&& and ||; not reached are the branch of a choice that was not taken, and all that came after a bound was met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from celpy.evaluation import Activation, CELEvalError

from triggerfish.errors import ExpressionError
from triggerfish.expressions.cel.evaluator import Counting, Tree, plain_message
from triggerfish.expressions.cel.limits import Budget
from triggerfish.expressions.cel.values import Value, from_cel
from triggerfish.expressions.explanation import PARTS, Explanation

_LITERALS = ("literal", "list_lit", "map_lit")
# The grammar's rules of which a tree has one for each operator that may stand at its place.
_LOGIC = ("conditionalor", "conditionaland")

Seen = dict[int, Value]
"""What was found at each node that is looked at, by the node's id."""


class Tracing(Counting):
    """The interpreter, noting what it finds at the nodes in ``seen``."""

    def __init__(self, ast: Tree, activation: Activation, budget: Budget, *, seen: Seen) -> None:
        super().__init__(ast, activation, budget)
        self._seen = seen

    def _visit_tree(self, tree: Tree) -> Any:
        value = super()._visit_tree(tree)
        if id(tree) in self._seen:
            self._seen[id(tree)] = value
        return value


class _Unseen:
    """What stands in ``Seen`` until the node is come to."""


_UNSEEN = _Unseen()


@dataclass(frozen=True, slots=True)
class Part:
    """A condition of the tree; ``node`` is kept, so that its id stays its own."""

    text: str
    position: int
    node: Tree
    parts: tuple[Part, ...] = ()

    def unseen(self) -> Seen:
        """A place for what will be found at this node and below."""
        found: Seen = {id(self.node): _UNSEEN}
        for part in self.parts:
            found |= part.unseen()
        return found

    def explanation(self, seen: Seen, problem: str | None) -> Explanation:
        """What was found; ``problem`` is what ended the evaluation early, if anything did."""
        value, error = _plain(seen[id(self.node)], problem)
        reached = problem is not None or not isinstance(seen[id(self.node)], _Unseen)
        parts = tuple(part.explanation(seen, None) for part in self.parts)
        return Explanation(self.text, self.position, value, error, reached, parts)


def _plain(value: Value, problem: str | None) -> tuple[Any, str | None]:
    if problem is not None or isinstance(value, _Unseen):
        return None, problem
    if isinstance(value, CELEvalError):
        return None, plain_message(value)
    try:
        return from_cel(value), None
    except (ExpressionError, RecursionError) as error:
        return None, error.message if isinstance(error, ExpressionError) else "the value is nested too deeply"


def taken_apart(tree: Tree, source: str) -> Part:
    """The conditions in the tree of ``source``."""
    return _Taker(source).part(tree)


class _Taker:
    def __init__(self, source: str) -> None:
        self._source = source
        self._left = PARTS

    def part(self, tree: Tree) -> Part:
        self._left -= 1
        node = _bare(tree)
        parts = tuple(self.part(part) for part in _parts(node) if self._left > 0)
        start, end = node.meta.start_pos, node.meta.end_pos
        return Part(" ".join(self._source[start:end].split("\n")), start, node, parts)


def _bare(tree: Tree) -> Tree:
    """The node without rules that only pass it on, and without its parentheses: one that is visited."""
    while len(tree.children) == 1:
        below = tree.children[0]
        if tree.data == "primary" and below.data != "paren_expr":
            break
        tree = below
    return tree


def _is_literal(node: Tree) -> bool:
    return bool(node.data == "primary" and node.children[0].data in _LITERALS)


def _parts(node: Tree) -> Iterator[Tree]:
    if len(node.children) == 1:
        return
    if node.data in _LOGIC:
        yield from _operands(node, node.data)
    elif node.data == "expr":
        yield from node.children
    elif node.data == "unary" and node.children[0].data == "unary_not":
        yield node.children[1]
    elif node.data == "relation":
        operator, right = node.children
        yield from (side for side in (operator.children[0], right) if not _is_literal(_bare(side)))


def _operands(node: Tree, rule: str) -> Iterator[Tree]:
    """Those of ``a && b && c``, which the grammar nests to the left."""
    left, right = node.children
    if left.data == rule and len(left.children) == 2:
        yield from _operands(left, rule)
    else:
        yield left
    yield right
