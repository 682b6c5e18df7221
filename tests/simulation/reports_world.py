"""A Git host, events functions, passes of cron functions and a workflow controller; what may go wrong, does.

Time goes on in small steps. A request to the host may be lost, refused, answered late, or arrive after its
sender has given it up; processes die between any two calls; two passes run at once.
"""

import asyncio
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tests.hosts.fake_hosts import FakeHost, answered
from tests.simulation.events_world import SECRET, START, Api, Chooser, Incoming, Interleaved, signed, store_of
from tests.simulation.history import Crash
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES

from triggerfish.cron_function.reporting import Reporting
from triggerfish.errors import HostUnanswered, KubeError
from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.service import Service, patience
from triggerfish.hostapi.hosts import Hosts
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    SECRETS,
    SERVICE_ACCOUNTS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
)
from triggerfish.kube.retry import eagerly
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

SETTINGS = Settings(reports="on", workflow_url="https://argo.example.com/{namespace}/{name}")
MINUTE = 60.0
PHASE, DONE = "workflows.argoproj.io/phase", "workflows.argoproj.io/completed"
# How long after its time a request that was given up may still arrive: less than is waited for.
LATE = 4.0
WAYS = ("lost before", "lost after", "429", "500", "500 after", "401", "crash before", "crash after", "slow")


@dataclass(frozen=True)
class Time(Clock):
    """Moves as the world says; who sleeps is woken then."""

    world: "World" = None

    def now(self) -> datetime:
        return self.world.model.now

    def monotonic(self) -> float:
        return self.world.seconds

    async def sleep(self, seconds: float) -> None:
        await self.world.until(self.world.seconds + seconds)


@dataclass
class Posted:
    """A status as it arrived at the host."""

    at: float
    place: str
    state: str
    description: str
    run: str


@dataclass
class Wire:
    """The way to the host, for one process: a transport of ``Hosts``."""

    world: "World"
    process: "Process"

    async def __call__(self, request, headers, seconds):
        world = self.world
        await world.others()
        if self.process.dead:
            raise asyncio.CancelledError
        way = world.way()
        if way in ("crash before", "crash after"):
            if way == "crash after":
                world.arrive(request)
            self.process.die()
            raise asyncio.CancelledError
        if way == "lost before":
            raise HostUnanswered("connection reset")
        if way == "429":
            return answered(status=429, retry_after=str(world.chance.randrange(1, 9)))
        if way in ("500", "401"):
            return answered(status=int(way))
        if way == "slow":
            takes = world.chance.uniform(0, seconds + LATE)
            if takes > seconds:
                world.later(world.seconds + takes, partial(world.arrive, request))
                await world.until(world.seconds + seconds)
                raise HostUnanswered("no answer in time")
            await world.until(world.seconds + takes)
        response = world.arrive(request)
        if way == "lost after":
            raise HostUnanswered("connection reset")
        return answered(status=500) if way == "500 after" else response


