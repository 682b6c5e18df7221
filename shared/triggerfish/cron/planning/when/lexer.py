"""Text to tokens. A token that may not stand after the one before it is refused here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import isinf

from triggerfish.errors import ExpressionError
from triggerfish.expressions.go.layout import RFC3339, RFC3339_NANO
from triggerfish.expressions.go.time_parsing import parse_time
from triggerfish.expressions.limits import Failure

SOURCE_LIMIT = 16_384
"""Characters of the text after templating."""


class Kind(Enum):
    """What a token is, in the words of error messages."""

    START = "the start"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    STRING = "a string"
    TIME = "a date"
    NAME = "a name"
    OPEN = "'('"
    CLOSE = "')'"
    PREFIX = "a sign"
    MODIFIER = "an operator"
    COMPARATOR = "a comparison"
    LOGICAL = "a logical operator"
    TERNARY = "a ternary operator"
    SEPARATOR = "','"


@dataclass(frozen=True, slots=True)
class Token:
    """``value`` is the operator's text, or the literal; ``position`` its first character in the text."""

    kind: Kind
    value: str | float | bool
    position: int


_OPERANDS = {Kind.NUMBER, Kind.BOOLEAN, Kind.STRING, Kind.TIME, Kind.NAME, Kind.OPEN, Kind.PREFIX}
_ENDS = {Kind.NUMBER, Kind.BOOLEAN, Kind.STRING, Kind.TIME, Kind.NAME, Kind.CLOSE}
_AFTER = {Kind.MODIFIER, Kind.COMPARATOR, Kind.LOGICAL, Kind.TERNARY, Kind.SEPARATOR, Kind.CLOSE}
_NEXT = {kind: _AFTER if kind in _ENDS else _OPERANDS for kind in Kind}
_NEXT[Kind.TIME] = _AFTER - {Kind.TERNARY}
_NEXT[Kind.MODIFIER] = _OPERANDS - {Kind.TIME}
_NEXT[Kind.PREFIX] = _OPERANDS - {Kind.PREFIX, Kind.STRING, Kind.TIME}

_PREFIXES = {"-", "!", "~"}
_SYMBOLS = (
    dict.fromkeys(("+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>"), Kind.MODIFIER)
    | dict.fromkeys(("&&", "||"), Kind.LOGICAL)
    | dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "=~", "!~"), Kind.COMPARATOR)
    | dict.fromkeys(("?", ":", "??"), Kind.TERNARY)
)

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |0x(?P<hex>[0-9a-fA-F]+)
    |(?P<number>[0-9.]+)
    |(?P<separator>,)
    |\[(?P<bracketed>[^\]]*)\]
    |(?P<name>[^\W\d_][\w.]*)
    |(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<open>\()|(?P<close>\))
    |(?P<symbol>[^\w\s()\[\]'"]+|_)""",
    re.VERBOSE | re.DOTALL,
)

# What govaluate reads as a time, in its order; without a zone it is UTC here.
_TIMES = (
    "Mon Jan _2 15:04:05 2006",
    "Mon Jan _2 15:04:05 MST 2006",
    "Mon Jan 02 15:04:05 -0700 2006",
    "3:04PM",
    RFC3339,
    RFC3339_NANO,
    "2006-01-02",
    "2006-01-02 15:04",
    "2006-01-02 15:04:05",
    "2006-01-02 15:04:05-07:00",
    "2006-01-02T15Z0700",
    "2006-01-02T15:04Z0700",
    "2006-01-02T15:04:05Z0700",
    "2006-01-02T15:04:05.999999999Z0700",
)


def tokens(text: str) -> list[Token]:
    """All tokens, each where it may stand; ExpressionError otherwise."""
    if len(text) > SOURCE_LIMIT:
        raise ExpressionError(f"the condition is longer than {SOURCE_LIMIT} characters")
    found: list[Token] = []
    before = Kind.START
    for token in _scan(text, found):
        if token.kind not in _NEXT[before]:
            raise ExpressionError(
                f"{token.kind.value} cannot stand after {before.value}", text, token.position
            )
        found.append(token)
        before = token.kind
    if before not in _ENDS:
        raise ExpressionError("the condition is incomplete", text, len(text))
    return found


def _scan(text: str, found: list[Token]) -> Iterator[Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(_unread(text[position]), text, position)
        if match.lastgroup != "space":
            yield _token(text, match, Kind.START if not found else found[-1].kind)
        position = match.end()


def _unread(char: str) -> str:
    return {
        "'": "the string is not closed",
        '"': "the string is not closed",
        "[": "the parameter's bracket is not closed",
    }.get(char, f"invalid character {char!r}")


def _token(text: str, match: re.Match[str], before: Kind) -> Token:
    position, body = match.start(), match.group()
    match match.lastgroup:
        case "hex":
            value = int(match["hex"], 16)
            if value >= 1 << 64:
                raise ExpressionError(f"{body[:40]!r} has more than 64 bits", text, position)
            return Token(Kind.NUMBER, float(value), position)
        case "number":
            return Token(Kind.NUMBER, _number(text, body, position), position)
        case "separator":
            return Token(Kind.SEPARATOR, ",", position)
        case "open":
            return Token(Kind.OPEN, body, position)
        case "close":
            return Token(Kind.CLOSE, body, position)
        case "bracketed":
            return Token(Kind.NAME, match["bracketed"], position)
        case "name":
            return _word(body, position)
        case "quoted":
            literal = re.sub(r"\\(.)", r"\1", body[1:-1], flags=re.DOTALL)
            seconds = _seconds(literal)
            return (
                Token(Kind.STRING, literal, position)
                if seconds is None
                else Token(Kind.TIME, seconds, position)
            )
    if body in _PREFIXES and Kind.PREFIX in _NEXT[before]:
        return Token(Kind.PREFIX, body, position)
    if body not in _SYMBOLS:
        raise ExpressionError(f"invalid token {body!r}{_hint(body)}", text, position)
    return Token(_SYMBOLS[body], body, position)


def _word(word: str, position: int) -> Token:
    if word in ("true", "false"):
        return Token(Kind.BOOLEAN, word == "true", position)
    if word in ("in", "IN"):
        return Token(Kind.COMPARATOR, "in", position)
    return Token(Kind.NAME, word, position)


def _hint(body: str) -> str:
    if body == "=":
        return ": '==' compares"
    return ": put blanks between operators" if body[:-1] in _SYMBOLS and body[-1] in _PREFIXES else ""


def _number(text: str, digits: str, position: int) -> float:
    try:
        value = float(digits)
    except ValueError:
        raise ExpressionError(f"{digits!r} is not a number", text, position) from None
    if isinf(value):
        raise ExpressionError(f"the number {digits[:20]}… is too large", text, position)
    return value


def _seconds(literal: str) -> float | None:
    """The Unix time of a string that reads as a date."""
    if not 6 <= len(literal) <= 64 or not any(char.isdigit() for char in literal):
        return None
    for layout in _TIMES:
        try:
            return float(parse_time(layout, literal).seconds)
        except Failure:
            continue
    return None
