"""sprig's strings: parts, trimming, searching, joining. Widths and places count bytes, as in Go."""

from __future__ import annotations

import re
from typing import Any

from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.strconv import parse_int
from triggerfish.expressions.sprig.kinds import StringMap, Strings, Value
from triggerfish.expressions.sprig.printing import sprint, strval
from triggerfish.expressions.sprig.signature import Family
from triggerfish.expressions.sprig.texts import SPACES, is_space, octets, quoted, runes, split, text

family = Family()

_QUOTED = 8
"""What a character costs that is looked at to be quoted."""


@family("hello")
def _hello() -> str:
    return "Hello!"


@family("trim", "string")
def _trim(value: str) -> str:
    return value.strip(SPACES)


@family("trimAll trimall", "string", "string")
def _trim_all(cutset: str, value: str) -> str:
    return value.strip(cutset) if cutset else value


@family("trimSuffix", "string", "string")
def _trim_suffix(suffix: str, value: str) -> str:
    return value.removesuffix(suffix)


@family("trimPrefix", "string", "string")
def _trim_prefix(prefix: str, value: str) -> str:
    return value.removeprefix(prefix)


@family("trunc", "int", "string")
def _trunc(count: int, value: str) -> str:
    data = octets(value)
    if count < 0:
        return text(data[count:]) if len(data) + count > 0 else value
    return text(data[:count]) if len(data) > count else value


@family("substr", "int", "int", "string")
def _substr(start: int, end: int, value: str) -> str:
    data = octets(value)
    if start < 0:
        start = 0
    elif end < 0 or end > len(data):
        end = len(data)
    if not 0 <= start <= end <= len(data):
        raise ValueError(f"slice bounds out of range [{start}:{end}]")
    return text(data[start:end])


@family("repeat", "int", "string", contextual=True)
def _repeat(context: CallContext, count: int, value: str) -> str:
    if count < 0:
        raise ValueError("negative repeat count")
    context.spend(count * len(value))
    return value * count


@family("nospace", "string")
def _nospace(value: str) -> str:
    return _of_bytes(value, "".join(c for c in _latin(value) if not is_space(c)))


@family("initials", "string")
def _initials(value: str) -> str:
    out, gap = [], True
    for char in _latin(value):
        if is_space(char):
            gap = True
        elif gap:
            out.append(char)
            gap = False
    return "".join(out)


def _latin(value: str) -> str:
    """Each byte as a rune, as the library behind sprig walks a string."""
    return octets(value).decode("latin-1")


def _of_bytes(value: str, walked: str) -> str:
    # Nothing was removed: the library hands back the string it was given.
    return value if len(walked) == len(octets(value)) else walked


@family("contains", "string", "string")
def _contains(part: str, value: str) -> bool:
    return part in value


@family("hasPrefix", "string", "string")
def _has_prefix(prefix: str, value: str) -> bool:
    return value.startswith(prefix)


@family("hasSuffix", "string", "string")
def _has_suffix(suffix: str, value: str) -> bool:
    return value.endswith(suffix)


@family("quote", rest="any", contextual=True)
def _quote(context: CallContext, *values: Value) -> str:
    texts = [strval(context, value) for value in values if value is not None]
    context.spend(_QUOTED * sum(map(len, texts)))
    return " ".join(map(quoted, texts))


@family("squote", rest="any", contextual=True)
def _squote(context: CallContext, *values: Value) -> str:
    return " ".join(f"'{sprint(context, value)}'" for value in values if value is not None)


@family("cat", rest="any", contextual=True)
def _cat(context: CallContext, *values: Value) -> str:
    return " ".join(sprint(context, value) for value in values if value is not None)


@family("indent", "int", "string", contextual=True)
def _indent(context: CallContext, spaces: int, value: str) -> str:
    if spaces < 0:
        raise ValueError("negative repeat count")
    context.spend(spaces * (value.count("\n") + 1) + len(value))
    pad = " " * spaces
    return pad + value.replace("\n", "\n" + pad)


@family("nindent", "int", "string", contextual=True)
def _nindent(context: CallContext, spaces: int, value: str) -> str:
    indented: str = _indent(context, spaces, value)
    return "\n" + indented


@family("replace", "string", "string", "string", contextual=True)
def _replace(context: CallContext, old: str, new: str, value: str) -> str:
    context.spend(len(value) + value.count(old) * len(new))
    return value.replace(old, new)


