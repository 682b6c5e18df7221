"""Tokens to a syntax tree: precedence climbing over the operator table."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TypeVar

from triggerfish.expressions.builtins import BUILTINS, PREDICATES
from triggerfish.expressions.limits import NESTING, Failure, exceeded
from triggerfish.expressions.syntax import nodes as n
from triggerfish.expressions.syntax.cursor import LITERALS, Cursor, number
from triggerfish.expressions.syntax.lexer import Kind, Token, is_identifier
from triggerfish.expressions.syntax.operators import BINARY, COMPARISONS, NEGATABLE, SPELLINGS, UNARY

T = TypeVar("T")


def parse(source: str, *, overridden: Container[str] = ()) -> n.Node:
    """The tree of ``source``. ``overridden`` are names of the environment that hide a builtin's.

    Raises ``Failure`` with the position of the first thing that is wrong.
    """
    return _Parser(source, overridden).whole()


class _Parser(Cursor):
    def __init__(self, source: str, overridden: Container[str]) -> None:
        super().__init__(source)
        self._overridden = overridden
        self._closures = 0
        self._nesting = 0

    # Expressions, from the loosest to the tightest.

    def whole(self) -> n.Node:
        node = self._sequence()
        if self.token.kind is not Kind.END:
            raise self.unexpected()
        return node

    def _sequence(self) -> n.Node:
        found = [self._expression(0)]
        while self.at(";"):
            self.next()
            if self.token.kind is Kind.END:
                break
            found.append(self._expression(0))
        return found[0] if len(found) == 1 else n.Sequence(found, position=found[0].position)

    def _expression(self, precedence: int) -> n.Node:
        self._nesting += 1
        if self._nesting > NESTING * 2:
            raise exceeded(f"{NESTING} levels of nesting")
        token = self.token
        if precedence == 0 and token.kind is Kind.OPERATOR and token.value in ("let", "if"):
            node = self._let() if token.value == "let" else self._if()
        else:
            node = self._operators(self._primary(), precedence)
            if precedence == 0:
                while self.at("?"):
                    node = self._ternary(node)
        self._nesting -= 1
        return node

    def _operators(self, left: n.Node, precedence: int) -> n.Node:
        previous = ""
        while self.token.kind is Kind.OPERATOR:
            token = self.token
            negated = token.value == "not"
            if negated:
                token = self.tokens[self.index + 1]
                if token.value not in NEGATABLE:
                    raise Failure(f"unexpected {token}", token.position)
            operator = BINARY.get(token.value)
            if operator is None or operator.precedence < precedence:
                break
            if negated:
                self.next()
            self.next()
            if token.value == "|":
                left = self._call(self.name(), [left])
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
            left, token = right, self.token
            if token.kind is not Kind.OPERATOR or token.value not in COMPARISONS:
                return found
            self.next()

    def _let(self) -> n.Node:
        self.next()
        name = self.name()
        self.expect("=")
        value = self._expression(0)
        self.expect(";")
        return n.Let(name.value, value, self._sequence(), position=name.position)

    def _if(self) -> n.Node:
        position = self.next().position
        self._nesting += 1
        if self._nesting > NESTING * 2:
            raise exceeded(f"{NESTING} levels of nesting")
        condition = self._expression(0)
        then = self._block()
        self.expect("else")
        otherwise = self._if() if self.at("if") else self._block()
        self._nesting -= 1
        return n.Conditional(condition, then, otherwise, ternary=False, position=position)

    def _block(self) -> n.Node:
        self.expect("{")
        node = self._sequence()
        self.expect("}")
        return node

    def _ternary(self, condition: n.Node) -> n.Node:
        position = self.next().position
        if self.at(":"):
            self.next()
            return n.Conditional(condition, condition, self._expression(0), position=position)
        then = self._expression(0)
        self.expect(":")
        return n.Conditional(condition, then, self._expression(0), position=position)

    def _primary(self) -> n.Node:
        token = self.token
        if token.kind is Kind.OPERATOR:
            if operator := UNARY.get(token.value):
                self.next()
                node = self._expression(operator.precedence)
                name = SPELLINGS.get(token.value, token.value)
                return self._postfix(n.Unary(name, node, position=token.position))
            if self._closures and token.value in ("#", "."):
                return self._postfix(self._pointer())
            if token.value == "::":
                self.next()
                return self._postfix(self._call(self.name(), [], hidden=False))
        elif token.value == "(" and token.kind is Kind.BRACKET:
            self.next()
            node = self._sequence()
            self.expect(")")
            return self._postfix(node)
        return self._secondary()

    def _pointer(self) -> n.Node:
        token = self.token
        name = ""
        if token.value == "#":
            self.next()
            if self.token.kind is Kind.IDENTIFIER:
                name = self.next().value
        return n.Pointer(name, position=token.position)

    def _secondary(self) -> n.Node:
        token = self.token
        node: n.Node
        match token.kind:
            case Kind.IDENTIFIER:
                self.next()
                if token.value in LITERALS:
                    return LITERALS[token.value](token.position)
                if self.at("("):
                    node = self._call(token, [])
                else:
                    node = n.Identifier(token.value, position=token.position)
            case Kind.NUMBER:
                self.next()
                return number(token)
            case Kind.STRING:
                self.next()
                node = n.String(token.value, position=token.position)
            case Kind.BYTES:
                self.next()
                node = n.Bytes(token.value.encode("latin-1"), position=token.position)
            case Kind.BRACKET if token.value == "[":
                self.next()
                node = n.Array(self._list("]", lambda: self._expression(0)), position=token.position)
            case Kind.BRACKET if token.value == "{":
                self.next()
                node = n.Map(self._list("}", self._pair), position=token.position)
            case _:
                raise self.unexpected()
        return self._postfix(node)

    def _list(self, closing: str, item: Callable[[], T]) -> list[T]:
        """What stands between brackets, with commas between, and perhaps one after the last."""
        found: list[T] = []
        while not self.at(closing):
            if found:
                self.expect(",")
                if self.at(closing):
                    break
            found.append(item())
        self.next()
        return found

    def _pair(self) -> n.Pair:
        token = self.token
        key: n.Node
        if token.kind in (Kind.NUMBER, Kind.STRING, Kind.IDENTIFIER):
            self.next()
            key = n.String(token.value, position=token.position)
        elif self.at("("):
            key = self._expression(0)
        else:
            raise Failure(
                "a map key must be a quoted string, a number, a name, or an expression in parentheses"
                f" (unexpected {token})",
                token.position,
            )
        self.expect(":")
        return n.Pair(key, self._expression(0), position=token.position)

    # Calls.

    def _call(self, token: Token, arguments: list[n.Node], *, hidden: bool = True) -> n.Node:
        """The call of a name; ``arguments`` has what a pipe hands over. ``::name`` is always a builtin."""
        name, position = token.value, token.position
        own = name in BUILTINS and not (hidden and name in self._overridden)
        if own and name in PREDICATES:
            return n.Builtin(name, self._predicate_arguments(token, arguments), position=position)
        self.expect("(")
        arguments = arguments + self._list(")", lambda: self._expression(0))
        if own:
            return n.Builtin(name, arguments, position=position)
        return n.Call(n.Identifier(name, position=position), arguments, position=position)

    def _predicate_arguments(self, token: Token, arguments: list[n.Node]) -> list[n.Node]:
        shape = PREDICATES[token.value]
        self.expect("(")
        arguments = list(arguments)
        piped = len(arguments)
        for index in range(piped, len(shape.wanted)):
            if self.at(")"):
                if index < shape.required:
                    raise Failure(
                        f"{token.value} takes at least {shape.required} arguments", self.token.position
                    )
                break
            if index > piped:
                self.expect(",")
            arguments.append(self._closure() if shape.wanted[index] == "closure" else self._expression(0))
        if self.at(","):
            self.next()
        self.expect(")")
        return arguments

    def _closure(self) -> n.Node:
        token = self.token
        braces = self.at("{")
        self._closures += 1
        if braces:
            node = self._block()
        else:
            node = self._expression(0)
            if self.at(";"):
                raise Failure("wrap the predicate in braces: { and }", self.token.position)
        self._closures -= 1
        return n.Predicate(node, position=token.position)

    # What follows a value: .name, ?.name, [index], [from:to].

    def _postfix(self, node: n.Node) -> n.Node:
        while True:
            token = self.token
            if token.kind is Kind.OPERATOR and token.value in (".", "?."):
                self.next()
                optional = token.value == "?."
                if optional and self.at("["):
                    node = self._index_or_slice(node, optional=True)
                else:
                    node = self._property(node, optional=optional)
            elif token.kind is Kind.BRACKET and token.value == "[":
                node = self._index_or_slice(node, optional=False)
            else:
                return node

    def _property(self, node: n.Node, *, optional: bool) -> n.Node:
        token = self.next()
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
        if self.at("("):
            self.next()
            member.method = True
            arguments = self._list(")", lambda: self._expression(0))
            found = n.Call(member, arguments, position=token.position)
        return n.Chain(found, position=token.position) if chained or optional else found

    def _index_or_slice(self, node: n.Node, *, optional: bool) -> n.Node:
        position = self.expect("[").position
        start = None if self.at(":") else self._expression(0)
        if self.at(":"):
            self.next()
            stop = None if self.at("]") else self._expression(0)
            self.expect("]")
            return n.Slice(node, start, stop, position=position)
        self.expect("]")
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
