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


class Role(Enum):
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
class WhenToken:
    """``value`` is the operator's text, or the literal; ``position`` its first character in the text."""

    kind: Role
    value: str | float | bool
    position: int


_OPERANDS = {Role.NUMBER, Role.BOOLEAN, Role.STRING, Role.TIME, Role.NAME, Role.OPEN, Role.PREFIX}
_ENDS = {Role.NUMBER, Role.BOOLEAN, Role.STRING, Role.TIME, Role.NAME, Role.CLOSE}
_AFTER = {Role.MODIFIER, Role.COMPARATOR, Role.LOGICAL, Role.TERNARY, Role.SEPARATOR, Role.CLOSE}
_NEXT = {kind: _AFTER if kind in _ENDS else _OPERANDS for kind in Role}
_NEXT[Role.TIME] = _AFTER - {Role.TERNARY}
_NEXT[Role.MODIFIER] = _OPERANDS - {Role.TIME}
_NEXT[Role.PREFIX] = _OPERANDS - {Role.PREFIX, Role.STRING, Role.TIME}

_PREFIXES = {"-", "!", "~"}
_SYMBOLS = (
    dict.fromkeys(("+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>"), Role.MODIFIER)
    | dict.fromkeys(("&&", "||"), Role.LOGICAL)
    | dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "=~", "!~"), Role.COMPARATOR)
    | dict.fromkeys(("?", ":", "??"), Role.TERNARY)
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


def tokens(text: str) -> list[WhenToken]:
    """All tokens, each where it may stand; ExpressionError otherwise."""
    if len(text) > SOURCE_LIMIT:
        raise ExpressionError(f"the condition is longer than {SOURCE_LIMIT} characters")
    found: list[WhenToken] = []
    before = Role.START
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


def _scan(text: str, found: list[WhenToken]) -> Iterator[WhenToken]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(_unread(text[position]), text, position)
        if match.lastgroup != "space":
            yield _token(text, match, Role.START if not found else found[-1].kind)
        position = match.end()


def _unread(char: str) -> str:
    return {
        "'": "the string is not closed",
        '"': "the string is not closed",
        "[": "the parameter's bracket is not closed",
    }.get(char, f"invalid character {char!r}")


def _token(text: str, match: re.Match[str], before: Role) -> WhenToken:
    position, body = match.start(), match.group()
    match match.lastgroup:
        case "hex":
            value = int(match["hex"], 16)
            if value >= 1 << 64:
                raise ExpressionError(f"{body[:40]!r} has more than 64 bits", text, position)
            return WhenToken(Role.NUMBER, float(value), position)
        case "number":
            return WhenToken(Role.NUMBER, _number(text, body, position), position)
        case "separator":
            return WhenToken(Role.SEPARATOR, ",", position)
        case "open":
            return WhenToken(Role.OPEN, body, position)
        case "close":
            return WhenToken(Role.CLOSE, body, position)
        case "bracketed":
            return WhenToken(Role.NAME, match["bracketed"], position)
        case "name":
            return _word(body, position)
        case "quoted":
            literal = re.sub(r"\\(.)", r"\1", body[1:-1], flags=re.DOTALL)
            seconds = _seconds(literal)
            return (
                WhenToken(Role.STRING, literal, position)
                if seconds is None
                else WhenToken(Role.TIME, seconds, position)
            )
    if body in _PREFIXES and Role.PREFIX in _NEXT[before]:
        return WhenToken(Role.PREFIX, body, position)
    if body not in _SYMBOLS:
        raise ExpressionError(f"invalid token {body!r}{_hint(body)}", text, position)
    return WhenToken(_SYMBOLS[body], body, position)


def _word(word: str, position: int) -> WhenToken:
    if word in ("true", "false"):
        return WhenToken(Role.BOOLEAN, word == "true", position)
    if word in ("in", "IN"):
        return WhenToken(Role.COMPARATOR, "in", position)
    return WhenToken(Role.NAME, word, position)


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
