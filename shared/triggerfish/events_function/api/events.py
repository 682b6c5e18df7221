"""The handlers of events: apart, as a delivery is what a fresh process is most often asked."""

from __future__ import annotations

from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call


async def event(service: Service, call: Call) -> Answer:
    """An event with a bearer token, or a webhook's delivery."""
    return await service.intake.events(call)


async def returned(service: Service, call: Call) -> Answer:
    """A delivery that the broker brings back."""
    return await service.intake.returned(call)
