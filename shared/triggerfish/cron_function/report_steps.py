"""The steps of a pass over the reports: each asks a host, and then notes that on its Workflow."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from triggerfish import annotations as keys
from triggerfish.errors import ApiError, HostError, HostRefused, HostUnanswered, KubeError
from triggerfish.hosts.api.credentials import Credential
from triggerfish.hosts.api.values import Exchange, HostApi, State, Status
from triggerfish.hosts.reports import conversations, wording
from triggerfish.hosts.reports.intent import Intent
from triggerfish.hosts.reports.planning import Check, PostState, Supersede
from triggerfish.hosts.reports.progress import FINAL, Mark, ReportedRun, Stage
from triggerfish.hosts.reports.summary import ReportSummary
from triggerfish.hosts.reports.trust import Distrust
from triggerfish.hosts.times import seconds
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.retry import Retry, retrying
from triggerfish.kube.warnings import Warnings, between_seconds, warning
from triggerfish.runtime.clock import Clock
from triggerfish.workflows import finalizers
from triggerfish.workflows.endings import TERMINATE
from triggerfish.workflows.objects import Json

if TYPE_CHECKING:
    from triggerfish.hostapi.hosts import Hosts

T = TypeVar("T")
log = logging.getLogger("triggerfish.cron")

_call_seconds, _moves_tried = 5.0, 3
# Workflows with long lists of finalizers that are held at once: each may be a megabyte.
_long_lists_at_once = 2
# Lines of a pass that tell what failed in one namespace.
_most_lines = 20
# With one credential a pass goes on after so many refusals, or calls that were not answered.
_most_refusals, _most_unanswered = 8, 3
# So long an ended Workflow is kept for a report that cannot be made, and one that is not ours is looked at.
_given_up_after = timedelta(hours=24)
_ignored_after = timedelta(minutes=10)


@dataclass(slots=True)
class ReportSteps:
    """``now`` is the API server's time of the pass, which ends by ``ends`` (``Clock.monotonic``).

    No step raises: what fails is told by a Kubernetes Event on the Workflow, and done in a later pass.
    """

    own: Client
    hosts: Hosts
    workflow_url: str
    clock: Clock
    warnings: Warnings
    summary: ReportSummary
    now: datetime
    ends: float
    _troubles: Counter[tuple[object, ...]] = field(default_factory=Counter)
    _logged: Counter[str] = field(default_factory=Counter)
    _long_lists: asyncio.Semaphore = field(init=False)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock.monotonic()
        self._long_lists = asyncio.Semaphore(_long_lists_at_once)

    async def post(self, step: PostState, credential: Credential) -> None:
        """Post the state of a run, and move its label."""
        await self._guarded(step.run, partial(self._post, step.run, credential))

    async def check(self, step: Check, credential: Credential) -> None:
        """Read the status of a run back; what rests by it is done once it agrees."""

        async def check() -> None:
            run = step.run
            assert run.mark is not None and run.mark.state is not None  # noqa: S101, PT018
            posted = Status(run.mark.state, run.intent.context, "", self._url(run))
            if not await self._say(credential, run, posted, conversations.agreeing):
                # A host that never shows what it was told is not told for ever.
                if not await self._give_up(run):
                    await self._post(run, credential)
                    self.summary.repaired += 1
                return
            for each in step.resting:
                await self._rest(each)

        await self._guarded(step.run, check)

    async def supersede(self, step: Supersede) -> None:
        """Note that a newer run of the commit is reported instead."""
        mark = Mark(None, self.now.timestamp(), step.by)
        await self._kept(step.run, partial(self._move, step.run, step.run.stage, mark))

    async def rest(self, run: ReportedRun) -> None:
        """Nothing more is reported of it."""
        await self._kept(run, partial(self._rest, run))

    async def ignore(self, run: ReportedRun, distrust: Distrust) -> None:
        """Tell that nothing is posted for it. What is not ours is not looked at for ever."""
        if not distrust.forged:
            await self.fail(run, distrust.reason)
            return
        self.summary.ignored += 1
        self._warn(run, "ReportIgnored", f"the report was ignored: {distrust.reason}")
        if self.now.timestamp() - run.created > _ignored_after.total_seconds():
            await self.rest(run)

    async def fail(self, run: ReportedRun, reason: str) -> None:
        """Tell that its state was not reported; after a day it is let go."""
        self.summary.failed += 1
        self._warn(run, "ReportFailed", f"the state was not reported on the commit: {reason}")
        self._log(run, "the report of workflow %s/%s failed: %s", reason)
        await self._kept(run, partial(self._give_up, run))

    # --- a host is asked ---

    async def _guarded(self, run: ReportedRun, work: Callable[[], Awaitable[None]]) -> None:
        of = run.namespace, run.intent.credential
        if self._is_hopeless(*of):
            self.summary.left += 1
            await self._kept(run, partial(self._give_up, run))
            return
        reason = ""
        try:
            await work()
        except KubeError as error:
            self._note(run, error)
        except HostError as error:
            reason = str(error)
            self._troubles[*of, type(error)] += 1
            if isinstance(error, HostUnanswered) and error.retry_after is not None:
                # The host says when it has time again, and that holds for all that this credential asks.
                self._troubles[*of, HostUnanswered] += _most_unanswered
        if reason:
            # Not above: an error holds the frames that it came through, and what the host answered with them.
            await self.fail(run, reason)

    def _is_hopeless(self, *of: str) -> bool:
        refused, unanswered = (self._troubles[*of, kind] for kind in (HostRefused, HostUnanswered))
        return refused >= _most_refusals or unanswered >= _most_unanswered

    async def _post(self, run: ReportedRun, credential: Credential) -> None:
        status = await self._status(run)
        await self._say(credential, run, status, conversations.posting)
        self.summary.posted[status.state] += 1
        await self._move(run, Stage.of(status.state), Mark(status.state, self._mark_time()))

    async def _status(self, run: ReportedRun) -> Status:
        # The whole of it may be large in memory: it is let go before a host is asked.
        whole = await self._whole(run) if run.needs_whole else None
        return wording.status(run, run.intent.context, self._url(run), whole)

    async def _say(
        self,
        credential: Credential,
        run: ReportedRun,
        status: Status,
        conversation: Callable[[HostApi, Intent, Status], Exchange[T]],
    ) -> T:
        left = self.ends - self.clock.monotonic()
        if left <= 0:
            raise HostUnanswered("the pass ran out of time")
        return await self.hosts.run(
            credential,
            lambda api: conversation(api, run.intent, status),
            seconds=min(_call_seconds, left),
            namespace=run.namespace,
            installation=run.intent.installation,
        )

    def _url(self, run: ReportedRun) -> str:
        return wording.url_of(self.workflow_url, run.namespace, run.name)

    # --- a Workflow is read and patched ---

    async def _whole(self, run: ReportedRun, *, metadata_only: bool = False) -> Json:
        get = partial(self.own.get, WORKFLOWS, run.namespace, run.name, metadata_only=metadata_only)
        return await self._call(get)

    async def _rest(self, run: ReportedRun) -> None:
        if await self._move(run, Stage.DONE, run.mark):
            self.summary.done += 1

    async def _give_up(self, run: ReportedRun) -> bool:
        """Let go of a Workflow that ended, or was deleted, a day ago; return whether it did."""
        longest = _given_up_after.total_seconds()
        if self.now.timestamp() - run.created <= longest or run.state not in FINAL:
            return False
        ended = run.deleted
        if run.ended:
            ended = seconds(((await self._whole(run)).get("status") or {}).get("finishedAt")) or run.created
        if ended is None or self.now.timestamp() - ended <= longest:
            return False
        self._warn(run, "ReportGivenUp", "the state was not reported on the commit within 24 hours")
        await self._rest(run)
        return True

    async def _move(self, run: ReportedRun, stage: Stage, mark: Mark | None) -> bool:
        """Note that on the Workflow; False when another pass has moved it meanwhile.

        Its controller writes it too: a conflict that leaves the report as it was is no reason to give up.
        """
        for _ in range(_moves_tried):
            try:
                await self._moved(run, stage, mark)
            except ApiError as error:
                if error.status != 409:
                    raise
            else:
                return True
            current = ReportedRun.of(await self._whole(run, metadata_only=True))
            if current is None or (current.uid, current.stage, current.mark) != (
                run.uid,
                run.stage,
                run.mark,
            ):
                return False
            run = current
        return False

    async def _moved(self, run: ReportedRun, stage: Stage, mark: Mark | None) -> None:
        async def patch(rest: Sequence[str]) -> None:
            body = _patch(run, stage, mark, rest)
            await self.own.patch(WORKFLOWS, run.namespace, run.name, body, metadata_only=True)

        if stage is not Stage.DONE or run.rest is not None:
            await self._call(partial(patch, run.rest or ()))
            return
        async with self._long_lists:
            found = await self._whole(run, metadata_only=True)
            await self._call(partial(patch, finalizers.others(found["metadata"], keys.REPORT)))

    def _mark_time(self) -> float:
        """The API server's time by now: a pass may take a while."""
        return self.now.timestamp() + max(0.0, self.clock.monotonic() - self._began)

    async def _call(self, request: Callable[[], Awaitable[T]]) -> T:
        return await retrying(
            self.clock, Retry(deadline=max(0.0, self.ends - self.clock.monotonic())), request
        )

    async def _kept(self, run: ReportedRun, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except KubeError as error:
            self._note(run, error)

    def _note(self, run: ReportedRun, error: KubeError) -> None:
        # It may have been deleted meanwhile: then there is nothing left to note.
        if not (isinstance(error, ApiError) and error.status == 404):
            self.summary.failed += 1
            self._log(run, "the report of workflow %s/%s was not noted: %s", error)

    def _log(self, run: ReportedRun, words: str, why: object) -> None:
        self._logged[run.namespace] += 1
        if self._logged[run.namespace] <= _most_lines:
            log.warning(words, run.namespace, run.name, why)
        elif self._logged[run.namespace] == _most_lines + 1:
            log.warning("more reports of namespace %s failed, which this pass does not tell", run.namespace)

    def _warn(self, run: ReportedRun, reason: str, message: str) -> None:
        def event() -> Json:
            same = f"{message} {int(self.now.timestamp() // between_seconds)}"
            return warning(
                WORKFLOWS,
                run.namespace,
                run.name,
                uid=run.uid,
                reason=reason,
                message=message,
                at=self.now,
                same=same,
            )

        self.warnings.tell(run.namespace, (run.uid, reason), event)


def _patch(run: ReportedRun, stage: Stage, mark: Mark | None, rest: Sequence[str]) -> Json:
    """A guarded merge patch. With ``DONE`` the finalizer goes, and ``rest`` stays.

    What was deleted while it ran is stopped.
    """
    metadata: Json = {"labels": {keys.REPORT: stage.value}, "resourceVersion": run.version}
    if mark is not None:
        metadata["annotations"] = {keys.REPORTED: str(mark)}
    if stage is Stage.DONE and run.held:
        metadata["finalizers"] = list(rest) or None
    body: Json = {"metadata": metadata}
    if run.deleted is not None and not run.ended and mark is not None and mark.state is State.CANCELED:
        body |= TERMINATE
    return body