class Process:
    """One process of a function; all that it does ends with it."""

    def __init__(self, world: "World") -> None:
        self.world, self.dead = world, False
        self.tasks: set[asyncio.Task] = set()
        self.clock = Time(world.chance, world)

    def start(self, work) -> asyncio.Task:
        task = asyncio.ensure_future(self._guarded(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _guarded(self, work):
        try:
            return await work()
        except (Crash, asyncio.CancelledError, BaseExceptionGroup):
            self.die()

    def die(self) -> None:
        self.dead = True
        self.world.crashes += 1
        for task in self.tasks:
            if task is not asyncio.current_task():
                task.cancel()

    def hosts(self, own: Client) -> Hosts:
        async def secret(namespace, name):
            return await eagerly(self.clock, patience, lambda: own.get(SECRETS, namespace, name))

        return Hosts(SETTINGS, secret, self.clock, transport=lambda title: Wire(self.world, self))


class EventsProcess(Process):
    """The events function. What it has promised to do after an answer dies with it too."""

    def __init__(self, world: "World") -> None:
        super().__init__(world)
        self.service = None
        self.app = EventsApp(SETTINGS, self.clock, self._open)

    async def _open(self, settings, clock):
        api = Api(self.world.model, clock)
        hosts = self.hosts(api.own)
        self.service = Service(api, store_of(api, clock), settings, clock, hosts=lambda: hosts)
        return self.service

    def die(self) -> None:
        super().die()
        for task in self.service.reporter._tasks if self.service else ():
            task.cancel()

    async def send(self, delivery: "Delivery") -> None:
        answer = await self.app.answer(delivery.request())
        delivery.taken = delivery.taken or answer.status == 200


class CronProcess(Process):
    """The cron function's passes."""

    def __init__(self, world: "World") -> None:
        super().__init__(world)
        own = Client(world.model.acting("system:serviceaccount:triggerfish:cron"))
        self.reporting = Reporting(own, self.hosts(own), SETTINGS, self.clock)

    async def tick(self) -> None:
        try:
            await self.reporting.run(self.world.seconds + SETTINGS.tick_deadline_seconds)
        except KubeError:
            self.world.failed += 1


@dataclass
class Delivery:
    """A push of one of a few commits, which belong to two branches."""

    number: int
    sha: str
    taken: bool = False
    tries: int = 0

    def request(self) -> Incoming:
        branch = f"branch-{int(self.sha[:2], 16) % 2}"
        payload = {
            "ref": f"refs/heads/{branch}",
            "before": "0" * 40,
            "after": self.sha,
            "repository": {"full_name": "org/app"},
            "number": self.number,
        }
        return signed(payload, "team", self.number)


@dataclass
class World:
    """All of it, from one seed. ``share`` of the calls go wrong while ``faulty``."""

    seed: int
    minutes: int = 12
    share: float = 0.08
    seconds: float = 0.0
    crashes: int = 0
    failed: int = 0
    faulty: bool = True
    posted: list[Posted] = field(default_factory=list)
    ways: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.model, self.model_start = Model(now=START, seed=self.seed), START
        self.host = FakeHost()
        self.waiting: list[tuple[float, int, object]] = []
        self.deliveries: list[Delivery] = []
        self.running: list[asyncio.Task] = []
        self.events, self.crons = EventsProcess(self), [CronProcess(self), CronProcess(self)]
        self._manifests()
        self.chooser = Chooser(random.Random(self.seed + 1), self.share / 2)
        self.model.faults = Interleaved(self.chooser, random.Random(self.seed + 2))

    def _manifests(self) -> None:
        put = self.model.put
        put(NAMESPACES, None, {"metadata": {"name": "team"}})
        put(SERVICE_ACCOUNTS, "team", {"metadata": {"name": "github.com"}})
        secrets = {
            "argo-workflows-webhook-clients": {
                "github.com": {"type": "github", "secret": SECRET, "repositories": ["org/*"]}
            },
            "triggerfish-hosts": {"ci": {"type": "github", "token": "hush", "repositories": ["org/*"]}},
        }
        for name, keys in secrets.items():
            texts = {key: json.dumps(value) for key, value in keys.items()}
            put(SECRETS, "team", {"metadata": {"name": name}, "stringData": texts})
        ttl = {"ttlStrategy": {"secondsAfterCompletion": 5}}
        put(WORKFLOW_TEMPLATES, "team", {"metadata": {"name": "build"}, "spec": ttl})
        for name, notes in (
            ("build", {}),
            ("deploy", {"concurrency-policy": "Replace", "concurrency-key": "git.branch"}),
        ):
            parameters = [{"name": "sha", "valueFrom": {"event": "git.sha"}}]
            submit = {"workflowTemplateRef": {"name": "build"}, "arguments": {"parameters": parameters}}
            written = {"report": f"ci/{name}", **notes}
            annotations = {f"triggerfish.dev/{key}": value for key, value in written.items()}
            metadata = {"name": name, "annotations": annotations}
            spec = {"event": {"selector": "true"}, "submit": submit}
            put(WORKFLOW_EVENT_BINDINGS, "team", {"metadata": metadata, "spec": spec})

    # --- time ---

    async def until(self, moment: float) -> None:
        """Sleep until that moment of the world."""
        woken = asyncio.get_running_loop().create_future()
        self.later(moment, lambda: woken.done() or woken.set_result(None))
        await woken

    def later(self, moment: float, do) -> None:
        self.waiting.append((moment, len(self.waiting), do))

    async def advance(self, seconds: float) -> None:
        """Let time go on, in the order of what is due."""
        end = self.seconds + seconds
        while due := [each for each in self.waiting if each[0] <= end]:
            first = min(due, key=lambda each: each[:2])
            self.waiting.remove(first)
            self._set(max(self.seconds, first[0]))
            first[2]()
            await self.others(10)
        self._set(end)
        await self.others(10)

    def _set(self, seconds: float) -> None:
        self.seconds = seconds
        self.model.now = START + timedelta(seconds=seconds)

    async def others(self, most: int = 3) -> None:
        for _ in range(self.chance.randrange(1, most + 1)):
            await asyncio.sleep(0)

    # --- the host ---

    def way(self) -> str:
        """How this request fares; empty: well."""
        if not self.faulty:
            return ""
        unseen = [way for way in WAYS if way not in self.ways]
        if self.chance.random() >= (0.4 if unseen and self.share else 3 * self.share):
            return ""
        way = self.chance.choice(unseen or list(WAYS))
        self.ways.add(way)
        return way

    def arrive(self, request):
        """The request is there, and carried out."""
        if request.method == "POST":
            told = request.json
            sha = request.url.rpartition("/")[2]
            # News that there is no run leads nowhere.
            run = told.get("target_url", "").rpartition("/")[2]
            place = f"{sha} {told['context']}"
            self.posted.append(Posted(self.seconds, place, told["state"], told["description"], run))
        return self.host.answer(request)

    # --- the course of events ---

    async def run(self) -> None:
        """Minutes with faults; then two passes without, a minute apart."""
        for minute in range(self.minutes):
            await self._minute(minute)
        self.faulty = False
        self.model.faults = Interleaved(Chooser(random.Random(0), 0.0), self.chance)
        # What was under way ends; in small steps, so that no call takes a minute.
        for _ in range(120):
            await self.advance(MINUTE / 120)
        await asyncio.gather(*self.running, return_exceptions=True)
        for _ in range(2):
            await self.tick(self._cron(0))

    async def rest(self) -> None:
        """Every run ends, and the passes go on: nothing is left open."""
        for workflow in self.model.objects(WORKFLOWS):
            if workflow["metadata"].get("labels", {}).get(DONE) != "true":
                self._move(workflow, "Succeeded")
        for _ in range(5):
            await self.tick(self._cron(0))
            self._expire()

    async def tick(self, cron: CronProcess) -> None:
        """One pass, to its end, and the rest of the minute."""
        work = cron.start(cron.tick)
        end = self.seconds + MINUTE
        while not work.done():
            await self.advance(0.5)
        await self.advance(max(0.0, end - self.seconds))

    async def _minute(self, minute: int) -> None:
        end = (minute + 1) * MINUTE
        for number in range(self.chance.choice((1, 1, 1, 2))):
            cron = self._cron(number)
            self.running.append(cron.start(cron.tick))
        while self.seconds < end:
            if self.chance.random() < 0.35:
                self._deliver()
            if self.chance.random() < 0.06:
                # Somebody calls POST /reports.
                cron = self._cron(1)
                self.running.append(cron.start(cron.tick))
            self._controller()
            self._expire()
            await self.advance(self.chance.uniform(0.1, 6.0))
        if self.chance.random() < 0.1:
            self.crons[0].die()

    def _cron(self, number: int) -> CronProcess:
        if self.crons[number].dead:
            self.crons[number] = CronProcess(self)
        return self.crons[number]

    def _deliver(self) -> None:
        if self.events.dead:
            self.events = EventsProcess(self)
        open_ones = [each for each in self.deliveries if not each.taken and each.tries < 3]
        if open_ones and self.chance.random() < 0.5:
            delivery = self.chance.choice(open_ones)
        else:
            sha = f"{self.chance.randrange(1, 4):02x}" * 20
            delivery = Delivery(len(self.deliveries) + 1, sha)
            self.deliveries.append(delivery)
        delivery.tries += 1
        self.running.append(self.events.start(partial(self.events.send, delivery)))

    def _controller(self) -> None:
        """Moves some Workflows along; ends what was told to end."""
        for workflow in self.model.objects(WORKFLOWS):
            labels = workflow["metadata"]["labels"]
            if labels.get(DONE) == "true":
                continue
            told = workflow["spec"].get("shutdown")
            if told and self.chance.random() < 0.6:
                self._move(workflow, "Failed", f"Stopped with strategy '{told}'")
            elif self.chance.random() < 0.12:
                coming = {None: "Pending", "Pending": "Running"}.get(labels.get(PHASE))
                ends = ("Succeeded", "Succeeded", "Failed", "Error")
                self._move(workflow, coming or self.chance.choice(ends))

    def _move(self, workflow, phase: str, message: str = "it is what it is") -> None:
        done = phase in ("Succeeded", "Failed", "Error")
        labels = {PHASE: phase, DONE: "true" if done else "false"}
        status = {"phase": phase, "message": message}
        if done:
            status["finishedAt"] = self.model.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        name = workflow["metadata"]["name"]
        self.model.edit(
            WORKFLOWS, "team", name, {"metadata": {"labels": labels}, "status": status}, "controller"
        )

    def _expire(self) -> None:
        """The time to live of what has ended."""
        for workflow in self.model.objects(WORKFLOWS):
            metadata = workflow["metadata"]
            if metadata["labels"].get(DONE) == "true" and "deletionTimestamp" not in metadata:
                finished = datetime.fromisoformat(workflow["status"]["finishedAt"])
                if (self.model.now - finished).total_seconds() > 5:
                    self.model.remove(WORKFLOWS, "team", metadata["name"], "controller")
