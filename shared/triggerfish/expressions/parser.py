"""Tokens to a syntax tree: precedence climbing over the operator table."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from typing import TypeVar

from triggerfish.expressions import nodes as n
from triggerfish.expressions.builtins import BUILTINS, PREDICATES
from triggerfish.expressions.lexer import Kind, Token, is_identifier, tokens
from triggerfish.expressions.limits import NESTING, NODES, Failure, exceeded
from triggerfish.expressions.operators import BINARY, COMPARISONS, NEGATABLE, SPELLINGS, UNARY

T = TypeVar("T")


def parse(source: str, *, overridden: Container[str] = ()) -> n.Node:
    """The tree of ``source``. ``overridden`` are names of the environment that hide a builtin's.

    Raises ``Failure`` with the position of the first thing that is wrong.
    """
    return _Parser(source, overridden).whole()


class _Parser:
    def __init__(self, source: str, overridden: Container[str]) -> None:
        self._tokens = tokens(source)
        if len(self._tokens) > NODES:
            raise exceeded(f"{NODES} tokens")
        self._index = 0
        self._token = self._tokens[0]
        self._overridden = overridden
        self._closures = 0
        self._nesting = 0

    # What stands at the cursor.

    def _next(self) -> Token:
        """The current token; the cursor moves on."""
        token = self._token
        if token.kind is not Kind.END:
            self._index += 1
            self._token = self._tokens[self._index]
        return token

    def _at(self, value: str) -> bool:
        token = self._token
        return token.value == value and (token.kind is Kind.OPERATOR or token.kind is Kind.BRACKET)

    def _expect(self, value: str) -> Token:
        if not self._at(value):
            raise self._unexpected()
        return self._next()

    def _name(self) -> Token:
        if self._token.kind is not Kind.IDENTIFIER:
            raise self._unexpected()
        return self._next()

    def _unexpected(self) -> Failure:
        return Failure(f"unexpected {self._token}", self._token.position)

    # Expressions, from the loosest to the tightest.

    def whole(self) -> n.Node:
        node = self._sequence()
        if self._token.kind is not Kind.END:
            raise self._unexpected()
        return node

    def _sequence(self) -> n.Node:
        found = [self._expression(0)]
        while self._at(";"):
            self._next()
            if self._token.kind is Kind.END:
                break
            found.append(self._expression(0))
        return found[0] if len(found) == 1 else n.Sequence(found, position=found[0].position)

    def _expression(self, precedence: int) -> n.Node:
        self._nesting += 1
        if self._nesting > NESTING * 2:
            raise exceeded(f"{NESTING} levels of nesting")
        token = self._token
        if precedence == 0 and token.kind is Kind.OPERATOR and token.value in ("let", "if"):
            node = self._let() if token.value == "let" else self._if()
        else:
            node = self._operators(self._primary(), precedence)
            if precedence == 0:
                while self._at("?"):
                    node = self._ternary(node)
        self._nesting -= 1
        return node

    def _operators(self, left: n.Node, precedence: int) -> n.Node:
        previous = ""
        while self._token.kind is Kind.OPERATOR:
            token = self._token
            negated = token.value == "not"
            if negated:
                token = self._tokens[self._index + 1]
                if token.value not in NEGATABLE:
                    raise Failure(f"unexpected {token}", token.position)
            operator = BINARY.get(token.value)
            if operator is None or operator.precedence < precedence:
                break
            if negated:
                self._next()
            self._next()
            if token.value == "|":
                left = self._call(self._name(), [left])
            elif previous == "??" and token.value != "??":
                raise Failure(
                    f"{token.value} and ?? cannot be mixed: put one of them into parentheses", token.position
                )
            elif token.value in COMPARISONS:
                left = self._comparison(left, token, operator.precedence)
            else:
                right = self._expression(operator.precedence + (0 if operator.right else 1))
                left = _binary(SPELLINGS.get(token.value, token.value), left, right, token.position)
                if negated:
                    left = n.Unary("!", left, position=token.position)
            previous = token.value
        return left

    def _comparison(self, left: n.Node, token: Token, precedence: int) -> n.Node:
        found: n.Node | None = None
        while True:
            right = self._expression(precedence + 1)
            node = n.Binary(token.value, left, right, position=token.position)
            found = node if found is None else _binary("&&", found, node, token.position)
            left, token = right, self._token
            if token.kind is not Kind.OPERATOR or token.value not in COMPARISONS:
                return found
            self._next()

    def _let(self) -> n.Node:
        self._next()
        name = self._name()
        self._expect("=")
        value = self._expression(0)
        self._expect(";")
        return n.Let(name.value, value, self._sequence(), position=name.position)

    def _if(self) -> n.Node:
        position = self._next().position
        self._nesting += 1
        if self._nesting > NESTING * 2:
            raise exceeded(f"{NESTING} levels of nesting")
        condition = self._expression(0)
        then = self._block()
        self._expect("else")
        otherwise = self._if() if self._at("if") else self._block()
        self._nesting -= 1
        return n.Conditional(condition, then, otherwise, ternary=False, position=position)

    def _block(self) -> n.Node:
        self._expect("{")
        node = self._sequence()
        self._expect("}")
        return node

    def _ternary(self, condition: n.Node) -> n.Node:
        position = self._next().position
        if self._at(":"):
            self._next()
            return n.Conditional(condition, condition, self._expression(0), position=position)
        then = self._expression(0)
        self._expect(":")
        return n.Conditional(condition, then, self._expression(0), position=position)

    def _primary(self) -> n.Node:
        token = self._token
        if token.kind is Kind.OPERATOR:
            if operator := UNARY.get(token.value):
                self._next()
                node = self._expression(operator.precedence)
                name = SPELLINGS.get(token.value, token.value)
                return self._postfix(n.Unary(name, node, position=token.position))
            if self._closures and token.value in ("#", "."):
                return self._postfix(self._pointer())
            if token.value == "::":
                self._next()
                return self._postfix(self._call(self._name(), [], hidden=False))
        elif token.value == "(" and token.kind is Kind.BRACKET:
            self._next()
            node = self._sequence()
            self._expect(")")
            return self._postfix(node)
        return self._secondary()

    def _pointer(self) -> n.Node:
        token = self._token
        name = ""
        if token.value == "#":
            self._next()
            if self._token.kind is Kind.IDENTIFIER:
                name = self._next().value
        return n.Pointer(name, position=token.position)

    def _secondary(self) -> n.Node:
        token = self._token
        node: n.Node
        match token.kind:
            case Kind.IDENTIFIER:
                self._next()
                if token.value in _LITERALS:
                    return _LITERALS[token.value](token.position)
                if self._at("("):
                    node = self._call(token, [])
                else:
                    node = n.Identifier(token.value, position=token.position)
            case Kind.NUMBER:
                self._next()
                return _number(token)
            case Kind.STRING:
                self._next()
                node = n.String(token.value, position=token.position)
            case Kind.BYTES:
                self._next()
                node = n.Bytes(token.value.encode("latin-1"), position=token.position)
            case Kind.BRACKET if token.value == "[":
                self._next()
                node = n.Array(self._list("]", lambda: self._expression(0)), position=token.position)
            case Kind.BRACKET if token.value == "{":
                self._next()
                node = n.Map(self._list("}", self._pair), position=token.position)
            case _:
                raise self._unexpected()
        return self._postfix(node)

    def _list(self, closing: str, item: Callable[[], T]) -> list[T]:
        """What stands between brackets, with commas between, and perhaps one after the last."""
        found: list[T] = []
        while not self._at(closing):
            if found:
                self._expect(",")
                if self._at(closing):
                    break
            found.append(item())
        self._next()
        return found

    def _pair(self) -> n.Pair:
        token = self._token
        key: n.Node
        if token.kind in (Kind.NUMBER, Kind.STRING, Kind.IDENTIFIER):
            self._next()
            key = n.String(token.value, position=token.position)
        elif self._at("("):
            key = self._expression(0)
        else:
            raise Failure(
                "a map key must be a quoted string, a number, a name, or an expression in parentheses"
                f" (unexpected {token})",
                token.position,
            )
        self._expect(":")
        return n.Pair(key, self._expression(0), position=token.position)

    # Calls.

    def _call(self, token: Token, arguments: list[n.Node], *, hidden: bool = True) -> n.Node:
        """The call of a name; ``arguments`` has what a pipe hands over. ``::name`` is always a builtin."""
        name, position = token.value, token.position
        own = name in BUILTINS and not (hidden and name in self._overridden)
        if own and name in PREDICATES:
            return n.Builtin(name, self._predicate_arguments(token, arguments), position=position)
        self._expect("(")
        arguments = arguments + self._list(")", lambda: self._expression(0))
        if own:
            return n.Builtin(name, arguments, position=position)
        return n.Call(n.Identifier(name, position=position), arguments, position=position)

    def _predicate_arguments(self, token: Token, arguments: list[n.Node]) -> list[n.Node]:
        shape = PREDICATES[token.value]
        self._expect("(")
        arguments = list(arguments)
        piped = len(arguments)
        for index in range(piped, len(shape.wanted)):
            if self._at(")"):
                if index < shape.required:
                    raise Failure(
                        f"{token.value} takes at least {shape.required} arguments", self._token.position
                    )
                break
            if index > piped:
                self._expect(",")
            arguments.append(self._closure() if shape.wanted[index] == "closure" else self._expression(0))
        if self._at(","):
            self._next()
        self._expect(")")
        return arguments

    def _closure(self) -> n.Node:
        token = self._token
        braces = self._at("{")
        self._closures += 1
        if braces:
            node = self._block()
        else:
            node = self._expression(0)
            if self._at(";"):
                raise Failure("wrap the predicate in braces: { and }", self._token.position)
        self._closures -= 1
        return n.Predicate(node, position=token.position)

    # What follows a value: .name, ?.name, [index], [from:to].

    def _postfix(self, node: n.Node) -> n.Node:
        while True:
            token = self._token
            if token.kind is Kind.OPERATOR and token.value in (".", "?."):
                self._next()
                optional = token.value == "?."
                if optional and self._at("["):
                    node = self._index_or_slice(node, optional=True)
                else:
                    node = self._property(node, optional=optional)
            elif token.kind is Kind.BRACKET and token.value == "[":
                node = self._index_or_slice(node, optional=False)
            else:
                return node

    def _property(self, node: n.Node, *, optional: bool) -> n.Node:
        token = self._next()
        if token.kind is not Kind.IDENTIFIER and not (
            # Operators that are words are good names of a field: payload.in
            token.kind is Kind.OPERATOR and is_identifier(token.value)
        ):
            raise Failure("expected name", token.position)
        chained = isinstance(node, n.Chain)
        if isinstance(node, n.Chain):
            node = node.node
        name = n.String(token.value, position=token.position)
        member = n.Member(node, name, optional=optional, position=token.position)
        found: n.Node = member
        if self._at("("):
            self._next()
            member.method = True
            arguments = self._list(")", lambda: self._expression(0))
            found = n.Call(member, arguments, position=token.position)
        return n.Chain(found, position=token.position) if chained or optional else found

    def _index_or_slice(self, node: n.Node, *, optional: bool) -> n.Node:
        position = self._expect("[").position
        start = None if self._at(":") else self._expression(0)
        if self._at(":"):
            self._next()
            stop = None if self._at("]") else self._expression(0)
            self._expect("]")
            return n.Slice(node, start, stop, position=position)
        self._expect("]")
        assert start is not None  # noqa: S101  without a colon there was an expression
        found: n.Node = n.Member(node, start, optional=optional, position=position)
        return n.Chain(found, position=position) if optional else found


def _binary(operator: str, left: n.Node, right: n.Node, position: int) -> n.Node:
    if operator not in ("&&", "||"):
        return n.Binary(operator, left, right, position=position)
    # The left operand is this very chain when it was not in parentheses; in them it means the same.
    if isinstance(left, n.Logic) and left.operator == operator:
        left.operands.append(right)
        return left
    return n.Logic(operator, [left, right], position=position)


_LITERALS: dict[str, Callable[[int], n.Node]] = {
    "true": lambda position: n.Bool(value=True, position=position),
    "false": lambda position: n.Bool(value=False, position=position),
    "nil": lambda position: n.Nil(position=position),
}


def _number(token: Token) -> n.Node:
    text = token.value.replace("_", "").lower()
    prefix = text[:2]
    try:
        if prefix != "0x" and ("." in text or "e" in text):
            value = float(text)
            if math.isfinite(value):
                return n.Float(value, position=token.position)
        else:
            number = int(text, {"0x": 16, "0o": 8, "0b": 2}.get(prefix, 10))
            if number < 1 << 63:
                return n.Integer(number, position=token.position)
    except ValueError:
        raise Failure(f"{token.value} is no number", token.position) from None
    raise Failure(f"{token.value} is too large", token.position)
