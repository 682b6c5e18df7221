"""A slot decided again: the plan of a tick that comes right when it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.timetable import Slot
from triggerfish.cron.planning.plan import plan
from triggerfish.cron.planning.steps import Plan

_moment = timedelta(microseconds=1)


def replayed(cron: CronWorkflow, slot: Slot, children: Children, rules: Rules) -> Plan:
    """The plan for that slot alone, under the spec and the status as ``cron`` has them.

    ``children`` are those that there were at the time.
    """
    # Jitter makes a slot due after its own time, and only the later of the two is a tick's.
    before = slot.at - _moment
    # And what was decided about it, or after it, is not known yet.
    state = replace(cron.recorded, decided=slot.due - _moment, claim=None, outcomes="", decisions="")
    asked = replace(cron, created=min(cron.created, before), edited=before, unseen=False, recorded=state)
    return plan(asked, children, slot.due, rules, slot.due)