@family("plural", "string", "string", "int")
def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@family("toString", "any", contextual=True)
def _to_string(context: CallContext, value: Value) -> str:
    return strval(context, value)


@family("atoi", "string")
def _atoi(value: str) -> int:
    number = parse_int(value, base=10)
    if number is None and re.fullmatch(r"[+-]?[0-9]+", value):
        # Out of range: Go hands back the nearest number beside the error that sprig drops.
        return -(2**63) if value.startswith("-") else 2**63 - 1
    return number or 0


def to_strings(context: CallContext, value: Value) -> Strings:
    """sprig's strslice: each item's text without the nils; one value alone becomes a list of one."""
    if isinstance(value, list):
        return Strings(strval(context, item) for item in value if item is not None)
    return Strings([] if value is None else [strval(context, value)])


@family("toStrings", "any", contextual=True)
def _to_strings(context: CallContext, value: Value) -> Strings:
    return to_strings(context, value)


@family("join", "string", "any", contextual=True)
def _join(context: CallContext, separator: str, value: Value) -> str:
    parts = to_strings(context, value)
    context.spend(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


@family("splitList", "string", "string")
def _split_list(separator: str, value: str) -> Strings:
    return split(separator, value, -1)


@family("split", "string", "string")
def _split(separator: str, value: str) -> StringMap:
    return _numbered(split(separator, value, -1))


@family("splitn", "string", "int", "string")
def _splitn(separator: str, count: int, value: str) -> StringMap:
    return _numbered(split(separator, value, count))


def _numbered(parts: list[Any]) -> StringMap:
    return StringMap((f"_{place}", part) for place, part in enumerate(parts))


@family("sortAlpha", "any", contextual=True)
def _sort_alpha(context: CallContext, value: Value) -> Strings:
    if isinstance(value, list):
        return Strings(sorted(to_strings(context, value), key=octets))
    return Strings([strval(context, value)])


@family("regexQuoteMeta", "string")
def _regex_quote_meta(value: str) -> str:
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", value)


@family("abbrev", "int", "string")
def _abbrev(width: int, value: str) -> str:
    return value if width < 4 else text(_abbreviated(octets(value), 0, width))


@family("abbrevboth", "int", "int", "string")
def _abbrevboth(left: int, right: int, value: str) -> str:
    if right < 4 or (left > 0 and right < 7):
        return value
    return text(_abbreviated(octets(value), left, right))


def _abbreviated(data: bytes, offset: int, width: int) -> bytes:
    if len(data) <= width:
        return data
    room = width - 3
    offset = min(offset, len(data))
    if len(data) - offset < room:
        offset = len(data) - room
    if offset <= 4:
        return data[:room] + b"..."
    if width < 7:
        return b""
    if offset + room < len(data):
        return b"..." + (_abbreviated(data[offset:], 0, room) if room >= 4 else b"")
    return b"..." + data[-room:]


@family("wrap", "int", "string", contextual=True)
def _wrap(context: CallContext, width: int, value: str) -> str:
    return _wrapped(context, octets(value), width, b"\n", break_words=False)


@family("wrapWith", "int", "string", "string", contextual=True)
def _wrap_with(context: CallContext, width: int, separator: str, value: str) -> str:
    return _wrapped(context, octets(value), width, octets(separator) or b"\n", break_words=True)


def _wrapped(context: CallContext, data: bytes, width: int, newline: bytes, *, break_words: bool) -> str:
    width = max(width, 1)
    context.spend(len(data) + (len(data) // width + 1) * len(newline))
    out, offset = [], 0
    while len(data) - offset > width:
        if data[offset : offset + 1] == b" ":
            offset += 1
            continue
        end = offset + width
        space = data.rfind(b" ", offset, end + 1)
        if space < 0 and not break_words:
            space = data.find(b" ", end)
            if space < 0:
                break
        line_end = end if space < 0 else space
        out += [data[offset:line_end], newline]
        offset = line_end if space < 0 else line_end + 1
    return text(b"".join([*out, data[offset:]]))


@family("shuffle", "string", contextual=True)
def _shuffle(context: CallContext, value: str) -> str:
    letters = list(runes(value))
    context.spend(len(letters))
    for place in range(len(letters) - 1, 0, -1):
        other = context.below(place + 1)
        letters[place], letters[other] = letters[other], letters[place]
    return "".join(letters)
