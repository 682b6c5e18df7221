"""PURE. What the schedules screen draws: lanes and slots as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triggerfish.cron.explaining import explain
from triggerfish.cron.explaining.explain import Outcome, Story
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.outcomes import time
from triggerfish.cron.planning.due import floor
from triggerfish.queries.runs import WITHOUT_A_SLOT
from triggerfish.workflows.endings import FAILURES
from triggerfish.workflows.objects import Json

_day = timedelta(hours=24)
# A lane is some 400 pixels for a day: more marks than this cannot be told apart.
_most_marks = 120
# The record itself is bounded; somebody may have written another.
_most_recorded = 1000
_most_slots = 3000
_narrower = (timedelta(hours=6), timedelta(hours=1), timedelta(minutes=10))
# A slot's outcome travels as its place in this list; the page has the same one, and after it `failed`.
_outcomes = (
    Outcome.RAN,
    Outcome.SKIPPED,
    Outcome.MISSED,
    Outcome.COMING,
    Outcome.OPEN,
    Outcome.UNKNOWN,
)
_failed = len(_outcomes)


@dataclass(frozen=True, slots=True)
class Window:
    """``span`` before ``now`` and as much after it."""

    now: datetime
    span: timedelta = _day

    @property
    def start(self) -> datetime:
        """The left edge."""
        return self.now - self.span

    @property
    def end(self) -> datetime:
        """The right edge."""
        return self.now + self.span

    def as_json(self) -> Json:
        """Seconds since 1970."""
        return {"from": _seconds(self.start), "to": _seconds(self.end), "now": _seconds(self.now)}


def lane(cron: CronWorkflow, runs: Sequence[Run], window: Window) -> Json:
    """One CronWorkflow as the timeline draws it: its runs, and every slot that no run is drawn for.

    ``slots`` are ``[seconds, outcome's number]``. Where there are more than can be told apart, the ends of
    what is recorded and those that nobody decided stand for all, and ``spans`` are what lies between such
    ends: ``[first, last, outcome's number]``. ``more`` come after those that are named.
    """
    past = explain.stories(cron, runs, window.start, window.now, window.now, limit=_most_marks + 1)
    spans: list[list[int]] = []
    if len(past) > _most_marks:
        spans = [*_spans(cron, window)]
        past = _dense(cron, runs, window)
    marks = [(story.due, _place(story)) for story in past if story.run is None]
    timetable = cron.spec.timetable
    runs_on = timetable is not None and cron.runs and cron.error is None
    coming = timetable.between(window.now, window.end, _most_marks) if timetable and runs_on else ()
    marks += [(slot.due, _outcomes.index(Outcome.COMING)) for slot in coming]
    return {
        "slots": [[_seconds(due), place] for due, place in marks],
        "spans": spans,
        "more": len(coming) == _most_marks,
        "runs": [_drawn(run) for run in runs if run.finished is None or run.finished > window.start],
    }


def _spans(cron: CronWorkflow, window: Window) -> Iterator[list[int]]:
    """Slots of the window that are recorded, one after the other to the same outcome."""
    for stretch in cron.recorded.record:
        first = max(stretch.first, _seconds(window.start))
        last = min(stretch.last, _seconds(window.now))
        if first < last:
            yield [
                first,
                last,
                _place_of(explain.outcome_of(stretch), failed=stretch.kind.result in FAILURES),
            ]


def _dense(cron: CronWorkflow, runs: Sequence[Run], window: Window) -> tuple[Story, ...]:
    """The ends of what is recorded, and the slots that nobody has decided."""
    ran = {run.slot for run in runs}
    ends = [
        Story(end, end, "", explain.outcome_of(stretch), stretch=stretch)
        for stretch in cron.recorded.record
        for end in dict.fromkeys((time(stretch.first), time(stretch.last)))
    ]
    known = [story for story in ends if window.start < story.due <= window.now and story.due not in ran]
    start = max(window.start, floor(cron))
    undecided = explain.stories(cron, runs, start, window.now, window.now, limit=_most_marks)
    return (*known[-_most_recorded:], *undecided)


def _place(story: Story) -> int:
    return _place_of(story.outcome, failed=story.failed)


def _place_of(outcome: Outcome, *, failed: bool) -> int:
    return _failed if failed and outcome is Outcome.RAN else _outcomes.index(outcome)


def slots(cron: CronWorkflow, runs: Sequence[Run], window: Window) -> list[Json]:
    """Every slot of the window with its reason, and the runs that belong to none, the newest first.

    Of a schedule with more slots than anybody reads, those around now.
    """
    stories = _around(cron, runs, window)
    drawn = {story.run for story in stories}
    others = [run for run in runs if run not in drawn and run.created > window.start]
    rows = [*map(told, stories), *map(_other, others)]
    return sorted(rows, key=lambda each: (each["slot"], each.get("actual") or 0), reverse=True)


def _around(cron: CronWorkflow, runs: Sequence[Run], window: Window) -> tuple[Story, ...]:
    stories: tuple[Story, ...] = ()
    for span in (window.span, *_narrower):
        start, end = max(window.start, window.now - span), min(window.end, window.now + span)
        stories = explain.stories(cron, runs, start, end, window.now, limit=_most_slots)
        if len(stories) < _most_slots:
            break
    return stories


def told(story: Story) -> Json:
    """A story as JSON."""
    made: Json = {
        "slot": _seconds(story.slot),
        "due": _seconds(story.due),
        "schedule": story.schedule,
        "outcome": story.outcome.value,
        "reason": story.reason,
    }
    if story.decided:
        made["decided"] = _seconds(story.decided)
    if story.phase:
        made["phase"] = story.phase
    if story.took is not None:
        made["took"] = int(story.took.total_seconds())
    return made | (_run(story.run) if story.run else {})


def _other(run: Run) -> Json:
    slot = run.slot or run.created
    return {
        "slot": _seconds(slot),
        "due": _seconds(slot),
        "schedule": "",
        "outcome": Outcome.RAN.value,
        "reason": WITHOUT_A_SLOT[run.kind],
    } | _run(run)


def _run(run: Run) -> Json:
    return {
        "child": run.name,
        "phase": run.phase or "Pending",
        "kind": run.kind.value,
        "actual": _seconds(run.created),
        "finished": _seconds(run.finished) if run.finished else None,
    }


def _drawn(run: Run) -> Json:
    return {
        "start": _seconds(run.created),
        "end": _seconds(run.finished) if run.finished else None,
        "phase": run.phase or "Pending",
        "kind": run.kind.value,
    }


def by_namespace(identities: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names of each namespace."""
    grouped: dict[str, list[str]] = {}
    for namespace, name in identities:
        grouped.setdefault(namespace, []).append(name)
    return grouped


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
