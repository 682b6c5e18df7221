"""From a signed delivery to a Workflow that carries its report, and the first status after the answer."""

import asyncio
import hashlib
import hmac
import json
from functools import partial

import pytest
from tests.hosts.fake_hosts import FakeHost, FakeHosts, credential
from tests.simulation.events_world import SECRET, START, Api, Incoming, Time, store_of
from tests.simulation.history import NoFaults
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES
from tests.support.reports import CI, REPORT, SHA

from triggerfish.errors import HostRefused, HostUnanswered, Unanswered
from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.service import Service
from triggerfish.hosts.reports import intent
from triggerfish.hosts.reports.trust import seal_key
from triggerfish.kube.resources import (
    EVENTS,
    SECRETS,
    SERVICE_ACCOUNTS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
)
from triggerfish.settings import Settings

REPOSITORY = {"full_name": "org/app", "clone_url": "https://github.com/org/app.git"}
PUSH = {"ref": "refs/heads/main", "before": "0" * 40, "after": SHA, "repository": REPOSITORY}
PULL_OF_FORK = {
    "action": "opened",
    "number": 7,
    "repository": REPOSITORY,
    "installation": {"id": 99},
    "pull_request": {
        "number": 7,
        "user": {"login": "stranger"},
        "head": {"sha": SHA, "ref": "topic", "repo": {"full_name": "stranger/app", "id": 2}},
        "base": {"sha": "2b" * 20, "ref": "main", "repo": {**REPOSITORY, "id": 1}},
    },
}


class Scene:
    """An events function in the namespace `team`: GitHub's client, a credential, and one binding."""

    def __init__(
        self,
        report="ci/build",
        client=(),
        credentials=(CI,),
        arguments="payload.ref",
        template="build",
        **settings,
    ):
        self.model = Model(now=START, seed=1)
        self.clock = Time(model=self.model)
        self.host = FakeHost()
        self.hosts = FakeHosts(self.host, *credentials)
        put = self.model.put
        put(NAMESPACES, None, {"metadata": {"name": "team"}})
        put(SERVICE_ACCOUNTS, "team", {"metadata": {"name": "github.com"}})
        known = {"type": "github", "secret": SECRET, "repositories": ["org/*"]} | dict(client)
        clients = {"github.com": json.dumps({key: value for key, value in known.items() if value})}
        name = {"name": "argo-workflows-webhook-clients"}
        put(SECRETS, "team", {"metadata": name, "stringData": clients})
        put(WORKFLOW_TEMPLATES, "team", {"metadata": {"name": "build"}, "spec": {}})
        self.bind("build", report, arguments, template)
        self.opened, self.counted = [], []

        async def opened(settings, clock):
            api = Api(self.model, clock)
            store, told = store_of(api, clock), self.counted.append
            service = Service(api, store, settings, clock, hosts=lambda: self.hosts, told=told)
            self.opened.append(service)
            return service

        self.app = EventsApp(
            Settings(**{"reports": "on", "response_detail": "full", **settings}), self.clock, opened
        )

    def bind(self, name, report, arguments="payload.ref", template="build", selector="true"):
        parameters = [{"name": "ref", "valueFrom": {"event": arguments}}]
        submit = {"workflowTemplateRef": {"name": template}, "arguments": {"parameters": parameters}}
        spec = {"event": {"selector": selector}, "submit": submit}
        notes = {} if report is None else {REPORT: report}
        metadata = {"name": name, "annotations": notes}
        self.model.put(WORKFLOW_EVENT_BINDINGS, "team", {"metadata": metadata, "spec": spec})

    async def send(self, payload=PUSH, kind="push", number="1", **headers):
        body = json.dumps(payload).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        sent = [
            (b"x-github-event", kind.encode()),
            (b"x-github-delivery", number.encode()),
            (b"x-hub-signature-256", f"sha256={signature}".encode()),
            *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
        ]
        scope = {"path": "/api/v1/events/team/", "query_string": b"", "headers": sent}
        return await self.app.answer(Incoming(scope, body))

    async def quiet(self):
        """Wait until all that the function does after its answers is done."""
        for service in self.opened:
            if service.reporter is not None:
                await service.reporter.flushed()

    @property
    def run(self):
        (run,) = self.model.objects(WORKFLOWS)
        return run["metadata"]

    def told(self):
        return [each["reason"] for each in self.model.objects(EVENTS)]


