"""The tree of an expression. ``position`` is where an error points to, ``start`` to ``end`` the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """Any node. ``depth`` counts the nested nodes; ``outer`` is where its parentheses stand."""

    position: int
    start: int
    end: int
    depth: int = 1
    outer: tuple[int, int] | None = None


@dataclass(slots=True, eq=False)
class Literal(Node):
    """A number, a text, bytes, true, false or null, as a value of CEL's."""

    value: Any


@dataclass(slots=True, eq=False)
class Name(Node):
    """A variable, or a type; ``rooted`` when a dot stands before it, so that no macro's variable is meant."""

    name: str
    rooted: bool = False


@dataclass(slots=True, eq=False)
class Select(Node):
    """``operand.name``, ``operand.?name``; ``test`` for ``has(operand.name)``."""

    operand: Node
    name: str
    optional: bool = False
    test: bool = False


@dataclass(slots=True, eq=False)
class Index(Node):
    """``operand[key]``, ``operand[?key]``."""

    operand: Node
    key: Node
    optional: bool = False


@dataclass(slots=True, eq=False)
class Call(Node):
    """``name(arguments)``, ``target.name(arguments)``."""

    name: str
    target: Node | None
    arguments: list[Node]


@dataclass(slots=True, eq=False)
class Unary(Node):
    """``!x``, ``-x``."""

    operator: str
    operand: Node


@dataclass(slots=True, eq=False)
class Binary(Node):
    """Arithmetic, a comparison, or ``in``."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class Logic(Node):
    """``a && b && c``, or with ``||``."""

    operator: str
    operands: list[Node]


@dataclass(slots=True, eq=False)
class Choice(Node):
    """``condition ? then : otherwise``."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(slots=True, eq=False)
class Optional(Node):
    """``?x`` among the items of a list or the keys of a map."""

    node: Node


@dataclass(slots=True, eq=False)
class Items(Node):
    """``[a, ?b]``."""

    items: list[Node]


@dataclass(slots=True, eq=False)
class Entries(Node):
    """``{a: b, ?c: d}``."""

    entries: list[tuple[Node, Node]]


@dataclass(slots=True, eq=False)
class Message(Node):
    """``name{field: value}``, which is parsed so that the error can say what it is."""


@dataclass(slots=True, eq=False)
class Macro(Node):
    """``over.name(variables, bodies)``: each body sees the variables, one or two."""

    name: str
    over: Node
    variables: list[str]
    bodies: list[Node]


@dataclass(slots=True, eq=False)
class Bind(Node):
    """``cel.bind(variables[0], values[0], body)``; ``cel.block`` has several."""

    variables: list[str]
    values: list[Node]
    body: Node
