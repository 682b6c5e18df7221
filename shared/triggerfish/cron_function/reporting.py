"""A pass over the open reports: read, plan, apply. What to do is decided in ``triggerfish.hosts.reports``.

Imported only where ``REPORTS=on``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from triggerfish.cron.planning.shard import ALL, Shard
from triggerfish.cron_function.report_steps import ReportSteps
from triggerfish.errors import ApiError, HostError, HostUnanswered, KubeError
from triggerfish.hosts.api.credentials import Credential, HostCredentials
from triggerfish.hosts.reports import planning
from triggerfish.hosts.reports.intent import ReportPlace
from triggerfish.hosts.reports.progress import OPEN, ReportedRun
from triggerfish.hosts.reports.summary import ReportSummary
from triggerfish.hosts.reports.trust import STRANGE, Distrust, believed, is_dear, seal_key
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.retry import Retry, retrying
from triggerfish.kube.warnings import Warnings
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.shares import Shares
from triggerfish.runtime.turns import turn_seconds
from triggerfish.settings import Settings
from triggerfish.workflows import labels

if TYPE_CHECKING:
    from triggerfish.hostapi.hosts import Hosts

log = logging.getLogger("triggerfish.cron")

# Metadata of so many Workflows is asked for at once: what is open is often on one page.
_page = 1000
_in_flight = 16
_keys_at_once = 2
_secret_seconds = 5.0
_warning_seconds = 2.0
# Of one namespace; what it has more than that waits until some of these are done.
_most_open = 5000

_Groups = Sequence[tuple[ReportPlace, Sequence[ReportedRun]]]
_Known = Mapping[str, HostCredentials | HostError]


class Reporting:
    """Reports the states of runs on their commits. It belongs to one event loop."""

    def __init__(self, own: Client, hosts: Hosts, settings: Settings, clock: Clock) -> None:
        self._own, self._hosts, self._settings, self._clock = own, hosts, settings, clock
        self._warnings = Warnings(own, clock)

    async def run(self, ends: float, shard: Shard = ALL) -> ReportSummary:
        """One pass; it ends by ``ends`` (``Clock.monotonic``). ``KubeError``: the reports cannot be read."""
        settle = planning.settle_seconds(self._settings.tick_deadline_seconds)
        summary = ReportSummary()
        runs, now = await self._read(ends)
        groups = [(place, group) for place, group in planning.places(runs).items() if _holds(shard, place)]
        strangers = [run for run in runs if run.sealed is None and shard.holds(run.namespace, run.name)]
        summary.open = len(strangers) + sum(len(group) for _, group in groups)
        busy = [(place, group) for place, group in groups if not planning.is_quiet(group)]
        if not busy and not strangers:
            return summary
        steps = ReportSteps(
            self._own,
            self._hosts,
            self._settings.workflow_url,
            self._clock,
            self._warnings,
            summary,
            now,
            ends,
        )
        try:
            async with asyncio.timeout(max(0.0, ends - self._clock.monotonic())):
                known = await self._credentials({place.namespace for place, _ in busy})
                trusted = await self._believed(busy, known)
                made = planning.plan(trusted.places.values(), now.timestamp(), settle)
                summary.left += made.left
                await _apply(made, trusted, strangers, steps)
        except TimeoutError:
            # What was not reached is as it was, and has its turn in the next pass.
            log.warning("the pass over the reports ran out of time")
            summary.left += 1
        try:
            async with asyncio.timeout(_warning_seconds):
                await self._warnings.flushed()
        except TimeoutError:
            log.warning("Kubernetes Events on reported Workflows were not written in time")
        return summary

    async def _read(self, ends: float) -> tuple[list[ReportedRun], datetime]:
        """All open reports, and the API server's time; a namespace that may not be read stops no other."""
        selector = f"{labels.selector(self._settings.instance_id)},{OPEN}"
        runs: list[ReportedRun] = []
        at: datetime | None = None
        scopes = self._settings.scopes
        for scope in scopes:
            try:
                found, date = await self._listed(scope, selector, ends)
            except KubeError as error:
                if len(scopes) == 1:
                    raise
                log.warning("the reports of namespace %s cannot be read: %s", scope, error)
                continue
            runs += found
            at = at or date
        return runs, at or self._clock.now()

    async def _listed(
        self, scope: str | None, selector: str, ends: float
    ) -> tuple[list[ReportedRun], datetime | None]:
        async def read() -> tuple[list[ReportedRun], datetime | None]:
            runs: list[ReportedRun] = []
            held: Counter[str] = Counter()
            date: datetime | None = None
            pages = self._own.pages(WORKFLOWS, scope, labels=selector, limit=_page, metadata_only=True)
            async for page in pages:
                date = date or page.date
                for item in page.items:
                    namespace = item["metadata"]["namespace"]
                    held[namespace] += 1
                    if held[namespace] <= _most_open and (run := ReportedRun.of(item)):
                        runs.append(run)
            return runs, date

        while True:
            left = ends - self._clock.monotonic()
            try:
                return await retrying(self._clock, Retry(deadline=max(0.0, left)), read)
            except ApiError as error:
                # The continue token has expired: from the start.
                if error.status != 410:
                    raise

    async def _believed(self, busy: _Groups, known: _Known) -> _Believed:
        """Those that are believed, in turns with all else on the event loop."""
        await self._keys(busy, known)
        found, begun = _Believed(), self._clock.monotonic()
        for place, group in busy:
            found.add(place, group, known[place.namespace])
            if self._clock.monotonic() - begun >= turn_seconds:
                await asyncio.sleep(0)
                begun = self._clock.monotonic()
        return found

    async def _keys(self, busy: _Groups, known: _Known) -> None:
        """Derive in threads the keys that are dear to derive: a namespace may have fifty of them."""
        named: dict[str, set[str]] = defaultdict(set)
        for place, group in busy:
            named[place.namespace] |= {run.intent.credential for run in group}
        async with Shares(_keys_at_once) as work:
            for namespace, names in named.items():
                if not isinstance(credentials := known[namespace], HostError):
                    for each in credentials.good:
                        if each.name in names and is_dear(each):
                            work.put(namespace, partial(_derived, each))

    async def _credentials(self, namespaces: Iterable[str]) -> dict[str, HostCredentials | HostError]:
        """Those of each namespace, or why they cannot be read."""
        known: dict[str, HostCredentials | HostError] = {}

        async def read(namespace: str) -> None:
            try:
                async with asyncio.timeout(_secret_seconds):
                    known[namespace] = await self._hosts.credentials(namespace)
            except HostError as error:
                known[namespace] = error
            except TimeoutError:
                known[namespace] = HostUnanswered("the secret with the credentials could not be read in time")

        async with Shares(_in_flight) as work:
            for namespace in namespaces:
                work.put(namespace, partial(read, namespace))
        return known


