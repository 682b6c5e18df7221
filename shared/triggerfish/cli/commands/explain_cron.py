"""The commands `triggerfish explain cron` and `triggerfish preview cron`: why it did, or would, (not) run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
import yaml

from triggerfish.cli import instants
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.output import Form, Output, moment, seconds, show
from triggerfish.cli.sources import one
from triggerfish.cron.explaining import explain
from triggerfish.cron.explaining.explain import Preview, Story
from triggerfish.cron.explaining.runs import Kind, Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.schedules import dates
from triggerfish.cron.schedules.dates import Period
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ApiError, TriggerfishError
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.queries import reading
from triggerfish.workflows.objects import Json

Timezone = Annotated[
    str, typer.Option("--timezone", help="Of the times given and shown; else UTC.", show_default=False)
]
_columns = ("slot", "outcome", "late", "child", "phase", "decided", "reason")
_lesser = ("decided", "late", "phase", "child")
_moment = timedelta(microseconds=1)
_sentences = {
    Kind.BACKFILL: "Backfilled.",
    Kind.RETRY: "Resubmitted by hand.",
    Kind.MANUAL: "Submitted by hand.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A CronWorkflow, its Workflows, and the time by the cluster's clock."""

    cron: CronWorkflow
    runs: Sequence[Run]
    now: datetime

    def within(self, period: Period) -> list[Json]:
        """What became of the slots in a period, and the runs by hand that were made in it; oldest first."""
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
        return [row for _, row in sorted(found, key=lambda each: each[0])]


def explain_cron(
    name: Annotated[str, typer.Argument(help="A CronWorkflow of the cluster.")],
    *,
    at: Annotated[
        str, typer.Option("--at", help="Only this slot: 2026-11-23T06:00, or a day.", show_default=False)
    ] = "",
    last: Annotated[str, typer.Option("--last", help="How far back: 24h, 90m.")] = "24h",
    timezone: Timezone = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """What became of each slot: whether it ran, how late, as which Workflow; or why it did not.

    Exit code 1 when there is no slot at --at.
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
    show(rows, output, columns=_columns, lesser=_lesser, empty="nothing was due")


def preview_cron(
    name: Annotated[str, typer.Argument(help="A CronWorkflow of the cluster.")],
    *,
    at: Annotated[str, typer.Option("--at", help="A slot, past or coming: 2026-11-23T06:00.")],
    run: Annotated[
        bool, typer.Option("--run", help="Create the Workflow, as the child of that slot.")
    ] = False,
    timezone: Timezone = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """What a tick would do at that instant, as things stand: a sentence, and the Workflow that it would make.

    Exit code 1 when --run was asked for and nothing would run.
    """
    instant = instants.instant(at, "--at", instants.zone(timezone))

    async def work() -> tuple[Preview, str]:
        async with connected(kubeconfig, namespace) as target:
            found = await _preview(target, name, instant)
            return found, await _run(target, found) if run and found.workflow else ""

    found, done = asyncio.run(work())
    if output is Form.TABLE:
        typer.echo(found.sentence)
        if found.workflow and not run:
            typer.echo("\n" + yaml.safe_dump(found.workflow, sort_keys=False, allow_unicode=True), nl=False)
        if done:
            typer.echo(done)
    else:
        answer = {"sentence": found.sentence, "workflow": found.workflow} | ({"run": done} if run else {})
        print(_dumped(answer, output))
    raise typer.Exit(1 if run and not done else 0)


def _nothing(cron: CronWorkflow, at: str, asked: Period, target: Target) -> str:
    """Why nothing is told of a time, or of a day."""
    if asked.end - asked.start > dates.SECOND:
        return f"No slot of {cron.name} lies on {at}, or none since it was made or its schedule was edited."
    return explain.preview(cron, asked.start, Rules.of(target.settings)).sentence


async def _told(target: Target, name: str) -> Told:
    cron = await _cron(target, name)
    runs = (await reading.runs(target.client, target.namespace, [name])).by_cron
    return Told(cron, runs[name], await instants.now(target))


async def _cron(target: Target, name: str) -> CronWorkflow:
    body = await one(target, name)
    calendars = await reading.calendars(target.client, body, target.clock)
    return CronWorkflow.of(body, Rules.of(target.settings), calendars)


async def _preview(target: Target, name: str, at: datetime) -> Preview:
    cron = await _cron(target, name)
    children = await reading.children(target.client, target.namespace, name)
    return explain.preview(cron, at, Rules.of(target.settings), children=children)


async def _run(target: Target, found: Preview) -> str:
    workflow = found.workflow or {}
    name = workflow["metadata"]["name"]
    try:
        await target.client.create(WORKFLOWS, target.namespace, workflow)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        there = await target.client.get(WORKFLOWS, target.namespace, name)
        if _owner(there) != _owner(workflow):
            raise TriggerfishError(f"a Workflow {name} exists, and another made it") from None
        return f"{name} exists already: this slot has run."
    return f"Created {name}."


def _owner(workflow: Json) -> str:
    owners = workflow["metadata"].get("ownerReferences") or []
    return next((str(each.get("uid")) for each in owners if each.get("controller")), "")


def _story(story: Story) -> Json:
    return {
        "slot": story.slot,
        "due": story.due,
        "schedule": story.schedule,
        "outcome": story.outcome.value,
        "kind": Kind.SCHEDULED.value,
        "reason": story.reason,
        "late": seconds(story.late),
        "decided": story.decided,
    } | _child(story.run)


def _other(run: Run) -> Json:
    return {
        "slot": run.slot or run.created,
        "outcome": explain.Outcome.RAN.value,
        "kind": run.kind.value,
        "reason": _sentences[run.kind],
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


def _dumped(answer: Json, form: Form) -> str:
    if form is Form.JSON:
        return json.dumps(answer, indent=1, ensure_ascii=False)
    return yaml.safe_dump(answer, sort_keys=False, allow_unicode=True).rstrip()
