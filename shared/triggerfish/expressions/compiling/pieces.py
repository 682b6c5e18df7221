"""Small pieces of Python's syntax tree. Every one carries the line that stands for a place in the source."""

from __future__ import annotations

import ast
from typing import Any

Constant = ast.Constant
CallOf = ast.Call

TRUE, FALSE = True, False

_LOAD, _STORE = ast.Load(), ast.Store()
_IS, _IS_NOT = ast.Is(), ast.IsNot()


def constant(value: Any, line: int = 1) -> ast.expr:
    """A literal."""
    return ast.Constant(value, lineno=line, col_offset=0)


def name(identifier: str, line: int = 1) -> ast.expr:
    """A local, or one of the functions that compiled expressions know."""
    return ast.Name(identifier, _LOAD, lineno=line, col_offset=0)


def store(identifier: str, value: ast.expr, line: int) -> ast.expr:
    """``(identifier := value)``."""
    target = ast.Name(identifier, _STORE, lineno=line, col_offset=0)
    return ast.NamedExpr(target, value, lineno=line, col_offset=0)


def call(function: str, arguments: list[ast.expr], line: int) -> ast.expr:
    """``function(arguments)``."""
    return ast.Call(name(function, line), arguments, [], lineno=line, col_offset=0)


def attribute(value: ast.expr, method: str, line: int) -> ast.expr:
    """``value.method``, of a value whose type has just been checked."""
    return ast.Attribute(value, method, _LOAD, lineno=line, col_offset=0)


def fixed(mapping: str, key: str, line: int) -> ast.expr:
    """``mapping["key"]``."""
    return ast.Subscript(name(mapping, line), constant(key, line), _LOAD, lineno=line, col_offset=0)


def is_(left: ast.expr, right: ast.expr, line: int, *, positive: bool = True) -> ast.expr:
    """``left is right``, or ``is not``."""
    return ast.Compare(left, [_IS if positive else _IS_NOT], [right], lineno=line, col_offset=0)


def either(test: ast.expr, then: ast.expr, otherwise: ast.expr, line: int) -> ast.expr:
    """``then if test else otherwise``."""
    return ast.IfExp(test, then, otherwise, lineno=line, col_offset=0)


def listed(items: list[ast.expr], line: int) -> ast.expr:
    """``[items]``."""
    return ast.List(items, _LOAD, lineno=line, col_offset=0)


def mapped(keys: list[ast.expr | None], values: list[ast.expr], line: int) -> ast.expr:
    """``{keys: values}``."""
    return ast.Dict(keys, values, lineno=line, col_offset=0)


def lambda_(parameters: list[str], body: ast.expr, line: int = 1) -> ast.Lambda:
    """``lambda parameters: body``."""
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(parameter, lineno=line, col_offset=0) for parameter in parameters],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    return ast.Lambda(arguments, body, lineno=line, col_offset=0)
