"""Who suspended a CronWorkflow, until when and why: the annotations, read and written.

One with an end is a span of ``triggerfish.dev/suspended`` that the timetable leaves out, so that nothing is
to be written when it is over. One without is ``spec.suspend``, with who, when and why beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest.recorded_state import ACTIVE, RESUMED
from triggerfish.cron.schedules import dates, zones
from triggerfish.cron.schedules.exclusions import Span
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ScheduleError
from triggerfish.workflows.objects import Json

_longest = 200
_beside = (keys.SUSPENDED_BY, keys.SUSPENDED_REASON, keys.SUSPENDED_AT)


@dataclass(frozen=True, slots=True)
class Suspension:
    """From ``start`` up to ``until``; None: until somebody resumes it. ``reason`` may be empty."""

    start: datetime
    until: datetime | None
    by: str
    reason: str = ""

    @property
    def patch(self) -> Json:
        """The merge patch that suspends, in place of any earlier suspension."""
        notes: dict[str, str | None] = {keys.SUSPENDED: None, **dict.fromkeys(_beside)}
        at, by, reason = times.rfc3339(self.start), self.by[:_longest], self.reason[:_longest]
        if self.until is None:
            notes |= {keys.SUSPENDED_BY: by, keys.SUSPENDED_REASON: reason or None, keys.SUSPENDED_AT: at}
        else:
            given = {"from": at, "until": times.rfc3339(self.until), "by": by, "reason": reason}
            notes[keys.SUSPENDED] = json.dumps(given, ensure_ascii=False)
        return {"metadata": {"annotations": notes}, "spec": {"suspend": self.until is None}}


def resume(cron: Mapping[str, Any], at: datetime, *, restart: bool = False) -> Json:
    """The merge patch that ends any suspension and any pause; ``restart``: also a stop for good.

    A span that goes on at ``at`` is cut there, not removed: who removes a field leaves no time of the edit,
    and what passed meanwhile still has its reason. So it is with the end of a pause.
    """
    noted = cron["metadata"].get("annotations") or {}
    notes: dict[str, str | None] = dict.fromkeys((keys.SUSPENDED, *_beside, keys.FAILURES))
    if span_noted := noted.get(keys.SUSPENDED):
        notes[keys.SUSPENDED] = _cut(span_noted, at)
    if keys.FAILURES in noted and "suspend" in (cron.get("spec") or {}):
        notes[keys.FAILURES] = RESUMED
    patch: Json = {"metadata": {"annotations": notes}, "spec": {"suspend": False}}
    if restart:
        patch["metadata"]["labels"] = {keys.CRON_COMPLETED: None}
        patch["status"] = {"phase": ACTIVE}
    return patch


def _cut(text: str, at: datetime) -> str | None:
    try:
        period = span(text, zones.load("")).span
    except ScheduleError:
        return None
    if at <= period.start:
        return None
    until = min(at, period.end)
    return json.dumps({**json.loads(text), "until": times.rfc3339(until)}, ensure_ascii=False)


def span(text: str, zone: Zone) -> Span:
    """The annotation as a span to leave out, named by who and why. Raises ``ScheduleError``."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScheduleError(f"it is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ScheduleError('it is not an object such as {"from": …, "until": …, "by": …, "reason": …}')
    start, end = (dates.instant(str(given.get(name) or ""), zone) for name in ("from", "until"))
    if end <= start:
        raise ScheduleError("it ends before it begins")
    by, reason = (str(given.get(name) or "")[:_longest] for name in ("by", "reason"))
    said = f"suspended until {times.rfc3339(end)}" + (f" by {by}" if by else "")
    return Span(said + (f": {reason}" if reason else ""), dates.Period(start, end))
