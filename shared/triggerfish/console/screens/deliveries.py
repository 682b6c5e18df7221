"""The screen of deliveries: what was recorded of them, the newest first."""

from __future__ import annotations

from datetime import timedelta

from triggerfish.console import questions
from triggerfish.console.answers import data
from triggerfish.console.screen import Screen
from triggerfish.errors import AnswerError
from triggerfish.events import deliveries
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.queries import deliveries as recorded
from triggerfish.queries import event_runs

_most_deliveries = 500


async def listed(service: Service, call: Call) -> Answer:
    """The recorded deliveries of a namespace, or of all, oldest first; with ``since`` those after it."""
    client = service.reader(call)
    records = await recorded.records(service.api.reads, client, questions.namespace(call, service))
    now = service.clock.now()
    kept = now - timedelta(seconds=service.settings.delivery_retention_seconds)
    since = max([kept, *(questions.instant(text) for text in questions.values(call, "since"))])
    found = [
        record
        for body in records
        for record in deliveries.read(body["metadata"]["namespace"], body.get("data"), since=since)
    ]
    newest = sorted(found, key=lambda record: float(record["at"]))[-_most_deliveries:]
    note = "" if service.settings.delivery_record else "DELIVERY_RECORD is 0: deliveries are not recorded."
    return data({"deliveries": newest, "now": int(now.timestamp()), "note": note})


async def runs(service: Service, call: Call) -> Answer:
    """What became of the Workflows of one delivery, at most twenty: each is an ``id``."""
    client = service.reader(call)
    names = [questions.identity(value, service) for value in questions.values(call, "id")]
    namespaces = {namespace for namespace, _ in names}
    if len(namespaces) != 1:
        raise AnswerError(400, 3, "the query must have ids of one namespace")
    found = await event_runs.named(client, namespaces.pop(), [name for _, name in names])
    return data({"runs": [run.as_json() for run in found], "now": int(service.clock.now().timestamp())})


def _routes() -> tuple[ServiceRoute, ...]:
    return (
        ServiceRoute("GET", "/console/api/deliveries", listed),
        ServiceRoute("GET", "/console/api/runs", runs),
    )


SCREEN = Screen("deliveries", "Deliveries", _routes)
