"""sprig's dates, on Go's layouts. The clock is the evaluation's ``now``; ``Local`` is UTC."""

from __future__ import annotations

from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.duration import SECOND, Duration, parse_duration
from triggerfish.expressions.go.layout import layout
from triggerfish.expressions.go.strconv import parse_int
from triggerfish.expressions.go.time import UTC_ZONE, Location, Time, load_location
from triggerfish.expressions.go.time_parsing import parse_time
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.sprig.kinds import Int64, Value, int64
from triggerfish.expressions.sprig.signature import ZERO_TIME, Family

family = Family()

_TEXT_LIMIT = 200


def _now(context: CallContext) -> Time:
    return Time.of(context.time())


def _moment(context: CallContext, value: Value) -> Time:
    """A time, or seconds since 1970; now for anything else, a payload's float64 among it."""
    if isinstance(value, Time):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Time(int(value))
    return _now(context)


def _written(moment: Time, form: str, zone: str) -> str:
    if len(form) > _TEXT_LIMIT:
        raise ValueError(f"a layout has at most {_TEXT_LIMIT} characters")
    return layout(moment.shown_in(_zone(zone)), form)


def _zone(name: str) -> Location:
    if name == "Local":
        return UTC_ZONE
    try:
        return load_location(name)
    except Failure:
        return UTC_ZONE


@family("now", contextual=True)
def _now_(context: CallContext) -> Time:
    return _now(context)


@family("date", "string", "any", contextual=True)
def _date(context: CallContext, form: str, value: Value) -> str:
    return _written(_moment(context, value), form, "Local")


@family("dateInZone date_in_zone", "string", "any", "string", contextual=True)
def _date_in_zone(context: CallContext, form: str, value: Value, zone: str) -> str:
    return _written(_moment(context, value), form, zone)


@family("htmlDate", "any", contextual=True)
def _html_date(context: CallContext, value: Value) -> str:
    return _written(_moment(context, value), "2006-01-02", "Local")


@family("htmlDateInZone", "any", "string", contextual=True)
def _html_date_in_zone(context: CallContext, value: Value, zone: str) -> str:
    return _written(_moment(context, value), "2006-01-02", zone)


@family("dateModify date_modify", "string", "time")
def _date_modify(change: str, moment: Time) -> Time:
    try:
        return moment.plus(parse_duration(change).nanoseconds)
    except Failure:
        return moment


@family("mustDateModify must_date_modify", "string", "time")
def _must_date_modify(change: str, moment: Time) -> Time:
    return moment.plus(parse_duration(change).nanoseconds)


@family("toDate", "string", "string")
def _to_date(form: str, text: str) -> Time:
    try:
        return _parsed(form, text)
    except Failure:
        return ZERO_TIME


@family("mustToDate", "string", "string")
def _must_to_date(form: str, text: str) -> Time:
    return _parsed(form, text)


def _parsed(form: str, text: str) -> Time:
    if max(len(form), len(text)) > _TEXT_LIMIT:
        raise Failure(f"a layout and a date have at most {_TEXT_LIMIT} characters")
    return parse_time(form, text, UTC_ZONE)


@family("unixEpoch", "time")
def _unix_epoch(moment: Time) -> str:
    return str(moment.seconds)


@family("ago", "any", contextual=True)
def _ago(context: CallContext, value: Value) -> str:
    moment = value if isinstance(value, Time) else _moment(context, value)
    span = _now(context).minus(moment).nanoseconds
    # Half a second goes away from zero.
    seconds = (abs(span) + SECOND // 2) // SECOND
    return str(Duration((-seconds if span < 0 else seconds) * SECOND))


@family("duration", "any")
def _duration(value: Value) -> str:
    """Seconds as a duration: of a text or an int64; an int or a float64 gives 0s, as in sprig."""
    if isinstance(value, str):
        seconds = parse_int(value, base=10) or 0
    else:
        seconds = int(value) if isinstance(value, Int64) else 0
    return str(Duration(int(int64(seconds * SECOND))))


_ROUNDED = (("y", 365 * 86_400), ("mo", 30 * 86_400), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


@family("durationRound", "any", contextual=True)
def _duration_round(context: CallContext, value: Value) -> str:
    """The largest unit alone: ``2h10m5s`` is ``2h``."""
    span = abs(_span(context, value))
    for unit, seconds in _ROUNDED:
        if span > seconds * SECOND:
            return f"{span // (seconds * SECOND)}{unit}"
    return "0s"


def _span(context: CallContext, value: Value) -> int:
    if isinstance(value, str):
        try:
            return parse_duration(value).nanoseconds
        except Failure:
            return 0
    if isinstance(value, Time):
        return _now(context).minus(value).nanoseconds
    return int(value) if isinstance(value, Int64) else 0
