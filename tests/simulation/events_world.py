"""Senders, function instances and a workflow controller around the model of the API: what may go wrong, does.

A sender repeats a delivery until it is answered 200, now and then twice at once. An instance that crashes
takes its caches and all that it was doing with it. Only the API survives.
"""

import asyncio
import hashlib
import hmac
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from tests.simulation.history import Call, Crash, Fault, Faults
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES

from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.service import Service
from triggerfish.hosts.registry import SENDERS
from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    SECRETS,
    SERVICE_ACCOUNTS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
)
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.kubernetes import KubernetesStore
from triggerfish.secrets.store import Store
from triggerfish.settings import Settings
from triggerfish.webhooks.clients import parse_clients

SECRET = "It's a secret"
START = datetime(2026, 3, 1, tzinfo=UTC)
KEY = "triggerfish.dev/concurrency-key"
PER_NAMESPACE = 100
# Plain; a fixed name; and runs of one branch that must not meet.
POLICIES = {"plain": None, "fixed": None, "replace": "Replace", "forbid": "Forbid"}
SELECTORS = {"replace": "payload.number % 3 == 0", "forbid": "payload.number % 3 == 1"}


@dataclass(frozen=True)
class Time(Clock):
    """Stands still but for sleeps, which take no time of ours; the model's clock follows it."""

    model: Model = None
    seconds: list[float] = field(default_factory=lambda: [0.0])

    def now(self) -> datetime:
        # Time passes between any two looks, so that no two deliveries are received at the same moment.
        self.seconds[0] += 0.001
        self.model.now = START + timedelta(seconds=self.seconds[0])
        return self.model.now

    def monotonic(self) -> float:
        return self.seconds[0]

    async def sleep(self, seconds: float) -> None:
        self.seconds[0] += seconds
        await asyncio.sleep(0)


class Chooser:
    """A fault for some of the calls, those (fault, call) pairs first that have not occurred yet."""

    def __init__(self, chance: random.Random, share: float) -> None:
        self.chance, self.share = chance, share
        self.seen: set[tuple[Fault, str]] = set()

    def __call__(self, call: Call) -> Fault | None:
        unseen = [fault for fault in Fault if (fault, call.kind_of_call) not in self.seen]
        # Some calls are rare: what has not failed in every way yet fails often.
        if self.chance.random() >= (0.5 if unseen and self.share else self.share):
            return None
        fault = self.chance.choice(unseen or list(Fault))
        self.seen.add((fault, call.kind_of_call))
        return fault


class Interleaved(Faults):
    """Lets others go first before and after a call, by chance."""

    def __init__(self, choose: Chooser, chance: random.Random) -> None:
        super().__init__(choose)
        self.chance = chance

    async def before(self, call):
        await self._others()
        return await super().before(call)

    async def after(self, call, response):
        await self._others()
        return await super().after(call, response)

    async def _others(self):
        for _ in range(self.chance.randrange(3)):
            await asyncio.sleep(0)


class Api:
    """The cluster as one instance sees it: tokens by TokenRequest, all of it on the model."""

    def __init__(self, model: Model, clock: Clock) -> None:
        self.model = model
        self.reads = Reads(clock, seconds=2.0)
        self.own = Client(model.acting("system:serviceaccount:triggerfish:events"), identity=b"own")
        self.tokens: dict[tuple[str, str], str] = {}

    def bearer(self, token: str) -> Client:
        return Client(self.model.bearer(token), identity=token.encode())

    async def service_account(self, namespace: str, name: str) -> Client:
        key = namespace, name
        if key not in self.tokens:
            answer = await self.own.request_token(namespace, name, seconds=600)
            self.tokens[key] = answer["status"]["token"]
        return self.bearer(self.tokens[key])


def store_of(api: Api, clock: Clock) -> Store:
    """The webhook clients in the model's Secrets."""

    async def get_secret(namespace, name):
        return await api.own.get(SECRETS, namespace, name)

    return Store(KubernetesStore(get_secret), clock, partial(parse_clients, senders=SENDERS), seconds=10)


class Instance:
    """One process of the function."""

    def __init__(self, model: Model, clock: Clock) -> None:
        self.router = EventsApp(Settings(response_detail="full"), clock, self._open)
        self.model = model
        self.tasks: set[asyncio.Task] = set()
        self.dead = False

    async def _open(self, settings: Settings, clock: Clock) -> Service:
        api = Api(self.model, clock)
        return Service(api, store_of(api, clock), settings, clock)

    async def send(self, request: "Incoming") -> tuple[int, dict] | None:
        """The answer; None when the process died before there was one."""
        task = asyncio.ensure_future(self.router.answer(request))
        self.tasks.add(task)
        try:
            answer = await task
        except (Crash, asyncio.CancelledError):
            self.die()
            return None
        finally:
            self.tasks.discard(task)
        return answer.status, answer.body

    def die(self) -> None:
        self.dead = True
        for task in self.tasks:
            task.cancel()


@dataclass
class Incoming:
    """A request, as the web framework would give it."""

    scope: dict
    body: bytes
    method: str = "POST"

    async def stream(self):
        yield self.body