async def test_the_workflow_carries_its_report_sealed_and_is_held():
    scene = Scene()
    answer = await scene.send()
    assert answer.status == 200
    assert answer.body["bindings"][0]["report"] == f"ci/build on org/app@{SHA[:12]}"
    sealed = intent.read(scene.run["annotations"][REPORT])
    assert sealed.holds("team", scene.run["name"], seal_key(CI))
    found = sealed.intent
    assert (found.host, found.credential, found.repository, found.sha, found.context) == (
        *("github", "ci", "org/app", SHA),
        "ci/build",
    )
    assert scene.run["labels"][REPORT] == "pending"
    assert scene.run["finalizers"] == [REPORT]


async def test_the_first_state_is_one_call_after_the_answer():
    scene = Scene(workflow_url="https://argo.example.com/{namespace}/{name}")
    await scene.send()
    assert scene.hosts.calls == []
    await scene.quiet()
    (call,) = scene.hosts.calls
    assert call.json == {
        "state": "pending",
        "context": "ci/build",
        "description": "waiting to start",
        "target_url": f"https://argo.example.com/team/{scene.run['name']}",
    }


async def test_a_delivery_that_made_nothing_new_says_nothing():
    scene = Scene()
    await scene.send()
    await scene.quiet()
    await scene.send()
    await scene.quiet()
    assert len(scene.hosts.calls) == 1


@pytest.mark.parametrize(
    ("report", "payload", "expected"),
    [
        pytest.param("ci/build", PUSH, "ci/build", id="a name"),
        pytest.param("build & test (linux)", PUSH, "build & test (linux)", id="a name with signs"),
        pytest.param('"ci/" + git.branch', PUSH, "ci/main", id="an expression"),
        pytest.param("git.branch", PUSH, "main", id="a fact"),
        pytest.param("git.tag", PUSH, None, id="nil: not reported"),
        pytest.param(None, PUSH, None, id="none"),
    ],
)
async def test_what_names_the_status(report, payload, expected):
    scene = Scene(report)
    await scene.send(payload)
    await scene.quiet()
    assert [call.json["context"] for call in scene.hosts.calls] == ([expected] if expected else [])
    assert (REPORT in scene.run["annotations"]) == bool(expected)
    assert scene.told() == []


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        pytest.param('"ci/" + git.', "report", id="no expression"),
        pytest.param("payload.ref + 1", "report", id="an expression that fails"),
        pytest.param("payload", "is a text", id="no text"),
        pytest.param('"a\\nb"', "one line", id="two lines"),
        pytest.param("x" * 101, "100 characters", id="long"),
    ],
)
async def test_a_report_that_is_wrong_keeps_nothing_from_running(report, reason):
    scene = Scene(report)
    answer = await scene.send()
    await scene.quiet()
    assert answer.status == 200
    assert reason in answer.body["bindings"][0]["report"]
    assert REPORT not in scene.run["annotations"]
    assert (scene.hosts.calls, scene.told()) == ([], ["NotReported"])


@pytest.mark.parametrize(
    ("scene", "payload", "reason"),
    [
        pytest.param({"client": {"repositories": None}}, PUSH, "has no repositories", id="client for none"),
        pytest.param(
            {"client": {"repositories": ["org/b*"]}}, PUSH, "is not for org/app", id="client for others"
        ),
        pytest.param(
            {"credentials": (credential(repositories=["org/b"]),)}, PUSH, "no credential", id="credential"
        ),
        pytest.param(
            {"credentials": (credential(kind="gitea", url="https://git.example.com"),)},
            PUSH,
            "no credential of github",
            id="a credential of another host",
        ),
        pytest.param(
            {}, {**PUSH, "repository": {"full_name": "evil/app"}}, "is not for evil/app", id="payload"
        ),
        pytest.param({}, {"hello": "world"}, "not one of github", id="no payload of that host"),
    ],
)
async def test_who_may_not_report_makes_no_call(scene, payload, reason):
    scene = Scene(**scene, arguments='"x"')
    answer = await scene.send(payload)
    await scene.quiet()
    assert answer.status == 200
    assert reason in answer.body["bindings"][0]["report"]
    assert (scene.hosts.calls, scene.told()) == ([], ["NotReported"])
    assert REPORT not in scene.run["annotations"]


