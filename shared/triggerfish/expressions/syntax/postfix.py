"""The parser's part for lists in brackets, calls and closures, and what follows a value."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Container
from typing import TypeVar

from triggerfish.expressions.builtins.table import LOOPS, NAMES
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.syntax import nodes as n
from triggerfish.expressions.syntax.cursor import Cursor
from triggerfish.expressions.syntax.lexer import Token, TokenKind, is_identifier

T = TypeVar("T")


class Postfix(Cursor):
    """``overridden`` are names of the environment that hide a builtin's; ``closures`` how many are open."""

    def __init__(self, source: str, overridden: Container[str]) -> None:
        super().__init__(source)
        self._overridden = overridden
        self.closures = 0

    @abstractmethod
    def expression(self, precedence: int) -> n.Node:
        """An expression of operators that bind at least so tightly."""

    @abstractmethod
    def block(self) -> n.Node:
        """Expressions in braces."""

    def items(self, closing: str, item: Callable[[], T]) -> list[T]:
        """Return what stands between brackets, with commas between, and perhaps one after the last."""
        found: list[T] = []
        while not self.at(closing):
            if found:
                self.expect(",")
                if self.at(closing):
                    break
            found.append(item())
        self.next()
        return found

    def pair(self) -> n.Pair:
        """A key and a value of a map."""
        token = self.token
        key: n.Node
        if token.kind in (TokenKind.NUMBER, TokenKind.STRING, TokenKind.IDENTIFIER):
            self.next()
            key = n.String(token.value, position=token.position)
        elif self.at("("):
            key = self.expression(0)
        else:
            raise Failure(
                "a map key must be a quoted string, a number, a name, or an expression in parentheses"
                f" (unexpected {token})",
                token.position,
            )
        self.expect(":")
        return n.Pair(key, self.expression(0), position=token.position)

    # Calls.

    def call(self, token: Token, arguments: list[n.Node], *, hidden: bool = True) -> n.Node:
        """The call of a name; ``arguments`` has what a pipe hands over. ``::name`` is always a builtin."""
        name, position = token.value, token.position
        own = name in NAMES and not (hidden and name in self._overridden)
        if own and name in LOOPS:
            return n.Builtin(name, self._predicate_arguments(token, arguments), position=position)
        self.expect("(")
        arguments = arguments + self.items(")", lambda: self.expression(0))
        if own:
            return n.Builtin(name, arguments, position=position)
        return n.FunctionCall(n.Identifier(name, position=position), arguments, position=position)

    def _predicate_arguments(self, token: Token, arguments: list[n.Node]) -> list[n.Node]:
        loop = LOOPS[token.value]
        self.expect("(")
        arguments = list(arguments)
        piped = len(arguments)
        for index in range(piped, len(loop.wanted)):
            if self.at(")"):
                if index < loop.required:
                    raise Failure(
                        f"{token.value} takes at least {loop.required} arguments", self.token.position
                    )
                break
            if index > piped:
                self.expect(",")
            arguments.append(self._closure() if loop.wanted[index] == "closure" else self.expression(0))
        if self.at(","):
            self.next()
        self.expect(")")
        return arguments

    def _closure(self) -> n.Node:
        token = self.token
        braces = self.at("{")
        self.closures += 1
        if braces:
            node = self.block()
        else:
            node = self.expression(0)
            if self.at(";"):
                raise Failure("wrap the predicate in braces: { and }", self.token.position)
        self.closures -= 1
        return n.Predicate(node, position=token.position)

    # What follows a value: .name, ?.name, [index], [from:to].

    def postfix(self, node: n.Node) -> n.Node:
        """``node`` with the members, indexes and slices that follow it."""
        while True:
            token = self.token
            if token.kind is TokenKind.OPERATOR and token.value in (".", "?."):
                self.next()
                optional = token.value == "?."
                if optional and self.at("["):
                    node = self._index_or_slice(node, optional=True)
                else:
                    node = self._property(node, optional=optional)
            elif token.kind is TokenKind.BRACKET and token.value == "[":
                node = self._index_or_slice(node, optional=False)
            else:
                return node

    def _property(self, node: n.Node, *, optional: bool) -> n.Node:
        token = self.next()
        if token.kind is not TokenKind.IDENTIFIER and not (
            # Operators that are words are good names of a field: payload.in
            token.kind is TokenKind.OPERATOR and is_identifier(token.value)
        ):
            raise Failure("expected name", token.position)
        chained = isinstance(node, n.Chain)
        if isinstance(node, n.Chain):
            node = node.node
        name = n.String(token.value, position=token.position)
        member = n.Member(node, name, optional=optional, position=token.position)
        found: n.Node = member
        if self.at("("):
            self.next()
            member.method = True
            arguments = self.items(")", lambda: self.expression(0))
            found = n.FunctionCall(member, arguments, position=token.position)
        return n.Chain(found, position=token.position) if chained or optional else found

    def _index_or_slice(self, node: n.Node, *, optional: bool) -> n.Node:
        position = self.expect("[").position
        start = None if self.at(":") else self.expression(0)
        if self.at(":"):
            self.next()
            stop = None if self.at("]") else self.expression(0)
            self.expect("]")
            return n.Slice(node, start, stop, position=position)
        self.expect("]")
        assert start is not None  # noqa: S101  without a colon there was an expression
        found: n.Node = n.Member(node, start, optional=optional, position=position)
        return n.Chain(found, position=position) if optional else found
