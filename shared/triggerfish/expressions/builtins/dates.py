"""Times, durations and zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triggerfish.expressions.builtins.registry import family as new_family
from triggerfish.expressions.builtins.registry import overloads
from triggerfish.expressions.builtins.strings import text
from triggerfish.expressions.go.layout import DATE_LAYOUTS, parse_time
from triggerfish.expressions.go.time import Duration, Location, Time, load_location, parse_duration
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import DURATION, LOCATION, STRING, TIME, Nature
from triggerfish.expressions.run import Run

family = new_family()


def _now_check(name: str, arguments: Sequence[Nature]) -> Nature:
    if not arguments or (len(arguments) == 1 and arguments[0].kind == "location"):
        return TIME
    raise Failure(f"{name} takes no arguments, or a timezone")


@family("now", _now_check)
def _now(run: Run, zone: Any = None) -> Time:
    time = run.time()
    return time.shown_in(zone) if isinstance(zone, Location) else time


def _date_check(name: str, arguments: Sequence[Nature]) -> Nature:
    if not arguments:
        raise Failure(f"{name} takes at least 1 argument")
    if len(arguments) - (arguments[0].kind == "location") > 3:
        raise Failure(f"{name} takes at most 3 arguments")
    return TIME


@family("date", _date_check)
def _date(run: Run, *arguments: Any) -> Time:
    zone, rest = None, list(arguments)
    if isinstance(rest[0], Location):
        zone = rest.pop(0)
    if not rest:
        raise Failure("date takes a text")
    value = text(rest[0])
    if len(value) > 1000:
        raise Failure(f"invalid date {value[:40]}")
    run.spend(300)
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


@family("timezone", overloads(((STRING,), LOCATION)))
def _timezone(run: Run, name: Any) -> Location:
    run.spend(100)
    return load_location(text(name))


@family("duration", overloads(((STRING,), DURATION)))
def _duration(run: Run, value: Any) -> Duration:
    run.spend(10)
    return parse_duration(text(value))
