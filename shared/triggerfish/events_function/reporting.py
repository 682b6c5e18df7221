"""The first status of a run, right after the answer; before it, what no Workflow stands for.

The cron function makes up for a first status that is lost: a Workflow says itself where it is reported. For
the news that there will be no run, or not yet, nobody does, and an instance may have no processor once it has
answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from triggerfish.errors import AnswerError, ExpressionError, HostError, HostUnanswered, SpecError
from triggerfish.events import reporting
from triggerfish.events.answer import EventOutcome, Made
from triggerfish.events.environment import Environment, Event
from triggerfish.events.plan import BindingFailure, EventPlan
from triggerfish.events.reporting import NoReport
from triggerfish.events_function.case import Waiting
from triggerfish.events_function.hosting import NotEntitled, entitlement
from triggerfish.events_function.identity import ClientStore
from triggerfish.expressions import Budget
from triggerfish.hosts.api.credentials import Credential
from triggerfish.hosts.api.values import Status
from triggerfish.hosts.reports import conversations, wording
from triggerfish.hosts.reports.announcement import Announcement, StatusNote, stands_alone
from triggerfish.hosts.reports.intent import Intent
from triggerfish.hosts.reports.planning import FIRST_POST_SECONDS
from triggerfish.hosts.reports.target import ReportTarget
from triggerfish.hosts.reports.trust import is_dear, seal_key
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOW_EVENT_BINDINGS
from triggerfish.kube.warnings import Warnings, between_seconds, warning
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.places import Places
from triggerfish.settings import Settings

if TYPE_CHECKING:
    from triggerfish.hostapi.hosts import Hosts

log = logging.getLogger("triggerfish.events")

# The answer is on its way by then.
_after_seconds = 0.05
_call_seconds = 5.0
_before_seconds = 3.0
# ``_at_once`` of one namespace: its host that hangs holds up no other's.
_at_once, _most_waiting = 8, 256
_most_statuses = 8


_Said = tuple[Intent, Status | StatusNote]


class Reporter:
    """Works out where an event's runs are reported, and posts what an announcement says, as a witness.

    ``count`` hears of each status: ``posted``, ``failed`` or ``dropped``. It belongs to one event loop.
    """

    def __init__(
        self,
        clients: ClientStore,
        hosts: Hosts,
        own: Client,
        settings: Settings,
        clock: Clock,
        count: Callable[[str], None] | None = None,
    ) -> None:
        self._count = count or (lambda result: None)
        self._clients, self._hosts, self._settings, self._clock = clients, hosts, settings, clock
        self._warnings = Warnings(own, clock)
        self._gates: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = Places(_most_waiting)

    async def target(self, event: Event, environment: Environment) -> ReportTarget | NoReport:
        """The commit that the event is about, as ``git`` has it by now, and who tells it."""
        try:
            found = await entitlement(event, self._clients, self._hosts)
        except HostUnanswered as error:
            return NoReport(str(error))
        if isinstance(found, NotEntitled):
            return NoReport(found.reason, found.quiet)
        git = environment["git"]
        if not isinstance(git["sha"], str):
            return NoReport("the event names no commit", quiet=True)
        if is_dear(found.credential):
            await asyncio.to_thread(seal_key, found.credential)
        source = git.get("source")
        ids = {"source": source} if git.get("fork") and source and found.covers(source) else {}
        return ReportTarget(found.credential, found.repository, git["sha"], ids, found.installation)

    def announcement(
        self,
        event: Event,
        environment: Environment,
        planned: EventPlan,
        results: tuple[tuple[Made, ...], tuple[BindingFailure, ...]],
        target: ReportTarget | NoReport,
        budget: Budget,
        decided: datetime,
        waiting: Sequence[Waiting] = (),
    ) -> Announcement:
        """What is to be posted now: a first state for each new run, an error where there is none.

        ``decided`` is when nothing of the plan had been created yet. ``waiting`` are bindings that match and
        do not run, by their commands.
        """
        made, failures = results
        unreported = tuple(
            (create.binding.name, create.binding.uid, create.unreported)
            for create in planned.creates
            if create.unreported and not (isinstance(target, NoReport) and target.quiet)
        )
        if isinstance(target, NoReport):
            return Announcement(decided, None, (), unreported)
        statuses: tuple[_Said, ...] = (
            *self._first(event, planned, made),
            *_bad_news(event, environment, failures, target, budget),
            *_notes(event, environment, waiting, target, budget),
        )
        return Announcement(decided, target.credential, statuses[:_most_statuses], unreported)

    async def told(
        self, events: Sequence[Event], outcomes: Sequence[EventOutcome], until: float
    ) -> list[EventOutcome]:
        """Post what no Workflow stands for; the outcomes with what is left to post after the answer.

        It ends by ``until`` (``Clock.monotonic``), and takes three seconds at most: nothing is raised, and a
        host that does not answer by then is asked once more after the answer.
        """
        said: list[_Said] = []
        seconds = min(_before_seconds, until - self._clock.monotonic())
        saying = [
            self._say_alone(event.namespace, announced.credential, one, seconds, said)
            for event, outcome in zip(events, outcomes, strict=True)
            if (announced := outcome.announcement) is not None and announced.credential is not None
            for one in announced.statuses
            if stands_alone(one[1])
        ]
        if not saying:
            return list(outcomes)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*saying)
        return [
            replace(outcome, announcement=outcome.announcement and outcome.announcement.without(said))
            for outcome in outcomes
        ]

    def __call__(self, event: Event, outcome: EventOutcome) -> None:
        """Post what is announced, after the answer; returns at once."""
        announced = outcome.announcement
        if announced is None:
            return
        for name, uid, why in announced.unreported:
            self._warn(event.namespace, name, uid, f"not reported on the commit: {why}")
        if not announced.statuses:
            return
        try:
            self._places.take(event.namespace)
        except AnswerError:
            for _ in announced.statuses:
                self._count("dropped")
            return
        task = asyncio.create_task(self._post(event.namespace, announced))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, event.namespace))

    def _ended(self, namespace: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._places.give_back(namespace)

    async def flushed(self) -> None:
        """Return once all that was announced is posted, or given up."""
        await asyncio.gather(*self._tasks)
        await self._warnings.flushed()

    def _first(
        self, event: Event, planned: EventPlan, made: tuple[Made, ...]
    ) -> Iterator[tuple[Intent, Status]]:
        new = {one.binding.name: one.workflow for one in made if one.created and not one.unclear}
        for create in planned.creates:
            # What an earlier delivery made may be further by now.
            if create.report is not None and create.binding.name in new:
                name = new[create.binding.name]
                url = wording.url_of(self._settings.workflow_url, event.namespace, name)
                yield create.report, wording.first(create.report.context, url)

    async def _post(self, namespace: str, announced: Announcement) -> None:
        await self._clock.sleep(_after_seconds)
        assert announced.credential is not None  # noqa: S101  there is one where there are statuses
        gate = self._gates.setdefault(namespace, asyncio.Semaphore(_at_once))
        for intent, status in announced.statuses:
            async with gate:
                # Calls may have taken long since then. And an instance without a processor between requests
                # may wake up when the run has long ended.
                if self._clock.now() - announced.decided > timedelta(seconds=FIRST_POST_SECONDS):
                    self._count("dropped")
                    continue
                try:
                    await self._say(namespace, announced.credential, intent, status, _call_seconds)
                    self._count("posted")
                except HostError as error:
                    self._failed(namespace, intent, status, error)

    async def _say_alone(
        self, namespace: str, credential: Credential, one: _Said, seconds: float, said: list[_Said]
    ) -> None:
        try:
            await self._say(namespace, credential, *one, seconds)
            self._count("posted")
        except HostUnanswered:
            return
        except HostError as error:
            self._failed(namespace, *one, error)
        said.append(one)

    def _failed(self, namespace: str, intent: Intent, status: Status | StatusNote, error: HostError) -> None:
        self._count("failed")
        later = "" if stands_alone(status) else "; the cron function posts it later"
        log.warning("namespace %s: %s was not posted: %s%s", namespace, intent, error, later)

    async def _say(
        self,
        namespace: str,
        credential: Credential,
        intent: Intent,
        status: Status | StatusNote,
        seconds: float,
    ) -> None:
        if isinstance(status, StatusNote):
            # Anybody may cause it, but only after questions, and those are counted.
            said = partial(conversations.noting, intent=intent, note=status)
        else:
            said = partial(conversations.posting, intent=intent, status=status)
        await self._hosts.run(
            credential, said, seconds=seconds, namespace=namespace, installation=intent.installation
        )

    def _warn(self, namespace: str, name: str, uid: str, message: str) -> None:
        def event() -> dict[str, object]:
            now = self._clock.now()
            return warning(
                WORKFLOW_EVENT_BINDINGS,
                namespace,
                name,
                uid=uid,
                reason="NotReported",
                message=message,
                at=now,
                same=f"{message} {int(now.timestamp() // between_seconds)}",
            )

        self._warnings.tell(namespace, (uid, message), event)


def _bad_news(
    event: Event,
    environment: Environment,
    failures: tuple[BindingFailure, ...],
    target: ReportTarget,
    budget: Budget,
) -> Iterator[tuple[Intent, Status]]:
    for failure in failures:
        report = failure.binding.report
        try:
            name = reporting.context(report, event, environment, event.received, budget)
        except (SpecError, ExpressionError):
            continue
        if name is not None:
            yield target.intent(name, event.received), wording.error(name, failure.message)


def _notes(
    event: Event, environment: Environment, waiting: Sequence[Waiting], target: ReportTarget, budget: Budget
) -> Iterator[tuple[Intent, StatusNote]]:
    for one in waiting:
        try:
            name = reporting.context(one.binding.report, event, environment, event.received, budget)
        except (SpecError, ExpressionError):
            continue
        if name is not None:
            yield target.intent(name, event.received), StatusNote(name, one.refused, one.waits)
