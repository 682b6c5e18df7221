"""The text form of Protocol Buffers, as far as cel-spec's files use it: messages as maps of lists."""

from __future__ import annotations

import re
from typing import Any

Message = dict[str, list[Any]]
"""Every field with all its values, in order: messages, texts (bytes), numbers, and names such as true."""

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>[-+]?(?:0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)f?(?![\w.])|-inf\b|-nan\b)
    |(?P<url>\[[\w./]+\])
    |(?P<name>[A-Za-z_]\w*)
    |(?P<mark>[{}<>:;,\[\]])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_SIMPLE = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


class Name(str):
    """A word that is no text: true, inf, the name of an enum's value."""

    __slots__ = ()


def read(text: str) -> Message:
    """The message that the text is."""
    reader = _Reader(text)
    found = reader.message("")
    if reader.place != len(reader.tokens):
        raise ValueError(f"unexpected {reader.tokens[reader.place]}")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.place = 0
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise ValueError(f"unexpected {text[place : place + 20]!r}")
            place = match.end()
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match[0]))

    def _next(self) -> tuple[str, str]:
        self.place += 1
        return self.tokens[self.place - 1]

    def _skip(self, *marks: str) -> bool:
        if self.place < len(self.tokens) and self.tokens[self.place] in [("mark", mark) for mark in marks]:
            self.place += 1
            return True
        return False

    def message(self, end: str) -> Message:
        """The fields up to the bracket that ends it."""
        found: Message = {}
        while self.place < len(self.tokens) and not (end and self._skip(end)):
            _, name = self._next()
            self._skip(":")
            if self._skip("["):
                while not self._skip("]"):
                    found.setdefault(name.strip("[]"), []).append(self._value())
                    self._skip(",")
            else:
                found.setdefault(name.strip("[]"), []).append(self._value())
            self._skip(",", ";")
        return found

    def _value(self) -> Any:
        kind, text = self._next()
        if text in ("{", "<"):
            return self.message("}" if text == "{" else ">")
        if kind == "text":
            made = _unescaped(text)
            while self.place < len(self.tokens) and self.tokens[self.place][0] == "text":
                made += _unescaped(self._next()[1])
            return made
        if kind == "number":
            return Name(text)
        return Name(text)


def _unescaped(text: str) -> bytes:
    def character(match: re.Match[bytes]) -> bytes:
        octal, hexadecimal, short, long, simple = match.groups()
        if octal is not None:
            return bytes([int(octal, 8)])
        if hexadecimal is not None:
            return bytes([int(hexadecimal, 16)])
        if short or long:
            return chr(int(short or long, 16)).encode()
        return _SIMPLE.get(simple, simple)

    return _ESCAPE.sub(character, text[1:-1].encode())
