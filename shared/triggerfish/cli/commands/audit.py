"""The command `triggerfish audit`: did everything run that was due?"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Annotated, Any

import typer

from triggerfish import annotations as keys
from triggerfish.cli import completion, instants
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.output import Form, Output, moment, seconds, show
from triggerfish.cli.sources import every, one
from triggerfish.cron.explaining.audit import AuditedSlot, Verdict
from triggerfish.cron.explaining.audit import audit as judged
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.schedules.zones import Zone
from triggerfish.kube.calendar_texts import CalendarTexts
from triggerfish.queries.runs import every as every_run


def audit(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of CronWorkflows. Default: all, in the namespace or everywhere.",
            show_default=False,
            autocompletion=completion.crons,
        ),
    ] = None,
    *,
    since: Annotated[str, typer.Option(help="How far to look back, such as 24h or 90m.")] = "24h",
    wrong: Annotated[
        bool, typer.Option("--wrong", help="Show only what somebody has to do something about.")
    ] = False,
    timezone: Annotated[
        str, typer.Option(help="The zone of the times shown. Default: UTC.", show_default=False)
    ] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Say for each slot that was due: on time, late, skipped, missed, twice, invalid, failing, or unknown.

    Exit code 1 if somebody has to do something about one of them: it was missed, ran twice or failed, the
    spec is wrong, the Workflow was refused, or too many failures have paused the CronWorkflow.
    """
    back, zone = instants.back(since, "--since"), instants.zone(timezone)

    async def work() -> list[tuple[str, AuditedSlot]]:
        async with connected(kubeconfig, namespace) as target:
            return await _audit(target, names or [], target.namespace if names or namespace else None, back)

    found = asyncio.run(work())
    rows = [_row(key, each, zone) for key, each in found if each.wrong or not wrong]
    columns = ["cron", "slot", "verdict", "late", "workflows", "why"]
    empty = "nothing was due" if not found else "nothing is wrong"
    show(rows, output, columns=columns, lesser=("late", "workflows"), empty=empty)
    if output is Form.TABLE and found:
        counts = Counter(each.verdict for _, each in found)
        typer.echo(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]))
    raise typer.Exit(1 if any(each.wrong for _, each in found) else 0)


async def _audit(
    target: Target, names: list[str], scope: str | None, back: timedelta
) -> list[tuple[str, AuditedSlot]]:
    rules, calendars = Rules.of(target.settings), CalendarTexts(target.client)
    at = await instants.now(target)
    bodies = [await one(target, name) for name in names] if names else await every(target, scope)
    runs = await _runs(target, scope)
    found: list[tuple[str, AuditedSlot]] = []
    for body in bodies:
        cron = CronWorkflow.of(body, rules, await calendars.readable(body))
        mine = runs.get((cron.namespace, cron.name), [])
        found += [(cron.key, each) for each in judged(cron, mine, at - back, at, rules.grace)]
    return found


async def _runs(target: Target, namespace: str | None) -> dict[tuple[str, str], list[Run]]:
    """All runs, by namespace and name."""
    found: dict[tuple[str, str], list[Run]] = {}
    async for run in every_run(target.client, namespace, keys.CRON_WORKFLOW):
        found.setdefault((run.namespace, run.cron), []).append(run)
    return found


def _row(key: str, found: AuditedSlot, zone: Zone) -> dict[str, Any]:
    return {
        "cron": key,
        "slot": moment(found.slot, zone.info),
        "verdict": str(found.verdict),
        "late": seconds(found.late),
        "workflows": [*found.workflows],
        "why": found.why,
        "wrong": found.wrong,
    }


COMMAND = Command("audit", audit, Panel.LOOK)
