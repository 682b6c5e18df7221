"""Calendars are judged before a library reads them: a rule of three words can stand for a million events."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.schedules import calendar_bounds
from triggerfish.cron.schedules.calendar_events import CalendarEvents
from triggerfish.errors import ScheduleError, SpecError


def calendar(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTART;VALUE=DATE:20260101", event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(calendar("SUMMARY:New Year"), id="one day"),
        pytest.param(calendar("RRULE:FREQ=YEARLY"), id="a holiday"),
        pytest.param(calendar("RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"), id="the fourth Thursday"),
        pytest.param(calendar("RRULE:FREQ=WEEKLY;BYDAY=SA,SU"), id="weekends"),
        pytest.param(calendar("RRULE:FREQ=DAILY;COUNT=10"), id="ten days"),
        pytest.param(calendar("RRULE:FREQ=DAILY"), id="each day"),
        pytest.param(calendar("RRULE:FREQ=DAILY;BYMONTH=8"), id="each day of August"),
        pytest.param(calendar(*["RRULE:FREQ=YEARLY"] * 400), id="the holidays of many countries"),
        pytest.param(calendar(*["SUMMARY:Off"] * 500), id="five hundred days"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_people_write_is_within_the_bounds(text):
    calendar_bounds.check(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(calendar("RRULE:FREQ=SECONDLY"), "it may repeat DAILY", id="each second"),
        pytest.param(calendar("RRULE:FREQ=MINUTELY;COUNT=3"), "repeats MINUTELY", id="each minute"),
        pytest.param(calendar("RRULE:freq=hourly"), "repeats HOURLY", id="small letters"),
        pytest.param(calendar("RRULE:FREQ=SEC\r\n ONDLY"), "repeats SECONDLY", id="a folded line"),
        pytest.param(calendar("RRULE;X=1:FREQ=SECONDLY"), "repeats SECONDLY", id="with a parameter"),
        pytest.param(calendar("EXRULE:FREQ=SECONDLY"), "repeats SECONDLY", id="an exception"),
        pytest.param(calendar("RRULE:COUNT=5"), "without FREQ", id="no frequency"),
        pytest.param(calendar(*["RRULE:FREQ=DAILY"] * 100), "more than 5000", id="daily by the hundred"),
        pytest.param(
            calendar("RRULE:FREQ=DAILY;BYHOUR=1,2,3,4;BYMINUTE=0,30"), "more than 5000", id="times of a day"
        ),
        pytest.param(
            calendar(*["RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR"] * 7),
            "more than 5000",
            id="all weekdays",
        ),
        pytest.param(calendar("RDATE:" + ",".join(["20260101"] * 5001)), "more than 5000", id="many dates"),
        pytest.param(calendar("RRULE:FREQ=DAILY;INTERVAL=0"), "INTERVAL below 1", id="no interval"),
        pytest.param(
            calendar("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
            "give it an UNTIL",
            id="no such day",
        ),
        pytest.param(calendar("X-A:" + "x" * 70_000), "no more than 64 KiB", id="too long"),
        pytest.param(
            calendar("RRULE:FREQ=DAILY").replace("20260101", "00010101"), "before 1900", id="since the year 1"
        ),
    ],
)
def test_each_bound_names_itself(text, says):
    with pytest.raises(ScheduleError, match=says):
        calendar_bounds.check(text)


WORDS = ["RRULE:", ";", "=", "FREQ", "DAILY", "\r\n", "INTERVAL", "0", "9", ",", "BYDAY", "DTSTART:"]


@given(st.text(max_size=200), st.lists(st.sampled_from(WORDS)))
def test_no_text_raises_anything_else(text, words):
    for each in (text, "".join(words), calendar(text), calendar("RRULE:" + "".join(words))):
        with suppress(ScheduleError):
            calendar_bounds.check(each)


def test_a_cron_workflow_names_ten_calendars_at_most():
    names = [f"c{number}" for number in range(11)]
    cron = {
        "metadata": {
            "name": "x",
            "annotations": {"triggerfish.dev/exclude": "\n".join(f"ics:{name}" for name in names)},
        },
        "spec": {"schedules": ["0 0 * * *"]},
    }
    empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"
    with pytest.raises(SpecError, match="names 11 calendars; the most is 10: put their events into fewer"):
        Timetable.of(cron, calendars=dict.fromkeys(names, empty))


def test_what_is_wrong_names_the_calendar():
    cron = {
        "metadata": {"name": "x", "annotations": {"triggerfish.dev/exclude": "ics:holidays"}},
        "spec": {"schedules": ["0 0 * * *"]},
    }
    for large in ("x" * 70_000, CalendarEvents(problem="the calendar has 70000 bytes")):
        with pytest.raises(SpecError, match="calendar 'holidays': the calendar has 70000 bytes"):
            Timetable.of(cron, calendars={"holidays": large})
