"""sprig's regular expressions on RE2, which Go's are; the matching loops are those of Go's regexp package.

Patterns meet text as UTF-8 bytes, so that offsets are Go's and a search can go on from one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.limits import STEPS, Failure
from triggerfish.expressions.patterns import BROUGHT, compile_cost, compiled, groups_cost, search_cost
from triggerfish.expressions.run import PaidRun
from triggerfish.expressions.sprig.kinds import NilStrings, Strings
from triggerfish.expressions.sprig.signature import Family
from triggerfish.expressions.sprig.texts import category, octets, text

family = Family()

_MATCH = 150
"""What finding one match costs, beside what the pattern and the text are large."""


class _Pattern:
    """A pattern of one call. A search pays for the text that is left, a match for what its groups are in."""

    def __init__(self, context: CallContext, source: str, *, groups: bool = True) -> None:
        key = (source, groups)
        known = context.kept.get(key)
        self._run = PaidRun(context)
        if known is None:
            known = compiled(source, BROUGHT, groups=groups)
            # Known texts are compiled once in an evaluation, whatever others have left in the cache.
            self._run.spend(compile_cost(known))
            context.kept[key] = known
        self.regexp, self._context, self._groups = known, context, groups

    def search(self, data: bytes, place: int = 0) -> Any:
        """The next match from there, or None."""
        left = len(data) - place
        self._context.spend(_MATCH)
        self._run.spend(search_cost(self.regexp, left, BROUGHT))
        if self._groups and (most := groups_cost(self.regexp, left)) > STEPS:
            self._run.spend(most)
        match = self.regexp.search(data, place)
        if match is not None and self._groups:
            self._run.spend(groups_cost(self.regexp, match.end() - match.start()))
        return match


def _width(data: bytes, place: int) -> int:
    """Return how many bytes the character at ``place`` has; 1 for a byte that starts none, 0 at the end."""
    if place >= len(data):
        return 0
    lead = data[place]
    width = 1 if lead < 0xC2 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4 if lead < 0xF5 else 1
    try:
        data[place : place + width].decode()
    except UnicodeDecodeError:
        return 1
    return width


def _matches(context: CallContext, pattern: str, data: bytes, limit: int) -> Iterator[Any]:
    """Matches from the left, none empty right after another; at most ``limit``, all when it is negative."""
    expression, place, found, previous_end = _Pattern(context, pattern), 0, 0, -1
    while place <= len(data) and found != limit:
        match = expression.search(data, place)
        if match is None:
            return
        start, end = match.span()
        adjacent = end == place and start == previous_end
        place = end if end != place else place + (_width(data, place) or 1)
        previous_end = end
        if not adjacent:
            found += 1
            yield match


@family("regexMatch", "string", "string", contextual=True)
def _regex_match(context: CallContext, pattern: str, value: str) -> bool:
    try:
        return _found(context, pattern, value)
    except Failure:
        return False


@family("mustRegexMatch", "string", "string", contextual=True)
def _must_regex_match(context: CallContext, pattern: str, value: str) -> bool:
    return _found(context, pattern, value)


def _found(context: CallContext, pattern: str, value: str) -> bool:
    return _Pattern(context, pattern, groups=False).search(octets(value)) is not None


@family("regexFind mustRegexFind", "string", "string", contextual=True)
def _regex_find(context: CallContext, pattern: str, value: str) -> str:
    match = _Pattern(context, pattern, groups=False).search(octets(value))
    return "" if match is None else text(match.group())


@family("regexFindAll mustRegexFindAll", "string", "string", "int", contextual=True)
def _regex_find_all(context: CallContext, pattern: str, value: str, count: int) -> Strings:
    found = [text(match.group()) for match in _matches(context, pattern, octets(value), count)]
    return Strings(found) if found else NilStrings()


@family("regexSplit mustRegexSplit", "string", "string", "int", contextual=True)
def _regex_split(context: CallContext, pattern: str, value: str, count: int) -> Strings:
    _Pattern(context, pattern)  # a broken pattern is an error even where nothing is split
    if count == 0:
        return NilStrings()
    if pattern and not value:
        return Strings([""])
    data, parts, begin, end = octets(value), Strings(), 0, 0
    for match in _matches(context, pattern, data, count):
        if count > 0 and len(parts) == count - 1:
            break
        end = match.start()
        if match.end() != 0:
            parts.append(text(data[begin:end]))
        begin = match.end()
    if end != len(data):
        parts.append(text(data[begin:]))
    return parts


@family("regexReplaceAll mustRegexReplaceAll", "string", "string", "string", contextual=True)
def _regex_replace_all(context: CallContext, pattern: str, value: str, replacement: str) -> str:
    names = {
        text(name) if isinstance(name, bytes) else name: index
        for name, index in _Pattern(context, pattern).regexp.groupindex.items()
    }
    pieces = list(_template(replacement, names))

    def expanded(match: Any) -> bytes:
        last = match.re.groups if hasattr(match, "re") else len(match.groups())
        return b"".join(
            piece if isinstance(piece, bytes) else (match.group(piece) or b"") if piece <= last else b""
            for piece in pieces
        )

    return _replaced(context, pattern, octets(value), expanded)


@family("regexReplaceAllLiteral mustRegexReplaceAllLiteral", "string", "string", "string", contextual=True)
def _regex_replace_all_literal(context: CallContext, pattern: str, value: str, replacement: str) -> str:
    literal = octets(replacement)
    return _replaced(context, pattern, octets(value), lambda _: literal)


def _replaced(context: CallContext, pattern: str, data: bytes, replace: Callable[[Any], bytes]) -> str:
    expression, out, last_end, place = _Pattern(context, pattern), [], 0, 0
    while place <= len(data):
        match = expression.search(data, place)
        if match is None:
            break
        start, end = match.span()
        out.append(data[last_end:start])
        # Not for an empty match right after another: that would replace twice.
        if end > last_end or start == 0:
            out.append(replacement := replace(match))
            context.spend(len(replacement))
        last_end = end
        place = max(end, place + (_width(data, place) or 1))
    return text(b"".join([*out, data[last_end:]]))


def _template(replacement: str, names: dict[str, int]) -> Iterator[bytes | int]:
    """The literal pieces and group numbers of ``$1``, ``${name}``; ``$$`` is a dollar, so is a lone ``$``."""
    before, *parts = replacement.split("$")
    yield octets(before)
    position = 0
    while position < len(parts):
        part = parts[position]
        position += 1
        if not part and position < len(parts):
            yield octets("$" + parts[position])
            position += 1
            continue
        braced = part.startswith("{")
        body = part[braced:]
        length = next((at for at, rune in enumerate(body) if not _names(rune)), len(body))
        name = body[:length]
        if not name or (braced and body[length : length + 1] != "}"):
            yield octets("$" + part)
            continue
        if name.isascii() and name.isdigit() and len(name) < 9 and (name == "0" or name[0] != "0"):
            yield int(name)
        elif name in names:
            yield names[name]
        yield octets(body[length + braced :])


def _names(rune: str) -> bool:
    return rune == "_" or category(rune)[0] == "L" or category(rune) == "Nd"
