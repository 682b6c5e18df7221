"""The command `triggerfish explain cron`: why each slot ran, or did not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from triggerfish.cli import crons, instants
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.completion import CronName
from triggerfish.cli.instants import Timezone
from triggerfish.cli.output import Form, Output, moment, seconds, show
from triggerfish.cron.explaining import explain
from triggerfish.cron.explaining.explain import Story
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.planning.reasons import SkipReason
from triggerfish.cron.schedules import dates
from triggerfish.cron.schedules.dates import Period
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import TriggerfishError
from triggerfish.queries.health import Health, examined
from triggerfish.queries.runs import WITHOUT_A_SLOT
from triggerfish.queries.runs import runs as runs_of
from triggerfish.workflows.objects import Json

_columns = ("slot", "outcome", "late", "child", "phase", "decided", "reason")
_lesser = ("decided", "late", "phase", "child")
_moment = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """A CronWorkflow, its Workflows, and the time by the cluster's clock."""

    cron: CronWorkflow
    runs: Sequence[Run]
    now: datetime

    @property
    def health(self) -> Health:
        """How it is as a whole; what people run by hand may fail."""
        own = [run for run in self.runs if run.kind is RunKind.SCHEDULED]
        return examined(self.cron, own, self.now)

    def within(self, period: Period) -> list[Json]:
        """The outcome of the slots in a period, and the runs by hand that were made in it; oldest first."""
        timetable = self.cron.spec.timetable
        shift = timedelta(minutes=timetable.jitter if timetable else 0)
        start, end = period.start - _moment, period.end - _moment
        slots = explain.stories(self.cron, self.runs, start, end + shift, self.now)
        found = [(each.slot, _story(each)) for each in slots if period.covers(each.slot)]
        found += [
            (at, _other(run))
            for run in explain.unscheduled(self.runs)
            if period.covers(at := run.slot or run.created)
        ]
        if timetable is None and period.covers(self.now):
            found.append((self.now, self._without_slots()))
        return [row for _, row in sorted(found, key=lambda each: each[0])]

    def _without_slots(self) -> Json:
        """In place of the slots of a spec that leaves none to tell."""
        reason = f"{SkipReason.SPEC_ERROR.sentence} ({self.cron.error})"
        return {
            "slot": self.now,
            "outcome": explain.Outcome.SKIPPED.value,
            "kind": RunKind.SCHEDULED.value,
            "reason": reason,
            "wrong": True,
        }


def explain_cron(
    name: CronName,
    *,
    at: Annotated[
        str,
        typer.Option(
            "--at", help="Show only this slot, such as 2026-11-23T06:00, or this day.", show_default=False
        ),
    ] = "",
    last: Annotated[str, typer.Option("--last", help="How far to look back, such as 24h or 90m.")] = "24h",
    timezone: Timezone = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Say what became of each slot: how late it ran, as which Workflow; or why it did not run.

    What is wrong with the CronWorkflow as a whole comes first: its spec, a row of failures, or what stops it.
    Exit code 1 if it is in error, failing or paused; with --at: if that slot is wrong, or there is none.
    """
    zone, span = instants.zone(timezone), instants.back(last, "--last")
    asked = instants.period(at, "--at", zone) if at else None

    async def work() -> tuple[Told, str]:
        async with connected(kubeconfig, namespace) as target:
            told = await _told(target, name)
            return told, _nothing(told.cron, at, asked, target) if asked else ""

    told, nothing = asyncio.run(work())
    found = told.within(asked or Period(told.now - span, told.now + _moment))
    if asked and not found:
        raise TriggerfishError(nothing)
    rows = [{key: _shown(value, zone) for key, value in row.items()} for row in found]
    health = told.health
    if output is Form.TABLE and health.problem and (health.wrong or not asked):
        print(f"{name} is {health.state.value}: {health.problem}\n")
    show(rows, output, columns=_columns, lesser=_lesser, empty="nothing was due")
    wrong = any(row["wrong"] for row in found) if asked else health.wrong
    raise typer.Exit(1 if wrong else 0)


def _nothing(cron: CronWorkflow, at: str, asked: Period, target: Target) -> str:
    """The reason why there is nothing to show of a time, or of a day."""
    if asked.end - asked.start > dates.SECOND:
        older = "older than the CronWorkflow, or than the last edit of its schedule"
        return f"No slot of {cron.name} lies on {at}, or it is {older}."
    return explain.preview(cron, asked.start, Rules.of(target.settings)).sentence


async def _told(target: Target, name: str) -> Told:
    cron = await crons.read(target, name)
    runs = (await runs_of(target.client, target.namespace, [name])).by_cron
    return Told(cron, runs[name], await instants.now(target))


def _story(story: Story) -> Json:
    return {
        "slot": story.slot,
        "due": story.due,
        "schedule": story.schedule,
        "outcome": story.outcome.value,
        "kind": RunKind.SCHEDULED.value,
        "reason": story.reason,
        "late": seconds(story.late),
        "decided": story.decided,
        "phase": story.phase,
        "took": seconds(story.took),
        "wrong": story.wrong,
    } | _child(story.run)


def _other(run: Run) -> Json:
    return {
        "slot": run.slot or run.created,
        "outcome": explain.Outcome.RAN.value,
        "kind": run.kind.value,
        "reason": WITHOUT_A_SLOT[run.kind],
        "took": seconds(run.took),
        "wrong": False,
    } | _child(run)


def _child(run: Run | None) -> Json:
    if run is None:
        return {}
    return {
        "child": run.name,
        "phase": run.phase or "Pending",
        "created": run.created,
        "finished": run.finished,
    }


def _shown(value: Any, zone: Zone) -> Any:
    return moment(value, zone.info) if isinstance(value, datetime) else value


COMMAND = Command("explain cron", explain_cron, Panel.LOOK)
