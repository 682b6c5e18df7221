"""The installation under examination: both functions as deployed, and what they work on, read once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from triggerfish import annotations as keys
from triggerfish.cli.cluster import Target
from triggerfish.cli.doctor.resources import CRON_JOBS
from triggerfish.cli.doctor.reviews import AccessReviews
from triggerfish.cli.doctor.rights import Subject
from triggerfish.cli.installed import FUNCTIONS, HOME, account, deployments, function, readable, title
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.errors import ApiError, SettingError, TriggerfishError
from triggerfish.kube.client import Client, date
from triggerfish.kube.resources import (
    CRON_WORKFLOWS,
    NAMESPACES,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOWS,
    Resource,
)
from triggerfish.kube.wire import Request
from triggerfish.queries import schedules
from triggerfish.runtime import starting
from triggerfish.settings import Settings
from triggerfish.workflows import labels
from triggerfish.workflows.objects import Json

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deployed:
    """One function: who it is to the cluster, its Deployment (None: not one here), its settings.

    ``environment`` is what the Deployment says literally; ``wrong`` the settings that it does
    not start with, ``advice`` what may be meant otherwise there.
    """

    name: str
    subject: Subject
    deployment: Json | None
    settings: Settings
    environment: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[SettingError, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What its manifests call it, and all that belongs to it; in a Helm chart by the release's name."""
        return title(self.deployment or {}) or f"{HOME}-{self.name}"


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller says of the installation; empty: as the cluster says, or as it ships."""

    functions: str = ""
    namespace: str = ""
    users: Mapping[str, str] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Patient:
    """What the checks read. ``scope`` is the namespace that is looked at, None for all."""

    target: Target
    hints: Hints
    home: str
    cron: Deployed
    events: Deployed
    scope: str | None
    now: datetime
    skew: timedelta
    jobs: list[Json]
    reviews: AccessReviews
    _reads: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        """The API with the caller's own rights."""
        return self.target.client

    @property
    def rules(self) -> Rules:
        """The rules that the cron function reads CronWorkflows by."""
        return Rules.of(self.cron.settings)

    async def crons(self) -> list[CronWorkflow]:
        """The CronWorkflows of this installation, with their calendars and templates looked at."""
        return await self._once("crons", self._read_crons())

    async def children(self) -> Mapping[str, Children]:
        """The Workflows of CronWorkflows, by the uid of their owner."""
        return await self._once("children", self._read_children())

    async def child_metadata(self) -> list[Json]:
        """The metadata of those Workflows."""
        return await self._once("metadata", self._read_metadata())

    async def bindings(self) -> list[Json]:
        """The event bindings of this installation."""
        selector = labels.selector(self.events.settings.instance_id)
        return await self._once("bindings", self._all(WORKFLOW_EVENT_BINDINGS, selector))

    async def _once(self, name: str, read: Coroutine[Any, Any, T]) -> T:
        if name in self._reads:
            read.close()
        else:
            self._reads[name] = asyncio.create_task(read)
        found: T = await asyncio.shield(self._reads[name])
        return found

    async def _all(self, resource: Resource, selector: str) -> list[Json]:
        pages = self.client.pages(resource, self.scope, labels=selector)
        return [body async for page in pages for body in page.items]

    async def _read_crons(self) -> list[CronWorkflow]:
        rules, found = self.rules, []
        for body in await self._all(CRON_WORKFLOWS, labels.selector(self.cron.settings.instance_id)):
            texts = await schedules.calendars(self.client, body, self.target.clock)
            cron = CronWorkflow.of(body, rules, texts)
            found.append(await schedules.validated(self.client, cron, rules))
        return found

    async def _read_metadata(self) -> list[Json]:
        pages = self.client.pages(WORKFLOWS, self.scope, labels=keys.CRON_WORKFLOW, metadata_only=True)
        return [body async for page in pages for body in page.items]

    async def _read_children(self) -> Mapping[str, Children]:
        families: dict[str, list[Child]] = {}
        for body in await self.child_metadata():
            if child := Child.of(body):
                families.setdefault(child.owner, []).append(child)
        return {uid: Children(family) for uid, family in families.items()}


async def admitted(target: Target, hints: Hints) -> Patient:
    """The installation that is meant; ``TriggerfishError`` when there are several and none is named."""
    if hints.namespace:
        await _there(target, hints.namespace)
    home, found, jobs = await _found(target, hints.functions)
    cron, events = (_deployed(name, home, found.get(name), hints, target.settings) for name in FUNCTIONS)
    now, skew = await _time(target)
    return Patient(
        target=target,
        hints=hints,
        home=home,
        cron=cron,
        events=events,
        scope=hints.namespace or cron.settings.only_namespace,
        now=now,
        skew=skew,
        jobs=jobs,
        reviews=AccessReviews(target.cluster),
    )


async def _there(target: Target, namespace: str) -> None:
    """``TriggerfishError`` for a namespace that does not exist: nothing would be wrong in it."""
    try:
        await target.client.get(NAMESPACES, None, namespace)
    except ApiError as error:
        if error.status == 404:
            raise TriggerfishError(f"namespace {namespace} was not found") from None
        # Who may not read it may still look into it.
        if error.status != 403:
            raise


async def _found(target: Target, named: str) -> tuple[str, dict[str, Json], list[Json]]:
    """The namespace of the functions, their Deployments by function, and the CronJobs there."""
    bodies = await deployments(target.client, named)
    homes = sorted({body["metadata"]["namespace"] for body in bodies})
    if len(homes) > 1:
        raise TriggerfishError(
            f"there are several installations, in the namespaces "
            f"{', '.join(homes)}: name one with --functions"
        )
    home = named or (homes[0] if homes else HOME)
    found = {function(body): body for body in bodies}
    jobs = await readable(target.client, CRON_JOBS, home, "") if homes else []
    return home, found, jobs or []


def _deployed(name: str, home: str, body: Json | None, hints: Hints, own: Settings) -> Deployed:
    pod = (((body or {}).get("spec") or {}).get("template") or {}).get("spec") or {}
    user = hints.users.get(name)
    whose = f"{HOME}-{name}" if body is None else account(body)
    subject = Subject(user) if user else Subject.account(home, whose)
    if body is None:
        return Deployed(name, subject, None, own)
    environment = {
        str(each["name"]): str(each["value"])
        for container in pod.get("containers") or ()
        for each in container.get("env") or ()
        if "value" in each
    }
    found = starting.examine(environment, (starting.default_zone,))
    return Deployed(name, subject, body, found.settings, environment, found.wrong, found.advice)


async def _time(target: Target) -> tuple[datetime, timedelta]:
    """The API server's clock, and how far this machine's is ahead of it, to the second."""
    before = target.clock.now()
    answer = await target.client.transport.send(Request("GET", "/version"), timeout=target.client.timeout)
    now = date(answer)
    return (now, before - now) if now else (before, timedelta(0))
