"""Source to tokens. Go's notions of letter, digit, space and escape, not Python's."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import NamedTuple

from triggerfish.expressions.limits import Failure
from triggerfish.expressions.syntax.operators import WORDS


class TokenKind(Enum):
    """What a token is."""

    IDENTIFIER = "name"
    NUMBER = "number"
    STRING = "string"
    BYTES = "bytes"
    OPERATOR = "operator"
    BRACKET = "bracket"
    END = "end"


class Token(NamedTuple):
    """``value`` is the text; for strings and bytes it is what the literal means."""

    kind: TokenKind
    value: str
    position: int

    def __str__(self) -> str:
        return "end of expression" if self.kind is TokenKind.END else f'token "{self.value}"'


def _number(prefix: str, digits: str) -> str:
    # A second dot is no part of the number: 1..3 is a range.
    return rf"{prefix}[{digits}]*(?:\.(?!\.)[{digits}]*)?(?:[eE][+-]?[{digits}]*)?"


_NUMBER = "|".join(
    _number(*form) for form in (("0[xX]", "0-9a-fA-F_"), ("0[oO]", "0-7_"), ("0[bB]", "01_"), ("", "0-9_"))
)
_TOKEN = re.compile(
    rf"""(?:[ \t\n\v\f\r\x85\xa0]+|//[^\n]*|/\*.*?\*/)*
    (?:(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    |(?P<number>(?=\.?[0-9])(?:{_NUMBER}))
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<bracket>[()\[\]{{}}])
    |(?P<operator>\?[.?]?|\|\|?|::?|[,;%+^-]|[&!=*<>][&=*]?|\.\.?|/(?!\*)|\#\#?)
    |(?P<raw>`(?:[^`]|``)*`(?!`))
    |(?P<end>\Z)|(?P<other>))""",
    re.VERBOSE | re.DOTALL,
)
_BYTES = re.compile(r"""[bB]("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""", re.DOTALL)
_KINDS = {"bracket": TokenKind.BRACKET, "operator": TokenKind.OPERATOR}
_OPERATOR, _IDENTIFIER, _STRING = TokenKind.OPERATOR, TokenKind.IDENTIFIER, TokenKind.STRING
_make = Token._make
_SPACES = frozenset("\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))


def tokens(source: str) -> list[Token]:
    """All tokens of ``source``, the last of kind END. Raises ``Failure`` at the first that is none."""
    found: list[Token] = []
    append, match, position, end = found.append, _TOKEN.match, 0, len(source)
    while True:
        part = match(source, position)
        group = part.lastgroup if part else None
        if part is None or group is None:
            raise Failure("this cannot be read", position)
        start, position = part.span(group)
        if group == "name":
            if position < end and (source[position] > "\x7f" or source[position] in "\"'"):
                position = _unusual(source, start, found)
            else:
                text = part[group]
                append(_make((_OPERATOR if text in WORDS else _IDENTIFIER, text, start)))
        elif group == "operator" or group == "bracket":
            append(_make((_KINDS[group], part[group], start)))
        elif group == "string":
            append(_make((_STRING, _unescape(part[group], start), start)))
        elif group == "number":
            if position < end and _is_word(source[position]):
                raise Failure(f'bad number syntax: "{source[start : position + 1]}"', position)
            append(_make((TokenKind.NUMBER, part[group], start)))
        elif group == "raw":
            append(_make((_STRING, part[group][1:-1].replace("``", "`"), start)))
        elif group == "other":
            position = _unusual(source, start, found)
        else:
            append(Token(TokenKind.END, "", end))
            return found


def _is_letter(character: str) -> bool:
    return character in "_$" or unicodedata.category(character)[0] == "L"


def _is_word(character: str) -> bool:
    return _is_letter(character) or unicodedata.category(character) == "Nd"


def is_identifier(text: str) -> bool:
    """Return whether this may stand after a dot, or as a key of a map without quotes."""
    return text != "" and _is_letter(text[0]) and all(map(_is_word, text))


def _unusual(source: str, position: int, found: list[Token]) -> int:
    """What the pattern leaves over: bytes, names beyond ASCII, rare spaces, and what is no token at all."""
    character = source[position]
    if character in "bB" and (literal := _BYTES.match(source, position)):
        text = _unescape_bytes(literal.group(1), position + 1)
        found.append(Token(TokenKind.BYTES, text, position))
        return literal.end()
    if _is_word(character):
        end = position + 1
        while end < len(source) and _is_word(source[end]):
            end += 1
        text = source[position:end]
        found.append(Token(TokenKind.OPERATOR if text in WORDS else TokenKind.IDENTIFIER, text, position))
        return end
    if character in _SPACES:
        return position + 1
    if source.startswith("/*", position):
        raise Failure("unclosed comment", position)
    if character in "\"'`":
        raise Failure("literal not terminated", position)
    raise Failure(f"unrecognized character: U+{ord(character):04X} '{character}'", position)


_ESCAPE = re.compile(
    r"""\\(?:(?P<plain>[abfnrtv\\'"])
    |u\{(?P<braced>[0-9a-fA-F]{1,6})\}
    |x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})
    |(?P<octal>[0-3][0-7]{2})
    |(?P<wrong>.?))""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_NEWLINES = re.compile(r"\r\n?")


def _unescape(literal: str, position: int) -> str:
    """What a quoted literal means, by Go's escapes; a quote is escaped only where it would end the string."""
    if "\\" not in literal and "\r" not in literal:
        return literal[1:-1]
    return _ESCAPE.sub(lambda part: _rune(part, literal[0], position), _NEWLINES.sub("\n", literal))[1:-1]


def _rune(part: re.Match[str], quote: str, position: int) -> str:
    kind = part.lastgroup or ""
    text = part[kind]
    if kind == "plain" and (text in _PLAIN or text == quote):
        return _PLAIN.get(text, text)
    if kind == "octal":
        return chr(int(text, 8))
    code = int(text, 16) if kind in ("x", "u", "U", "braced") else 0x110000
    if code > 0x10FFFF:
        raise Failure("invalid char escape", position + part.start())
    # Half of a surrogate pair is no character in UTF-8.
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def _unescape_bytes(literal: str, position: int) -> str:
    """The bytes of a ``b"..."`` literal, as characters 0 to 255; ``\\u`` has no meaning there."""
    literal = _NEWLINES.sub("\n", literal)
    parts: list[str] = []
    end = 0
    for part in _ESCAPE.finditer(literal):
        if part.lastgroup in ("u", "U", "braced"):
            raise Failure("invalid char escape", position + part.start())
        parts += _latin(literal[end : part.start()]), _rune(part, literal[0], position)
        end = part.end()
    parts.append(_latin(literal[end:]))
    return "".join(parts)[1:-1]


def _latin(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")
