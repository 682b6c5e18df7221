"""Where the parser stands among the tokens, and the literals that are one token."""

from __future__ import annotations

import math
from collections.abc import Callable

from triggerfish.expressions.limits import NODES, Failure, exceeded
from triggerfish.expressions.syntax import nodes as n
from triggerfish.expressions.syntax.lexer import Token, TokenKind, tokens


class Cursor:
    """The tokens of a source, and the one that is next."""

    def __init__(self, source: str) -> None:
        self.tokens = tokens(source)
        if len(self.tokens) > NODES:
            raise exceeded(f"{NODES} tokens")
        self.index = 0
        self.token = self.tokens[0]

    def next(self) -> Token:
        """The current token; the cursor moves on."""
        token = self.token
        if token.kind is not TokenKind.END:
            self.index += 1
            self.token = self.tokens[self.index]
        return token

    def at(self, value: str) -> bool:
        """Return whether that bracket or operator is next."""
        token = self.token
        return token.value == value and (token.kind is TokenKind.OPERATOR or token.kind is TokenKind.BRACKET)

    def expect(self, value: str) -> Token:
        """It is next, and taken; anything else is an error."""
        if not self.at(value):
            raise self.unexpected()
        return self.next()

    def name(self) -> Token:
        """A name is next, and taken."""
        if self.token.kind is not TokenKind.IDENTIFIER:
            raise self.unexpected()
        return self.next()

    def unexpected(self) -> Failure:
        """The error that the next token is."""
        return Failure(f"unexpected {self.token}", self.token.position)


LITERALS: dict[str, Callable[[int], n.Node]] = {
    "true": lambda position: n.Bool(value=True, position=position),
    "false": lambda position: n.Bool(value=False, position=position),
    "nil": lambda position: n.Nil(position=position),
}


def number(token: Token) -> n.Node:
    """The literal. Raises ``Failure`` for what is none, and for what is too large."""
    text = token.value.replace("_", "").lower()
    prefix = text[:2]
    try:
        if prefix != "0x" and ("." in text or "e" in text):
            value = float(text)
            if math.isfinite(value):
                return n.Float(value, position=token.position)
        else:
            whole = int(text, {"0x": 16, "0o": 8, "0b": 2}.get(prefix, 10))
            if whole < 1 << 63:
                return n.Integer(whole, position=token.position)
    except ValueError:
        raise Failure(f"{token.value} is not a number", token.position) from None
    raise Failure(f"{token.value} is too large", token.position)
