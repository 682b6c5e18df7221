"""The server-sent events of a watch: what a reader gets, when it ends, and how many there may be."""

import contextlib

import orjson
import pytest
from tests.kube.fakes import FakeClock, FakeTransport, answered

from triggerfish.errors import AnswerError, ApiError, Unanswered
from triggerfish.events_function.api.fields import BodyFields
from triggerfish.events_function.api.objects import Objects
from triggerfish.events_function.api.watching import lines, watch_seconds
from triggerfish.events_function.watches import Watches
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS

ONE = {"metadata": {"name": "one", "namespace": "ns", "resourceVersion": "1"}, "status": {"phase": "Running"}}


def line(kind, obj=ONE):
    return orjson.dumps({"type": kind, "object": obj}) + b"\n"


class Scene:
    """A watch over Workflows, answered in pieces; ``get`` answers in turn what a poll asks for."""

    def __init__(self, *pieces, status=200, get=()):
        self.clock, self.watches = FakeClock(), Watches()
        self.get = iter(get)
        self.transport = FakeTransport(lambda request: self.answer(request, status))
        self.transport.pieces = list(pieces)

    def answer(self, request, status):
        if ("watch", "true") in request.query:
            return answered(status, {"message": "no"})
        found = next(self.get)
        return answered(404, {"message": "gone"}) if found is None else answered(200, found)

    def open(self, name="", fields="", identity=b"me"):
        workflows = Objects(Client(self.transport, identity=identity), WORKFLOWS, "ns", "")
        return lines(self.watches, workflows, self.clock, (), name, BodyFields.read(fields, "result.object."))

    async def read(self, **how):
        first, *rest = [found async for found in self.open(**how)]
        assert first == b""
        assert all(found.startswith(b"data: ") and found.endswith(b"\n\n") for found in rest)
        return [orjson.loads(found.removeprefix(b"data: "))["result"] for found in rest]


async def test_each_event_is_a_line_of_its_own():
    scene = Scene(line("ADDED") + line("MODIFIED"), line("DELETED"))
    assert [event["type"] for event in await scene.read()] == ["ADDED", "MODIFIED", "DELETED"]


async def test_an_object_has_the_fields_that_were_asked_for():
    (event,) = await Scene(line("ADDED")).read(fields="result.object.status.phase")
    assert event == {"type": "ADDED", "object": {"status": {"phase": "Running"}}}


async def test_only_the_workflows_of_this_instance_are_watched():
    scene = Scene()
    await scene.read()
    (request,) = scene.transport.asked
    assert ("labelSelector", "!workflows.argoproj.io/controller-instanceid") in request.query
    assert ("timeoutSeconds", str(watch_seconds)) in request.query


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(line("ERROR", {"code": 410}), id="the version is too old"),
        pytest.param(Unanswered("the answer broke off"), id="the connection breaks off"),
        pytest.param(b"<html>", id="something else answers"),
    ],
)
async def test_what_goes_wrong_later_ends_it_like_any_other(end):
    # Argo's command line opens the next watch where one ends, and gives up at anything else.
    pieces = [line("ADDED"), line("BOOKMARK"), end if isinstance(end, Exception) else end + b"\n"]
    assert [event["type"] for event in await Scene(*pieces).read()] == ["ADDED"]


async def test_a_refusal_is_raised_before_the_first_line():
    for name, status in (("", 403), ("one", 410)):
        with pytest.raises(ApiError):
            await anext(Scene(status=status).open(name=name))


async def test_who_may_get_but_not_watch_is_served_by_asking():
    later = {**ONE, "metadata": {**ONE["metadata"], "resourceVersion": "2"}}
    scene = Scene(status=403, get=[ONE, ONE, later, None])
    events = await scene.read(name="one")
    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert scene.clock.slept == [1.0] * 3


async def test_asking_ends_with_the_time_of_a_watch():
    scene = Scene(status=403, get=[ONE] * 100)
    assert [event["type"] for event in await scene.read(name="one")] == ["ADDED"]
    assert sum(scene.clock.slept) == watch_seconds


@pytest.mark.parametrize(
    ("identities", "most"),
    [
        pytest.param([b"me"] * 100, 16, id="of one identity"),
        pytest.param([bytes([number]) for number in range(100)], 64, id="of all"),
    ],
)
async def test_there_are_so_many_places(identities, most):
    scene = Scene()
    opened = [scene.open(identity=identity) for identity in identities]
    for stream in opened[:most]:
        await anext(stream)
    with pytest.raises(AnswerError) as caught:
        await anext(opened[most])
    assert (caught.value.status, caught.value.code) == (503, 14)
    # Whoever goes gives a place back, also in the middle.
    await opened[0].aclose()
    again = scene.open(identity=identities[0])
    async with contextlib.aclosing(again):
        await anext(again)
    for stream in opened:
        await stream.aclose()
