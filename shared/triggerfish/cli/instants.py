"""Times as commands take them, with errors that name the option, and the cluster's own clock."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer

from triggerfish.cli.cluster import Target
from triggerfish.cron.schedules import dates, zones
from triggerfish.cron.schedules.dates import Period
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ScheduleError, TriggerfishError
from triggerfish.expressions.go import duration
from triggerfish.kube.resources import CRON_WORKFLOWS

Timezone = Annotated[
    str,
    typer.Option(
        "--timezone", help="The zone of all times given and shown. Default: UTC.", show_default=False
    ),
]


def back(text: str, option: str) -> timedelta:
    """The distance that ``option`` reaches back: ``24h``, ``90m``; ``TriggerfishError`` for anything else."""
    try:
        found = timedelta(microseconds=duration.nanoseconds(text) // 1000)
    except ValueError as problem:
        raise TriggerfishError(f"{option} {text!r} is not a duration: {problem}") from None
    if found <= timedelta(0):
        raise TriggerfishError(f"{option} {text!r} is not in the past; write a duration such as 24h")
    return found


def instant(text: str, option: str, zone: Zone) -> datetime:
    """The time that ``option`` was given, in UTC; ``TriggerfishError`` for a day and for anything else."""
    try:
        return dates.instant(text, zone)
    except ScheduleError as error:
        raise TriggerfishError(f"{option}: {error}") from None


def period(text: str, option: str, zone: Zone) -> Period:
    """The day, or the second, that ``option`` was given; ``TriggerfishError`` for anything else."""
    try:
        return dates.period(text, zone)
    except ScheduleError as error:
        raise TriggerfishError(f"{option}: {error}") from None


def zone(text: str, option: str = "--timezone") -> Zone:
    """The zone that ``option`` was given, UTC for none; ``TriggerfishError`` when there is no such zone."""
    try:
        return zones.load(text)
    except ScheduleError as error:
        raise TriggerfishError(f"{option}: {error}") from None


def say_zones(now: datetime) -> None:
    """Tell on standard error which release of the time zones was used, and whether it is old."""
    origin = f"{zones.version() or 'of unknown release'} ({zones.source()})"
    print(f"time zones {origin}", file=sys.stderr)
    if warning := zones.warning(now):
        print(f"warning: {warning}", file=sys.stderr)


async def now(target: Target) -> datetime:
    """By the API server's clock, which is also that of the ticks; by our own where it sends none."""
    async for page in target.client.pages(CRON_WORKFLOWS, target.namespace, limit=1, metadata_only=True):
        if page.date:
            return page.date
        break
    return target.clock.now()
