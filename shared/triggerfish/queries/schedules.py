"""CronWorkflows: what a list shows of one, and what it takes to explain one."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from triggerfish import annotations as keys
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.schedules.exclusions import CalendarsGiven
from triggerfish.errors import ApiError
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.templates import Templates
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json


def row(body: Json) -> Json:
    """One CronWorkflow of the list, from its JSON alone: nothing is parsed for rows that nobody looks at."""
    metadata, spec = body["metadata"], body.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    status = body.get("status")
    status = status if isinstance(status, dict) else {}
    schedules = spec.get("schedules")
    texts = [*(schedules if isinstance(schedules, list) else ()), spec.get("schedule")]
    conditions = status.get("conditions")
    problems = [
        str(each.get("message", ""))
        for each in (conditions if isinstance(conditions, list) else ())
        if isinstance(each, dict) and each.get("status") == "True"
    ]
    return {
        "id": f"{metadata.get('namespace', '')}/{metadata['name']}",
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "schedules": [text for text in texts if isinstance(text, str) and text],
        "timezone": spec.get("timezone") if isinstance(spec.get("timezone"), str) else "",
        "suspended": spec.get("suspend") is True,
        "problem": "; ".join(problems),
    }


async def validated(client: Client, cron: CronWorkflow, rules: Rules) -> CronWorkflow:
    """With what is wrong with the templates that it refers to, as far as ``client`` may read them."""
    problem = await Templates(client).problem(cron, rules)
    return replace(cron, error=problem) if problem else cron


@dataclass(slots=True)
class Parsed:
    """CronWorkflows by uid and version, the ``capacity`` last asked for."""

    capacity: int = 2000
    _known: OrderedDict[tuple[str, str], CronWorkflow] = field(default_factory=OrderedDict)

    def of(self, body: Json, rules: Rules, calendars: CalendarsGiven) -> CronWorkflow:
        """The CronWorkflow in this JSON, and in the ``calendars`` that it names."""
        if calendars:
            # They change without it, and not everybody may read them.
            return CronWorkflow.of(body, rules, calendars)
        key = body["metadata"]["uid"], body["metadata"]["resourceVersion"]
        found = self._known.get(key)
        if found is None:
            while len(self._known) >= self.capacity:
                self._known.popitem(last=False)
            found = self._known[key] = CronWorkflow.of(body, rules)
        self._known.move_to_end(key)
        return found


async def calendars(client: Client, body: Json, clock: Clock) -> CalendarsGiven:
    """Each calendar that a CronWorkflow names, as far as ``client`` may read them.

    One that may not be read is left out; the CronWorkflow's ``error`` then says that it is missing.
    """
    if not Timetable.calendars(body):
        return {}
    try:
        # Read again for each caller: what one may read, another may not.
        return await Calendars(clock).of(body, client)
    except ApiError as error:
        if error.status != 403:
            raise
        return {}


async def children(client: Client, namespace: str, name: str) -> Children:
    """The children that the planner would see."""
    selector = f"{keys.CRON_WORKFLOW}={name}"
    found: list[Child] = []
    async for page in client.pages(WORKFLOWS, namespace, labels=selector, metadata_only=True):
        found += [child for body in page.items if (child := Child.of(body))]
    return Children(found)
