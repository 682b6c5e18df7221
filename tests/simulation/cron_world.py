"""A world for the tick: the API's model, a clock that stands still, and a scheduler that holds every call.

The real code of the tick runs here. Each call that it makes waits until the scheduler lets it go, in an order
drawn from the seed, so two ticks meet in any interleaving; a fault may strike the call, or the whole process.
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.simulation.history import Call, Crash, Entry, Fault, Faults
from tests.simulation.model import Model

from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function import tick
from triggerfish.errors import KubeError
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.wire import Transport
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
REQUEST_SECONDS = 10.0
CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)


@dataclass(frozen=True, slots=True)
class WorldClock(Clock):
    """The world's own time; sleeping is waiting for the scheduler."""

    world: "World" = field(kw_only=True)

    def now(self) -> datetime:
        return self.world.model.now

    def monotonic(self) -> float:
        return self.world.time

    async def sleep(self, seconds: float) -> None:
        await self.world.sleep(seconds)

    def jitter(self) -> float:
        return self.world.chance.random()


@dataclass(slots=True)
class Waiting:
    """A call that the scheduler holds; ``until`` it stalls, at ``expires`` its caller gives up."""

    call: Call
    turn: asyncio.Future
    expires: float
    until: float = 0.0


class Gate(Faults):
    """The hook: a call of a tick waits for its turn, and meets what the scheduler chose."""

    def __init__(self, world: "World") -> None:
        super().__init__(lambda call: self.turns.pop(call.number, None))
        self.world = world
        self.turns: dict[int, Fault | None] = {}

    async def before(self, call: Call):
        if call.user in self.world.runs:
            self.turns[call.number] = await self.world.turn(call)
        return await super().before(call)


@dataclass(slots=True)
class Run:
    """One tick: how it ended."""

    user: str
    started: float
    ends: float
    task: asyncio.Task | None = None
    summary: Summary | None = None
    crashed: bool = False
    failed: bool = False


