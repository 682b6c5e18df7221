"""A delivery's way through a broker and back: 202, a seal, and nothing twice."""

import json

import orjson
import pytest
from aiohttp import web
from tests.runtime.test_callers import Key
from tests.simulation.events_world import Incoming
from tests.support.brokers import Place, served


@pytest.fixture(scope="module")
def key():
    return Key("one")


class Broker:
    """Takes events over HTTP; ``status`` is what it answers."""

    def __init__(self):
        self.events, self.status = [], 202

    async def take(self, request):
        self.events.append(await request.read())
        return web.Response(status=self.status)


@pytest.fixture
async def broker():
    found = Broker()
    async with served("/", found.take) as found.url:
        yield found


@pytest.fixture
async def place(broker, key):
    found = Place(key, broker.url)
    yield found
    await found.intake.close()


async def test_a_verified_delivery_goes_to_the_broker_and_is_made_when_it_comes_back(place, broker):
    assert (await place.deliver()).status == 202
    assert place.workflows == []
    (event,) = broker.events
    answer = await place.bring_back(event)
    assert answer.status == 200, answer
    made = len(place.workflows)
    assert made == len(place.world.sent[0].bindings)
    assert (await place.bring_back(event)).status == 200
    assert len(place.workflows) == made


async def test_a_redelivery_has_the_same_id_for_the_broker(place, broker):
    for _ in range(2):
        await place.deliver()
    first, again = (orjson.loads(event) for event in broker.events)
    assert first["id"] == again["id"]
    assert (first["type"], first["specversion"]) == ("dev.triggerfish.delivery", "1.0")


async def test_no_secret_and_no_signature_travels(place, broker):
    await place.deliver()
    assert b"a secret" not in broker.events[0]
    assert b"signature" not in broker.events[0]


async def test_when_the_broker_fails_the_workflow_is_made_at_once(place, broker):
    broker.status = 500
    answer = await place.deliver()
    assert answer.status == 200
    made = len(place.workflows)
    # The broker had it after all: what it brings back is there already.
    assert (await place.bring_back(broker.events[0])).status == 200
    assert len(place.workflows) == made


async def test_what_is_too_long_to_come_back_is_made_at_once(broker, key):
    """The delivery itself is short enough; sealed it would be refused with 413 each time it came back."""
    place = Place(key, broker.url, max_body_bytes=300)
    assert (await place.deliver()).status == 200
    assert (len(place.workflows), broker.events) == (place.expected, [])
    await place.intake.close()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="none"),
        pytest.param("nonsense", id="nonsense"),
        pytest.param({"aud": "https://another"}, id="for another audience"),
        pytest.param({"email": "stranger@example.com"}, id="of another identity"),
    ],
)
async def test_only_the_broker_may_bring_back(place, broker, token):
    await place.deliver()
    token = place.key.token(**token) if isinstance(token, dict) else token
    answer = await place.bring_back(broker.events[0], token)
    assert (answer.status, answer.body["code"]) == (401, 16)
    assert place.workflows == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"serviceAccount": "admin"}, id="another service account"),
        pytest.param({"namespace": "kube-system"}, id="another namespace"),
        pytest.param({"content": "e30="}, id="another content"),
        pytest.param({"metadata": {"x-github-event": ["release"]}}, id="another event"),
        pytest.param({"discriminator": "other"}, id="another discriminator"),
        pytest.param({"delivery": "9"}, id="another delivery"),
        pytest.param({"seal": "0" * 64}, id="another seal"),
        pytest.param({"seal": "é"}, id="a seal that is no ASCII"),
        pytest.param({"seal": None}, id="no seal"),
    ],
)
async def test_what_was_changed_on_the_way_makes_nothing(place, broker, change):
    await place.deliver()
    event = orjson.loads(broker.events[0])
    event["data"] |= change
    answer = await place.bring_back(orjson.dumps(event))
    assert (answer.status, answer.body["code"]) == (403, 7)
    assert place.workflows == []


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"namespace": "x"}, "text"],
)
async def test_what_is_no_delivery_is_refused(place, data):
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": data}
    answer = await place.bring_back(json.dumps(event).encode())
    assert (answer.status, answer.body["code"]) == (400, 3)


async def test_several_at_once_are_refused(place):
    scope = {
        "path": "/internal/events",
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/cloudevents-batch+json"),
            (b"authorization", f"Bearer {place.key.token()}".encode()),
        ],
    }
    assert (await place.router.answer(Incoming(scope, b"[]"))).status == 400


async def test_too_many_in_flight_are_turned_away_at_once(key):
    place = Place(key, event_concurrency=1)
    assert (await place.deliver()).status == 200
    made = len(place.workflows)
    namespace = place.workflows[0]["metadata"]["namespace"]
    with place.service.places.place(namespace):
        answer = await place.deliver(2)
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (503, 14, "1")
    assert len(place.workflows) == made
    assert (await place.deliver(2)).status == 200


async def test_who_has_proved_nothing_holds_no_place(key):
    place = Place(key, event_concurrency=1)
    assert (await place.deliver()).status == 200
    namespace = place.workflows[0]["metadata"]["namespace"]
    with place.service.unproved.place(namespace):
        assert (await place.deliver(2)).status == 200
