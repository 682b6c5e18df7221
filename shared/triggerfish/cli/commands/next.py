"""The command `triggerfish next`: what comes."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Annotated

import typer

from triggerfish.cli import completion, instants
from triggerfish.cli.cluster import Kubeconfig, Namespace
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.instants import Timezone
from triggerfish.cli.output import Form, Output, moment, show
from triggerfish.cli.sources import timetables
from triggerfish.cron.explaining import forecast
from triggerfish.cron.schedules import dates
from triggerfish.cron.schedules.zones import Zone
from triggerfish.settings import Settings


def coming(
    name: Annotated[
        str,
        typer.Argument(
            help="The name of a CronWorkflow, a file, - for standard input, or a schedule in quotes.",
            autocompletion=completion.crons,
        ),
    ],
    *,
    count: Annotated[
        int, typer.Option("--count", "-c", min=1, max=1000, help="How many slots to show.")
    ] = 10,
    after: Annotated[
        str,
        typer.Option(
            "--from",
            help="Show the slots after this time, or from this day on. Default: now.",
            show_default=False,
        ),
    ] = "",
    timezone: Timezone = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Show the coming slots of a schedule: excluded, shifted, or lost when the clock changes."""
    default = Settings.of(os.environ).default_timezone
    zone = instants.zone(timezone)
    start = _after(after, zone) if after else None
    found = timetables([name], kubeconfig, namespace, default)
    rows = [
        {
            "cron": cron,
            "kind": each.kind,
            "slot": moment(each.at, zone.info),
            "starts": moment(each.due, zone.info),
            "schedule": each.schedule,
            "note": each.note,
        }
        for cron, timetable in found.by_name.items()
        for each in forecast.coming(timetable, start or found.now, count)
    ]
    several = len({row["cron"] for row in rows}) > 1
    columns = [*(["cron"] if several else []), "slot", "starts", "kind", "schedule", "note"]
    lesser = ("schedule", "kind", "starts")
    show(rows, output, columns=columns, lesser=lesser, empty="no slot comes within five years")
    instants.say_zones(found.now)
    found.complain()


def _after(text: str, zone: Zone) -> datetime:
    """The last instant that is not asked for: that time, or the one before the day begins."""
    asked = instants.period(text, "--from", zone)
    return asked.start if asked.end - asked.start == dates.SECOND else asked.start - dates.SECOND


COMMAND = Command("next", coming, Panel.CHECK)
