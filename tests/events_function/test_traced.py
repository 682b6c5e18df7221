"""A trace goes through a broker and back; what a span says, and what it does not."""

import orjson
import pytest
from aiohttp import web
from tests.runtime.test_callers import Key
from tests.support.brokers import Place, served
from tests.support.collector import collecting

from triggerfish import annotations as keys


@pytest.fixture(scope="module")
def key():
    return Key("one")


@pytest.fixture
def collector(monkeypatch):
    # Batches leave ten times a second here.
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with collecting() as found:
        yield found


@pytest.fixture
async def broker():
    events = []

    async def take(request):
        events.append(orjson.loads(await request.read()))
        return web.Response(status=202)

    async with served("/", take) as url:
        yield url, events


def binary(event: dict) -> tuple[bytes, dict[str, str]]:
    """The event as a broker brings it in binary mode: attributes are headers, the data is the body."""
    attributes = {f"ce-{name}": str(value) for name, value in event.items() if not name.startswith("data")}
    return orjson.dumps(event["data"]), {**attributes, "content-type": "application/json"}


async def test_what_comes_back_from_the_broker_is_part_of_the_trace_that_was_sent(key, broker, collector):
    url, events = broker
    place = Place(key, url, otel_exporter_otlp_endpoint=collector.url)
    assert (await place.deliver()).status == 202
    (event,) = events
    body, headers = binary(event)
    answer = await place.bring_back(body, headers=headers)
    assert answer.status == 200, answer
    await place.intake.close()
    place.router._tracer.close()
    (sent,) = collector.until("delivery", result="forwarded")
    back = next(span for span in collector.until("delivery", 2) if span is not sent)
    assert event["traceparent"].split("-")[1:3] == [sent.trace, sent.id]
    assert (back.trace, back.parent) == (sent.trace, sent.id)
    assert {workflow["metadata"]["annotations"][keys.TRACE] for workflow in place.workflows} == {sent.trace}


async def test_without_traces_the_event_names_none(key, broker):
    url, events = broker
    place = Place(key, url)
    assert (await place.deliver()).status == 202
    await place.intake.close()
    assert "traceparent" not in events[0]
