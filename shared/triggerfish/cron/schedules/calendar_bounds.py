"""What a calendar may cost: its size, how often its events repeat, and how many there are.

A rule of three words can stand for a million events, and the libraries that read calendars go through all of
them from the first. So a calendar is looked at as text before they see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from triggerfish.errors import ScheduleError

MOST_BYTES = 64 << 10
MOST_OCCURRENCES = 5_000
#: The years around now whose events are counted.
_YEARS = 3
_FIRST_YEAR = 1900
_FOLDED = re.compile(r"\r?\n[ \t]")
_YEAR = re.compile(r"([0-9]{4})[0-9]{4}", re.ASCII)
#: What is read at once, in the process that asks.
_CHEAP_CHARACTERS, _CHEAP_OCCURRENCES, _CHEAP_YEARS = 4096, 100, 20
_PLAIN_RULE = re.compile(
    r"[0-9TZ]+|(?:(?:FREQ=(?:YEARLY|MONTHLY|WEEKLY)|INTERVAL=[1-9]|COUNT=[0-9]{1,3}|UNTIL=[0-9TZ]+|WKST=[A-Z]{2}"
    r"|BYMONTH=[0-9]{1,2}|BYMONTHDAY=(?:[1-9]|1[0-9]|2[0-8]))(?:;|$))+",
    re.ASCII,
)
#: How often a rule repeats in a year, at its interval of one.
_PER_YEAR = {"DAILY": 366, "WEEKLY": 53, "MONTHLY": 12, "YEARLY": 1}
#: Parts that may rule out every day there is: a search for the next one would go on for eight thousand years.
_RARE = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")


def check(text: str) -> None:
    """Raise ``ScheduleError`` that names the bound which the calendar's text exceeds."""
    size = len(text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise ScheduleError(
            f"the calendar has {size} bytes; it may have no more than {MOST_BYTES >> 10} KiB: leave out past"
            " events, or split it into several ConfigMaps"
        )
    occurrences = 0
    for name, value in _lines(text):
        if name == "BEGIN" and value.upper() == "VEVENT":
            occurrences += 1
        elif name in ("RDATE", "EXDATE"):
            occurrences += value.count(",") + 1
        elif name in ("RRULE", "EXRULE"):
            occurrences += _of_rule(value)
        elif name == "DTSTART" and (year := _YEAR.match(value)) and int(year[1]) < _FIRST_YEAR:
            raise ScheduleError(
                f"an event of the calendar begins in {year[1]}, before {_FIRST_YEAR};"
                " leave it out, or begin it later"
            )
        if occurrences > MOST_OCCURRENCES:
            raise too_many()


def is_cheap(text: str, year: int) -> bool:
    """Whether reading it takes no more than some milliseconds: it is short, its rules are few and plain.

    ``check`` has passed. A rule that meets nothing is searched through for thousands of years, so only those
    count as plain that meet something in each of their periods, and have begun around ``year``.
    """
    if len(text) > _CHEAP_CHARACTERS:
        return False
    occurrences = 0
    for name, value in _lines(text):
        if name == "BEGIN" and value.upper() == "VEVENT":
            occurrences += 1
        elif name in ("RRULE", "EXRULE", "RDATE", "EXDATE"):
            if not _PLAIN_RULE.fullmatch(value):
                return False
            occurrences += 1 if name.endswith("DATE") else _of_rule(value)
        elif name == "DTSTART" and (begun := _YEAR.match(value)) and abs(int(begun[1]) - year) > _CHEAP_YEARS:
            return False
    return occurrences <= _CHEAP_OCCURRENCES


def too_many() -> ScheduleError:
    """The error that says so."""
    return ScheduleError(
        f"the calendar has more than {MOST_OCCURRENCES} events in {_YEARS} years; leave out those"
        " that no schedule needs, or write days and ranges"
    )


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of each content line, its parameters left out."""
    for line in _FOLDED.sub("", text).splitlines():
        head, _, value = line.partition(":")
        yield head.partition(";")[0].strip().upper(), value.strip()


def _of_rule(rule: str) -> int:
    """How many events a recurrence rule may stand for, at most."""
    parts = {name.strip().upper(): value for name, _, value in (p.partition("=") for p in rule.split(";"))}
    frequency = parts.get("FREQ", "").strip().upper()
    if frequency not in _PER_YEAR:
        raise ScheduleError(
            f"an event of the calendar repeats {frequency[:20] or 'without FREQ'}; it may repeat"
            f" {', '.join(_PER_YEAR)}"
        )
    if frequency in ("DAILY", "WEEKLY") and "UNTIL" not in parts and any(name in parts for name in _RARE):
        raise ScheduleError(
            f"an event of the calendar repeats {frequency} on certain days of a month or year; write it as"
            " MONTHLY or YEARLY, or give it an UNTIL"
        )
    interval = _number(parts, "INTERVAL", 1)
    if interval < 1:
        raise ScheduleError("an event of the calendar has an INTERVAL below 1; write 1 or more")
    found = _YEARS * _PER_YEAR[frequency] * _days(frequency, parts) * _times(parts) // interval + 1
    return min(found, _number(parts, "COUNT", found))


def _days(frequency: str, parts: Mapping[str, str]) -> int:
    """On how many days of each of its periods a rule may stand."""
    weekdays, days = _several(parts, "BYDAY"), _several(parts, "BYMONTHDAY")
    if frequency == "DAILY":
        return 1
    if frequency == "WEEKLY":
        return max(1, weekdays)
    if frequency == "MONTHLY":
        return max(1, days, 5 * weekdays)
    months = _several(parts, "BYMONTH") or 12
    spread = max(53 * weekdays, 7 * _several(parts, "BYWEEKNO"), _several(parts, "BYYEARDAY"), months * days)
    return max(1, spread, _several(parts, "BYMONTH"))


def _times(parts: Mapping[str, str]) -> int:
    """How many times of a day it names."""
    found = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        found *= max(1, _several(parts, name))
    return found


def _several(parts: Mapping[str, str], name: str) -> int:
    return parts[name].count(",") + 1 if name in parts else 0


def _number(parts: Mapping[str, str], name: str, default: int) -> int:
    text = parts.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
