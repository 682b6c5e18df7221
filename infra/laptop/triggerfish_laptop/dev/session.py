"""One run of `triggerfish dev`, from the first check to the last process stopped."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from triggerfish.errors import TriggerfishError
from triggerfish.kube.cluster import Cluster
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish_laptop.dev import accounts, manifests, owntime, samples
from triggerfish_laptop.dev.guard import Guard
from triggerfish_laptop.dev.narrate import Narrator
from triggerfish_laptop.dev.owntime import OwnTime
from triggerfish_laptop.dev.ports import HOST, Ports, require_free
from triggerfish_laptop.dev.processes import Lines, Process
from triggerfish_laptop.dev.scheduler import every_minute, minutes
from triggerfish_laptop.dev.text import introduction
from triggerfish_laptop.files import is_packaged

# The secret of infra/laptop/samples/github.yaml, which is public and for the laptop only.
SAMPLE_SECRET = b"shh!"
METRICS_TOKEN = "metrics"  # noqa: S105  as public as that


class ChildStopped(TriggerfishError):  # noqa: N818  what it says is the state
    """Something we started ended by itself."""


@dataclass(frozen=True, slots=True)
class Household:
    """What a session has started: ``stack`` ends it with the session, ``guard`` if that is killed."""

    stack: AsyncExitStack
    guard: Guard


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """``kubeconfig`` None: the embedded cluster, started here with its state in ``state``.

    ``own_time`` is for the embedded cluster alone.
    """

    root: Path
    ports: Ports
    state: Path
    kubeconfig: Path | None
    environment: Mapping[str, str]
    own_time: OwnTime | None = None
    fresh: bool = False

    @property
    def samples(self) -> Path:
        """The sample manifests."""
        return self.root / "infra" / "laptop" / "samples"

    @property
    def folder(self) -> Path:
        """Where the processes run: in the checkout, or where the session was started."""
        return Path.cwd() if is_packaged(self.root) else self.root


async def run(options: SessionOptions, narrator: Narrator | None = None) -> int:
    """Run until SIGINT or SIGTERM (exit code 0) or until something that must run ends (1)."""
    narrator = narrator or Narrator()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    async with AsyncExitStack() as stack:
        guard = stack.enter_context(Guard())
        work = asyncio.create_task(_work(options, narrator, Household(stack, guard)))
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            narrator.plain("\nStopping ...")
        work.cancel()
        results = await asyncio.gather(work, return_exceptions=True)
    stopping.cancel()
    for error in results:
        if isinstance(error, TriggerfishError):
            print(f"triggerfish: {error}", file=sys.stderr)
            return 1
        if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError):
            raise error
    return 0


async def _work(options: SessionOptions, narrator: Narrator, household: Household) -> None:
    ports = options.ports
    require_free(ports.events, "the events function", ports.base)
    require_free(ports.cron, "the cron function", ports.base)
    kubeconfig = options.kubeconfig
    children: list[Process] = []
    if kubeconfig is None:
        require_free(ports.cluster, "the embedded cluster", ports.base)
        children.append(await _embedded(options, narrator, household))
        kubeconfig = options.state / "kubeconfig"
        own = await _furnish(options, kubeconfig, narrator)
    else:
        own = {"events": kubeconfig, "cron": kubeconfig}
    children += await asyncio.gather(
        _function("events", "delivery", ports.events, own["events"], options, narrator, household),
        _function("cron", "tick", ports.cron, own["cron"], options, narrator, household),
    )
    session = await household.stack.enter_async_context(aiohttp.ClientSession())
    embedded = options.kubeconfig is None
    narrator.plain(
        introduction(
            options.root, options.folder, kubeconfig, ports, embedded=embedded, own_time=options.own_time
        )
    )
    if embedded:
        await _first_delivery(session, options)
    url = f"http://{HOST}:{ports.cron}/"
    coming = await _minutes(options, kubeconfig, household.stack)
    ticking = asyncio.create_task(every_minute(session, url, coming, lambda text: narrator.say("tick", text)))
    household.stack.callback(ticking.cancel)
    await _first_to_end(ticking, children)


async def _minutes(
    options: SessionOptions, kubeconfig: Path, stack: AsyncExitStack
) -> AsyncIterator[datetime]:
    if options.own_time is None:
        return minutes(Clock())
    cluster = await Cluster.open(Settings(kubeconfig=str(kubeconfig)), Clock())
    stack.push_async_callback(cluster.close)
    return owntime.minutes(cluster.own, options.own_time.at)


async def _first_to_end(ticking: asyncio.Task[None], children: list[Process]) -> None:
    """Neither the scheduler nor a child ends by itself: the first that does is an error."""
    ends = {asyncio.create_task(child.process.wait()): child for child in children}
    try:
        done, _ = await asyncio.wait({ticking, *ends}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()
    for end, child in ends.items():
        if end in done:
            raise ChildStopped(f"{child.name} ended with exit code {end.result()}; its last lines are above")
    await ticking


async def _embedded(options: SessionOptions, narrator: Narrator, household: Household) -> Process:
    options.state.mkdir(parents=True, exist_ok=True)
    ready = asyncio.Event()

    def lines(text: str) -> None:
        if text.startswith("ready "):
            ready.set()
        narrator.cluster(text)

    command = [sys.executable, "-m", "triggerfish_laptop.cluster"]
    command += ["--state", str(options.state), "--host", HOST, "--port", str(options.ports.cluster)]
    command += options.own_time.arguments if options.own_time else []
    command += ["--fresh"] if options.fresh else []
    child = await _start("the embedded cluster", command, {}, options, lines, household)
    await _until(ready.wait(), child, seconds=30)
    return child


async def _function(
    name: str,
    kind: str,
    port: int,
    kubeconfig: Path,
    options: SessionOptions,
    narrator: Narrator,
    household: Household,
) -> Process:
    folder = options.root / "functions" / name
    command = [sys.executable, "-m", "functions_framework", "--target", name]
    command += ["--source", str(folder / "main.py"), "--host", HOST, "--port", str(port)]
    extra = {
        "KUBECONFIG": str(kubeconfig),
        "METRICS": "on",
        # Public, as the samples' secrets are: only this machine reaches the functions.
        "METRICS_TOKEN": options.environment.get("METRICS_TOKEN") or METRICS_TOKEN,
        "CONSOLE": "on",
        "DELIVERY_RECORD": "100",
        "WORKERS": "1",
    }
    child = await _start(
        f"the {name} function", command, extra, options, narrator.function(name, kind), household
    )
    await _until(_healthy(f"http://{HOST}:{port}/healthz"), child, seconds=30)
    return child


async def _start(
    name: str,
    command: list[str],
    extra: Mapping[str, str],
    options: SessionOptions,
    lines: Lines,
    household: Household,
) -> Process:
    environment = {**options.environment, "PYTHONUNBUFFERED": "1", **extra}
    if not is_packaged(options.root):
        path = [str(options.root / "shared"), str(options.root / "infra" / "laptop")]
        environment["PYTHONPATH"] = ":".join(path)
    child = await Process.start(
        name, command, environment=environment, cwd=options.folder, lines=lines, guard=household.guard
    )
    household.stack.push_async_callback(child.stop)
    return child


async def _until(ready: Coroutine[Any, Any, object], child: Process, *, seconds: float) -> None:
    """Wait until ``ready`` returns; the child's early end or too long a wait is an error."""
    waiting = asyncio.create_task(ready)
    ended = asyncio.create_task(child.process.wait())
    done, _ = await asyncio.wait({waiting, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if waiting in done:
        ended.cancel()
        return
    waiting.cancel()
    ended.cancel()
    if ended in done:
        raise ChildStopped(
            f"{child.name} ended with exit code {child.process.returncode}; its lines are above"
        )
    raise ChildStopped(f"{child.name} was not ready within {seconds:g} s; its lines are above")


async def _healthy(url: str) -> None:
    """Return once a GET answers 200."""
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url, timeout=aiohttp.ClientTimeout(total=2)) as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.05)


async def _furnish(options: SessionOptions, kubeconfig: Path, narrator: Narrator) -> dict[str, Path]:
    """Apply rights and samples to the embedded cluster; each function's own kubeconfig."""
    cluster = await Cluster.open(Settings(kubeconfig=str(kubeconfig)), Clock())
    try:
        for manifest in accounts.rights(options.root):
            await manifests.apply(cluster.own, manifest)
        found = await samples.apply(cluster.own, manifests.read(*sorted(options.samples.glob("*.yaml"))))
        if found.said:
            narrator.plain(found.said)
        return await accounts.kubeconfigs(cluster.own, kubeconfig)
    finally:
        await cluster.close()


async def _first_delivery(session: aiohttp.ClientSession, options: SessionOptions) -> None:
    """Send what a Git host would: a push, signed with the sample client's secret."""
    body = (options.root / "infra" / "laptop" / "deliveries" / "github-push.json").read_bytes()
    signature = hmac.new(SAMPLE_SECRET, body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        # One for each run, or the delivery of the second `make run` would count as a redelivery.
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    url = f"http://{HOST}:{options.ports.events}/api/v1/events/default/"
    async with session.post(url, data=body, headers=headers) as answer:
        await answer.read()
