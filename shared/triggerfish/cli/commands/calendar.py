"""The command `triggerfish calendar`: a month of all schedules, and when they start all at once."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from triggerfish.cli import completion, instants
from triggerfish.cli.cluster import Kubeconfig, Namespace
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.instants import Timezone
from triggerfish.cli.output import Form, Output, console, moment, show
from triggerfish.cli.sources import timetables
from triggerfish.cron.explaining import forecast
from triggerfish.errors import TriggerfishError
from triggerfish.settings import Settings

_shades = " ░▒▓█"
_most_names = 5
# A day with two cells an hour needs this many columns.
_wide = 72


def calendar(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of CronWorkflows, files, or schedules. Default: all CronWorkflows of the cluster.",
            show_default=False,
            autocompletion=completion.crons,
        ),
    ] = None,
    *,
    month: Annotated[
        str, typer.Option(help="The month, such as 2026-11. Default: this month.", show_default=False)
    ] = "",
    timezone: Timezone = "",
    busiest: Annotated[
        int, typer.Option(min=0, max=1000, help="How many of the busiest minutes to list.")
    ] = 10,
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Show a month of all schedules by day and hour, and the busiest minutes."""
    zone = instants.zone(timezone)
    if month:
        _month(month, zone.info)
    known = timetables(names or [], kubeconfig, namespace, Settings.of(os.environ).default_timezone)
    first, end = _month(month or known.now.astimezone(zone.info).strftime("%Y-%m"), zone.info)
    found = forecast.density(
        known.by_name,
        first - timedelta(seconds=1),
        end - timedelta(seconds=1),
        zone.info,
    )
    if output is Form.TABLE:
        _draw(found)
    rows = []
    for at, number in found.busiest(busiest):
        starting = forecast.starting(known.by_name, at)
        said = starting if output is not Form.TABLE else starting[:_most_names]
        more = [f"{len(starting) - len(said)} more"] if len(said) < len(starting) else []
        rows.append({"minute": moment(at, zone.info), "starts": number, "names": [*said, *more]})
    show(rows, output, columns=["minute", "starts", "names"], empty="nothing starts in this month")
    for name in found.cut:
        typer.echo(f"{name} has more slots than `calendar` counts", err=True)
    known.complain()


def _month(text: str, info: ZoneInfo) -> tuple[datetime, datetime]:
    try:
        first = datetime.fromisoformat(f"{text}-01").replace(tzinfo=info)
        after = (first + timedelta(days=32)).replace(day=1)
    except (ValueError, OverflowError):
        raise TriggerfishError(f"--month: {text!r} is not a month; write it as in 2026-11") from None
    return first.astimezone(UTC), after.astimezone(UTC)


def _draw(found: forecast.Density) -> None:
    most = max(found.hours.values(), default=0)
    if not most:
        return
    out = console()
    cell = 2 if out.width >= _wide else 1
    hours = "".join(f"{hour:<{3 * cell}}" for hour in range(0, 24, 3))
    out.print(f"            {hours}   starts")
    for day in forecast.days(found):
        counts = [found.hours[day, hour] for hour in range(24)]
        cells = "".join(cell * _shades[-(-4 * count // most)] for count in counts)
        out.print(f"{day}  {cells}   {sum(counts)}")
    out.print(f"{cell * _shades[-1]} is up to {most} starts in an hour\n")


COMMAND = Command("calendar", calendar, Panel.LOOK)
