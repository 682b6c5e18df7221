"""Events as they come in: proved, handed to the broker if there is one, else turned into Workflows."""

from __future__ import annotations

import secrets

from triggerfish.events import occurrences
from triggerfish.events.environment import Event, Origin
from triggerfish.events.occurrences import Occurrence
from triggerfish.events.sealed import VerifiedDelivery
from triggerfish.events_function.authenticator import Authenticator
from triggerfish.events_function.dispatch import Dispatcher
from triggerfish.events_function.identity import Caller
from triggerfish.http.messages import Answer, Call, Remarks
from triggerfish.runtime.parsing_room import ParsingRoom, most_parsed_bytes, rest_seconds, weight_of_json
from triggerfish.runtime.places import Places
from triggerfish.sinks.sink import Sink
from triggerfish.workflows.names import digest

_own_id = 16


class Intake:
    """Takes events in. It belongs to one event loop."""

    def __init__(
        self,
        authenticator: Authenticator,
        dispatcher: Dispatcher,
        places: Places,
        unproved: Places,
        sink: Sink | None = None,
    ) -> None:
        self._authenticator, self._dispatcher, self._sink = authenticator, dispatcher, sink
        self._places, self._unproved = places, unproved
        self._room = ParsingRoom(most_parsed_bytes, rest=rest_seconds)

    async def events(self, call: Call) -> Answer:
        """An event with a bearer token, or a webhook's delivery."""
        if verified := self._authenticator.token_delivery(call):
            _note(call, verified)
            caller = self._authenticator.token_caller(call.delivery)
            with self._unproved.place(verified.namespace):
                # The API server's answer is what proves a token: nothing of the body is read before.
                await self._dispatcher.bindings(caller.client, verified.namespace)
            call.remarks.proved = True
            with self._places.place(verified.namespace):
                return await self._dispatch(caller, verified, call.remarks)
        verified = await self._authenticator.webhook(call)
        _note(call, verified, proved=True)
        with self._places.place(verified.namespace):
            if self._sink is not None and await self._forwarded(self._sink, verified):
                call.remarks.result = "forwarded"
                return Answer(202, {})
            caller = await self._authenticator.account(verified)
            return await self._dispatch(caller, verified, call.remarks)

    async def returned(self, call: Call) -> Answer:
        """A delivery that the broker brings back.

        200 when its Workflows exist, so that the broker forgets it; anything else, and it comes again.
        """
        verified = await self._authenticator.returned(call)
        _note(call, verified, proved=True)
        with self._places.place(verified.namespace):
            caller = await self._authenticator.account(verified)
            return await self._dispatch(caller, verified, call.remarks)

    async def close(self) -> None:
        """Close the connections to the broker."""
        if self._sink is not None:
            await self._sink.close()

    async def _forwarded(self, sink: Sink, verified: VerifiedDelivery) -> bool:
        known = await self._authenticator.secrets_of(verified)
        # What it does not take is handled at once: should it have it after all, the names are the same.
        return bool(known) and await sink.forward(verified, known[0])

    async def _dispatch(self, caller: Caller, verified: VerifiedDelivery, remarks: Remarks) -> Answer:
        await self._dispatcher.bindings(caller.client, verified.namespace)
        plain = self._authenticator.plain(verified)
        async with self._room.hold(verified.namespace, weight_of_json(plain)):
            found = occurrences.read(verified.attributes, plain)
            events = [_event(caller, verified, occurrence, len(plain)) for occurrence in found]
            if events:
                remarks.event, remarks.id = events[0].origin.event, events[0].origin.id
            return Answer(*await self._dispatcher.dispatch(caller.client, events, remarks))


def _note(call: Call, verified: VerifiedDelivery, *, proved: bool = False) -> None:
    remarks = call.remarks
    remarks.proved = proved
    remarks.namespace, remarks.account = verified.namespace, verified.service_account
    remarks.sender, remarks.event, remarks.id = verified.sender, verified.event, verified.delivery


def _event(caller: Caller, verified: VerifiedDelivery, occurrence: Occurrence, size: int) -> Event:
    # What a CloudEvent says of itself tells it from others, however often and by whatever way it is sent.
    delivery = occurrence.id or verified.delivery
    repeatable = bool(delivery or verified.service_account)
    same = occurrence.id or verified.kept_id
    key = digest(caller.identity, same, occurrence.identity) if repeatable else secrets.token_bytes(32)
    return Event(
        verified.namespace,
        verified.discriminator,
        occurrence.payload,
        {**verified.metadata, **{name: [value] for name, value in occurrence.attributes.items()}},
        caller.creator,
        key,
        repeatable,
        verified.received,
        occurrence.occurred,
        # One that its sender gives no id gets one, by which people find it in the log and the record.
        Origin(
            verified.sender,
            verified.event or occurrence.attributes.get("ce-type", ""),
            delivery or key.hex()[:_own_id],
            verified.service_account,
        ),
        size,
    )
