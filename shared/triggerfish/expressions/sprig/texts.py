"""Go strings are bytes, Python's are characters: the few places where the difference shows.

A byte that is no UTF-8 (``trunc`` may cut a character in two) is a lone surrogate in the text, as Python's
``surrogateescape`` makes them; as JSON it becomes U+FFFD.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from triggerfish.expressions.go.values import SPACES, decode, encode, runes
from triggerfish.expressions.limits import ELEMENTS, exceeded
from triggerfish.expressions.sprig.kinds import NilStrings, Strings

__all__ = [
    "SPACES",
    "category",
    "is_space",
    "lower",
    "lower_rune",
    "octets",
    "quoted",
    "runes",
    "split",
    "text",
    "title_rune",
    "upper",
    "upper_rune",
]

octets, text = encode, decode

_SPACES = frozenset(SPACES)

# Simple case mapping, one character to one: Python's full mapping makes several of these.
_LOWER = {"İ": "i"}


def upper(value: str) -> str:
    """unicode.ToUpper of each rune: ß stays ß."""
    return value.upper() if value.isascii() else "".join(map(upper_rune, value))


def lower(value: str) -> str:
    """unicode.ToLower of each rune: no final sigma."""
    return value.lower() if value.isascii() else "".join(map(lower_rune, value))


def upper_rune(rune: str) -> str:
    """One rune's upper case, one rune."""
    return raised if len(raised := rune.upper()) == 1 else rune


def lower_rune(rune: str) -> str:
    """One rune's lower case, one rune."""
    return _LOWER.get(rune, lowered if len(lowered := rune.lower()) == 1 else rune)


def title_rune(rune: str) -> str:
    """One rune's title case, one rune."""
    return raised if len(raised := rune.title()) == 1 else rune


def is_space(rune: str) -> bool:
    """unicode.IsSpace."""
    return rune in _SPACES


def category(rune: str) -> str:
    """The general category: Lu, Ll, Nd, Po …"""
    return unicodedata.category(rune)


def quoted(value: str) -> str:
    """strconv.Quote: ``%q`` of a string."""
    return '"' + "".join(_escaped(value)) + '"'


_ESCAPES = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_ESCAPES |= {"\\": r"\\", '"': r"\""}


def _escaped(value: str) -> Iterable[str]:
    for rune in value:
        if (escape := _ESCAPES.get(rune)) is not None:
            yield escape
        elif "\udc80" <= rune <= "\udcff":
            yield f"\\x{ord(rune) - 0xDC00:02x}"
        elif rune == " " or category(rune)[0] in "LMNPS":
            yield rune
        elif rune < " " or rune == "\x7f":
            yield f"\\x{ord(rune):02x}"
        elif rune < "\U00010000":
            yield f"\\u{ord(rune):04x}"
        else:
            yield f"\\U{ord(rune):08x}"


def split(separator: str, value: str, count: int) -> Strings:
    """strings.SplitN: an empty separator splits into characters; at most ``count`` parts unless negative."""
    if count == 0:
        return NilStrings()
    parts = value.count(separator) + 1 if separator else len(value)
    if (parts if count < 0 else min(parts, count)) > ELEMENTS:
        raise exceeded(f"{ELEMENTS} elements in one list")
    if separator:
        return Strings(value.split(separator, count - 1 if count > 0 else -1))
    if 0 < count < len(value):
        return Strings([*value[: count - 1], value[count - 1 :]])
    return Strings(value)
