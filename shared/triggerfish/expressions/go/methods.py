"""The methods of Go's Time, Duration, Month, Weekday and Location that an expression may call.

A table and nothing else: what is not in it cannot be reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from triggerfish.expressions import natures as types
from triggerfish.expressions.go.calendar import Month, Weekday, days_from_civil
from triggerfish.expressions.go.duration import SECOND, Duration
from triggerfish.expressions.go.layout import RFC3339_NANO, layout
from triggerfish.expressions.go.time import UTC_ZONE, Location, Time, make_time
from triggerfish.expressions.go.values import Method, exactly_whole, type_name, wrap
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import Nature
from triggerfish.expressions.run import ExpressionRun


@dataclass(frozen=True, slots=True)
class Definition:
    """A method: the natures of its parameters and its result, what it does to a receiver, and its cost.

    ``cost`` is in steps; a text that is an argument, such as a layout, costs two a character besides.
    """

    name: str
    parameters: tuple[Nature, ...]
    result: Nature
    body: Callable[..., Any]
    cost: int = 10

    def call(self, run: ExpressionRun, receiver: Any, *arguments: Any) -> Any:
        """Check the arguments, then do it."""
        if len(arguments) != len(self.parameters):
            raise Failure(
                f"invalid number of arguments: expected {len(self.parameters)}, got {len(arguments)}"
            )
        checked = [
            _argument(self.name, parameter, argument)
            for parameter, argument in zip(self.parameters, arguments, strict=True)
        ]
        run.spend(self.cost + 2 * sum([len(argument) for argument in checked if isinstance(argument, str)]))
        result = self.body(receiver, *checked)
        if isinstance(result, str):
            run.text(len(result))
        return result


_CLASSES: dict[str, type] = {"time": Time, "duration": Duration, "location": Location, "string": str}
_ZEROS: dict[str, Any] = {"duration": Duration(0), "string": "", "int": 0, "month": Month(0)}
_ZEROS["time"] = Time(-62_135_596_800)


def _argument(name: str, parameter: Nature, value: Any) -> Any:
    """The argument as the method takes it: nil is a zero value, as reflection makes it."""
    if value is None and parameter.kind in _ZEROS:
        return _ZEROS[parameter.kind]
    if parameter.kind == "int":
        return exactly_whole(value, name)
    if isinstance(value, _CLASSES[parameter.kind]):
        return value
    raise Failure(f"cannot use {type_name(value)} as argument (type {parameter.name}) to call {name}")


def _table(*definitions: Definition) -> dict[str, Definition]:
    return {definition.name: definition for definition in definitions}


def _iso_year(time: Time) -> int:
    """The first of what ISOWeek answers: the year its week belongs to."""
    wall = time.wall()
    thursday = days_from_civil(wall.year, wall.month, wall.day) + 3 - (wall.weekday - 1) % 7
    return Time(thursday * 86_400).wall().year


def _add_date(time: Time, years: int, months: int, days: int) -> Time:
    if max(abs(years), abs(months), abs(days)) > 1_000_000:
        raise Failure("AddDate takes no more than a million")
    w = time.wall()
    clock = w.hour * 3600 + w.minute * 60 + w.second
    return make_time(w.year + years, w.month + months, w.day + days, clock, time.nanosecond, time.location)


def _since_year_one(time: Time) -> int:
    return time.total + 62_135_596_800 * SECOND


def _truncate(time: Time, step: Duration) -> Time:
    if step.nanoseconds <= 0:
        return time
    return time.plus(-(_since_year_one(time) % step.nanoseconds))


def _round(time: Time, step: Duration) -> Time:
    if step.nanoseconds <= 0:
        return time
    rest = _since_year_one(time) % step.nanoseconds
    return time.plus(-rest if rest * 2 < step.nanoseconds else step.nanoseconds - rest)


def _round_span(span: Duration, step: Duration) -> Duration:
    if step.nanoseconds <= 0:
        return span
    size = abs(span.nanoseconds)
    rest = size % step.nanoseconds
    size += -rest if rest * 2 < step.nanoseconds else step.nanoseconds - rest
    size = -size if span.nanoseconds < 0 else size
    return Duration(max(-(1 << 63), min((1 << 63) - 1, size)))


def _truncate_span(span: Duration, step: Duration) -> Duration:
    if step.nanoseconds <= 0:
        return span
    size = abs(span.nanoseconds)
    size -= size % step.nanoseconds
    return Duration(-size if span.nanoseconds < 0 else size)


def _units(unit: int) -> Callable[[Duration], float]:
    def units(span: Duration) -> float:
        size, sign = abs(span.nanoseconds), -1.0 if span.nanoseconds < 0 else 1.0
        return sign * (float(size // unit) + float(size % unit) / unit)

    return units


def _floor_to_zero(span: Duration, unit: int) -> int:
    size = abs(span.nanoseconds) // unit
    return -size if span.nanoseconds < 0 else size


def _marshal(time: Time) -> bytes:
    return f'"{layout(time, RFC3339_NANO)}"'.encode()


_D = Definition

#: What it costs to take a time apart, and to write it.
_WALL, _TEXT = 30, 60

TIME = _table(
    _D("Add", (types.DURATION,), types.TIME, lambda t, d: t.plus(d.nanoseconds)),
    _D("AddDate", (types.INT, types.INT, types.INT), types.TIME, _add_date, _WALL),
    _D("After", (types.TIME,), types.BOOL, lambda t, u: t.total > u.total),
    _D("Before", (types.TIME,), types.BOOL, lambda t, u: t.total < u.total),
    _D("Compare", (types.TIME,), types.INT, lambda t, u: (t.total > u.total) - (t.total < u.total)),
    _D("Day", (), types.INT, lambda t: t.wall().day, _WALL),
    _D("Equal", (types.TIME,), types.BOOL, lambda t, u: t.total == u.total),
    _D("Format", (types.STRING,), types.STRING, layout, _TEXT),
    _D("Hour", (), types.INT, lambda t: t.wall().hour, _WALL),
    _D("ISOWeek", (), types.INT, _iso_year, _TEXT),
    _D("In", (types.LOCATION,), types.TIME, lambda t, zone: t.shown_in(zone)),
    _D("IsDST", (), types.BOOL, lambda t: t.zone[2]),
    _D("IsZero", (), types.BOOL, lambda t: _since_year_one(t) == 0),
    _D("Local", (), types.TIME, lambda t: t.shown_in(UTC_ZONE)),
    _D("Location", (), types.LOCATION, lambda t: t.location),
    _D("MarshalJSON", (), types.BYTES, _marshal, _TEXT),
    _D("MarshalText", (), types.BYTES, lambda t: layout(t, RFC3339_NANO).encode(), _TEXT),
    _D("Minute", (), types.INT, lambda t: t.wall().minute, _WALL),
    _D("Month", (), types.MONTH, lambda t: Month(t.wall().month), _WALL),
    _D("Nanosecond", (), types.INT, lambda t: t.nanosecond),
    _D("Round", (types.DURATION,), types.TIME, _round),
    _D("Second", (), types.INT, lambda t: t.wall().second, _WALL),
    _D("String", (), types.STRING, str, _TEXT),
    _D("Sub", (types.TIME,), types.DURATION, lambda t, u: t.minus(u)),
    _D("Truncate", (types.DURATION,), types.TIME, _truncate),
    _D("UTC", (), types.TIME, lambda t: t.shown_in(UTC_ZONE)),
    _D("Unix", (), types.INT64, lambda t: t.seconds),
    _D("UnixMicro", (), types.INT64, lambda t: wrap(t.total // 1_000)),
    _D("UnixMilli", (), types.INT64, lambda t: wrap(t.total // 1_000_000)),
    _D("UnixNano", (), types.INT64, lambda t: wrap(t.total)),
    _D("Weekday", (), types.WEEKDAY, lambda t: Weekday(t.wall().weekday), _WALL),
    _D("Year", (), types.INT, lambda t: t.wall().year, _WALL),
    _D("YearDay", (), types.INT, lambda t: t.wall().yearday, _WALL),
    _D("Zone", (), types.STRING, lambda t: t.zone[1]),
)


DURATION = _table(
    _D("Abs", (), types.DURATION, lambda d: Duration(min(abs(d.nanoseconds), (1 << 63) - 1))),
    _D("Hours", (), types.FLOAT, _units(3600 * SECOND)),
    _D("Microseconds", (), types.INT64, lambda d: _floor_to_zero(d, 1_000)),
    _D("Milliseconds", (), types.INT64, lambda d: _floor_to_zero(d, 1_000_000)),
    _D("Minutes", (), types.FLOAT, _units(60 * SECOND)),
    _D("Nanoseconds", (), types.INT64, lambda d: d.nanoseconds),
    _D("Round", (types.DURATION,), types.DURATION, _round_span),
    _D("Seconds", (), types.FLOAT, _units(SECOND)),
    _D("String", (), types.STRING, str),
    _D("Truncate", (types.DURATION,), types.DURATION, _truncate_span),
)
STRING = _table(_D("String", (), types.STRING, str))

METHODS: dict[str, dict[str, Definition]] = {
    "time": TIME,
    "duration": DURATION,
    "month": STRING,
    "weekday": STRING,
    "location": STRING,
}
_KINDS: dict[type, str] = {
    Time: "time",
    Duration: "duration",
    Month: "month",
    Weekday: "weekday",
    Location: "location",
}


def add_methods(class_: type, kind: str, *definitions: Definition) -> None:
    """Methods of another class of values; ``kind`` is that of the natures which name it as a parameter."""
    _KINDS[class_], _CLASSES[kind], METHODS[kind] = kind, class_, _table(*definitions)


def method_of(value: Any, name: str) -> Method | None:
    """The method of that name, bound to the value, or None."""
    kind = _KINDS.get(type(value))
    definition = METHODS[kind].get(name) if kind else None
    return None if definition is None else Method(name, definition.call, value)
