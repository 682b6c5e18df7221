"""Prometheus metrics of the cron function. Imported only when ``METRICS=on``: cold start counts."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from triggerfish.cron.planning.summary import Summary
from triggerfish.runtime.few import Few

_lags = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600)


class CronMetrics:
    """What the ticks of this worker did. "Nothing was due" and "nobody calls" look different in them."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"triggerfish_{name}", text, labels, registry=self._registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"triggerfish_{name}", text, registry=self._registry)

        self._ticks = counter("ticks", "Ticks, by how they ended", "result")
        self._complete = gauge("last_complete_tick_timestamp_seconds", "When the last complete tick ended")
        self._next = gauge("next_due_slot_timestamp_seconds", "When the next slot is due; 0: none is")
        self._crons = gauge("cron_workflows", "CronWorkflows that the last tick read")
        self._created = counter("workflows_created", "Workflows created for slots")
        self._skipped = counter("slots_skipped", "Slots that did not run, by reason", "reason")
        self._failed = counter("failures", "CronWorkflows, or single slots, that failed in a tick")
        self._costly = counter(
            "cron_workflows_too_costly", "Ticks in which the conditions of one took too much", *Few.labels
        )
        self._few = Few()
        self._calls = counter("api_calls", "Requests to the Kubernetes API", "verb", "resource", "code")
        self._lag = Histogram(
            "triggerfish_slot_lag_seconds",
            "From a slot to its Workflow",
            buckets=_lags,
            registry=self._registry,
        )

    def called(self, verb: str, resource: str, code: str, seconds: float) -> None:
        """One request to the API; an observer of the transport."""
        self._calls.labels(verb, resource, code).inc()

    def failed(self) -> None:
        """A tick that could not even read."""
        self._ticks.labels("failed").inc()

    def ticked(self, summary: Summary) -> None:
        """A tick that ended."""
        self._ticks.labels("complete" if summary.complete else "incomplete").inc()
        if summary.complete:
            self._complete.set(summary.now.timestamp())
        self._next.set(summary.next_due.timestamp() if summary.next_due else 0)
        self._crons.set(summary.evaluated)
        self._created.inc(summary.count("created"))
        self._failed.inc(summary.count("failed"))
        for reason, count in summary.skipped.items():
            self._skipped.labels(reason).inc(count)
        for key in summary.costly:
            self._costly.labels(*self._few.of(*key.split("/", 1))).inc()
        for lag in summary.lags:
            self._lag.observe(lag)

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)
