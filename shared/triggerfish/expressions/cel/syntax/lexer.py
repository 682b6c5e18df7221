"""The terminals of CEL: source to tokens. A text's escapes are undone here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from triggerfish.expressions.cel.limits import Exceeded
from triggerfish.expressions.cel.values import Uint
from triggerfish.expressions.limits import NESTING, NODES, Failure

_TOKEN = re.compile(
    r"""
    (?P<blank>[\t\n\f\r\ ]+|//[^\n]*)
    |(?P<text>[bB]?(?:
        (?:[rR](?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|\"[^\"\n\r]*\"|'[^'\n\r]*'))
        |\"{3}(?:[^\\]|\\[\s\S])*?\"{3}
        |'{3}(?:[^\\]|\\[\s\S])*?'{3}
        |\"(?!\"\")(?:[^\\\"\n\r]|\\[^\n\r])*\"
        |'(?!'')(?:[^\\'\n\r]|\\[^\n\r])*'
    ))
    |(?P<FLOAT_LIT>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<UINT_LIT>(?:0x[0-9a-fA-F]+|\d+)[uU])
    |(?P<INT_LIT>0x[0-9a-fA-F]+|\d+)
    |(?P<IDENT>[_a-zA-Z][_a-zA-Z0-9]*)
    |(?P<ESC_IDENT>`[a-zA-Z0-9_.\-/\ ]+`)
    |(?P<mark>\|\||&&|[<>=!]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.ASCII,
)
_OPENING = re.compile(r"[bB]?[rR]?(\"\"\"|'''|[\"'])")
_WORDS = {"true": "BOOL_LIT", "false": "BOOL_LIT", "null": "NULL_LIT", "in": "in"}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
#: After one of these a minus is an operator, not the sign of a number.
_ENDS = frozenset({
    "IDENT", "ESC_IDENT", "INT_LIT", "UINT_LIT", "FLOAT_LIT", "STRING_LIT", "BYTES_LIT", "BOOL_LIT",
    "NULL_LIT", ")", "]", "}",
})  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\"'\\?`])|([0-3][0-7]{2})|[xX]([0-9a-fA-F]{2})"
    r"|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))"
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(slots=True)
class CelToken:
    """``terminal`` as the grammar's tables name it; ``value`` of a literal is a value of CEL's."""

    terminal: str
    value: Any
    start: int
    end: int


def tokens(source: str) -> list[CelToken]:
    """The tokens of ``source``. Raises ``Failure`` at the place of what is none."""
    found: list[CelToken] = []
    place, depth, length = 0, 0, len(source)
    while place < length:
        match = _TOKEN.match(source, place)
        if match is None:
            raise _stray(source, place)
        if len(found) > NODES:
            raise Exceeded(f"{NODES} tokens", place)
        kind, start, place = match.lastgroup, place, match.end()
        text = match[0]
        if kind == "blank":
            continue
        if kind == "mark":
            if text in "([{":
                depth += 1
                if depth > NESTING:
                    raise Exceeded(f"{NESTING} nested brackets", start)
            elif text in ")]}":
                depth -= 1
            found.append(CelToken(text, text, start, place))
        elif kind == "IDENT":
            terminal = _WORDS.get(text, "IDENT")
            found.append(CelToken(terminal, _CONSTANTS.get(text, text), start, place))
        elif kind == "text":
            found.append(_text(text, start, place))
        elif kind == "ESC_IDENT":
            found.append(CelToken(kind, text[1:-1], start, place))
        else:
            found.append(_number(str(kind), text, start, place, found))
    return found


def _number(kind: str, text: str, start: int, end: int, before: list[CelToken]) -> CelToken:
    """A number, with its sign if it has one."""
    signed = before and before[-1].terminal == "-" and (len(before) == 1 or before[-2].terminal not in _ENDS)
    if signed and kind != "UINT_LIT":
        start = before.pop().start
        text = f"-{text}"
    if kind == "FLOAT_LIT":
        value: Any = float(text)
        if value in (float("inf"), float("-inf")):
            raise Failure("the number is too large for a double", start)
        return CelToken(kind, value, start, end)
    digits = text.rstrip("uU") if kind == "UINT_LIT" else text
    if len(digits) > 40:
        raise Failure(f"the number is too large for {'a uint' if kind == 'UINT_LIT' else 'an int'}", start)
    value = int(digits, 16 if "x" in digits else 10)
    if kind == "UINT_LIT":
        if value >= 1 << 64:
            raise Failure("the number is too large for a uint", start)
        return CelToken(kind, Uint(value), start, end)
    if not -(1 << 63) <= value < 1 << 63:
        raise Failure("the number is too large for an int", start)
    return CelToken(kind, value, start, end)


def _text(text: str, start: int, end: int) -> CelToken:
    opening = _OPENING.match(text)
    assert opening is not None  # noqa: S101  the token's pattern begins with the same
    prefix, quote = opening[0][: -len(opening[1])].lower(), opening[1]
    body = text[opening.end() : len(text) - len(quote)]
    place = start + opening.end()
    if "b" in prefix:
        value: Any = body.encode() if "r" in prefix else _octets(body, place)
        return CelToken("BYTES_LIT", value, start, end)
    return CelToken("STRING_LIT", body if "r" in prefix else _unescaped(body, place), start, end)


def _unescaped(body: str, place: int) -> str:
    if "\\" not in body:
        return body

    def character(match: re.Match[str]) -> str:
        simple, octal, hexadecimal, short, long, wrong = match.groups()
        if wrong is not None:
            raise Failure(f"\\{wrong} is not an escape that a text may have", place + match.start())
        if simple is not None:
            return _SIMPLE.get(simple, simple)
        code = int(octal, 8) if octal is not None else int(hexadecimal or short or long, 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise Failure(f"{match[0]} is not a character", place + match.start())
        return chr(code)

    return _ESCAPE.sub(character, body)


def _octets(body: str, place: int) -> bytes:
    """The bytes of a literal: octal and ``\\x`` are bytes, the rest is UTF-8; ``\\u`` has no place in it."""
    if "\\" not in body:
        return body.encode()
    made, done = bytearray(), 0
    for match in _ESCAPE.finditer(body):
        made += body[done : match.start()].encode()
        done = match.end()
        simple, octal, hexadecimal, *_ = match.groups()
        if simple is not None:
            made += _SIMPLE.get(simple, simple).encode()
        elif octal is not None or hexadecimal is not None:
            made.append(int(octal, 8) if octal is not None else int(hexadecimal, 16))
        else:
            raise Failure(f"{match[0]} is not an escape that bytes may have", place + match.start())
    return bytes(made + body[done:].encode())


def _stray(source: str, place: int) -> Failure:
    if _OPENING.match(source, place):
        return Failure("the text has no end", place)
    return Failure(f"unexpected {source[place]!r}", place)
