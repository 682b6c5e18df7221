"""The command `triggerfish get`: what there is, with what Triggerfish knows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from triggerfish import annotations as keys
from triggerfish.cli import completion
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.instants import now
from triggerfish.cli.output import Form, Output, moment, show
from triggerfish.cli.sources import every
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import TriggerfishError
from triggerfish.events import deliveries
from triggerfish.events.needs import written
from triggerfish.kube.resources import WORKFLOW_EVENT_BINDINGS
from triggerfish.queries import bindings, event_runs, schedules
from triggerfish.queries.deliveries import records
from triggerfish.queries.event_runs import EventRun
from triggerfish.queries.health import examined, glance
from triggerfish.queries.runs import every as every_run
from triggerfish.workflows.objects import Json

_ever = datetime.fromtimestamp(0, UTC)


class What(StrEnum):
    """The kinds that can be listed."""

    CRONS = "crons"
    BINDINGS = "bindings"
    DELIVERIES = "deliveries"
    RUNS = "runs"


def get(
    what: Annotated[What, typer.Argument(help="What to list.", show_default=False)],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only these: names, of runs also what started them, of deliveries their ids.",
            show_default=False,
            autocompletion=completion.listed,
        ),
    ] = None,
    *,
    everywhere: Annotated[bool, typer.Option("--all-namespaces", "-A", help="List all namespaces.")] = False,
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """List CronWorkflows, event bindings, recorded deliveries, or the runs of CronWorkflows and bindings.

    Exit code 1 if a named one does not exist.
    """

    async def work() -> tuple[list[Json], str]:
        async with connected(kubeconfig, namespace) as target:
            where = "" if everywhere else f" in namespace {target.namespace}"
            return await _readers[what](target, None if everywhere else target.namespace), where

    columns = [*(["namespace"] if everywhere else []), *_columns[what]]
    found, where = asyncio.run(work())
    if names:
        found = _named(what, found, names, where)
    show(found, output, columns=columns, lesser=_lesser[what], empty=f"there are no {what}{where}")


def _named(what: What, rows: list[Json], names: list[str], where: str) -> list[Json]:
    """The rows of these names; ``TriggerfishError`` when one of them is of none."""
    for name in names:
        if not any(_is(row, name) for row in rows):
            raise TriggerfishError(f"{name!r} is not among the {what}{where}")
    return [row for row in rows if any(_is(row, name) for name in names)]


def _is(row: Json, name: str) -> bool:
    return name in (row.get("name"), row.get("cron"), row.get("binding"), row.get("id"))


async def _crons(target: Target, namespace: str | None) -> list[Json]:
    rules, at = Rules.of(target.settings), await now(target)
    rows = []
    for body in await every(target, namespace):
        cron = CronWorkflow.of(body, rules)
        row = schedules.row(body)
        # What a calendar has in it nobody has read here, so what ticks have noted of it counts.
        seen = glance(body, at) if Timetable.calendars(body) else examined(cron, (), at)
        results = seen.results
        rows.append(
            {
                "namespace": row["namespace"],
                "name": row["name"],
                "schedules": row["schedules"],
                "timezone": row["timezone"] or target.settings.default_timezone,
                "state": seen.state.value,
                "running": len(cron.recorded.active),
                "last": moment(cron.recorded.last_scheduled, UTC),
                "result": seen.last.result if seen.last else "",
                "message": seen.last.message if seen.last else "",
                "failed": results.failures if results.ended else None,
                "ended": results.ended or None,
                "failures": seen.failures or None,
                "next": moment(seen.next, UTC),
                "note": seen.problem,
            }
        )
    return _sorted(rows)


async def _bindings(target: Target, namespace: str | None) -> list[Json]:
    rows = []
    async for page in target.client.pages(WORKFLOW_EVENT_BINDINGS, namespace):
        for body in page.items:
            read = bindings.fields(body, target.settings.expression_dialect)
            rows.append(
                {
                    "namespace": body["metadata"]["namespace"],
                    "name": body["metadata"]["name"],
                    "dialect": read["dialect"],
                    "template": read["template"],
                    "selector": " ".join(read["selector"].split()),
                }
            )
    return _sorted(rows)


async def _deliveries(target: Target, namespace: str | None) -> list[Json]:
    found = [
        record
        for body in await records(target.reads, target.client, namespace)
        for record in deliveries.read(body["metadata"]["namespace"], body.get("data"), since=_ever)
    ]
    return [
        {
            "namespace": record["namespace"],
            "at": moment(datetime.fromtimestamp(record["at"], UTC), UTC),
            "id": record["id"],
            "sender": record["sender"],
            "event": record["event"],
            "result": record["result"],
            "reason": record["reason"],
            "workflows": record["workflows"],
            "facts": [f"{written(name)} is {came}" for name, came in record["facts"].items()],
        }
        for record in sorted(found, key=lambda record: float(record["at"]), reverse=True)
    ]


async def _runs(target: Target, namespace: str | None) -> list[Json]:
    labels = (keys.CRON_WORKFLOW, keys.BACKFILL)
    found = [run for label in labels async for run in every_run(target.client, namespace, label)]
    rows: list[Json] = [
        {
            "namespace": run.namespace,
            "name": run.name,
            "cron": run.cron,
            "kind": run.kind.value,
            "phase": run.phase or "Pending",
            "slot": moment(run.slot, UTC),
            "created": moment(run.created, UTC),
            "finished": moment(run.finished, UTC),
        }
        for run in found
    ]
    rows += [_of_event(run) for run in await event_runs.every(target.client, namespace)]
    return sorted(rows, key=lambda row: (str(row["created"]), str(row["name"])), reverse=True)


def _of_event(run: EventRun) -> Json:
    return {
        "namespace": run.namespace,
        "name": run.name,
        "binding": run.binding,
        "kind": "event",
        "phase": run.phase or "Pending",
        "created": moment(run.created, UTC),
        "finished": moment(run.finished, UTC),
        "repository": run.repository,
        "commit": run.commit,
        "sha": run.sha,
        "status": run.report.status if run.report else "",
        "superseded_by": run.superseded_by,
        "note": run.note,
    }


def _sorted(rows: list[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: (str(row["namespace"]), str(row["name"])))


_readers: Mapping[What, Callable[[Target, str | None], Awaitable[list[Json]]]] = {
    What.CRONS: _crons,
    What.BINDINGS: _bindings,
    What.DELIVERIES: _deliveries,
    What.RUNS: _runs,
}
_columns: Mapping[What, tuple[str, ...]] = {
    What.CRONS: (
        *("name", "schedules", "timezone", "state", "running", "last"),
        *("result", "failed", "next", "note"),
    ),
    What.BINDINGS: ("name", "dialect", "template", "selector"),
    What.DELIVERIES: ("at", "id", "sender", "event", "result", "reason", "workflows", "facts"),
    What.RUNS: (
        *("name", "cron", "kind", "phase", "slot", "created", "finished"),
        *("binding", "commit", "status", "note"),
    ),
}
_lesser: Mapping[What, tuple[str, ...]] = {
    What.CRONS: ("timezone", "running", "failed", "result", "note"),
    What.BINDINGS: ("dialect", "template"),
    What.DELIVERIES: ("facts", "sender", "event", "workflows", "at"),
    What.RUNS: ("binding", "created", "cron", "slot", "finished", "kind", "commit", "status", "note"),
}


COMMAND = Command("get", get, Panel.LOOK)
