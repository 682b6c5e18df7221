"""The tree of an expression. ``position`` is where an error points to, ``start`` to ``end`` the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, kw_only=True, eq=False)
class CelNode:
    """Any node. ``depth`` counts the nested nodes; ``outer`` is where its parentheses stand."""

    position: int
    start: int
    end: int
    depth: int = 1
    outer: tuple[int, int] | None = None


@dataclass(slots=True, eq=False)
class Literal(CelNode):
    """A number, a text, bytes, true, false or null, as a value of CEL's."""

    value: Any


@dataclass(slots=True, eq=False)
class Name(CelNode):
    """A variable, or a type; ``rooted`` when a dot stands before it, so that no macro's variable is meant."""

    name: str
    rooted: bool = False


@dataclass(slots=True, eq=False)
class Select(CelNode):
    """``operand.name``, ``operand.?name``; ``test`` for ``has(operand.name)``."""

    operand: CelNode
    name: str
    optional: bool = False
    test: bool = False


@dataclass(slots=True, eq=False)
class Index(CelNode):
    """``operand[key]``, ``operand[?key]``."""

    operand: CelNode
    key: CelNode
    optional: bool = False


@dataclass(slots=True, eq=False)
class CelCall(CelNode):
    """``name(arguments)``, ``target.name(arguments)``."""

    name: str
    target: CelNode | None
    arguments: list[CelNode]


@dataclass(slots=True, eq=False)
class CelUnary(CelNode):
    """``!x``, ``-x``."""

    operator: str
    operand: CelNode


@dataclass(slots=True, eq=False)
class CelBinary(CelNode):
    """Arithmetic, a comparison, or ``in``."""

    operator: str
    left: CelNode
    right: CelNode


@dataclass(slots=True, eq=False)
class CelLogic(CelNode):
    """``a && b && c``, or with ``||``."""

    operator: str
    operands: list[CelNode]


@dataclass(slots=True, eq=False)
class Choice(CelNode):
    """``condition ? then : otherwise``."""

    condition: CelNode
    then: CelNode
    otherwise: CelNode


@dataclass(slots=True, eq=False)
class CelOptional(CelNode):
    """``?x`` among the items of a list or the keys of a map."""

    node: CelNode


@dataclass(slots=True, eq=False)
class Items(CelNode):
    """``[a, ?b]``."""

    items: list[CelNode]


@dataclass(slots=True, eq=False)
class Entries(CelNode):
    """``{a: b, ?c: d}``."""

    entries: list[tuple[CelNode, CelNode]]


@dataclass(slots=True, eq=False)
class Message(CelNode):
    """``name{field: value}``, which is parsed so that the error can say what it is."""


@dataclass(slots=True, eq=False)
class Macro(CelNode):
    """``over.name(variables, bodies)``: each body sees the variables, one or two."""

    name: str
    over: CelNode
    variables: list[str]
    bodies: list[CelNode]


@dataclass(slots=True, eq=False)
class Bind(CelNode):
    """``cel.bind(variables[0], values[0], body)``; ``cel.block`` has several."""

    variables: list[str]
    values: list[CelNode]
    body: CelNode
