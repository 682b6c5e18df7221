"""The functions of CEL's standard library besides the conversions."""

from __future__ import annotations

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.times import SECOND, CelDuration, Timestamp
from triggerfish.expressions.cel.values import TYPES, Type, Value, kind
from triggerfish.expressions.go.calendar import civil
from triggerfish.expressions.go.values import encode
from triggerfish.expressions.patterns import BROUGHT, LITERAL, compile_cost, compiled, search_cost


@function(
    *(f"{kind}.size() -> int" for kind in ("string", "bytes", "list", "map")),
    *(f"size({kind}) -> int" for kind in ("string", "bytes", "list", "map")),
)
def size(_run: Account, value: Value) -> int:
    """The number of characters, bytes, elements or pairs."""
    return len(value)


@function("string.contains(string) -> bool")
def contains(_run: Account, text: str, part: str) -> bool:
    """Whether the part is in the text."""
    return part in text


@function("string.startsWith(string) -> bool")
def starts_with(_run: Account, text: str, part: str) -> bool:
    """Whether the text begins with the part."""
    return text.startswith(part)


@function("string.endsWith(string) -> bool")
def ends_with(_run: Account, text: str, part: str) -> bool:
    """Whether the text ends with the part."""
    return text.endswith(part)


@function("string.matches(string) -> bool", "matches(string, string) -> bool")
def matches(run: Account, text: str, pattern: str) -> bool:
    """Whether the RE2 pattern is found in the text."""
    brought = compiled(pattern, BROUGHT, groups=False)
    run.spend(compile_cost(brought))
    return _found(run, text, brought, BROUGHT)


def matches_literal(run: Account, text: str, pattern: object) -> bool:
    """``matches`` with a pattern that the expression has as a literal."""
    return _found(run, text, pattern, LITERAL)


def _found(run: Account, text: str, pattern: object, memory: int) -> bool:
    data = encode(text)
    run.spend(search_cost(pattern, len(data), memory))
    return pattern.search(data) is not None  # type: ignore[attr-defined]


@function("type(dyn) -> type")
def type_(_run: Account, value: Value) -> Type:
    """The type of the value."""
    return TYPES[kind(value)]


@function("dyn(A) -> dyn")
def dyn(_run: Account, value: Value) -> Value:
    """The value itself, of no type that is known before it is evaluated."""
    return value


# --- parts of timestamps and durations ----------------------------------------------------------------------


def _getter(name: str) -> tuple[str, str]:
    return f"timestamp.{name}() -> int", f"timestamp.{name}(string) -> int"


def _date(moment: Timestamp, zone: str | None) -> tuple[int, int, int, int]:
    return civil(moment.wall(zone)[0])


@function(*_getter("getFullYear"))
def full_year(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The year."""
    return _date(moment, zone)[0]


@function(*_getter("getMonth"))
def month(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The month, from 0."""
    return _date(moment, zone)[1] - 1


@function(*_getter("getDate"))
def date(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The day of the month, from 1."""
    return _date(moment, zone)[2]


@function(*_getter("getDayOfMonth"))
def day_of_month(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The day of the month, from 0."""
    return _date(moment, zone)[2] - 1


@function(*_getter("getDayOfYear"))
def day_of_year(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The day of the year, from 0."""
    return _date(moment, zone)[3] - 1


@function(*_getter("getDayOfWeek"))
def day_of_week(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The day of the week; 0 is Sunday."""
    return (moment.wall(zone)[0] + 4) % 7


@function(*_getter("getHours"))
def hours(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The hour."""
    return moment.wall(zone)[1] // 3600


@function(*_getter("getMinutes"))
def minutes(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The minute."""
    return moment.wall(zone)[1] // 60 % 60


@function(*_getter("getSeconds"))
def seconds(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The second."""
    return moment.wall(zone)[1] % 60


@function(*_getter("getMilliseconds"))
def milliseconds(_run: Account, moment: Timestamp, zone: str | None = None) -> int:
    """The milliseconds of the second."""
    return moment.wall(zone)[2] // 1_000_000


def _in(span: CelDuration, unit: int) -> int:
    """How often the unit is in the span, towards zero."""
    count = abs(span.nanoseconds) // unit
    return -count if span.nanoseconds < 0 else count


@function("duration.getHours() -> int")
def span_hours(_run: Account, span: CelDuration) -> int:
    """The whole span in hours."""
    return _in(span, 3600 * SECOND)


@function("duration.getMinutes() -> int")
def span_minutes(_run: Account, span: CelDuration) -> int:
    """The whole span in minutes."""
    return _in(span, 60 * SECOND)


@function("duration.getSeconds() -> int")
def span_seconds(_run: Account, span: CelDuration) -> int:
    """The whole span in seconds."""
    return _in(span, SECOND)


@function("duration.getMilliseconds() -> int")
def span_milliseconds(_run: Account, span: CelDuration) -> int:
    """The whole span in milliseconds."""
    return _in(span, 1_000_000)
