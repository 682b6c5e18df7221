"""PURE. How a CronWorkflow is: a state in a word, its failures, its last result and its next slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from triggerfish import annotations as keys
from triggerfish.cron.explaining.results import Results, results
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.manifest import suspension
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.decisions import RAN
from triggerfish.cron.manifest.outcomes import Outcomes
from triggerfish.cron.manifest.recorded_state import SPEC_ERROR, SUBMISSION_ERROR, RecordedState
from triggerfish.cron.schedules import zones
from triggerfish.errors import ScheduleError
from triggerfish.workflows import parts
from triggerfish.workflows.endings import ENDS, FAILURES, SUCCEEDED
from triggerfish.workflows.objects import Json

_failed = FAILURES[0]
_epoch = datetime.fromtimestamp(0, UTC)


class CronState(Enum):
    """The states, the sickest first; ``value`` is the word in JSON and in tables."""

    ERROR = "error"
    FAILING = "failing"
    PAUSED = "paused"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    DELETING = "deleting"
    ACTIVE = "active"

    @property
    def rank(self) -> int:
        """The place in a list that leads with the sick: what rests on purpose stands among the well."""
        return _sick.index(self) if self in _sick else len(_sick)


_sick = (CronState.ERROR, CronState.FAILING, CronState.PAUSED)


@dataclass(frozen=True, slots=True)
class LastResult:
    """How the last run that ended did: Argo's word, when, and Argo's message, as far as they are known."""

    result: str
    at: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """``failures`` is how many runs in a row have failed; ``next`` is when the next slot is due.

    ``next`` None: no slot will run, or ``problem`` says until when none does.
    ``problem`` is a sentence: what is wrong with it, or why it rests. ``results`` are those of its slots, by
    the record.
    """

    state: CronState
    failures: int = 0
    problem: str = ""
    last: LastResult | None = None
    next: datetime | None = None
    results: Results = field(default_factory=Results)

    @property
    def wrong(self) -> bool:
        """Somebody has to do something about it."""
        return self.state in _sick

    def as_json(self) -> Json:
        """With times in seconds since 1970; what is not known is None or empty."""
        last, at = self.last, self.last.at if self.last else None
        return {
            "state": self.state.value,
            "failures": self.failures,
            "day": {"ended": self.results.ended, "failed": self.results.failures},
            "problem": self.problem,
            "last": {
                "result": last.result,
                "at": None if at is None else int(at.timestamp()),
                "message": last.message,
            }
            if last
            else None,
            "next": int(self.next.timestamp()) if self.next else None,
        }


class _Ended(NamedTuple):
    """The last run that ended, how many failed in a row, and the results of a day."""

    last: LastResult | None
    failures: int
    results: Results

    @classmethod
    def of(cls, recorded: RecordedState, name: str, runs: Sequence[Run], now: datetime) -> _Ended:
        """By the record, and by the runs that are there."""
        record = recorded.record
        found = results(record, name, now)
        last = _last(recorded, found, runs)
        well = max((run.finished or run.created for run in runs if run.phase == SUCCEEDED), default=_epoch)
        return cls(last, _in_a_row(recorded, record, last, well), found)


def glance(body: Json, now: datetime) -> Health:
    """What the object says by itself, without reading its schedules: enough for a list of thousands.

    A spec is known to be wrong once a tick has said so; ``next`` is not told.
    """
    recorded = RecordedState.of(body)
    spec, notes = parts.mapping(body.get("spec")), parts.mapping(body["metadata"].get("annotations"))
    threshold = parts.text(notes.get(keys.PAUSE_AFTER_FAILURES))
    pause_after = int(threshold) if threshold.isascii() and threshold.isdigit() and len(threshold) < 8 else 0
    wrong = recorded.condition(SPEC_ERROR) or recorded.condition(SUBMISSION_ERROR)
    held = _held(parts.text(notes.get(keys.SUSPENDED)), now)
    suspended = _suspended(notes) if spec.get("suspend") is True else held
    ended = _Ended.of(recorded, str(body["metadata"]["name"]), (), now)
    deleting = "deletionTimestamp" in body["metadata"]
    return _health(recorded, wrong, suspended, pause_after, ended, deleting=deleting)


def examined(cron: CronWorkflow, runs: Iterable[Run], now: datetime) -> Health:
    """The same of one that has been read, with its runs: its spec is judged, and its next slot is told."""
    recorded = cron.recorded
    wrong = str(cron.error or "") or recorded.condition(SPEC_ERROR) or recorded.condition(SUBMISSION_ERROR)
    notes = parts.mapping(cron.body["metadata"].get("annotations"))
    held = _held(parts.text(notes.get(keys.SUSPENDED)), now)
    suspended = _suspended(notes) if cron.spec.suspend else held
    ended = _Ended.of(recorded, cron.name, list(runs), now)
    found = _health(recorded, wrong, suspended, cron.spec.pause_after, ended, deleting=cron.deleting)
    resting = (CronState.STOPPED, CronState.PAUSED, CronState.DELETING)
    wrong_spec = cron.error or recorded.condition(SPEC_ERROR)
    if wrong_spec or cron.spec.suspend or found.state in resting or cron.spec.timetable is None:
        return found
    slot, barren = cron.spec.timetable.coming(now)
    if barren:
        # A list of thousands looks no further: one tenant's exclusions could hold it up.
        until = f"no slot runs before {barren.astimezone(UTC):%Y-%m-%dT%H:%MZ}: all until then are excluded"
        return replace(found, problem=f"{found.problem}; {until}" if found.problem else until)
    return replace(found, next=slot.due if slot else None)


def _health(
    recorded: RecordedState,
    wrong: str,
    suspended: str,
    pause_after: int,
    ended: _Ended,
    *,
    deleting: bool,
) -> Health:
    last, failures = ended.last, ended.failures
    said = f": {last.message}" if last and last.message else ""

    def health(state: CronState, problem: str = "") -> Health:
        return Health(state, failures, problem, last, results=ended.results)

    if deleting:
        return health(CronState.DELETING, "somebody is deleting it")
    if recorded.stopped:
        return health(CronState.STOPPED, "its stop strategy has stopped it for good")
    if wrong:
        return health(CronState.ERROR, wrong)
    if suspended:
        return health(CronState.SUSPENDED, suspended)
    if recorded.is_paused(pause_after):
        many = f"it is paused: {recorded.failures_in_a_row} runs in a row failed"
        return health(CronState.PAUSED, f"{many}{said}; `triggerfish resume` lets it go on")
    if failures:
        many = f"the last {failures} runs failed" if failures > 1 else "its last run failed"
        return health(CronState.FAILING, f"{many}{said}")
    return health(CronState.ACTIVE)


def _last(recorded: RecordedState, of_slots: Results, runs: Iterable[Run]) -> LastResult | None:
    """Of the runs that are there and of those that are recorded, the one that ended last."""
    found = [
        LastResult(run.phase, run.finished or run.created, run.message)
        for run in runs
        if run.ended and run.kind is not RunKind.BACKFILL
    ]
    if of_slots.result:
        found.append(LastResult(of_slots.result, of_slots.at, of_slots.message))
    if not found and recorded.failures_in_a_row:
        return LastResult(_failed)
    # Of one run that is there and recorded, what is there says more.
    return max(found, key=lambda each: each.at or _epoch, default=None)


def _in_a_row(recorded: RecordedState, record: Outcomes, last: LastResult | None, well: datetime) -> int:
    """Count the runs that have failed since the last one that did not, as far as the record goes back.

    ``well`` is when one ended well that need not be recorded: by hand.
    """
    if last is None or last.result not in FAILURES:
        return 0
    count = 0
    for stretch in reversed(record.stretches):
        if stretch.kind.word != RAN or stretch.kind.result not in ENDS:
            continue
        later = stretch.after(int(well.timestamp()))
        if stretch.kind.result not in FAILURES or later is None:
            break
        count += max(later.number, 1)
    return max(count, recorded.failures_in_a_row, 1)


def _suspended(notes: Mapping[str, Any]) -> str:
    """That it is suspended, by whom and why, as far as that is noted."""
    by, reason = parts.text(notes.get(keys.SUSPENDED_BY)), parts.text(notes.get(keys.SUSPENDED_REASON))
    return "it is suspended" + (f" by {by}" if by else "") + (f": {reason}" if reason else "")


def _held(note: str, now: datetime) -> str:
    """Why it is suspended until a time that has not come; empty when it is not."""
    if not note:
        return ""
    try:
        span = suspension.span(note, zones.load(""))
    except ScheduleError:
        return ""
    return span.text if span.span.covers(now) else ""
