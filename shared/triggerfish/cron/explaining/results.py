"""The results of the runs of a CronWorkflow's slots, as its record of outcomes has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from triggerfish.cron.manifest.decisions import RAN
from triggerfish.cron.manifest.outcomes import Outcomes, time
from triggerfish.cron.manifest.stretches import NAME, Stretch
from triggerfish.workflows import scheduled
from triggerfish.workflows.endings import ENDS, FAILURES

_day = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Results:
    """How runs of slots have ended.

    ``ended`` runs of the last 24 hours had ended, ``failures`` of them badly; ``in_a_row`` runs failed since
    the last one that succeeded, as far as the record reaches. ``last`` is the newest slot whose run has
    ended, at about ``at``, with ``result`` (Argo's phase) and ``message``; None without any.
    """

    ended: int = 0
    failures: int = 0
    in_a_row: int = 0
    last: datetime | None = None
    at: datetime | None = None
    result: str = ""
    message: str = ""


def results(record: Outcomes, name: str, now: datetime) -> Results:
    """The results of the runs in the record of the CronWorkflow of that ``name``."""
    since, until = int((now - _day).timestamp()), int(now.timestamp()) + 1
    runs = [part for each in record if each.kind.word == RAN and (part := each.before(until))]
    told = [each for each in runs if each.kind.result in ENDS]
    if not told:
        return Results()
    recent = [part for each in told if (part := each.after(since))]
    newest = told[-1]
    last = time(newest.last)
    return Results(
        ended=_slots(recent),
        failures=_slots([each for each in recent if _failed(each)]),
        in_a_row=_slots(_since_success(told)),
        last=last,
        at=last + timedelta(seconds=newest.late + max(newest.took, 0)),
        result=newest.kind.result,
        message=newest.kind.message.replace(NAME, scheduled.name(name, last)),
    )


def _since_success(runs: list[Stretch]) -> list[Stretch]:
    newest: list[Stretch] = []
    for each in reversed(runs):
        if not _failed(each):
            break
        newest.append(each)
    return newest


def _failed(each: Stretch) -> bool:
    return each.kind.result in FAILURES


def _slots(stretches: list[Stretch]) -> int:
    return sum(max(each.number, 1) for each in stretches)
