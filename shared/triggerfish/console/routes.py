"""The console's routes: its files, and its data as whoever looks may see it."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from triggerfish.console.assets import PAGE, POLICY, assets
from triggerfish.cron.explaining import explain
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.errors import AnswerError, ApiError
from triggerfish.events import deliveries, occurrences
from triggerfish.events_function.authenticator import bearer_token
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOW_EVENT_BINDINGS, WORKFLOW_TEMPLATES
from triggerfish.queries import playground, reading, timeline
from triggerfish.queries.playground import Question
from triggerfish.queries.timeline import Window
from triggerfish.workflows import labels
from triggerfish.workflows.objects import Json, is_namespace

_most_lanes = 60
_spans = {"24": 24, "6": 6, "1": 1}
_most_deliveries = 500
_private = {**POLICY, "cache-control": "no-store"}


@dataclass(slots=True)
class Console:
    """Answers the page. It writes nothing, and reads with the token of whoever asks."""

    parsed: reading.Parsed = field(default_factory=reading.Parsed)

    def routes(self) -> tuple[ServiceRoute, ...]:
        """What the events function serves besides its own."""
        return (
            ServiceRoute("GET", "/console", page),
            ServiceRoute("GET", "/console/{file}", file),
            ServiceRoute("GET", "/console/api/session", session),
            ServiceRoute("GET", "/console/api/schedules", self.schedules),
            ServiceRoute("GET", "/console/api/lanes", self.lanes),
            ServiceRoute("GET", "/console/api/slots", self.slots),
            ServiceRoute("GET", "/console/api/preview", self.preview),
            ServiceRoute("GET", "/console/api/deliveries", self.deliveries),
            ServiceRoute("GET", "/console/api/binding", self.binding),
            ServiceRoute("POST", "/console/api/evaluate", self.evaluate),
        )

    async def schedules(self, service: Service, call: Call) -> Answer:
        """The CronWorkflows of a namespace, or of all."""
        client = service.reader(call)
        namespace = _namespace(call, service)
        selector = labels.selector(service.settings.instance_id)
        rows: list[Json] = []
        # A page of it is some milliseconds of work: deliveries come in between, however many pages there are.
        async for listed in client.pages(CRON_WORKFLOWS, namespace, labels=selector):
            rows += [timeline.row(body) for body in listed.items]
        rows.sort(key=lambda row: str(row["id"]))
        return _data({"schedules": rows, "now": int(service.clock.now().timestamp())})

    async def lanes(self, service: Service, call: Call) -> Answer:
        """The ``hours`` (24, 6 or 1) around now of each CronWorkflow that is named, at most sixty."""
        client = service.reader(call)
        names = [_identity(value, service) for value in _values(call.query, "id")][:_most_lanes]
        span = timedelta(hours=_span(call))
        window = Window(service.clock.now(), span)
        drawn: Json = {}
        for namespace, wanted in timeline.by_namespace(names).items():
            crons = await asyncio.gather(*(self._cron(service, client, namespace, name) for name in wanted))
            runs = await reading.runs(client, namespace, wanted)
            # Slots are due by the API server's clock, as they are for the tick.
            window = Window(runs.date or window.now, span)
            for cron in crons:
                if cron is not None:
                    drawn[cron.key] = timeline.lane(cron, runs.by_cron[cron.name], window)
                # A lane is some milliseconds of work: deliveries come in between.
                await asyncio.sleep(0)
        return _data({**window.as_json(), "lanes": drawn})

    async def slots(self, service: Service, call: Call) -> Answer:
        """Every slot of one CronWorkflow, a day back and a day ahead, with its reason."""
        client = service.reader(call)
        cron = await self._named(service, client, call)
        runs = await reading.runs(client, cron.namespace, [cron.name])
        window = Window(runs.date or service.clock.now())
        body = {
            **window.as_json(),
            "slots": timeline.slots(cron, runs.by_cron[cron.name], window),
            "problem": str(cron.error or ""),
        }
        return _data(body)

    async def preview(self, service: Service, call: Call) -> Answer:
        """What a tick would decide about one slot, and the Workflow it would make."""
        client = service.reader(call)
        cron = await self._named(service, client, call)
        at = _instant(_one(call, "at"))
        children = await reading.children(client, cron.namespace, cron.name)
        told = explain.preview(cron, at, Rules.of(service.settings), children=children)
        return _data({"sentence": told.sentence, "workflow": told.workflow})

    async def deliveries(self, service: Service, call: Call) -> Answer:
        """The recorded deliveries of a namespace, or of all, oldest first; with ``since`` those after it."""
        client = service.reader(call)
        records = await reading.records(service.api.reads, client, _namespace(call, service))
        now = service.clock.now()
        kept = now - timedelta(seconds=service.settings.delivery_retention_seconds)
        since = max([kept, *(_instant(text) for text in _values(call.query, "since"))])
        found = [
            record
            for body in records
            for record in deliveries.read(body["metadata"]["namespace"], body.get("data"), since=since)
        ]
        newest = sorted(found, key=lambda record: float(record["at"]))[-_most_deliveries:]
        note = (
            "" if service.settings.delivery_record else "DELIVERY_RECORD is 0: deliveries are not recorded."
        )
        return _data({"deliveries": newest, "now": int(now.timestamp()), "note": note})

    async def evaluate(self, service: Service, call: Call) -> Answer:
        """A selector and arguments over a payload, as the page typed them."""
        client = service.reader(call)
        question = Question.of(occurrences.parse(call.delivery.body))
        if not is_namespace(question.namespace):
            raise AnswerError(400, 3, "namespace is not a namespace's name")
        _require_managed(question.namespace, service)
        # Asked even without a name for it: the API server's answer is what proves the token.
        template = await _template(client, question.namespace, question.template or "playground")
        return _data(playground.answer(question, template, service.clock.now()))

    async def binding(self, service: Service, call: Call) -> Answer:
        """A binding as the playground's fields."""
        client = service.reader(call)
        namespace, name = _identity(_one(call, "id"), service)
        body = await service.api.reads.get(client, WORKFLOW_EVENT_BINDINGS, namespace, name)
        return _data(playground.fields(body, service.settings.expression_dialect))

    async def _cron(self, service: Service, client: Client, namespace: str, name: str) -> CronWorkflow | None:
        try:
            body = await service.api.reads.get(client, CRON_WORKFLOWS, namespace, name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        texts = await reading.calendars(client, body, service.clock)
        return self.parsed.of(body, Rules.of(service.settings), texts)

    async def _named(self, service: Service, client: Client, call: Call) -> CronWorkflow:
        namespace, name = _identity(_one(call, "id"), service)
        cron = await self._cron(service, client, namespace, name)
        if cron is None:
            raise AnswerError(404, 5, f"there is no CronWorkflow {namespace}/{name}")
        return cron


async def session(_: Service, call: Call) -> Answer:
    """Whether the request carries a token, the page's or one that a proxy in front of us added."""
    return _data({"token": bearer_token(call.delivery) is not None})


async def page(_: Service, __: Call) -> Answer:
    """Where the page is: its own addresses are relative, so it needs one address and not two."""
    return Answer(308, b"", {**POLICY, "location": f"/console/{PAGE}"}, "text/plain")


async def file(_: Service, call: Call) -> Answer:
    """One of the page's own files; they hold no data, so anybody may have them."""
    asset = assets().get(call.path.get("file", ""))
    if asset is None:
        raise AnswerError(404, 5, "the console has no such file")
    headers = {**POLICY, "etag": asset.tag, "cache-control": "no-cache"}
    if call.delivery.first("if-none-match") == asset.tag:
        return Answer(304, b"", headers, asset.media_type)
    return Answer(200, asset.body, headers, asset.media_type)


async def _template(client: Client, namespace: str, name: str) -> Json | None:
    try:
        return await client.get(WORKFLOW_TEMPLATES, namespace, name)
    except ApiError as error:
        if error.status in (403, 404):
            return None
        raise


def _data(body: Json) -> Answer:
    try:
        content = orjson.dumps(body)
    except TypeError:
        # What anybody wrote into an annotation may hold half a surrogate pair, or a number of any length.
        content = json.dumps(body).encode()
    return Answer(200, content, _private)


def _one(call: Call, key: str) -> str:
    found = _values(call.query, key)
    if len(found) != 1:
        raise AnswerError(400, 3, f"the query wants {key} once")
    return found[0]


def _values(query: Iterable[tuple[str, str]], key: str) -> list[str]:
    return [value for name, value in query if name == key]


def _namespace(call: Call, service: Service) -> str | None:
    given = _values(call.query, "namespace")
    namespace = given[0] if given and given[0] else service.settings.managed_namespace
    if not namespace:
        return None
    if not is_namespace(namespace):
        raise AnswerError(404, 5, "there is no such namespace")
    return _require_managed(namespace, service)


def _identity(text: str, service: Service) -> tuple[str, str]:
    namespace, name = reading.split(text)
    return _require_managed(namespace, service), name


def _require_managed(namespace: str, service: Service) -> str:
    if service.settings.managed_namespace not in ("", namespace):
        raise AnswerError(403, 7, "this namespace is not one of those that are managed here")
    return namespace


def _span(call: Call) -> int:
    given = _values(call.query, "hours") or ["24"]
    if given[0] not in _spans:
        raise AnswerError(400, 3, f"hours is one of {', '.join(_spans)}")
    return _spans[given[0]]


def _instant(text: str) -> datetime:
    try:
        seconds = float(text)
        return datetime.fromtimestamp(seconds if math.isfinite(seconds) else math.inf, UTC)
    except (ValueError, OverflowError, OSError):
        raise AnswerError(400, 3, "an instant is in seconds since 1970") from None
