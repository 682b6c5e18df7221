"""The tracer that a function has by its settings."""

from __future__ import annotations

import logging

from triggerfish.runtime.tracing import Tracer
from triggerfish.settings import Settings

log = logging.getLogger("triggerfish")


def tracer_of(settings: Settings, service: str) -> Tracer | None:
    """The tracer of ``OTEL_EXPORTER_OTLP_ENDPOINT``, None without it. ``service`` is the function's name.

    Its packages are imported here: after the server has forked, and only by who wants them.
    """
    endpoint = settings.otel_exporter_otlp_endpoint
    if not endpoint:
        return None
    if not endpoint.startswith(("http://", "https://")):
        # Traces are not worth a delivery.
        log.error(
            "OTEL_EXPORTER_OTLP_ENDPOINT is not the URL of a collector, such as http://collector:4318:"
            " there are no traces"
        )
        return None
    from triggerfish.runtime.spans import Spans

    return Spans(endpoint, service)