class World:
    """``faulty`` is how likely a call meets a fault; ``wanted`` are faults to prefer, by kind of call."""

    def __init__(self, seed: int, *, faulty: float, stalls: float = 0.02, wanted=()) -> None:
        self.chance = random.Random(seed)
        self.time = 0.0
        self.faulty, self.stalls, self.wanted = faulty, stalls, list(wanted)
        self.model = Model(now=START, seed=seed, faults=Gate(self), allowed=self._allowed)
        self.memory = tick.Memory(Calendars(WorldClock(world=self)))
        self.closed: set[str] = set()
        self.runs: dict[str, Run] = {}
        self._waiting: list[Waiting] = []
        self._sleepers: list[tuple[float, int, asyncio.Future]] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self.transport: Callable[[Transport], Transport] = lambda transport: transport

    # -- time -----------------------------------------------------------------------------------

    def at(self, time: float, event: Callable[[], None]) -> None:
        """Let something happen then."""
        heapq.heappush(self._events, (time, next(self._numbers), event))

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Let something happen so much later."""
        self.at(self.time + seconds, event)

    async def sleep(self, seconds: float) -> None:
        """Until so much later."""
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._numbers), wake))
        await wake

    def _move(self, time: float) -> None:
        """Go to that time, and let happen all that was to happen by then, in order."""
        while self._events and self._events[0][0] <= time:
            due, _, event = heapq.heappop(self._events)
            self._set(max(due, self.time))
            event()
        self._set(max(time, self.time))
        while self._sleepers and self._sleepers[0][0] <= self.time:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)

    def _set(self, time: float) -> None:
        self.time = time
        self.model.now = START + timedelta(seconds=time)

    # -- ticks ----------------------------------------------------------------------------------

    def tick(self, settings: Settings) -> Run:
        """Start one more; it goes on whenever ``advance`` lets it."""
        user = f"tick-{len(self.runs)}"
        run = self.runs[user] = Run(user, self.time, self.time + settings.tick_deadline_seconds)
        run.task = asyncio.ensure_future(self._tick(run, settings))
        return run

    async def _tick(self, run: Run, settings: Settings) -> None:
        client, clock = Client(self.transport(self.model.acting(run.user))), WorldClock(world=self)
        # Some instances are warm, and remember; the others have just been started.
        memory = self.memory if self.chance.random() < 0.5 else None
        try:
            run.summary = await tick.run(client, settings, clock, memory=memory)
        except KubeError:
            run.failed = True
        except BaseException as end:
            if not _is_crash(end):
                raise
            run.crashed = True

    def _allowed(self, user, verb, resource, subresource, namespace, name) -> bool:
        return not (user.startswith("tick") and verb == "create" and namespace in self.closed)

    # -- calls ----------------------------------------------------------------------------------

    async def turn(self, call: Call) -> Fault | None:
        """Wait until the scheduler lets this call go; the fault that it meets then."""
        turn = asyncio.get_running_loop().create_future()
        expires = min(self.runs[call.user].ends, self.time + REQUEST_SECONDS)
        self._waiting.append(Waiting(call, turn, expires))
        return await turn

    def _fault(self, call: Call) -> Fault | None:
        wanted = [fault for fault, kind in self.wanted if kind == call.kind_of_call]
        # Objects are read one by one only when something went wrong already.
        often = 0.6 if call.verb == "get" else 0.3
        if wanted and self.faulty and self.chance.random() < often:
            return self.chance.choice(wanted)
        if self.chance.random() >= self.faulty:
            return None
        return self.chance.choice(list(Fault))

    async def _settle(self) -> None:
        """Let every task go as far as it can."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)
            if not loop._ready:
                return

    async def advance(self, until: float) -> None:
        """Let the ticks, and everything else, go on until that time."""
        while True:
            await self._settle()
            self._waiting = [each for each in self._waiting if not each.turn.done()]
            if self.time >= until:
                return
            ready = [each for each in self._waiting if each.until <= self.time]
            if ready:
                await self._step(self.chance.choice(ready))
                continue
            times = [each.until for each in self._waiting]
            times += [self._sleepers[0][0]] if self._sleepers else []
            times += [self._events[0][0]] if self._events else []
            coming = min(times, default=until)
            if coming >= until:
                self._move(until)
                await self._settle()
                return
            self._move(coming)

    async def finish(self, run: Run) -> None:
        """Let everything go on until that tick is over."""
        while not run.task.done():
            await self.advance(self.time + 1.0)
        run.task.result()

    async def _step(self, waiting: Waiting) -> None:
        self._move(self.time + self.chance.expovariate(20.0))
        if waiting.turn.done():
            return
        if self.time >= waiting.expires:
            lost = Fault.LOST_BEFORE if self.chance.random() < 0.5 else Fault.LOST_AFTER
            waiting.turn.set_result(lost)
            return
        if self.faulty and self.chance.random() < self.stalls:
            # Late, or with its whole process; never later than its caller waits for it.
            stall = min(self.time + self.chance.uniform(0.5, 45.0), waiting.expires)
            everything = self.chance.random() < 0.5
            for each in self._waiting if everything else [waiting]:
                if each.call.user == waiting.call.user:
                    each.until = min(stall, each.expires)
            return
        fault = self._fault(waiting.call)
        waiting.turn.set_result(fault)
        if fault in CRASHES:
            self._die(waiting)

    def _die(self, waiting: Waiting) -> None:
        """The process is gone; what it had sent may still arrive."""
        for each in self._waiting:
            if each is not waiting and each.call.user == waiting.call.user and not each.turn.done():
                if self.chance.random() < 0.5:
                    self.model.carry_out(Entry(each.call, fault="crash after"))
                each.turn.cancel()


def _is_crash(end: BaseException) -> bool:
    if isinstance(end, BaseExceptionGroup):
        return any(_is_crash(each) for each in end.exceptions)
    return isinstance(end, Crash)