def signed(payload: dict, namespace: str, number: int) -> Incoming:
    """A push as GitHub sends it."""
    body = json.dumps(payload).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = [
        (b"x-github-event", b"push"),
        (b"x-github-delivery", str(number).encode()),
        (b"x-hub-signature-256", f"sha256={signature}".encode()),
    ]
    path = f"/api/v1/events/{namespace}/"
    return Incoming({"path": path, "query_string": b"", "headers": headers}, body)


@dataclass
class Sent:
    """One delivery: ``answers`` are (status, body, how many calls the API had seen by then)."""

    number: int
    branch: str
    answers: list = field(default_factory=list)

    @property
    def done(self) -> bool:
        return any(status == 200 for status, _, _ in self.answers)

    @property
    def namespace(self) -> str:
        return f"team-{self.number // PER_NAMESPACE}"

    @property
    def bindings(self) -> set[str]:
        """Those it matches."""
        return {"plain", "fixed"} | {0: {"replace"}, 1: {"forbid"}}.get(self.number % 3, set())

    def request(self) -> Incoming:
        payload = {"number": self.number, "branch": self.branch, "repository": {"pushed_at": self.number}}
        return signed(payload, self.namespace, self.number)


class World:
    """All of it, from one seed."""

    def __init__(self, deliveries: int, seed: int, share: float = 0.04) -> None:
        self.chance = random.Random(seed)
        self.model = Model(now=START, seed=seed)
        self.clock = Time(random.Random(seed + 1), self.model)
        self.chooser = Chooser(random.Random(seed + 2), share)
        self.instances: list[Instance] = []
        self.crashes = 0
        self.sent = [
            Sent(number, f"branch-{self.chance.randrange(3)}") for number in range(1, deliveries + 1)
        ]
        for namespace in sorted({delivery.namespace for delivery in self.sent}):
            self.model.put(NAMESPACES, None, {"metadata": {"name": namespace}})
            self._manifests(namespace)
        self.model.faults = Interleaved(self.chooser, random.Random(seed + 3))

    def _manifests(self, namespace: str) -> None:
        put = self.model.put
        put(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": "github.com"}})
        client = json.dumps({"type": "github", "secret": SECRET})
        put(
            SECRETS,
            namespace,
            {"metadata": {"name": "argo-workflows-webhook-clients"}, "stringData": {"github.com": client}},
        )
        put(WORKFLOW_TEMPLATES, namespace, {"metadata": {"name": "build"}, "spec": {}})
        for name, policy in POLICIES.items():
            annotations = (
                {"triggerfish.dev/concurrency-policy": policy, KEY: "payload.branch"} if policy else {}
            )
            submit = {"metadata": {"name": '"fixed-" + string(payload.number)'}} if name == "fixed" else {}
            arguments = {"parameters": [{"name": "number", "valueFrom": {"event": "payload.number"}}]}
            spec = {
                "event": {"selector": SELECTORS.get(name, "true")},
                "submit": {"workflowTemplateRef": {"name": "build"}, "arguments": arguments, **submit},
            }
            metadata = {"name": name, "annotations": annotations}
            put(WORKFLOW_EVENT_BINDINGS, namespace, {"metadata": metadata, "spec": spec})

    async def run(self) -> None:
        """Send everything under faults, then what is left without; each delivery ends with a 200."""
        waiting = list(self.sent)
        while waiting:
            batch = self._batch(waiting)
            await asyncio.gather(*(self._attempt(delivery) for delivery in batch))
            if self.chance.random() < 0.25:
                self._controller()
            waiting = [delivery for delivery in waiting if not delivery.done]
        self.model.faults = Interleaved(Chooser(random.Random(0), 0.0), self.chance)
        # A host's operator presses "redeliver" on some, long after they went well.
        for delivery in self.chance.sample(self.sent, len(self.sent) // 10):
            await self._attempt(delivery)

    def _batch(self, waiting: list[Sent]) -> list[Sent]:
        # Roughly in order, some late, some twice at once.
        near = waiting[:40]
        batch = self.chance.sample(near, min(len(near), self.chance.randrange(1, 12)))
        return batch + [delivery for delivery in batch if self.chance.random() < 0.2]

    async def _attempt(self, delivery: Sent) -> None:
        self.instances = [instance for instance in self.instances if not instance.dead]
        while len(self.instances) < 2:
            self.instances.append(Instance(self.model, self.clock))
        instance = self.chance.choice(self.instances)
        answer = await instance.send(delivery.request())
        self.crashes += instance.dead
        if answer is not None:
            delivery.answers.append((*answer, len(self.model.history.entries)))

    def _controller(self) -> None:
        """Ends what was told to end, and now and then something by itself."""
        for workflow in self.model.objects(WORKFLOWS):
            metadata = workflow["metadata"]
            if "workflows.argoproj.io/completed" in (metadata.get("labels") or {}):
                continue
            told = (workflow.get("spec") or {}).get("shutdown") == "Terminate"
            if told or self.chance.random() < 0.05:
                patch = {"metadata": {"labels": {"workflows.argoproj.io/completed": "true"}}}
                self.model.edit(WORKFLOWS, metadata["namespace"], metadata["name"], patch, "controller")
