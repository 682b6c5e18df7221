"""A delivery's way through a broker and back: 202, a seal, and nothing twice."""

import json

import orjson
import pytest
from aiohttp import web
from tests.simulation.events_world import Api, Incoming, World, store_of
from tests.test_callers import Google, Key

from triggerfish.callers import Callers
from triggerfish.dispatch import Dispatcher
from triggerfish.http import Router
from triggerfish.intake import Intake
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.service import patience
from triggerfish.settings import Settings

AUDIENCE = "https://cron.example.com"
EMAIL = "scheduler@project.iam.gserviceaccount.com"


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
    app = web.Application()
    app.router.add_post("/", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield found
    await runner.cleanup()


class Place:
    """The function with a sink, on the model of the API; no faults."""

    def __init__(self, url, key):
        self.world = World(3, seed=1, share=0.0)
        settings = Settings(k_sink=url, sink_audience=AUDIENCE, sink_identity=EMAIL)
        self.key = key
        self.router = Router(settings, self.world.clock, self._open)

    async def _open(self, settings, clock):
        api = Api(self.world.model, clock)
        dispatcher = Dispatcher(api, settings, clock, patience)
        callers = Callers(clock, Google(self.key))
        self.intake = Intake(api, store_of(api, clock), dispatcher, settings, clock, patience, callers)
        return Trusting(self.intake)

    async def deliver(self, number=1):
        return await self.router.answer(self.world.sent[number - 1].request())

    async def bring_back(self, body, token=None):
        token = self.key.token() if token is None else token
        headers = [(b"content-type", b"application/cloudevents+json")]
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {"path": "/internal/events", "query_string": b"", "headers": headers}
        return await self.router.answer(Incoming(scope, body))

    @property
    def workflows(self):
        return self.world.model.objects(WORKFLOWS)


class Trusting:
    """The two routes of a service, by an intake that trusts a key of the test's own."""

    def __init__(self, intake):
        self.events, self.internal_events = intake.events, intake.returned


@pytest.fixture
async def place(broker, key):
    found = Place(broker.url, key)
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
