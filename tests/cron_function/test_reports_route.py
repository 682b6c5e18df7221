"""Reports as a part of the tick, and by themselves at POST /reports."""

import sys
from types import SimpleNamespace

import pytest
from tests.hosts.fake_hosts import FakeHost, FakeHosts
from tests.simulation.events_world import Incoming
from tests.simulation.history import NoFaults
from tests.simulation.model import ADMINISTRATOR
from tests.simulation.statuses import refusal
from tests.support import ticks
from tests.support.reports import CI, move, put
from tests.support.ticks import NOON, Patient, team_model

from triggerfish.cron_function.app import CronApp
from triggerfish.http.messages import Answer
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.runtime.once import Once
from triggerfish.settings import Settings


class Scene:
    """A cron function over the model, with one CronWorkflow that is due and one reported run that ended."""

    def __init__(self, **settings):
        self.model, self.host = team_model(), FakeHost()
        self.hosts = FakeHosts(self.host, CI)
        self.app = CronApp(Settings(**{"reports": "on", **settings}), At(self.model), hosts=self.hosts)

        async def opened():
            return SimpleNamespace(own=Client(self.model))

        self.app._cluster = Once(opened)
        ticks.put(self.model)
        put(self.model)
        move(self.model, "run", "Succeeded")
        self.model.now = NOON.replace(minute=1, second=5)

    async def post(self, path="/", query=b"", **headers) -> Answer:
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        return await self.app.answer(Incoming({"path": path, "query_string": query, "headers": sent}, b""))

    def names(self):
        return {each["metadata"]["name"] for each in self.model.objects(WORKFLOWS)} - {"run"}


class At(Patient):
    """The model's time."""

    __slots__ = ("model",)

    def __init__(self, model):
        super().__init__()
        object.__setattr__(self, "model", model)

    def now(self):
        return self.model.now


async def test_a_tick_reports_after_its_slots():
    scene = Scene()
    answer = await scene.post()
    assert (answer.status, len(scene.names())) == (200, 1)
    assert answer.body["reports"] == {
        "open": 1,
        "posted": {"success": 1},
        "repaired": 0,
        "done": 0,
        "ignored": 0,
        "failed": 0,
        "left": 0,
    }
    asked = [entry.call for entry in scene.model.history.entries if entry.call.user == ADMINISTRATOR]
    (listed,) = (call.number for call in asked if "report in" in str(call.request.query))
    (made,) = (call.number for call in asked if call.kind_of_call == "create workflows" and call.at > NOON)
    assert listed > made


async def test_reports_by_themselves_leave_the_slots_alone():
    scene = Scene()
    answer = await scene.post("/reports")
    assert (answer.status, answer.body["posted"], scene.names()) == (200, {"success": 1}, set())


async def test_whoever_may_not_tick_may_not_report():
    scene = Scene(tick_token="hush")
    assert (await scene.post("/reports")).status == 401
    assert (await scene.post("/reports", authorization="Bearer hush")).status == 200


@pytest.mark.parametrize("query", [b"shard=0/2", b"shard=x"])
async def test_a_wrong_shard_is_refused(query):
    assert (await Scene().post("/reports", query)).status == 400


async def test_reports_that_cannot_be_read_do_not_fail_the_tick():
    scene = Scene(metrics="on")

    class Forbidden(NoFaults):
        async def before(self, call):
            if "report in" in str(call.request.query):
                return refusal(403, "Forbidden", "no")
            return None

    scene.model.faults = Forbidden()
    answer = await scene.post()
    assert (answer.status, len(scene.names()), "reports" in answer.body) == (200, 1, False)
    assert (await scene.post("/reports")).status == 500
    assert b'triggerfish_reports_total{result="failed"} 2.0' in scene.app._metrics.text()


@pytest.mark.parametrize("settings", [{"reports": "off"}, {"mode": "shadow"}], ids=["off", "in shadow"])
async def test_without_reports_there_is_no_list_no_call_and_no_import(settings):
    scene = Scene(**settings)
    before = set(sys.modules)
    answer = await scene.post()
    asked = [str(entry.call.request.query) for entry in scene.model.history.entries]
    assert not any("report in" in query for query in asked)
    assert (scene.hosts.calls, "reports" in answer.body) == ([], False)
    assert not any("hostapi" in name or "hosts" in name for name in set(sys.modules) - before)
    assert (await scene.post("/reports")).status == 404