@dataclass(slots=True)
class _Believed:
    """The runs that are believed, by place, the credential of each by its uid, and those that are not."""

    places: dict[ReportPlace, list[ReportedRun]] = field(default_factory=lambda: defaultdict(list))
    credentials: dict[str, Credential] = field(default_factory=dict)
    others: list[tuple[ReportedRun, Distrust]] = field(default_factory=list)

    def add(
        self, place: ReportPlace, group: Sequence[ReportedRun], credentials: HostCredentials | HostError
    ) -> None:
        """Judge the runs of that place."""
        for run in group:
            verdict = (
                Distrust(f"credentials: {credentials}", forged=False)
                if isinstance(credentials, HostError)
                else believed(run, credentials)
            )
            if isinstance(verdict, Distrust):
                self.others.append((run, verdict))
            else:
                # Two servers may have a repository of one name, and even a commit.
                self.places[replace(place, server=verdict.url)].append(run)
                self.credentials[run.uid] = verdict


async def _derived(credential: Credential) -> None:
    await asyncio.to_thread(seal_key, credential)


async def _apply(
    made: planning.ReportPlan, trusted: _Believed, strangers: Iterable[ReportedRun], steps: ReportSteps
) -> None:
    """All of it, the most urgent first; what is not ours comes after everything else."""
    async with Shares(_in_flight) as work:
        for older in made.superseded:
            work.put(older.run.namespace, partial(steps.supersede, older))
        for post in made.posts:
            work.put(post.run.namespace, partial(steps.post, post, trusted.credentials[post.run.uid]))
        for check in made.checks:
            step = partial(steps.check, check, trusted.credentials[check.run.uid])
            work.put(check.run.namespace, step, last=True)
        for run in made.resting:
            work.put(run.namespace, partial(steps.rest, run), last=True)
        for run, distrust in trusted.others:
            work.put(run.namespace, partial(steps.ignore, run, distrust), last=True)
        for run in strangers:
            work.put(run.namespace, partial(steps.ignore, run, STRANGE), last=True)


def _holds(shard: Shard, place: ReportPlace) -> bool:
    # The runs of one place belong together.
    return shard.holds(place.namespace, f"{place.repository}@{place.sha} {place.context}")