async def test_a_payload_that_gitea_sent_is_not_github_s():
    scene = Scene()
    answer = await scene.send(x_gitea_event="push")
    await scene.quiet()
    assert "not one of github" in answer.body["bindings"][0]["report"]
    assert scene.hosts.calls == []


async def test_an_event_without_a_signature_reports_nothing_and_nobody_is_told():
    scene = Scene(arguments='"x"')
    token = (await Api(scene.model, scene.clock).own.request_token("team", "github.com", seconds=600))[
        "status"
    ]["token"]
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"path": "/api/v1/events/team/", "query_string": b"", "headers": headers}
    answer = await scene.app.answer(Incoming(scope, json.dumps(PUSH).encode()))
    await scene.quiet()
    assert "no webhook client of a Git host" in answer.body["bindings"][0]["report"]
    assert (scene.hosts.calls, scene.told(), REPORT in scene.run["annotations"]) == ([], [], False)


async def test_without_the_setting_nothing_is_read_or_written():
    scene = Scene(reports="off")
    answer = await scene.send()
    await scene.quiet()
    assert "report" not in answer.body["bindings"][0]
    assert (scene.hosts.calls, REPORT in scene.run["annotations"], "finalizers" in scene.run) == (
        [],
        False,
        False,
    )


@pytest.mark.parametrize("error", [HostRefused("no right"), HostUnanswered("later")])
async def test_credentials_that_cannot_be_read_keep_nothing_from_running(error):
    scene = Scene()
    scene.hosts.unreadable = error
    answer = await scene.send()
    await scene.quiet()
    assert (answer.status, scene.told()) == (200, ["NotReported"])
    assert str(error) in answer.body["bindings"][0]["report"]


@pytest.mark.parametrize(
    ("arguments", "template", "reason"),
    [
        pytest.param("payload.ref.x.y", "build", 'parameter "ref"', id="an argument that fails"),
        pytest.param("payload.", "build", "spec.submit", id="an argument that cannot be read"),
        pytest.param('"x"', "missing", "missing", id="no template"),
    ],
)
async def test_bad_news_is_told_on_the_commit(arguments, template, reason):
    scene = Scene(None, arguments='"x"')
    scene.bind("failing", '"ci/" + git.branch', arguments, template)
    answer = await scene.send()
    assert answer.status == 500
    assert scene.host.latest("org/app", SHA, "ci/main")[0] == "error"
    assert reason in scene.host.latest("org/app", SHA, "ci/main")[1]


async def test_bad_news_is_told_before_the_answer_and_again_when_the_event_comes_again():
    """A platform may take the processor away with the answer, and no Workflow stands for it."""
    scene = Scene(template="missing")
    scene.bind("good", "ci/good")
    assert (await scene.send()).status == 500
    assert [(call.json["context"], call.json["state"]) for call in scene.hosts.calls] == [
        ("ci/build", "error")
    ]
    await scene.send()
    assert scene.host.latest("org/app", SHA, "ci/build")[0] == "error"
    await scene.quiet()
    told = [call.json["context"] for call in scene.hosts.calls]
    assert sorted(told) == ["ci/build", "ci/build", "ci/good"]


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        pytest.param(HostRefused("GitHub answered 401"), 1, id="refused: once"),
        pytest.param(HostUnanswered("GitHub answered 503"), 2, id="unanswered: once more after the answer"),
    ],
)
async def test_bad_news_that_is_not_taken_fails_no_delivery(error, calls):
    scene = Scene(template="missing")
    asked = []

    async def failing(*_, seconds, **__):
        asked.append(seconds)
        raise error

    scene.hosts.run = failing
    answer = await scene.send()
    assert (answer.status, asked) == (500, [3.0])
    await scene.quiet()
    assert (len(asked), scene.counted) == (calls, ["failed"])


