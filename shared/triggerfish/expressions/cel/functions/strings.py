"""cel-go's extension for texts; places count characters, from 0."""

from __future__ import annotations

from triggerfish.expressions.cel.functions.registry import function, whole
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.values import List, Value
from triggerfish.expressions.go.values import decode, encode
from triggerfish.expressions.limits import Failure

_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_QUOTED = str.maketrans({
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v",
    "\\": r"\\", '"': r"\"",
})  # fmt: skip


def _out(place: int) -> Failure:
    return Failure(f"index out of range: {place}")


@function("string.charAt(int) -> string")
def char_at(_run: Account, text: str, place: int) -> str:
    """The character there; the empty text just behind the last."""
    if not 0 <= place <= len(text):
        raise _out(place)
    return text[place : place + 1]


@function("string.indexOf(string) -> int", "string.indexOf(string, int) -> int")
def index_of(_run: Account, text: str, part: str, start: int = 0) -> int:
    """Where the part first is, from a place on, or -1."""
    if start < 0:
        raise _out(start)
    if not part:
        return min(start, len(text))
    return text.find(part, start)


@function("string.lastIndexOf(string) -> int", "string.lastIndexOf(string, int) -> int")
def last_index_of(_run: Account, text: str, part: str, start: int | None = None) -> int:
    """Where the part last is, at the latest at a place, or -1."""
    if start is None:
        return text.rfind(part)
    if start < 0:
        raise _out(start)
    if not part:
        return min(start, len(text))
    return -1 if start >= len(text) else text.rfind(part, 0, start + len(part))


@function("string.substring(int) -> string", "string.substring(int, int) -> string")
def substring(_run: Account, text: str, start: int, end: int | None = None) -> str:
    """The characters from a place on, up to another."""
    stop = len(text) if end is None else end
    if end is not None and start > end:
        raise Failure(f"invalid substring range. start: {start}, end: {end}")
    for place in (start, stop):
        if not 0 <= place <= len(text):
            raise _out(place)
    return text[start:stop]


@function("string.lowerAscii() -> string", "lowerAscii(string) -> string")
def lower_ascii(_run: Account, text: str) -> str:
    """The letters A to Z in lower case."""
    # Bytes change the case of ASCII alone, and are fast at it.
    return decode(encode(text).lower())


@function("string.upperAscii() -> string", "upperAscii(string) -> string")
def upper_ascii(_run: Account, text: str) -> str:
    """The letters a to z in upper case."""
    return decode(encode(text).upper())


@function("string.trim() -> string")
def trim(_run: Account, text: str) -> str:
    """Without the blanks at both ends."""
    return text.strip(_BLANKS)


@function("string.reverse() -> string")
def reverse(_run: Account, text: str) -> str:
    """The characters from the last to the first."""
    return text[::-1]


@function("strings.quote(string) -> string")
def quote(run: Account, text: str) -> str:
    """The text between quotes, as CEL would read it."""
    run.text(2 * len(text))
    return f'"{text.translate(_QUOTED)}"'


@function(
    "string.replace(string, string) -> string",
    "string.replace(string, string, int) -> string",
    "replace(string, string, string) -> string",
    "replace(string, string, string, int) -> string",
)
def replace(run: Account, text: str, old: str, new: str, limit: int = -1) -> str:
    """One text in place of another, at most as often as the limit says."""
    found = text.count(old)
    run.text(len(text) + len(new) * (found if limit < 0 else min(found, limit)))
    return text.replace(old, new, max(limit, -1))


@function(
    "string.split(string) -> list(string)",
    "string.split(string, int) -> list(string)",
    "split(string, string) -> list(string)",
    "split(string, string, int) -> list(string)",
    "string.split(string, double) -> list(string)",
)
def split(run: Account, text: str, separator: str, limit: float = -1) -> Value:
    """The parts between the separators, at most as many as the limit says; of '' the characters."""
    most = whole(limit, "the limit")
    if most == 0:
        return List()
    # Counted before they are made: a million small texts are a hundred megabytes.
    count = text.count(separator) + 1 if separator else len(text)
    run.elements(count if most < 0 else min(count, most))
    if separator:
        parts = text.split(separator, most - 1 if most > 0 else -1)
    elif most < 0 or most >= len(text):
        parts = list(text)
    else:
        parts = [*text[: most - 1], text[most - 1 :]]
    return List(parts)


@function(
    "list(string).join() -> string",
    "list(string).join(string) -> string",
    "join(list(string)) -> string",
    "join(list(string), string) -> string",
)
def join(run: Account, parts: list[Value], separator: str = "") -> str:
    """The texts of a list, one after the other."""
    run.spend(len(parts))
    for part in parts:
        if type(part) is not str:
            raise Failure("join: each item must be a string")
    run.text(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)
