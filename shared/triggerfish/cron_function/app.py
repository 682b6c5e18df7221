"""The cron function over HTTP: POST / is the tick, GET /healthz and GET /metrics say how it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from triggerfish.cron.planning.shard import ALL, Shard
from triggerfish.cron.planning.summary import Entry, Summary
from triggerfish.cron_function import heartbeat, tick
from triggerfish.errors import AnswerError, KubeError, SettingError
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.cluster import Cluster
from triggerfish.runtime.callers import Callers, Policy
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

if TYPE_CHECKING:
    from triggerfish.cron_function.metrics import CronMetrics

log = logging.getLogger("triggerfish.cron")

_memories_kept = 64

_skew_of_concern = 5.0
_levels = {"failed": logging.ERROR, "differs": logging.WARNING}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as the cron function looks at it; header names in lower case.

    ``authorization`` are all values of that header.
    """

    method: str
    path: str
    query: str = ""
    authorization: tuple[str, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, value: Any) -> Answer:
        """``value`` as JSON."""
        return cls(status, orjson.dumps(value))


class Ticker:
    """Answers the cron function's requests; nothing is ever raised.

    The cluster is opened by the first request that needs it, on that request's event loop.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._opening: asyncio.Task[Cluster] | None = None
        self._metrics = _metrics(settings)
        self._callers = Callers(clock)
        self._policy = Policy(settings.tick_token, settings.tick_audience, settings.tick_identity)
        self._memories: dict[Shard, tick.Memory] = {}
        self._skewed = False

    async def answer(self, asked: Asked) -> Answer:
        """The answer, whatever happens."""
        try:
            return await self._routed(asked)
        except AnswerError as error:
            return Answer.json(error.status, {"code": error.code, "message": error.message})
        except (KubeError, SettingError) as error:
            # The log says what, the caller only that: a message of the API server is not for strangers.
            log.error("the tick failed: %s", error)  # noqa: TRY400  the message is all there is to know
            return Answer.json(500, {"code": 13, "message": "the tick failed; the log says why"})
        except Exception:  # whatever happens is answered: the framework would log and answer in its own way
            log.exception("the tick failed")
            return Answer.json(500, {"code": 13, "message": "the tick failed; the log says why"})

    async def _routed(self, asked: Asked) -> Answer:
        path = asked.path.rstrip("/") or "/"
        if path == "/healthz":
            return self._only(asked, "GET") or Answer.json(200, {"status": "ok"})
        if path == "/metrics" and self._metrics:
            return self._only(asked, "GET") or self._metrics_page(self._metrics)
        if path == "/":
            return self._only(asked, "POST") or await self._tick(asked)
        raise AnswerError(404, 5, f"there is nothing at {path[:200]}; POST / is the tick")

    def _only(self, asked: Asked, method: str) -> Answer | None:
        if asked.method == method or (method == "GET" and asked.method == "HEAD"):
            return None
        body = {"code": 12, "message": f"{asked.method} is not for this path; {method} is"}
        return Answer(405, orjson.dumps(body), headers={"allow": method})

    async def _tick(self, asked: Asked) -> Answer:
        await self._admit(asked)
        shard = self._shard(asked)
        memory = self._memories.setdefault(shard, tick.Memory(Calendars(self._clock)))
        if len(self._memories) > _memories_kept:
            self._memories = {shard: memory}
        try:
            own = (await self._cluster()).own
            summary = await tick.run(own, self._settings, self._clock, shard=shard, memory=memory)
        except Exception:
            if self._metrics:
                self._metrics.failed()
            raise
        report(summary)
        self._note_skew(summary.skew)
        if self._metrics:
            self._metrics.ticked(summary)
        if summary.complete and self._settings.heartbeat_url:
            await heartbeat.beat(self._settings.heartbeat_url)
        return Answer.json(500 if summary.retry else 200, summary.json())

    def _note_skew(self, skew: float) -> None:
        """Say once that the clocks differ, and again only after they have agreed: not at every tick."""
        skewed = abs(skew) > _skew_of_concern
        if skewed and not self._skewed:
            log.warning(
                "the API server's clock and ours differ by %.0f s; slots follow the API server's", skew
            )
        self._skewed = skewed

    async def _cluster(self) -> Cluster:
        """Opened once, however many first requests there are; again only if that failed."""
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            observer = self._metrics.called if self._metrics else None
            opening = Cluster.open(self._settings, self._clock, observer=observer)
            self._opening = asyncio.ensure_future(opening)
        return await asyncio.shield(self._opening)

    def _metrics_page(self, metrics: CronMetrics) -> Answer:
        return Answer(200, metrics.text(), metrics.content_type)

    async def _admit(self, asked: Asked) -> None:
        if self._policy.is_empty:
            return
        if refusal := await self._callers.refusal(asked.authorization, self._policy):
            log.warning("a caller of the tick was refused: %s", refusal)
            raise AnswerError(401, 16, "token not valid")

    def _shard(self, asked: Asked) -> Shard:
        given = parse_qs(asked.query).get("shard")
        if not given:
            return ALL
        try:
            return Shard.of(given[-1])
        except ValueError as problem:
            raise AnswerError(400, 3, str(problem)) from None


def _metrics(settings: Settings) -> CronMetrics | None:
    if settings.metrics == "off":
        return None
    from triggerfish.cron_function.metrics import CronMetrics

    return CronMetrics()


def report(summary: Summary) -> None:
    """One log line for each thing that happened, and one for the tick."""
    for entry in summary.entries:
        log.log(_levels.get(entry.what, logging.INFO), _sentence(entry), extra={"fields": entry.json()})
    log.info("tick", extra={"fields": summary.json()})


def _sentence(entry: Entry) -> str:
    words = [entry.what, entry.child or entry.cron]
    if entry.reason:
        words.append(f"({entry.reason.value}: {entry.reason.sentence})")
    if entry.detail:
        words.append(entry.detail)
    return " ".join(words)
