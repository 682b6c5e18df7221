"""Tokens to a syntax tree: precedence climbing over the operator table."""

from __future__ import annotations

from collections.abc import Container

from triggerfish.expressions.limits import NESTING, Failure, exceeded
from triggerfish.expressions.syntax import nodes as n
from triggerfish.expressions.syntax.cursor import LITERALS, number
from triggerfish.expressions.syntax.lexer import Token, TokenKind
from triggerfish.expressions.syntax.operators import BINARY, COMPARISONS, NEGATABLE, SPELLINGS, UNARY
from triggerfish.expressions.syntax.postfix import Postfix


def parse(source: str, *, overridden: Container[str] = ()) -> n.Node:
    """The tree of ``source``. ``overridden`` are names of the environment that hide a builtin's.

    Raises ``Failure`` with the position of the first thing that is wrong.
    """
    return _Parser(source, overridden).whole()


class _Parser(Postfix):
    def __init__(self, source: str, overridden: Container[str]) -> None:
        super().__init__(source, overridden)
        self._nesting = 0

    # Expressions, from the loosest to the tightest.

    def whole(self) -> n.Node:
        node = self._sequence()
        if self.token.kind is not TokenKind.END:
            raise self.unexpected()
        return node

    def _sequence(self) -> n.Node:
        found = [self.expression(0)]
        while self.at(";"):
            self.next()
            if self.token.kind is TokenKind.END:
                break
            found.append(self.expression(0))
        return found[0] if len(found) == 1 else n.Sequence(found, position=found[0].position)

    def expression(self, precedence: int) -> n.Node:
        self._nesting += 1
        if self._nesting > NESTING * 2:
            raise exceeded(f"{NESTING} levels of nesting")
        token = self.token
        if precedence == 0 and token.kind is TokenKind.OPERATOR and token.value in ("let", "if"):
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
        while self.token.kind is TokenKind.OPERATOR:
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
                left = self.call(self.name(), [left])
            elif previous == "??" and token.value != "??":
                raise Failure(
                    f"{token.value} and ?? cannot be mixed: put one of them into parentheses", token.position
                )
            elif token.value in COMPARISONS:
                left = self._comparison(left, token, operator.precedence)
            else:
                right = self.expression(operator.precedence + (0 if operator.right else 1))
                left = _binary(SPELLINGS.get(token.value, token.value), left, right, token.position)
                if negated:
                    left = n.Unary("!", left, position=token.position)
            previous = token.value
        return left

    def _comparison(self, left: n.Node, token: Token, precedence: int) -> n.Node:
        found: n.Node | None = None
        while True:
            right = self.expression(precedence + 1)
            node = n.Binary(token.value, left, right, position=token.position)
            found = node if found is None else _binary("&&", found, node, token.position)
            left, token = right, self.token
            if token.kind is not TokenKind.OPERATOR or token.value not in COMPARISONS:
                return found
            self.next()

    def _let(self) -> n.Node:
        self.next()
        name = self.name()
        self.expect("=")
        value = self.expression(0)
        self.expect(";")
        return n.Let(name.value, value, self._sequence(), position=name.position)

    def _if(self) -> n.Node:
        position = self.next().position
        self._nesting += 1
        if self._nesting > NESTING * 2:
            raise exceeded(f"{NESTING} levels of nesting")
        condition = self.expression(0)
        then = self.block()
        self.expect("else")
        otherwise = self._if() if self.at("if") else self.block()
        self._nesting -= 1
        return n.Conditional(condition, then, otherwise, ternary=False, position=position)

    def block(self) -> n.Node:
        self.expect("{")
        node = self._sequence()
        self.expect("}")
        return node

    def _ternary(self, condition: n.Node) -> n.Node:
        position = self.next().position
        if self.at(":"):
            self.next()
            return n.Conditional(condition, condition, self.expression(0), position=position)
        then = self.expression(0)
        self.expect(":")
        return n.Conditional(condition, then, self.expression(0), position=position)

    def _primary(self) -> n.Node:
        token = self.token
        if token.kind is TokenKind.OPERATOR:
            if operator := UNARY.get(token.value):
                self.next()
                node = self.expression(operator.precedence)
                name = SPELLINGS.get(token.value, token.value)
                return self.postfix(n.Unary(name, node, position=token.position))
            if self.closures and token.value in ("#", "."):
                return self.postfix(self._pointer())
            if token.value == "::":
                self.next()
                return self.postfix(self.call(self.name(), [], hidden=False))
        elif token.value == "(" and token.kind is TokenKind.BRACKET:
            self.next()
            node = self._sequence()
            self.expect(")")
            return self.postfix(node)
        return self._secondary()

    def _pointer(self) -> n.Node:
        token = self.token
        name = ""
        if token.value == "#":
            self.next()
            if self.token.kind is TokenKind.IDENTIFIER:
                name = self.next().value
        return n.Pointer(name, position=token.position)

    def _secondary(self) -> n.Node:
        token = self.token
        node: n.Node
        match token.kind:
            case TokenKind.IDENTIFIER:
                self.next()
                if token.value in LITERALS:
                    return LITERALS[token.value](token.position)
                if self.at("("):
                    node = self.call(token, [])
                else:
                    node = n.Identifier(token.value, position=token.position)
            case TokenKind.NUMBER:
                self.next()
                return number(token)
            case TokenKind.STRING:
                self.next()
                node = n.String(token.value, position=token.position)
            case TokenKind.BYTES:
                self.next()
                node = n.Bytes(token.value.encode("latin-1"), position=token.position)
            case TokenKind.BRACKET if token.value == "[":
                self.next()
                node = n.Array(self.items("]", lambda: self.expression(0)), position=token.position)
            case TokenKind.BRACKET if token.value == "{":
                self.next()
                node = n.MapLiteral(self.items("}", self.pair), position=token.position)
            case _:
                raise self.unexpected()
        return self.postfix(node)


def _binary(operator: str, left: n.Node, right: n.Node, position: int) -> n.Node:
    if operator not in ("&&", "||"):
        return n.Binary(operator, left, right, position=position)
    # The left operand is this very chain when it was not in parentheses; in them it means the same.
    if isinstance(left, n.Logic) and left.operator == operator:
        left.operands.append(right)
        return left
    return n.Logic(operator, [left, right], position=position)
