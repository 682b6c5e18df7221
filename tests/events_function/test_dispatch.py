"""How often the dispatcher asks for bindings, and what its answers keep to themselves."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import orjson
import pytest
from tests.kube.fakes import FakeClock, FakeTransport, answered
from tests.simulation.events_world import START, Api, World

from triggerfish.errors import Unanswered
from triggerfish.events.environment import Event
from triggerfish.events_function.dispatch import Dispatcher
from triggerfish.events_function.service import patience
from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, WORKFLOW_EVENT_BINDINGS, WORKFLOW_TEMPLATES
from triggerfish.kube.retry import Retry
from triggerfish.settings import Settings
from triggerfish.workflows.labels import Creator

NAMESPACE = "team-0"


class Scene:
    """A dispatcher on the model of the API, which has no bindings yet."""

    def __init__(self):
        self.world = World(1, seed=1, share=0.0)
        self.clock = self.world.clock
        for name in ("plain", "fixed", "replace", "forbid"):
            self.world.model.remove(WORKFLOW_EVENT_BINDINGS, NAMESPACE, name)
        self.api = Api(self.world.model, self.clock)
        self.dispatcher = Dispatcher(self.api, Settings(), self.clock, patience)

    def event(self, payload):
        key, received = b"k" * 32, START + timedelta(seconds=1)
        return Event(NAMESPACE, "", payload, {}, Creator(), key, repeatable=True, received=received)

    async def send(self, **payload):
        return await self.dispatcher.dispatch(self.api.own, [self.event(payload)])

    @property
    def lists(self):
        entries = self.world.model.history.entries
        return sum(entry.call.kind_of_call == "list workfloweventbindings" for entry in entries)

    def bind(self, selector="true", name="new"):
        spec = {"event": {"selector": selector}}
        self.world.model.put(WORKFLOW_EVENT_BINDINGS, NAMESPACE, {"metadata": {"name": name}, "spec": spec})


@pytest.fixture
def scene():
    return Scene()


async def test_a_list_is_believed_for_a_moment(scene):
    await scene.send()
    await scene.send()
    assert scene.lists == 1


@pytest.mark.parametrize("others", [(), ("first",)], ids=["nothing matched", "another matched"])
async def test_a_binding_that_was_just_applied_is_found(scene, others):
    for name in others:
        scene.bind(name=name)
    await scene.send()
    scene.bind()
    scene.clock.seconds[0] += 0.25
    status, body = await scene.send()
    assert (status, [told["name"] for told in body["bindings"]]) == (200, [*others, "new"])
    assert scene.lists == 2


@pytest.mark.parametrize("names", [(), ("first",)], ids=["nothing matches", "a binding matches"])
async def test_a_burst_asks_once(scene, names):
    for name in names:
        scene.bind(name=name)
    await scene.send()
    scene.clock.seconds[0] += 0.3
    await asyncio.gather(*(scene.send() for _ in range(50)))
    assert scene.lists == 2


async def test_a_second_of_deliveries_takes_four_lists(scene):
    scene.bind()
    for _ in range(100):
        await scene.send()
        scene.clock.seconds[0] += 0.01
    assert scene.lists == 4


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        pytest.param(
            'payload.token == "s3cret"',
            'payload.token == "…" is false: payload.token is (hidden)',
            id="false",
        ),
        pytest.param('let t = payload.token; t == "s3cret"', '"…"', id="false, under another name"),
        pytest.param('payload.token.x == "s3cret"', "the selector failed", id="fails"),
        pytest.param("payload.pwd == 314159", "payload.pwd == … is false", id="a number"),
        pytest.param("payload.pwd.x == 314159", "the selector failed", id="fails, with a number"),
        pytest.param('payload.pwd == "s3cret', "spec.event.selector", id="a text that does not end"),
        pytest.param('payload.clone == ""', 'is "https://…@h/"', id="a URL"),
        pytest.param('payload.token == "s3cret" &&', "spec.event.selector", id="cannot be read"),
    ],
)
async def test_a_sender_is_not_told_what_a_selector_compares_a_credential_with(scene, selector, reason):
    scene.bind(selector)
    status, body = await scene.send(token="hunter2", pwd=271828, clone="https://a:hunter2@h/")
    [told] = body["bindings"]
    assert (status, told["matched"]) == (200, False)
    assert reason in told["reason"]
    assert not any(hidden in told["reason"] for hidden in ("s3cret", "hunter2", "314159", "271828"))


@pytest.mark.parametrize("field", ["label", "parameter"])
async def test_a_failure_tells_nobody_a_credential(scene, caplog, field):
    if field == "label":
        submit = {"metadata": {"labels": {"l": "payload.pwd"}}}
    else:
        parameters = [
            {"name": "p", "valueFrom": {"event": 'payload.pwd.x == 314159 || payload.n == "s3cret"'}}
        ]
        submit = {"arguments": {"parameters": parameters}}
    submit["workflowTemplateRef"] = {"name": "build"}
    spec = {"event": {"selector": "true"}, "submit": submit}
    binding = {"metadata": {"name": "failing"}, "spec": spec}
    scene.world.model.put(WORKFLOW_EVENT_BINDINGS, NAMESPACE, binding)
    status, body = await scene.send(pwd=271828)
    assert status == 500
    assert "failing: " in body["message"]
    events = orjson.dumps(scene.world.model.objects(EVENTS)).decode()
    assert "failing" in events
    for told in (body["message"], caplog.text, events):
        assert not any(hidden in told for hidden in ("s3cret", "314159", "271828"))


async def test_the_events_of_a_batch_have_one_budget(scene):
    scene.bind("len(filter(1..45000, # % 7 == 3 && # > payload.n)) < 0")
    _, body = await scene.dispatcher.dispatch(scene.api.own, [scene.event({"n": 0}) for _ in range(40)])
    reasons = [told["reason"] for told in body["bindings"]]
    assert any("too costly: all bindings of an event together" in reason for reason in reasons), reasons


def large_template(scene, number, size):
    note = {"annotations": {f"note{number}": "x" * size}}
    body = {"metadata": {"name": f"t{number}"}, "spec": {"workflowMetadata": note, "templates": ["y" * size]}}
    scene.world.model.put(WORKFLOW_TEMPLATES, NAMESPACE, body)
    submit = {"workflowTemplateRef": {"name": f"t{number}"}}
    spec = {"event": {"selector": "true"}, "submit": submit}
    binding = {"metadata": {"name": f"b{number}"}, "spec": spec}
    scene.world.model.put(WORKFLOW_EVENT_BINDINGS, NAMESPACE, binding)


async def test_the_templates_of_an_event_have_a_bound(scene):
    for number in range(5):
        large_template(scene, number, 600_000)
    status, body = await scene.send()
    assert (status, len(body["workflows"])) == (500, 3)
    assert body["message"].count("the templates of an event may have no more than 2 MiB") == 2
    asked = [entry.call.kind_of_call for entry in scene.world.model.history.entries]
    assert asked.count("get workflowtemplates") == 4


async def test_of_a_template_only_what_is_used_is_kept(scene):
    large_template(scene, 1, 600_000)
    await scene.send()
    assert 600_000 < scene.api.reads._objects.held < 700_000


BINDING = {
    "metadata": {"name": "b", "namespace": NAMESPACE, "uid": "u", "resourceVersion": "1"},
    "spec": {"event": {"selector": "true"}, "submit": {"workflowTemplateRef": {"name": "t"}}},
}


@pytest.mark.parametrize("silent", ["workflowtemplates", "workflows"])
async def test_a_sender_is_not_told_the_path_of_a_request_that_got_no_answer(silent, caplog):
    def answer(request):
        if f"/{silent}" in request.path:
            raise Unanswered(f"{request.method} {request.path}: no answer within 5 s")
        return answered(200, {"items": [BINDING]} if "bindings" in request.path else {"spec": {}})

    clock = FakeClock()
    api = SimpleNamespace(own=Client(FakeTransport(answer), identity=b"me"), reads=Reads(clock))
    dispatcher = Dispatcher(api, Settings(), clock, Retry(attempts=1))
    creator = Creator()
    event = Event(NAMESPACE, "", {}, {}, creator, b"k" * 32, repeatable=True, received=START)
    status, body = await dispatcher.dispatch(api.own, [event])
    assert (status, body["code"]) == (500, 13)
    assert "the cluster did not answer" in body["message"]
    assert "/apis" not in orjson.dumps(body).decode()
    # The log does.
    assert f"/{silent}" in caplog.text
