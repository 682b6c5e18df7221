"""What runs in the process in which a calendar is read: its text in, its events out."""

from __future__ import annotations

import json

from triggerfish.cron.schedules import calendar_events
from triggerfish.errors import ScheduleError


def question(text: str, first: int, last: int) -> bytes:
    """Ask for the events from the year ``first`` to ``last``."""
    return json.dumps({"text": text, "first": first, "last": last}).encode()


def answer(asked: bytes) -> bytes:
    """The events, or what is wrong; too large a one has no answer, and ends with an error."""
    given = json.loads(asked)
    try:
        found = calendar_events.read(given["text"], given["first"], given["last"])
    except ScheduleError as error:
        return json.dumps({"problem": str(error)}).encode()
    return json.dumps(found.json()).encode()


def understood(answered: bytes) -> calendar_events.CalendarEvents:
    """Read such an answer."""
    given = json.loads(answered)
    if "problem" in given:
        return calendar_events.CalendarEvents(problem=given["problem"])
    return calendar_events.CalendarEvents.from_json(given)
