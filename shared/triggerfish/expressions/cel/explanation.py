"""A CEL expression taken apart: what each of its conditions gave, noted while the whole was evaluated once.

Looked at are the operands of &&, ||, !, comparisons and ?:, outside of macros. Not reached is what the
expression decided without: behind an operand that decides, in the branch of a choice that was not taken, and
all that came after a bound was met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.explanation import PARTS, Explanation

_LITERALS = (n.Literal, n.Items, n.Entries)
_COMPARES = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})

Seen = dict[int, tuple[Any, str | None]]
"""The value or the message found at each node that is looked at, by its number."""


@dataclass(frozen=True, slots=True)
class Part:
    """A condition of the tree."""

    text: str
    position: int
    node: n.CelNode
    number: int
    parts: tuple[Part, ...] = ()

    def numbers(self) -> dict[int, int]:
        """The number of this node and of those below, by the node's id."""
        found = {id(self.node): self.number}
        for part in self.parts:
            found |= part.numbers()
        return found

    def explanation(self, seen: Seen, problem: str | None) -> Explanation:
        """Return what was found; ``problem`` is what ended the evaluation early, if anything did."""
        value, error = seen.get(self.number, (None, None))
        reached = problem is not None or self.number in seen
        parts = tuple(part.explanation(seen, None) for part in self.parts)
        return Explanation(self.text, self.position, value, problem or error, reached, parts)


def taken_apart(tree: n.CelNode, source: str) -> Part:
    """The conditions in the tree of ``source``."""
    return _Taker(source).part(tree)


class _Taker:
    def __init__(self, source: str) -> None:
        self._source = source
        self._left = PARTS

    def part(self, node: n.CelNode) -> Part:
        self._left -= 1
        number = PARTS - self._left
        parts = tuple(self.part(part) for part in _parts(node) if self._left > 0)
        return Part(
            " ".join(self._source[node.start : node.end].split("\n")), node.start, node, number, parts
        )


def _parts(node: n.CelNode) -> Iterator[n.CelNode]:
    if isinstance(node, n.CelLogic):
        yield from node.operands
    elif isinstance(node, n.Choice):
        yield from (node.condition, node.then, node.otherwise)
    elif isinstance(node, n.CelUnary) and node.operator == "!":
        yield node.operand
    elif isinstance(node, n.CelBinary) and node.operator in _COMPARES:
        yield from (side for side in (node.left, node.right) if not isinstance(side, _LITERALS))
