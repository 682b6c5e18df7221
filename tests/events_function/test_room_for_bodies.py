"""Large bodies are parsed only where they have room: those of deliveries, and those of strangers."""

import gzip
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from tests.simulation.events_world import Incoming

from triggerfish.events.sealed import VerifiedDelivery
from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.intake import Intake
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.http.messages import Answer, Remarks
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.parsing_room import ParsingRoom, most_parsed_bytes
from triggerfish.runtime.places import Places
from triggerfish.settings import Settings
from triggerfish.workflows.labels import Creator

LARGE, SMALL = b"[" + b"[]," * 50_000 + b"0]", b"{}"


@pytest.mark.parametrize(("body", "held"), [(LARGE, True), (SMALL, False)], ids=["large", "small"])
async def test_a_delivery_holds_room_while_it_is_parsed_and_handled(body, held):
    seen = []

    class Dispatcher:
        async def bindings(self, client, namespace):
            return ()

        async def dispatch(self, client, events, remarks):
            seen.append(intake._room.held > 0)
            return 200, {}

    verified = VerifiedDelivery(
        namespace="ns",
        discriminator="",
        service_account="",
        sender="token",
        event="",
        delivery="",
        metadata={},
        attributes={},
        received=datetime(2026, 1, 1, tzinfo=UTC),
        content=body,
    )
    authenticator = SimpleNamespace(
        token_delivery=lambda call: verified,
        token_caller=lambda delivery: SimpleNamespace(client=None, creator=Creator(), identity="me"),
        plain=lambda verified: verified.content,
    )
    intake = Intake(authenticator, Dispatcher(), Places(4), Places(4))
    call = SimpleNamespace(delivery=None, remarks=Remarks())
    assert (await intake.events(call)).status == 200
    assert seen == [held]


@pytest.mark.parametrize(
    ("body", "headers", "held"),
    [
        pytest.param(LARGE, [], True, id="large"),
        pytest.param(SMALL, [], False, id="small"),
        pytest.param(
            gzip.compress(LARGE), [(b"content-encoding", b"gzip")], True, id="small until it is inflated"
        ),
    ],
)
async def test_a_stranger_s_body_holds_room(body, headers, held):
    seen = []
    service = SimpleNamespace(unproved=Places(4), unproved_room=ParsingRoom(most_parsed_bytes))

    async def opened(settings, clock):
        return service

    async def handler(service, call):
        seen.append(service.unproved_room.held > 0)
        return Answer(200, {})

    app = EventsApp(Settings(), Clock(), opened, more_routes=(ServiceRoute("POST", "/x", handler),))
    answer = await app.answer(Incoming({"path": "/x", "query_string": b"", "headers": headers}, body))
    assert (answer.status, seen) == (200, [held])
    assert service.unproved_room.held == 0
