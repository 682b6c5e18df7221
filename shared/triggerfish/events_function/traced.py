"""Each request of the events function as the root of a trace, where traces are wanted."""

from __future__ import annotations

from triggerfish.events_function.narration import is_delivery
from triggerfish.http.messages import Answer, Exchange, Incoming
from triggerfish.http.router import Router
from triggerfish.runtime import tracing
from triggerfish.runtime.tracing import Tracer

_NAMES = ("traceparent", "tracestate")
# A broker brings back the trace that it was given, as an attribute of the event.
_RETURNED = "ce-"
_SERVED = ("/api/", "/internal/")


async def answer(router: Router, tracer: Tracer, incoming: Incoming) -> Answer:
    """What the router answers; probes and the console leave no spans."""
    if not incoming.scope["path"].startswith(_SERVED):
        return await router.answer(incoming)
    with tracer.root("request", _carrier(incoming)) as span:
        found = await router.answer(incoming)
        span.note(status=found.status)
        if found.status >= 500:
            span.fail(f"answered {found.status}")
        return found


class SpanNotes:
    """Tells the request's span what became of it; an observer of the router."""

    def answered(self, exchange: Exchange) -> None:
        """Name it, and say whose delivery it is: no header, no body, no reason that might quote one."""
        span, remarks = tracing.current(), exchange.remarks
        span.rename("delivery" if is_delivery(exchange) else exchange.pattern or "unknown path")
        span.note(
            namespace=remarks.namespace or exchange.names.get("namespace", ""),
            sender=remarks.sender,
            event=remarks.event,
            delivery=remarks.id,
            account=remarks.account,
            result=remarks.result,
        )


def _carrier(incoming: Incoming) -> dict[str, str]:
    given = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in incoming.scope["headers"]
    }
    found = {name: given.get(name) or given.get(_RETURNED + name) for name in _NAMES}
    return {name: value for name, value in found.items() if value}
