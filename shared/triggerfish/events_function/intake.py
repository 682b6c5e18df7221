"""Events as they come in: who sent them, what is in them, and where they go, here or through a broker."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from triggerfish.errors import AnswerError
from triggerfish.events import environment, occurrences, sealed
from triggerfish.events.environment import Event, Origin
from triggerfish.events.occurrences import Occurrence
from triggerfish.events.sealed import Passage
from triggerfish.events_function.dispatch import Dispatcher
from triggerfish.events_function.identity import (
    Api,
    Caller,
    Clients,
    account_client,
    bearer_token,
    secrets_of,
    unauthenticated,
    verified,
)
from triggerfish.http.router import Answer, Call
from triggerfish.kube.retry import Retry
from triggerfish.runtime.callers import Callers, Policy
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.sinks.sink import Sink, open_sink
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import is_name, is_namespace

log = logging.getLogger("triggerfish.events")

IDEMPOTENCY_KEY = "idempotency-key"
# What says how the content is to be read; the names of CloudEvents' attributes begin with ce-.
_describing = ("content-type", IDEMPOTENCY_KEY)


class Intake:
    """Takes events in. It belongs to one event loop."""

    def __init__(
        self,
        api: Api,
        clients: Clients,
        dispatcher: Dispatcher,
        settings: Settings,
        clock: Clock,
        patience: Retry,
        callers: Callers | None = None,
        sink: Sink | None = None,
    ) -> None:
        self._api, self._clients, self._dispatcher = api, clients, dispatcher
        self._settings, self._clock, self._patience = settings, clock, patience
        self._callers = callers or Callers(clock)
        self._sink = sink or open_sink(settings, clock)

    async def events(self, call: Call) -> Answer:
        """An event with a bearer token, or a webhook's delivery."""
        namespace, delivery = call.path["namespace"], call.delivery
        token = bearer_token(delivery)
        if token is not None:
            passage = _passage(call, sender="token")
            return await self._dispatch(Caller.of_token(self._api, token), passage)
        proof = await verified(self._clients, delivery, namespace)
        passage = _passage(
            call,
            service_account=proof.service_account,
            sender=proof.sender,
            event=proof.event,
            delivery=proof.delivery_id,
            proofs=proof.proofs,
            content=proof.content,
        )
        if self._sink is not None and await self._forwarded(self._sink, passage):
            return Answer(202, {}, sender=passage.sender)
        return await self._as_account(passage)

    async def close(self) -> None:
        """Close the connections to the broker."""
        if self._sink is not None:
            await self._sink.close()

    async def returned(self, call: Call) -> Answer:
        """A delivery that the broker brings back: only the broker may, and only what we sealed counts.

        200 when its Workflows exist, so that the broker forgets it; anything else, and it comes again.
        """
        policy = Policy("", self._settings.sink_audience, self._settings.sink_identity)
        refused = await self._callers.refusal(call.delivery.values("authorization"), policy)
        if refused is not None:
            log.warning("/internal/events refused: %s", refused)
            raise unauthenticated()
        found = occurrences.read(_headers(call), call.delivery.body)
        data: Any = found[0].payload if len(found) == 1 else None
        passage = sealed.read(data)
        if passage is None or not is_namespace(passage.namespace) or not is_name(passage.service_account):
            raise AnswerError(400, 3, "this is no delivery that was forwarded")
        known = await secrets_of(self._clients, passage.namespace, passage.service_account)
        if not sealed.holds(passage, data, known):
            log.warning(
                "/internal/events: the seal of a delivery to namespace %s is broken", passage.namespace
            )
            raise AnswerError(403, 7, "this delivery was not sealed here")
        return await self._as_account(passage)

    async def _forwarded(self, sink: Sink, passage: Passage) -> bool:
        known = await secrets_of(self._clients, passage.namespace, passage.service_account)
        if not known or not await sink.forward(passage, known[0]):
            # Handled at once instead: should the broker have it after all, the names are the same.
            return False
        log.info("delivery %s to namespace %s is with the broker", passage.id, passage.namespace)
        return True

    async def _as_account(self, passage: Passage) -> Answer:
        namespace, account = passage.namespace, passage.service_account
        client = await account_client(self._api, namespace, account, self._clock, self._patience)
        return await self._dispatch(Caller.of_account(client, namespace, account), passage)

    async def _dispatch(self, caller: Caller, passage: Passage) -> Answer:
        # The API server's answer is what proves a token: nothing of the body is read before.
        await self._dispatcher.bindings(caller.client, passage.namespace)
        found = occurrences.read(passage.attributes, passage.content)
        events = [_event(caller, passage, occurrence) for occurrence in found]
        status, body = await self._dispatcher.dispatch(caller.client, events)
        return Answer(status, body, sender=passage.sender)


def _passage(
    call: Call,
    *,
    sender: str,
    service_account: str = "",
    event: str = "",
    delivery: str = "",
    proofs: frozenset[str] = frozenset(),
    content: bytes | None = None,
) -> Passage:
    headers = _headers(call)
    return Passage(
        namespace=call.path["namespace"],
        discriminator=call.path.get("discriminator", ""),
        service_account=service_account,
        sender=sender,
        event=event,
        delivery=delivery or headers.get(IDEMPOTENCY_KEY, ""),
        metadata=environment.metadata(call.delivery.headers, proofs),
        attributes={
            name: value for name, value in headers.items() if name in _describing or name.startswith("ce-")
        },
        received=call.delivery.received,
        content=call.delivery.body if content is None else content,
    )


def _headers(call: Call) -> Mapping[str, str]:
    """By name; the first of several counts."""
    return dict(reversed(call.delivery.headers))


def _event(caller: Caller, passage: Passage, occurrence: Occurrence) -> Event:
    delivery = passage.delivery or occurrence.id
    repeatable = bool(delivery or passage.service_account)
    key = digest(caller.identity, delivery, occurrence.identity) if repeatable else secrets.token_bytes(32)
    return Event(
        passage.namespace,
        passage.discriminator,
        occurrence.payload,
        {**passage.metadata, **{name: [value] for name, value in occurrence.attributes.items()}},
        caller.creator,
        key,
        repeatable,
        passage.received,
        occurrence.occurred,
        Origin(passage.sender, passage.event or occurrence.attributes.get("ce-type", ""), delivery),
        len(passage.content),
    )
