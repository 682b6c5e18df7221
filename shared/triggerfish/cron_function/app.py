"""The cron function over HTTP: POST / is the tick; GET /healthz, /readyz and /metrics say how it is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import TYPE_CHECKING

from triggerfish.cron.planning.shard import ALL, Shard
from triggerfish.cron.planning.summary import Entry, Summary
from triggerfish.cron.schedules import zones
from triggerfish.cron_function import heartbeat, rights, tick
from triggerfish.cron_function.ticker import Ticker
from triggerfish.errors import AnswerError, KubeError, SettingError
from triggerfish.http.messages import Answer, Call, Incoming
from triggerfish.http.operating import metrics_routes, operating_routes
from triggerfish.http.readiness import Readiness
from triggerfish.http.router import Route, Router
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.grants import granting
from triggerfish.kube.resources import SECRETS
from triggerfish.runtime import collecting, heap, tracing
from triggerfish.runtime.callers import CallerPolicy, Callers
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.once import Once
from triggerfish.runtime.tracers import tracer_of
from triggerfish.runtime.turns import turn_seconds
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json

if TYPE_CHECKING:
    from triggerfish.cron_function.metrics import CronMetrics
    from triggerfish.cron_function.recovering import Recovering
    from triggerfish.cron_function.reporting import Reporting
    from triggerfish.hostapi.hosts import Hosts

log = logging.getLogger("triggerfish.cron")

_memories_kept = 64
_most_skipped = 500
_skew_of_concern = 5.0
# Of what a tick has left after its slots: hosts that hang would make the reports take all of it.
_recovery_share = 1 / 3
_levels = {"failed": logging.ERROR, "differs": logging.WARNING, "corrected": logging.WARNING}


class CronApp:
    """Answers the cron function's requests; nothing is ever raised.

    The cluster is opened by the first tick, on that request's event loop. ``hosts`` are those of a test.
    """

    def __init__(self, settings: Settings, clock: Clock, *, hosts: Hosts | None = None) -> None:
        self._settings, self._clock, self._hosts = settings, clock, hosts
        self._metrics = _metrics(settings)
        self._tracer = tracer_of(settings, "triggerfish-cron")
        self._cluster = Once(self._open)
        self._callers = Callers(clock)
        self._policy = CallerPolicy(settings.tick_token, settings.tick_audience, settings.tick_identity)
        self._shadows = settings.mode == "shadow"
        reports = settings.reports == "on" and not self._shadows
        self._reporting = Once(self._open_reporting) if reports else None
        self._memories: dict[Shard, tick.Memory] = {}
        self._skewed = self._told_of_zones = False
        self._skew = 0.0
        self._recovering: Recovering | None = None
        self._ticker = Ticker(settings, clock, lambda: self._skew) if settings.tick_every else None
        readiness = Readiness(self._own, rights.needed(settings), settings.scopes, clock)
        reader = CallerPolicy(settings.metrics_token) if settings.metrics_token else None
        routes = [
            Route("POST", "/", self._tick, free=True),
            *([Route("POST", "/reports", self._report, free=True)] if reports else []),
            *operating_routes(readiness.answer),
            *metrics_routes(self._metrics, reader, clock),
        ]
        self._router = Router(routes, clock, body_bytes=0, unknown_path=_not_found)

    async def answer(self, incoming: Incoming) -> Answer:
        """The answer, whatever happens."""
        if self._ticker:
            self._ticker.begin(incoming.scope.get("server"))
        return await self._router.answer(incoming)

    async def _tick(self, call: Call) -> Answer:
        await self._admit(call)
        shard = _shard(call)
        if self._tracer is None:
            return await self._decided(shard)
        with self._tracer.root("tick", dict(call.delivery.headers)) as span:
            span.note(shard=str(shard))
            return await self._decided(shard)

    async def _decided(self, shard: Shard) -> Answer:
        ends = self._clock.monotonic() + self._settings.tick_deadline_seconds
        try:
            summary = await self._ticked(shard)
        except Exception as error:
            if self._metrics:
                self._metrics.failed()
            _log_failure("the tick failed", error)
            raise AnswerError(500, 13, "the tick failed; the log says why") from None
        body = summary.json() | {"zones": zones.version()}
        # Deliveries are of no shard: the first one asks for them.
        recovers = bool(self._settings.recover_namespaces) and shard.index == 1 and not self._shadows
        if self._reporting is not None:
            # After the slots, in what is left of the tick's time; the tick does not fail with it.
            until = ends - recovers * _recovery_share * max(0.0, ends - self._clock.monotonic())
            with contextlib.suppress(AnswerError):
                body["reports"] = await self._reported(until, shard)
        if recovers:
            await self._recover(ends)
        return Answer(500 if summary.retry else 200, body)

    async def _recover(self, ends: float) -> None:
        """Ask for lost deliveries, when it is time to; whatever comes of it, the tick has been done."""
        from triggerfish.cron_function.recovering import Recovering  # here: only who has set it pays for it

        try:
            if self._recovering is None:
                self._recovering = Recovering(await self._own(), self._settings, self._clock, self._hosts)
            found = await self._recovering.ticked(ends)
        except Exception as error:
            _log_failure("lost deliveries were not asked for", error)
            return
        if found is not None and self._metrics:
            self._metrics.recovered(len(found.asked), len(found.obstacles))

    async def _report(self, call: Call) -> Answer:
        """POST /reports: what a tick does at its end, by itself."""
        await self._admit(call)
        ends = self._clock.monotonic() + self._settings.tick_deadline_seconds
        return Answer(200, await self._reported(ends, _shard(call)))

    async def _reported(self, ends: float, shard: Shard) -> Json:
        assert self._reporting is not None  # noqa: S101  the callers looked
        try:
            summary = await (await self._reporting.get()).run(ends, shard)
        except Exception as error:
            if self._metrics:
                self._metrics.reports_failed()
            _log_failure("the states of runs were not reported", error)
            raise AnswerError(500, 13, "the states of runs were not reported; the log says why") from None
        if summary.open:
            log.info("reports", extra={"fields": summary.json() | {"shard": str(shard)}})
        if self._metrics:
            self._metrics.reported(summary)
        return summary.json()

    async def _ticked(self, shard: Shard) -> Summary:
        memory = self._memories.setdefault(shard, tick.Memory(Calendars(self._clock)))
        if len(self._memories) > _memories_kept:
            self._memories = {shard: memory}
        summary = await tick.run(await self._own(), self._settings, self._clock, shard=shard, memory=memory)
        await report(summary, self._clock, shard)
        if self._tracer is not None:
            _trace(summary)
        self._note_skew(summary.skew)
        self._note_zones(summary.now)
        if self._metrics:
            self._metrics.ticked(summary, shard)
        if summary.complete and self._settings.heartbeat_url:
            await heartbeat.beat(self._settings.heartbeat_url)
        return summary

    async def _own(self) -> Client:
        return (await self._cluster.get()).own

    async def _open(self) -> Cluster:
        observer = self._metrics.called if self._metrics else None
        opened = await Cluster.open(self._settings, self._clock, observer=observer)
        collecting.usual()
        heap.give_back()
        return opened

    async def _open_reporting(self) -> Reporting:
        # Not imported where nothing is reported.
        from triggerfish.cron_function.reporting import Reporting
        from triggerfish.hostapi.hosts import Hosts

        own = await self._own()

        async def secret(namespace: str, name: str) -> Json:
            return await own.get(SECRETS, namespace, name)

        hosts = self._hosts or Hosts(self._settings, secret, self._clock)
        return Reporting(own, hosts, self._settings, self._clock)

    async def _admit(self, call: Call) -> None:
        if self._policy.is_empty:
            return
        given = call.delivery.values("authorization")
        if refusal := await self._callers.refusal(given, self._policy):
            log.warning("a caller of the tick was refused: %s", refusal)
            raise AnswerError(401, 16, "token not valid")

    def _note_skew(self, skew: float) -> None:
        """Say once that the clocks differ, and again only after they have agreed: not at every tick."""
        self._skew = skew
        skewed = abs(skew) > _skew_of_concern
        if skewed and not self._skewed:
            log.warning(
                "the API server's clock and ours differ by %.0f s; slots follow the API server's", skew
            )
        self._skewed = skewed

    def _note_zones(self, now: datetime) -> None:
        """Say once that the time zones are old."""
        if not self._told_of_zones and (warning := zones.warning(now)):
            log.warning("%s", warning)
            self._told_of_zones = True


def _log_failure(what: str, error: Exception) -> None:
    """The log says why, the caller only that: a message of the API server is not for strangers."""
    if isinstance(error, KubeError | SettingError):
        fix = granting(str(error))
        fields = {"fields": {"fix": fix}} if fix else None
        log.error("%s: %s", what, error, extra=fields)
    else:
        log.error(what, exc_info=error)


def _trace(summary: Summary) -> None:
    """Note on the tick's span what it did, with a span for each slot that it decided to leave out."""
    span = tracing.current()
    span.note(evaluated=summary.evaluated, due=summary.due, complete=summary.complete)
    if summary.retry or not summary.complete:
        span.fail("something is left to the next tick")
    skipped = [entry for entry in summary.entries if entry.what == "skipped" and entry.slot]
    for entry in skipped[:_most_skipped]:
        namespace, _, cron = entry.cron.partition("/")
        slot = entry.slot.isoformat() if entry.slot else ""
        reason = entry.reason.value if entry.reason else ""
        with tracing.span(
            "slot", namespace=namespace, cron=cron, slot=slot, outcome="Skipped", reason=reason
        ):
            pass


def _not_found(_: str) -> AnswerError:
    return AnswerError(404, 5, "Not Found: there is no such path; POST / is the tick")


def _shard(call: Call) -> Shard:
    given = [value for name, value in call.query if name == "shard" and value]
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

    return CronMetrics(settings.instance_id, settings.managed_namespace)


async def report(summary: Summary, clock: Clock, shard: Shard = ALL) -> None:
    """One log line for each thing that happened, and one for the tick; others are served between them."""
    begun = clock.monotonic()
    for entry in summary.entries:
        log.log(_levels.get(entry.what, logging.INFO), _sentence(entry), extra={"fields": entry.json()})
        if clock.monotonic() - begun >= turn_seconds:
            await asyncio.sleep(0)
            begun = clock.monotonic()
    log.info("tick", extra={"fields": summary.json() | {"shard": str(shard)}})


def _sentence(entry: Entry) -> str:
    words = [entry.what, entry.child or entry.cron]
    if entry.reason:
        words.append(f"({entry.reason.value}: {entry.reason.sentence})")
    if entry.detail:
        words.append(entry.detail)
    return " ".join(words)
