"""Asks an event's Git host for facts that its payload lacks.

Who may ask is decided in hosting.py. All questions of an event together have three seconds, as its sender
waits ten for the answer; each is asked once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from triggerfish.errors import AnswerError, HostRefused, HostUnanswered
from triggerfish.events.environment import Event
from triggerfish.events.needs import Asked, HostQuestion, Learned, Withheld, asked_of, learned, question_of
from triggerfish.events.refusals import RefusalCause
from triggerfish.events_function.hosting import Entitlement, NotEntitled, entitlement
from triggerfish.events_function.identity import ClientStore
from triggerfish.hosts.api.registry import APIS
from triggerfish.hosts.api.values import Exchange, GitChange, HostApi, HostUser, PullRequest
from triggerfish.hosts.facts import PULL_REQUEST_FACTS, Facts
from triggerfish.runtime.clock import Clock

if TYPE_CHECKING:
    from triggerfish.hostapi.hosts import Hosts

T = TypeVar("T")

ASK_SECONDS = 3.0
_share = 0.95
_many_pages = 5
_retry_seconds = 5
_longest_retry_seconds = 900


class Inquiry:
    """The questions about one event. It belongs to one event loop."""

    def __init__(
        self,
        event: Event,
        clients: ClientStore,
        hosts: Hosts,
        clock: Clock,
        *,
        seconds: float = ASK_SECONDS,
    ) -> None:
        self._event, self._clients, self._hosts, self._clock = event, clients, hosts, clock
        self._entitled: Entitlement | NotEntitled | None = None
        self._answers: dict[HostQuestion, Any] = {}
        self._seconds = self._left = seconds

    async def learned(self, found: Facts, needs: frozenset[str]) -> Learned:
        """What the host says of facts, by name: what it does not say is nil, with the reason.

        ``AnswerError`` 503 when it does not answer now: the event has to come again.
        """
        asked = asked_of(needs)
        answers = await self.answers([question_of(each, found) for each in asked])
        return learned(needs, dict(zip(asked, answers, strict=True)))

    async def answers(self, questions: Sequence[HostQuestion | Withheld]) -> list[Any]:
        """The answer to each, ``Withheld`` where there is none; all at once. ``AnswerError`` 503."""
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._left):
                # First alone: all of them need it.
                await self.entitled()
                return await _together([self._answer(each) for each in questions])
        except TimeoutError:
            raise _unanswered(f"{self._title} did not answer within {self._seconds:g} s") from None
        except HostUnanswered as error:
            raise _unanswered(str(error), error.retry_after) from None
        finally:
            self._left = max(0.0, self._left - (self._clock.monotonic() - began))

    async def entitled(self) -> Entitlement | NotEntitled:
        """Whom the event may ask, and with what; ``HostUnanswered`` when nobody can say now."""
        if self._entitled is None:
            self._entitled = await entitlement(self._event, self._clients, self._hosts)
        return self._entitled

    async def say(self, make: Callable[[HostApi], Exchange[T]]) -> T | Withheld:
        """Hold a conversation about the event's repository; ``HostUnanswered`` when none comes now."""
        entitled = await self.entitled()
        if isinstance(entitled, NotEntitled):
            return Withheld(entitled.reason)
        try:
            # A little less than there is, so that the sender's own word of what is late comes first.
            return await self._hosts.ask(
                entitled.credential,
                make,
                seconds=self._left * _share,
                namespace=self._event.namespace,
                installation=entitled.installation,
                by_anybody=entitled.by_anybody,
            )
        except HostRefused as error:
            return Withheld(str(error))

    @property
    def _title(self) -> str:
        return APIS[self._event.origin.sender].title

    async def _answer(self, question: HostQuestion | Withheld) -> Any:
        if isinstance(question, Withheld):
            return question
        if question not in self._answers:
            entitled = await self.entitled()
            if isinstance(entitled, NotEntitled):
                return Withheld(entitled.reason)
            self._answers[question] = await self._asked(question, entitled.repository)
        return self._answers[question]

    async def _asked(self, question: HostQuestion, repository: str) -> Any:
        if question.asked is Asked.PERMISSION:
            user = HostUser(question.login, question.login_id)
            given = await self.say(lambda api: api.permission(repository, user))
            return given if isinstance(given, Withheld) else given.value
        number = question.number or 0
        if question.asked is Asked.PULL_REQUEST:
            pull = await self.say(lambda api: api.pull_request(repository, number))
            return pull if isinstance(pull, Withheld) else _told(pull)
        listing = _Listing(_change(repository, question))
        try:
            paths = await self.say(listing)
        except HostUnanswered:
            if listing.pages < _many_pages:
                raise
            # It does answer: so long a list would take as long next time, and the event come for ever.
            return Withheld(f"{self._title} lists too many to be read in {self._seconds:g} s")
        if paths is None:
            return Withheld(f"{self._title} does not list them all")
        return paths if isinstance(paths, Withheld) else list(paths)


class _Listing:
    """A conversation about the files of a change, which counts the pages that came."""

    def __init__(self, change: GitChange) -> None:
        self._change = change
        self.pages = 0

    def __call__(self, api: HostApi) -> Exchange[tuple[str, ...] | None]:
        exchange = api.files(self._change)
        try:
            request = next(exchange)
            while True:
                response = yield request
                self.pages += 1
                request = exchange.send(response)
        except StopIteration as done:
            paths: tuple[str, ...] | None = done.value
            return paths


def _told(pull: PullRequest) -> dict[str, Any]:
    facts = {name: getattr(pull, name) for name in PULL_REQUEST_FACTS}
    return facts | {"author": pull.author.login, "author_id": pull.author.id, "open": pull.open}


def _change(repository: str, question: HostQuestion) -> GitChange:
    base, head = question.between or (None, None)
    return GitChange(repository, question.number, base, head)


def _unanswered(reason: str, retry_after: float | None = None) -> AnswerError:
    """503: the same again, a little later. Whoever sends the event learns nothing of the host."""
    wait = _retry_seconds if retry_after is None else min(math.ceil(retry_after), _longest_retry_seconds)
    return AnswerError(
        503,
        14,
        "the Git host does not answer",
        retry_after=max(1, wait),
        cause=RefusalCause.HOST,
        reason=reason,
    )


async def _together(work: Sequence[Any]) -> list[Any]:
    """All results; the first error ends the rest."""
    if len(work) == 1:
        return [await work[0]]
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
