"""The syntax tree. Nodes compare by what they say, not by where they stand or what the checker found.

``position`` counts characters from 0. ``nature`` is the one field set later, by the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from triggerfish.expressions.natures import UNKNOWN, Nature


@dataclass(slots=True)
class Node:
    """What all nodes have."""

    position: int = field(compare=False, kw_only=True, default=0)
    nature: Nature = field(compare=False, repr=False, kw_only=True, default=UNKNOWN)


@dataclass(slots=True)
class Nil(Node):
    """``nil``."""


@dataclass(slots=True)
class Identifier(Node):
    """A name of the environment, a variable of ``let``, or ``$env``."""

    name: str


@dataclass(slots=True)
class Integer(Node):
    """``42``, ``0x2a``, ``1_000``."""

    value: int


@dataclass(slots=True)
class Float(Node):
    """``2.5``, ``.5``, ``1e3``."""

    value: float


@dataclass(slots=True)
class Bool(Node):
    """``true`` or ``false``."""

    value: bool


@dataclass(slots=True)
class String(Node):
    """A string in any of its quotes, unescaped."""

    value: str


@dataclass(slots=True)
class Bytes(Node):
    """``b"..."``."""

    value: bytes


@dataclass(slots=True)
class Constant(Node):
    """A value the optimizer worked out, or a set of strings or integers that ``in`` looks up."""

    value: Any


@dataclass(slots=True)
class Unary(Node):
    """``!x``, ``not x``, ``-x``, ``+x``; ``operator`` is ``!``, ``-`` or ``+``."""

    operator: str
    node: Node


@dataclass(slots=True)
class Binary(Node):
    """Two operands and an operator other than the logical ones."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True)
class Logic(Node):
    """``a && b && c`` or ``a || b || c``: flat, because such chains grow long; ``operator`` is && or ||."""

    operator: str
    operands: list[Node]


@dataclass(slots=True)
class Chain(Node):
    """The extent of a ``?.``: nil as a whole when the value before one of them is nil."""

    node: Node


@dataclass(slots=True)
class Member(Node):
    """``a.b``, ``a["b"]``, ``a[0]``, ``a?.b``; ``method`` when a call follows.

    The checker sets ``named`` for a name of ``$env`` that the environment must have.
    """

    node: Node
    property: Node
    optional: bool = False
    method: bool = False
    named: bool = field(compare=False, repr=False, kw_only=True, default=False)


@dataclass(slots=True)
class Slice(Node):
    """``a[from:to]``; a bound left out is None."""

    node: Node
    start: Node | None
    stop: Node | None


@dataclass(slots=True)
class FunctionCall(Node):
    """A call of something of the environment, or of a method."""

    callee: Node
    arguments: list[Node]


@dataclass(slots=True)
class Builtin(Node):
    """A call of one of the language's own functions.

    The optimizer sets the rest: ``mapped`` is applied to what a filter or a find lets through, ``throws``
    makes finding nothing an error, ``threshold`` stops a count that is large enough.
    """

    name: str
    arguments: list[Node]
    mapped: Node | None = None
    throws: bool = False
    threshold: int | None = None


@dataclass(slots=True)
class Predicate(Node):
    """The body of a closure: ``{ # > 1 }``, or the same without braces."""

    node: Node


@dataclass(slots=True)
class Pointer(Node):
    """``#``, ``#index``, ``#acc``; ``name`` is empty for the element itself."""

    name: str


@dataclass(slots=True)
class Let(Node):
    """``let name = value; body``."""

    name: str
    value: Node
    body: Node


@dataclass(slots=True)
class Sequence(Node):
    """``a; b; c``: the value of the last."""

    nodes: list[Node]


@dataclass(slots=True)
class Conditional(Node):
    """``a ? b : c``, or ``if a { b } else { c }``."""

    condition: Node
    then: Node
    otherwise: Node
    ternary: bool = True


@dataclass(slots=True)
class Array(Node):
    """``[a, b]``."""

    nodes: list[Node]


@dataclass(slots=True)
class Pair(Node):
    """``key: value`` in a map."""

    key: Node
    value: Node


@dataclass(slots=True)
class MapLiteral(Node):
    """``{a: 1, "b": 2, (c): 3}``."""

    pairs: list[Pair]


def contains(node: Any, test: Callable[[Node], bool]) -> bool:
    """Return whether the test holds for the node, or for any in it."""
    if isinstance(node, list):
        return any(contains(item, test) for item in node)
    if not isinstance(node, Node):
        return False
    fields = (getattr(node, name) for name in type(node).__slots__)
    return test(node) or any(contains(held, test) for held in fields)
