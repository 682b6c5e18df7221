"""The commands `triggerfish next` and `triggerfish calendar`: what comes, and when it all comes at once."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from triggerfish.cli.cluster import Kubeconfig, Namespace
from triggerfish.cli.output import Form, Output, console, moment, show
from triggerfish.cli.sources import timetables
from triggerfish.clock import Clock
from triggerfish.cron import forecast, moments, zones
from triggerfish.errors import TriggerfishError
from triggerfish.settings import Settings

Timezone = Annotated[
    str, typer.Option("--timezone", help="Show times in this zone; else UTC.", show_default=False)
]
_shades = " ░▒▓█"


def coming(
    name: Annotated[
        str, typer.Argument(help="A CronWorkflow of the cluster, a file, or - for standard input.")
    ],
    *,
    count: Annotated[int, typer.Option("--count", "-c", min=1, max=1000, help="How many runs.")] = 10,
    after: Annotated[str, typer.Option("--from", help="After this time; else now.", show_default=False)] = "",
    timezone: Timezone = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """The coming slots of a CronWorkflow, with what is excluded, shifted, or lost as the clock changes."""
    default = Settings.of(os.environ).default_timezone
    zone = zones.load(timezone)
    start = moments.instant(after, zone) if after else Clock().now()
    rows = [
        {
            "cron": cron,
            "kind": each.kind,
            "slot": moment(each.at, zone.info),
            "starts": moment(each.due, zone.info),
            "schedule": each.schedule,
            "note": each.note,
        }
        for cron, timetable in timetables([name], kubeconfig, namespace, default).items()
        for each in forecast.coming(timetable, start, count)
    ]
    several = len({row["cron"] for row in rows}) > 1
    columns = [*(["cron"] if several else []), "slot", "starts", "kind", "schedule", "note"]
    show(rows, output, columns=columns, empty="no slot comes within five years")


def calendar(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="CronWorkflows, or files; else all of the cluster.", show_default=False),
    ] = None,
    *,
    month: Annotated[str, typer.Option(help="Such as 2026-11; else this month.", show_default=False)] = "",
    timezone: Timezone = "",
    busiest: Annotated[
        int, typer.Option(min=0, max=1000, help="How many of the fullest minutes to list.")
    ] = 10,
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """A month of all schedules by day and hour, and the minutes at which most start."""
    zone = zones.load(timezone)
    first, end = _month(month or Clock().now().astimezone(zone.info).strftime("%Y-%m"), zone.info)
    default = Settings.of(os.environ).default_timezone
    found = forecast.density(
        timetables(names or [], kubeconfig, namespace, default),
        first - timedelta(seconds=1),
        end - timedelta(seconds=1),
        zone.info,
    )
    if output is Form.TABLE:
        _draw(found)
    rows = [
        {"minute": moment(at, zone.info), "starts": number, "names": ", ".join(some)}
        for at, number, some in found.busiest(busiest)
    ]
    show(rows, output, columns=["minute", "starts", "names"], empty="nothing starts in this month")
    for name in found.cut:
        typer.echo(f"{name} has more slots than are counted", err=True)


def _month(text: str, info: ZoneInfo) -> tuple[datetime, datetime]:
    try:
        first = datetime.fromisoformat(f"{text}-01").replace(tzinfo=info)
        after = (first + timedelta(days=32)).replace(day=1)
    except (ValueError, OverflowError):
        raise TriggerfishError(f"{text!r} is no month; write one as 2026-11") from None
    return first.astimezone(UTC), after.astimezone(UTC)


def _draw(found: forecast.Density) -> None:
    most = max(found.hours.values(), default=0)
    if not most:
        return
    out = console()
    out.print("            " + "".join(f"{hour:<6}" for hour in range(0, 24, 3)) + "   starts")
    for day in forecast.days(found):
        counts = [found.hours[day, hour] for hour in range(24)]
        cells = "".join(2 * _shades[-(-4 * count // most)] for count in counts)
        out.print(f"{day}  {cells}   {sum(counts)}")
    out.print(f"{2 * _shades[-1]} is up to {most} starts in an hour\n")
