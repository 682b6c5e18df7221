"""Metrics as GET /metrics shows them. Imported only when ``METRICS=on``: cold start counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from triggerfish import __version__


class MetricsPage:
    """The metrics of one function. Each sample says which installation it is of, where that has a name.

    ``function`` is ``cron`` or ``events``; ``installation`` is ``INSTANCE_ID``, and ``managed`` the only
    namespace that it works in; both may be empty.
    """

    def __init__(self, registry: CollectorRegistry, function: str, installation: str, managed: str) -> None:
        self._registry = registry
        # An empty label is none for Prometheus.
        self._everywhere = {"installation": installation} if installation else {}
        self._build = {"version": __version__, "function": function, "managed_namespace": managed}

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """As prometheus-client asks for it."""
        build = GaugeMetricFamily("triggerfish_build_info", "What runs here; always 1", labels=[*self._build])
        build.add_metric([*self._build.values()], 1)
        yield self._labelled(build)
        for metric in self._registry.collect():
            yield self._labelled(metric)

    def _labelled(self, metric: Metric) -> Metric:
        if self._everywhere:
            metric.samples = [
                each._replace(labels={**each.labels, **self._everywhere}) for each in metric.samples
            ]
        return metric


def bounded(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """The ``most`` largest by name; the rest together have the name ``…``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept = dict(ordered[:most])
    if rest := sum(count for _, count in ordered[most:]):
        kept["…"] = rest
    return kept
