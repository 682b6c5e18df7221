"""Prometheus metrics of the cron function. Imported only when ``METRICS=on``: cold start counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from triggerfish.cron.planning.shard import ALL, Shard
from triggerfish.cron.planning.summary import Summary
from triggerfish.http.exposition import MetricsPage, bounded
from triggerfish.runtime.few import Few

if TYPE_CHECKING:
    from triggerfish.hosts.reports.summary import ReportSummary

_lags = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600)
# Of each state and reason; those with the most CronWorkflows.
_most_namespaces = 50


class CronMetrics:
    """What the ticks of this worker did. "Nothing was due" and "nobody calls" look different in them.

    ``installation`` is ``INSTANCE_ID``, ``managed`` the only namespace that it works in; both may be empty.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, installation: str = "", managed: str = "") -> None:
        self._registry = CollectorRegistry()
        self._page = MetricsPage(self._registry, "cron", installation, managed)
        self._shards = _Shards()
        self._registry.register(self._shards)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"triggerfish_{name}", text, labels, registry=self._registry)

        self._ticks = counter("ticks", "Ticks, by how they ended", "result")
        self._created = counter("workflows_created", "Workflows created for slots")
        self._skipped = counter("slots_skipped", "Slots that did not run, by reason", "reason")
        self._failed = counter("failures", "CronWorkflows, or single slots, that failed in a tick")
        self._costly = counter(
            "cron_workflows_too_costly", "Ticks in which the conditions of one took too much", *Few.labels
        )
        self._recovered = counter("deliveries_recovered", "Lost deliveries that a host was asked for again")
        self._obstacles = counter(
            "recovery_obstacles", "Webhooks whose lost deliveries could not be asked for, of each pass"
        )
        self._few = Few()
        self._calls = counter(
            "api_calls", "Requests to the Kubernetes API", "verb", "resource", "code", "identity"
        )
        self._reports = counter(
            "reports", "States of runs told on their commits, and reports that failed", "result"
        )
        self._lag = Histogram(
            "triggerfish_slot_lag_seconds",
            "From a slot to its Workflow",
            buckets=_lags,
            registry=self._registry,
        )

    def called(self, verb: str, resource: str, code: str, seconds: float) -> None:
        """One request to the API; an observer of the transport."""
        self._calls.labels(verb, resource, code, "function").inc()

    def reported(self, summary: ReportSummary) -> None:
        """A pass over the open reports."""
        for state, count in summary.posted.items():
            self._reports.labels(state.value).inc(count)
        for result in ("repaired", "ignored", "failed"):
            self._reports.labels(result).inc(getattr(summary, result))

    def reports_failed(self) -> None:
        """A pass that could not even read."""
        self._reports.labels("failed").inc()

    def failed(self) -> None:
        """A tick that could not even read."""
        self._ticks.labels("failed").inc()

    def ticked(self, summary: Summary, shard: Shard = ALL) -> None:
        """A tick of that shard that ended."""
        self._ticks.labels("complete" if summary.complete else "incomplete").inc()
        self._shards.ticked(summary, shard)
        self._created.inc(summary.count("created"))
        self._failed.inc(summary.count("failed"))
        for reason, count in summary.skipped.items():
            self._skipped.labels(reason).inc(count)
        for key in summary.costly:
            self._costly.labels(*self._few.of(*key.split("/", 1))).inc()
        for lag in summary.lags:
            self._lag.observe(lag)

    def recovered(self, asked: int, obstacles: int) -> None:
        """A pass over lost deliveries."""
        self._recovered.inc(asked)
        self._obstacles.inc(obstacles)

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return self._page.text()


@dataclass(slots=True)
class _Last:
    """The last tick of a shard: ``complete`` is when one last was, in seconds since 1970; 0: never.

    ``troubles`` counts CronWorkflows by state, reason and namespace.
    """

    complete: float = 0.0
    next: float = 0.0
    crons: int = 0
    troubles: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)


class _Shards:
    """Gauges of the last tick of each shard. When the number of shards changes, the others are forgotten."""

    def __init__(self) -> None:
        self._count = 1
        # Before the first tick: nothing was ever complete, which is what an alert must see.
        self._last: dict[int, _Last] = {1: _Last()}

    def ticked(self, summary: Summary, shard: Shard) -> None:
        """Note a tick."""
        if shard.count != self._count:
            self._count, self._last = shard.count, {}
        last = self._last.setdefault(shard.index, _Last())
        if summary.complete:
            last.complete = summary.now.timestamp()
        last.next = summary.next_due.timestamp() if summary.next_due else 0.0
        last.crons = summary.evaluated
        troubles: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for (namespace, trouble), count in summary.troubles.items():
            troubles[trouble.state, trouble.reason][namespace] = count
        last.troubles = {key: bounded(found, _most_namespaces) for key, found in troubles.items()}

    def collect(self) -> Iterator[Metric]:
        """As prometheus-client asks for it."""

        def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
            return GaugeMetricFamily(f"triggerfish_{name}", text, labels=["shard", *labels])

        complete = gauge(
            "last_complete_tick_timestamp_seconds", "When the last complete tick ended; 0: never"
        )
        coming = gauge("next_due_slot_timestamp_seconds", "When the next slot is due; 0: none is")
        crons = gauge("cron_workflows", "CronWorkflows that the last tick read")
        about = "reason", "workflow_namespace"
        unwell = {
            "error": gauge("cron_workflows_in_error", "CronWorkflows that do not start, by reason", *about),
            "failing": gauge(
                "cron_workflows_failing", "CronWorkflows whose last run failed, by reason", *about
            ),
        }
        for index, last in sorted(self._last.items()):
            shard = str(Shard(index, self._count))
            complete.add_metric([shard], last.complete)
            coming.add_metric([shard], last.next)
            crons.add_metric([shard], last.crons)
            for (state, reason), namespaces in last.troubles.items():
                for namespace, count in namespaces.items():
                    unwell[state].add_metric([shard, reason, namespace], count)
        yield from (complete, coming, crons, *unwell.values())
        yield GaugeMetricFamily("triggerfish_shards", "How many shards the last tick was one of", self._count)
