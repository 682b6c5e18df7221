"""A CronWorkflow of the cluster with the calendars that it names, and what a tick would do with it."""

from __future__ import annotations

from datetime import datetime

from triggerfish.cli.cluster import Target
from triggerfish.cli.sources import one
from triggerfish.cron.explaining import explain
from triggerfish.cron.explaining.explain import Preview
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.kube.calendar_texts import CalendarTexts
from triggerfish.queries import schedules


async def read(target: Target, name: str) -> CronWorkflow:
    """That CronWorkflow of the namespace, validated; ``TriggerfishError`` when there is none."""
    body, rules = await one(target, name), Rules.of(target.settings)
    calendars = await CalendarTexts(target.client).readable(body)
    return await schedules.validated(target.client, CronWorkflow.of(body, rules, calendars), rules)


async def preview(target: Target, name: str, at: datetime) -> Preview:
    """The decision of a tick at that instant, as things stand."""
    cron = await read(target, name)
    children = await schedules.children(target.client, target.namespace, name)
    return explain.preview(cron, at, Rules.of(target.settings), children=children)
