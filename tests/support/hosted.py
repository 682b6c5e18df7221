"""The events function in a namespace whose webhook clients may ask a Git host, on the model of the API."""

import json

from tests.hosts.fake_hosts import FakeHost, FakeHosts, credential
from tests.runtime.test_callers import AUDIENCE, EMAIL, Google
from tests.simulation.events_world import SECRET, START, Api, Incoming, Time, store_of
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES

from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.service import Service
from triggerfish.hosts.registry import SENDERS
from triggerfish.kube.resources import (
    CONFIG_MAPS,
    SECRETS,
    SERVICE_ACCOUNTS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
)
from triggerfish.runtime.callers import Callers
from triggerfish.settings import Settings
from triggerfish.webhooks.proofs import Secret
from triggerfish.webhooks.sender import Outgoing

A, B = "a" * 40, "b" * 40
REPOSITORY = {"full_name": "org/app", "clone_url": "https://github.com/org/app.git", "node_id": "x"}
COMMENT = {
    "action": "created",
    "issue": {"number": 7, "pull_request": {"url": "https://elsewhere.example/pulls/7"}},
    "comment": {"body": "/retest", "user": {"login": "mona"}},
    "repository": REPOSITORY,
    "sender": {"login": "mona"},
}


def comment(body, by="mona"):
    """A new comment on pull request 7."""
    return {**COMMENT, "comment": {"body": body, "user": {"login": by}}, "sender": {"login": by}}


def pull_request(action="opened", *, sha=A, by="mona", sender=None, source="org/app"):
    """An event of pull request 7, as GitHub sends it."""
    head = {"sha": sha, "ref": "topic", "repo": {"full_name": source}}
    base = {"ref": "main", "repo": {"full_name": "org/app"}}
    pull = {"number": 7, "user": {"login": by}, "head": head, "base": base}
    who = {"login": sender or by}
    return {"action": action, "number": 7, "pull_request": pull, "repository": REPOSITORY, "sender": who}


class Hosted:
    """Namespace `team`: client `github.com`, a credential for GitHub, a template, and the bindings given."""

    def __init__(self, *credentials, key=None, sink=None, clients=None, **settings):
        self.model = Model(now=START, seed=1)
        self.clock = Time(model=self.model)
        self.host = FakeHost()
        self.hosts = FakeHosts(self.host, *(credentials or (credential(repositories=["org/*"]),)))
        self.opened = 0
        put = self.model.put
        put(NAMESPACES, None, {"metadata": {"name": "team"}})
        known = clients or {"github.com": {"type": "github", "repositories": ["org/*"]}}
        for name in known:
            put(SERVICE_ACCOUNTS, "team", {"metadata": {"name": name}})
        data = {name: json.dumps({"secret": SECRET, **client}) for name, client in known.items()}
        secret = {"metadata": {"name": "argo-workflows-webhook-clients"}, "stringData": data}
        put(SECRETS, "team", secret)
        put(WORKFLOW_TEMPLATES, "team", {"metadata": {"name": "build"}, "spec": {}})
        self._key, self._sink = key, sink
        broker = {"sink_audience": AUDIENCE, "sink_identity": EMAIL} if key else {}
        settings = {"response_detail": "full", **broker, **settings}
        self.app = EventsApp(Settings(**settings), self.clock, self._open)

    async def _open(self, settings, clock):
        api = Api(self.model, clock)
        callers = Callers(clock, Google(self._key)) if self._key else None
        more = {"callers": callers, "sink": self._sink}
        self.service = Service(api, store_of(api, clock), settings, clock, hosts=self._hosts, **more)
        return self.service

    async def quiet(self):
        """Return once all that the function does after its answers is done."""
        if self.service.reporter is not None:
            await self.service.reporter.flushed()

    def _hosts(self):
        self.opened += 1
        return self.hosts

    def bind(self, selector, name="b", parameter="1", annotations=None, dialect="expr"):
        """A binding that gives `build` a parameter."""
        arguments = {"parameters": [{"name": "m", "valueFrom": {"event": parameter}}]}
        submit = {"workflowTemplateRef": {"name": "build"}, "arguments": arguments}
        notes = {"triggerfish.dev/dialect": dialect} | (annotations or {})
        metadata = {"name": name, "annotations": notes}
        spec = {"event": {"selector": selector}, "submit": submit}
        self.model.put(WORKFLOW_EVENT_BINDINGS, "team", {"metadata": metadata, "spec": spec})

    async def send(self, payload, sender="github", event="issue_comment", number="1", secret=SECRET):
        """The answer to a delivery that this kind of sender signs."""
        body = json.dumps(payload).encode()
        kind = SENDERS[sender].of({} if sender != "hmac" else {"header": "X-Mine"})
        signed = kind.sign(Outgoing(event, number, body, self.clock.now()), Secret(secret.encode()))
        return await self.raw(body, *signed)

    async def raw(self, body, *headers, path="/api/v1/events/team/"):
        """The answer to a request with these headers."""
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        return await self.app.answer(Incoming({"path": path, "query_string": b"", "headers": raw}, body))

    @property
    def workflows(self):
        """What was created, oldest first."""
        return self.model.objects(WORKFLOWS)

    @property
    def parameters(self):
        """The parameter of each Workflow."""
        return [one["spec"]["arguments"]["parameters"][0]["value"] for one in self.workflows]

    @property
    def calls(self):
        """The paths that the host was asked for."""
        return [one.url.removeprefix("https://api.github.com") for one in self.hosts.calls]

    @property
    def recorded(self):
        """The records of deliveries."""
        [body] = self.model.objects(CONFIG_MAPS)
        return [json.loads(line) for text in body["data"].values() for line in text.split("\n")]
