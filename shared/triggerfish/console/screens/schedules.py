"""The screen of schedules: the list, lanes around now, every slot of one, and a preview."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from triggerfish.console import questions, timeline
from triggerfish.console.answers import data
from triggerfish.console.screen import Screen
from triggerfish.console.timeline import Window
from triggerfish.cron.explaining import explain
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.errors import AnswerError, ApiError
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.queries import health, schedules
from triggerfish.queries.runs import runs as runs_of
from triggerfish.workflows import labels
from triggerfish.workflows.objects import Json

_most_lanes = 60
_spans = {"24": 24, "6": 6, "1": 1}


@dataclass(slots=True)
class Schedules:
    """The answers to the screen; CronWorkflows are parsed once for all viewers."""

    parsed: schedules.Parsed = field(default_factory=schedules.Parsed)

    def routes(self) -> tuple[ServiceRoute, ...]:
        """The routes of this screen."""
        return (
            ServiceRoute("GET", "/console/api/schedules", self.schedules),
            ServiceRoute("GET", "/console/api/lanes", self.lanes),
            ServiceRoute("GET", "/console/api/slots", self.slots),
            ServiceRoute("GET", "/console/api/preview", self.preview),
        )

    async def schedules(self, service: Service, call: Call) -> Answer:
        """The CronWorkflows of a namespace, or of all."""
        client = service.reader(call)
        namespace = questions.namespace(call, service)
        selector = labels.selector(service.settings.instance_id)
        rows: list[Json] = []
        # A page of it is some milliseconds of work: deliveries come in between, however many pages there are.
        async for listed in client.pages(CRON_WORKFLOWS, namespace, labels=selector):
            now = listed.date or service.clock.now()
            found = [(schedules.row(body), health.glance(body, now)) for body in listed.items]
            rows += [row | {"health": seen.as_json(), "rank": seen.state.rank} for row, seen in found]
        # The sick first: nobody looks through thousands for them.
        rows.sort(key=lambda row: (row.pop("rank"), str(row["id"])))
        return data({"schedules": rows, "now": int(service.clock.now().timestamp())})

    async def lanes(self, service: Service, call: Call) -> Answer:
        """The ``hours`` (24, 6 or 1) around now of each CronWorkflow that is named, at most sixty."""
        client = service.reader(call)
        names = [questions.identity(value, service) for value in questions.values(call, "id")][:_most_lanes]
        span = timedelta(hours=_span(call))
        window = Window(service.clock.now(), span)
        drawn: Json = {}
        for namespace, wanted in timeline.by_namespace(names).items():
            crons = await asyncio.gather(*(self._cron(service, client, namespace, name) for name in wanted))
            runs = await runs_of(client, namespace, wanted)
            # Slots are due by the API server's clock, as they are for the tick.
            window = Window(runs.date or window.now, span)
            for cron in crons:
                if cron is not None:
                    mine = runs.by_cron[cron.name]
                    seen = health.examined(cron, mine, window.now)
                    drawn[cron.key] = timeline.lane(cron, mine, window) | {"health": seen.as_json()}
                # A lane is some milliseconds of work: deliveries come in between.
                await asyncio.sleep(0)
        return data({**window.as_json(), "lanes": drawn})

    async def slots(self, service: Service, call: Call) -> Answer:
        """Every slot of one CronWorkflow, a day back and a day ahead, with its reason."""
        client = service.reader(call)
        cron = await self._named(service, client, call)
        runs = await runs_of(client, cron.namespace, [cron.name])
        window = Window(runs.date or service.clock.now())
        mine = runs.by_cron[cron.name]
        body = {
            **window.as_json(),
            "slots": timeline.slots(cron, mine, window),
            "health": health.examined(cron, mine, window.now).as_json(),
            "problem": str(cron.error or ""),
        }
        return data(body)

    async def preview(self, service: Service, call: Call) -> Answer:
        """The decision of a tick about one slot, and the Workflow it would make."""
        client = service.reader(call)
        cron = await self._named(service, client, call)
        at = questions.instant(questions.one(call, "at"))
        children = await schedules.children(client, cron.namespace, cron.name)
        told = explain.preview(cron, at, Rules.of(service.settings), children=children)
        return data({"sentence": told.sentence, "workflow": told.workflow})

    async def _cron(self, service: Service, client: Client, namespace: str, name: str) -> CronWorkflow | None:
        try:
            body = await service.api.reads.get(client, CRON_WORKFLOWS, namespace, name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        texts = await schedules.calendars(client, body, service.clock)
        return self.parsed.of(body, Rules.of(service.settings), texts)

    async def _named(self, service: Service, client: Client, call: Call) -> CronWorkflow:
        namespace, name = questions.identity(questions.one(call, "id"), service)
        cron = await self._cron(service, client, namespace, name)
        if cron is None:
            raise AnswerError(404, 5, f"there is no CronWorkflow {namespace}/{name}")
        return await schedules.validated(client, cron, Rules.of(service.settings))


def _span(call: Call) -> int:
    given = questions.values(call, "hours") or ["24"]
    if given[0] not in _spans:
        raise AnswerError(400, 3, f"hours must be one of {', '.join(_spans)}")
    return _spans[given[0]]


SCREEN = Screen("schedules", "Schedules", lambda: Schedules().routes())
