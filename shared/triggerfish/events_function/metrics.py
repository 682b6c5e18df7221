"""Prometheus metrics of the events function. Imported only when ``METRICS=on``: cold start counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from triggerfish.events.answer import EventOutcome
from triggerfish.events.environment import Event
from triggerfish.events.refusals import RefusalCause, refusal_of
from triggerfish.events_function.narration import is_delivery
from triggerfish.http.exposition import MetricsPage
from triggerfish.http.messages import Exchange
from triggerfish.runtime.few import Few

# The senders' patience is 10 s; steady state is some milliseconds.
_seconds = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 8)

_known = ("false", "true")

Count = Callable[[], int]


class EventMetrics:
    """What this worker was sent and what it made of it.

    ``installation`` is ``INSTANCE_ID``, ``managed`` the only namespace that it works in; both may be empty.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, installation: str = "", managed: str = "") -> None:
        self._registry = CollectorRegistry()
        self._page = MetricsPage(self._registry, "events", installation, managed)
        self._observed = _Observed()
        self._registry.register(self._observed)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"triggerfish_{name}", text, labels, registry=self._registry)

        self._deliveries = counter("deliveries", "Events, by who sent them and the answer", "sender", "code")
        self._workflows = counter("event_workflows_created", "Workflows created for events", "sender")
        self._failures = counter("event_failures", "Bindings that matched but created no Workflow")
        self._costly = counter(
            "bindings_too_costly",
            "Events whose bindings took too much, by the one that took most",
            *Few.labels,
        )
        self._few = Few()
        self._requests = counter("requests", "Requests, by route and answer", "route", "code")
        self._refused = counter(
            "deliveries_refused", "Events that were not taken, by cause", "cause", "known"
        )
        # From 0 on: of a series that begins with 1, Prometheus sees no increase.
        for cause in RefusalCause:
            for known in _known:
                self._refused.labels(cause.value, known)
        self._statuses = counter(
            "statuses", "Statuses that were to be posted to a commit right after an event", "result"
        )
        self._calls = counter(
            "api_calls", "Requests to the Kubernetes API", "verb", "resource", "code", "identity"
        )
        self._time = Histogram(
            "triggerfish_delivery_seconds",
            "From an event's arrival to its answer, when that was 200",
            buckets=_seconds,
            registry=self._registry,
        )

    def in_flight(self, count: Count) -> None:
        """Show how many requests hold a place from now on."""
        self._observed.in_flight = count

    def cache(self, name: str, hits: Count, misses: Count) -> None:
        """Show a cache's counts from now on."""
        self._observed.caches[name] = (hits, misses)

    def called(self, verb: str, resource: str, code: str, seconds: float) -> None:
        """One request to the API as the function itself; an observer of the transport."""
        self._calls.labels(verb, resource, code, "function").inc()

    def called_for(self, verb: str, resource: str, code: str, seconds: float) -> None:
        """One request to the API as a caller, or as the service account of a webhook."""
        self._calls.labels(verb, resource, code, "caller").inc()

    def answered(self, exchange: Exchange) -> None:
        """A request was answered; an observer of the router."""
        status = str(exchange.status)
        self._requests.labels(exchange.pattern or "none", status).inc()
        if not is_delivery(exchange):
            return
        # What a refused one claims to be is counted as nobody's: anybody can claim it.
        sender = exchange.remarks.sender if exchange.remarks.proved else ""
        self._deliveries.labels(sender or "unknown", status).inc()
        if exchange.error is not None:
            cause, _ = refusal_of(exchange.error, exchange.status)
            self._refused.labels(cause.value, _known[exchange.remarks.known]).inc()
        if exchange.status == 200:
            self._time.observe(exchange.seconds)

    def became(self, event: Event, outcome: EventOutcome) -> None:
        """What an event made; a witness of the dispatcher."""
        self._workflows.labels(event.origin.sender).inc(sum(made.created for made in outcome.made))
        self._failures.inc(len(outcome.failures))
        if outcome.costly:
            self._costly.labels(*self._few.of(outcome.costly.namespace, outcome.costly.name)).inc()

    def told(self, result: str) -> None:
        """A status was to be posted: ``posted``, ``failed`` or ``dropped``."""
        self._statuses.labels(result).inc()

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return self._page.text()


class _Observed:
    """What is counted elsewhere and only looked at."""

    def __init__(self) -> None:
        self.in_flight: Count = lambda: 0
        self.caches: dict[str, tuple[Count, Count]] = {}

    def collect(self) -> Iterator[Metric]:
        """As prometheus-client asks for it."""
        yield GaugeMetricFamily("triggerfish_in_flight", "Requests in flight", self.in_flight())
        found = CounterMetricFamily(
            "triggerfish_cache_lookups", "Cache lookups, by result", labels=["cache", "result"]
        )
        for name, (hits, misses) in self.caches.items():
            found.add_metric([name, "hit"], hits())
            found.add_metric([name, "miss"], misses())
        yield found
