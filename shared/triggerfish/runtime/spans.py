"""Spans by OpenTelemetry, sent to a collector as OTLP over HTTP. Imported only where that is set.

The environment's other variables of OpenTelemetry (``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_TRACES_SAMPLER``,
``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_SERVICE_NAME`` …) are read by its own packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import triggerfish
from triggerfish.runtime.tracing import ACTIVE, Fact, Headers

_PATH = "/v1/traces"
_PREFIX = "triggerfish."
# A collector that is slow or down must not hold up the end of a process for longer.
_timeout_seconds = 3
_longest_fact = 300


class OpenSpan:
    """One that goes on."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, **facts: Fact) -> None:
        """Say more of it: an attribute for each, but for empty texts."""
        self._span.set_attributes(_attributes(facts))

    def rename(self, name: str) -> None:
        """Call it by another name."""
        self._span.update_name(name)

    def fail(self, why: str) -> None:
        """Mark it as failed."""
        self._span.set_status(Status(StatusCode.ERROR, why[:_longest_fact]))


class Spans:
    """A ``Tracer``. What the collector does not take is dropped; at most 2,048 spans wait."""

    def __init__(self, endpoint: str, service: str) -> None:
        about = Resource({"service.name": service, "service.version": triggerfish.__version__})
        # What the environment says of the process counts for more than what we say.
        self._provider = TracerProvider(resource=about.merge(OTELResourceDetector().detect()))
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + _PATH, timeout=_timeout_seconds)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("triggerfish", triggerfish.__version__)
        self._parents = TraceContextTextMapPropagator()

    @contextmanager
    def root(self, name: str, headers: Headers) -> Iterator[OpenSpan]:
        """See the protocol."""
        parent = self._parents.extract(headers)
        active = ACTIVE.set(self)
        try:
            with self._tracer.start_as_current_span(
                name,
                parent,
                SpanKind.SERVER,
                # An error's message may quote what nobody should read.
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                yield OpenSpan(span)
        finally:
            ACTIVE.reset(active)

    @contextmanager
    def span(self, name: str, facts: Mapping[str, Fact]) -> Iterator[OpenSpan]:
        """See the protocol."""
        with self._tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT,
            attributes=_attributes(facts),
            record_exception=False,
            set_status_on_exception=True,
        ) as span:
            yield OpenSpan(span)

    def current(self) -> OpenSpan:
        """See the protocol."""
        return OpenSpan(trace.get_current_span())

    def trace_id(self) -> str:
        """See the protocol."""
        found = trace.get_current_span().get_span_context()
        return trace.format_trace_id(found.trace_id) if found.is_valid else ""

    def traceparent(self) -> str:
        """See the protocol."""
        carrier: dict[str, str] = {}
        self._parents.inject(carrier)
        return carrier.get("traceparent", "")

    def close(self) -> None:
        """See the protocol."""
        self._provider.shutdown()


def _attributes(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {
        f"{_PREFIX}{name}": value[:_longest_fact] if isinstance(value, str) else value
        for name, value in facts.items()
        if value != ""
    }
