"""Times, durations and zones."""

from __future__ import annotations

from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.builtins.strings import text
from triggerfish.expressions.go.duration import Duration, parse_duration
from triggerfish.expressions.go.time import Location, Time, load_location
from triggerfish.expressions.go.time_parsing import DATE_LAYOUTS, parse_time
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

family = Implementations()


@family("now")
def _now(run: ExpressionRun, zone: Any = None) -> Time:
    if run.now is None:
        raise Failure("now() has no answer here: this evaluation was given no time (now=...)")
    time = Time.of(run.now)
    return time.shown_in(zone) if isinstance(zone, Location) else time


@family("date")
def _date(run: ExpressionRun, *arguments: Any) -> Time:
    zone, rest = None, list(arguments)
    if isinstance(rest[0], Location):
        zone = rest.pop(0)
    if not rest:
        raise Failure("date takes a text")
    value = text(rest[0])
    if len(value) > 1000:
        raise Failure(f"invalid date {value[:40]}")
    if len(rest) == 3:
        return parse_time(text(rest[1]), value, load_location(text(rest[2])))
    if len(rest) == 2:
        return parse_time(text(rest[1]), value, zone)
    for form in DATE_LAYOUTS:
        try:
            return parse_time(form, value, zone)
        except Failure:
            continue
    raise Failure(f"invalid date {value[:40]}")


@family("timezone")
def _timezone(run: ExpressionRun, name: Any) -> Location:
    return load_location(text(name))


@family("duration")
def _duration(run: ExpressionRun, value: Any) -> Duration:
    return parse_duration(text(value))
