"""Every fifth tick asks for lost deliveries, and a tick of anybody else pays nothing for it."""

import base64
import logging
import subprocess
import sys
from types import SimpleNamespace

import pytest
from tests.hostapi.test_recovery import CLIENT, Webhook
from tests.hosts.fake_hosts import FakeHosts, credential
from tests.kube.fakes import FakeClock, FakeTransport, answered
from tests.simulation.events_world import Incoming

from triggerfish.cron_function.app import CronApp
from triggerfish.cron_function.recovering import Recovering
from triggerfish.kube.client import Client
from triggerfish.runtime.once import Once
from triggerfish.settings import Settings

LIST = {"metadata": {"resourceVersion": "1"}, "items": []}


class Cluster:
    """No CronWorkflows, the Secret of the webhook clients in ``team-a``, and what was asked and written."""

    def __init__(self, text=CLIENT):
        self.text, self.paths, self.events = text, [], []

    def answer(self, request):
        path = request.path
        self.paths.append(path)
        if "/secrets/" in path:
            if path == "/api/v1/namespaces/team-a/secrets/argo-workflows-webhook-clients":
                return answered(200, {"data": {"github.com": base64.b64encode(self.text.encode()).decode()}})
            return answered(404, {"reason": "NotFound", "message": "no such secret"})
        if path.endswith("/events"):
            self.events.append(request.body)
            return answered(201, {})
        return answered(200, LIST)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def webhook(clock):
    found = Webhook(clock)
    found.send("g0")
    return found


def recovering(cluster, clock, hosts, **settings):
    given = {"recover_namespaces": "team-a", **settings}
    return Recovering(Client(FakeTransport(cluster.answer)), Settings(**given), clock, hosts)


async def test_the_first_tick_and_every_fifth_after_it(webhook, clock):
    passes = recovering(Cluster(), clock, FakeHosts(webhook))
    found = [await passes.ticked(1e9) is not None for _ in range(12)]
    assert [number for number, done in enumerate(found) if done] == [0, 5, 10]


async def test_it_says_what_it_asked_for(webhook, clock, caplog):
    caplog.set_level(logging.INFO, "triggerfish.recovery")
    await recovering(Cluster(), clock, FakeHosts(webhook)).ticked(1e9)
    (line,) = caplog.records
    assert line.fields["delivery"] == "g0"
    assert line.fields["reason"] == "it was answered 503"
    assert "hush" not in caplog.text


async def test_who_cannot_be_asked_is_an_event_on_the_secret(webhook, clock):
    cluster = Cluster()
    passes = recovering(cluster, clock, FakeHosts(webhook, credential(repositories=["other/*"])))
    await passes.ticked(1e9)
    await passes.close()
    (event,) = cluster.events
    assert event["involvedObject"]["name"] == "argo-workflows-webhook-clients"
    assert event["reason"] == "DeliveriesNotRecovered"
    assert "no credential of type github is for org/app" in event["message"]


def app(cluster, clock, **settings):
    found = CronApp(Settings(**settings), clock)
    client = Client(FakeTransport(cluster.answer))

    async def opened():
        return SimpleNamespace(own=client)

    found._cluster = Once(opened)
    return found


async def tick(app, query=b""):
    return await app.answer(Incoming({"path": "/", "query_string": query, "headers": []}, b""))


SECRETS = [f"/api/v1/namespaces/team-a/secrets/{name}" for name in ("argo-workflows-webhook-clients",)]


async def test_the_tick_of_the_app_reads_the_clients(clock):
    cluster = Cluster()
    function = app(cluster, clock, recover_namespaces="team-a", metrics="on")
    assert (await tick(function)).status == 200
    assert [path for path in cluster.paths if "/secrets/" in path] == [
        *SECRETS,
        "/api/v1/namespaces/team-a/secrets/triggerfish-hosts",
    ]
    text = function._metrics.text().decode()
    assert "triggerfish_recovery_obstacles_total 1.0" in text.replace('{function="cron"}', "")


async def test_of_several_shards_the_first_one(clock):
    cluster = Cluster()
    function = app(cluster, clock, recover_namespaces="team-a")
    await tick(function, b"shard=2/2")
    assert not [path for path in cluster.paths if "/secrets/" in path]
    await tick(function, b"shard=1/2")
    assert [path for path in cluster.paths if "/secrets/" in path]


@pytest.mark.parametrize("settings", [{}, {"recover_namespaces": "team-a", "mode": "shadow"}])
async def test_without_the_setting_or_in_shadow_no_secret_is_read(clock, settings):
    cluster = Cluster()
    function = app(cluster, clock, **settings)
    for _ in range(6):
        assert (await tick(function)).status == 200
    assert not [path for path in cluster.paths if "/secrets/" in path]


async def test_whatever_goes_wrong_the_tick_was_done(clock, caplog):
    function = app(
        Cluster("{type: github, secret: [}"), clock, recover_namespaces="team-a", secret_store="nope"
    )
    assert (await tick(function)).status == 200
    assert "lost deliveries were not asked for" in caplog.text


def test_without_the_setting_nothing_of_it_is_imported():
    code = (
        "import sys, triggerfish.cron_function.app, triggerfish.cron_function.tick\n"
        "rooms = ('triggerfish.host', 'triggerfish.secrets')\n"
        "print([name for name in sys.modules if name.startswith(rooms)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