async def test_a_delivery_that_took_its_time_waits_for_no_host():
    """Without time left the answer goes, whatever the host does."""
    scene = Scene(template="missing")
    gate, run, credential_for = asyncio.Event(), scene.hosts.run, scene.hosts.credential
    asked = []

    async def slow(*given):
        scene.clock.seconds[0] += 7
        return await credential_for(*given)

    async def hanging(*given, seconds, **named):
        asked.append(seconds)
        await gate.wait()
        return await run(*given, seconds=seconds, **named)

    scene.hosts.run, scene.hosts.credential = hanging, slow
    assert (await scene.send()).status == 500
    assert (asked, scene.hosts.calls) == ([], [])
    gate.set()
    await scene.quiet()
    assert asked == [5.0]
    assert scene.host.latest("org/app", SHA, "ci/build")[0] == "error"


async def test_a_fork_is_told_on_the_repository_of_the_pull_request():
    scene = Scene(arguments='"x"', client={"repositories": ["*/app"]})
    await scene.send(PULL_OF_FORK, "pull_request")
    await scene.quiet()
    found = intent.read(scene.run["annotations"][REPORT]).intent
    assert (found.repository, found.ids, found.installation) == ("org/app", {"source": "stranger/app"}, 99)
    assert scene.hosts.installations == [99]


async def test_a_fork_that_the_client_is_not_for_is_not_told():
    scene = Scene(arguments='"x"')
    await scene.send(PULL_OF_FORK, "pull_request")
    assert intent.read(scene.run["annotations"][REPORT]).intent.ids == {}


async def test_an_instance_that_slept_after_its_answer_posts_nothing_old():
    scene = Scene()
    gate = asyncio.Event()
    sleep = scene.clock.sleep

    async def asleep(seconds):
        await gate.wait()
        await sleep(seconds)

    object.__setattr__(scene.clock, "sleep", asleep)
    await scene.send()
    scene.clock.seconds[0] += 3600
    gate.set()
    await scene.quiet()
    assert (scene.hosts.calls, scene.counted) == ([], ["dropped"])


async def test_a_run_that_was_created_long_before_the_answer_is_not_posted_as_new():
    """Others may have told more of it by then, or of a newer one: they count from its creation."""
    scene = Scene()

    class Slow(NoFaults):
        async def after(self, call, response):
            if call.kind_of_call == "create workflows":
                scene.clock.seconds[0] += 31
            return await super().after(call, response)

    scene.model.faults = Slow()
    await scene.send()
    await scene.quiet()
    assert (scene.hosts.calls, scene.counted) == ([], ["dropped"])


async def test_a_host_that_refuses_the_first_state_fails_nothing():
    scene = Scene()
    scene.hosts.run = refused
    answer = await scene.send()
    await scene.quiet()
    assert (answer.status, scene.run["labels"][REPORT]) == (200, "pending")
    assert scene.counted == ["failed"]


async def test_a_burst_keeps_no_more_waiting_than_its_bound():
    scene = Scene()
    gate = asyncio.Event()
    scene.hosts.run = partial(held, gate)
    for number in range(260):
        await scene.send(number=str(number))
    assert scene.counted == ["dropped"] * 4
    gate.set()
    await scene.quiet()
    assert scene.counted.count("posted") == 256


async def held(gate, *_, **__):
    await gate.wait()


async def refused(*_, **__):
    raise HostRefused("GitHub answered 401")


async def test_a_run_that_may_have_been_there_before_is_left_to_the_cron_function():
    scene = Scene()
    await scene.send()
    await scene.quiet()

    class Lost(NoFaults):
        async def before(self, call):
            if call.kind_of_call == "create workflows":
                scene.model.faults = NoFaults()
                raise Unanswered("connection reset")

    scene.model.faults = Lost()
    await scene.send()
    await scene.quiet()
    assert len(scene.hosts.calls) == 1
