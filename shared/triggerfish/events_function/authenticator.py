"""From the bytes of a request to a caller that is proved: by a bearer token, a webhook's signature, a seal.

Nothing of a body is parsed before its proof holds. A caller learns nothing about why it was refused: the
reason is in the log.
"""

from __future__ import annotations

import asyncio
from typing import Any

from triggerfish.errors import AnswerError, KubeError, SecretError
from triggerfish.events import environment, occurrences, sealed
from triggerfish.events.refusals import RefusalCause
from triggerfish.events.sealed import VerifiedDelivery
from triggerfish.events_function.identity import Api, Caller, ClientStore
from triggerfish.http.messages import Call
from triggerfish.kube.client import Client
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.runtime.callers import CallerPolicy, Callers
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.turns import Turns
from triggerfish.settings import Settings
from triggerfish.webhooks.authenticate import Refused, Verified, attempts, authenticate
from triggerfish.webhooks.clients import Clients
from triggerfish.webhooks.credentials import is_credential
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.encoding import CONTENT_ENCODING, inflated
from triggerfish.workflows.objects import is_name, is_namespace

IDEMPOTENCY_KEY = "idempotency-key"
# These headers say how the content is to be read; the names of CloudEvents' attributes begin with ce-.
_describing = ("content-type", CONTENT_ENCODING, IDEMPOTENCY_KEY)
# HMAC over this many bytes takes about 0.2 ms, which is less than handing it to a thread.
_proved_at_once_bytes = 256 << 10
_asked_at_once = 4
_namespaces_seen = 10_000
_nobody = Clients(())
# Headers that proxies add, or that any client sends: a request with no other carries no proof.
_proves_nothing = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "function-execution-id",
        "host",
        "origin",
        "pragma",
        "referer",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "user-agent",
        "via",
        "x-cloud-trace-context",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-proto",
        "x-real-ip",
        "x-request-id",
    }
)


class Authenticator:
    """Proves who sent a request. It belongs to one event loop."""

    def __init__(
        self,
        api: Api,
        clients: ClientStore,
        settings: Settings,
        clock: Clock,
        patience: Retry,
        callers: Callers | None = None,
    ) -> None:
        self._api, self._clients, self._clock, self._patience = api, clients, clock, patience
        self._callers = callers or Callers(clock)
        self._most_bytes = settings.max_body_bytes
        self._broker = CallerPolicy("", settings.sink_audience, settings.sink_identity)
        # Namespaces that have webhook clients, as far as they were asked for.
        self._seen: set[str] = set()
        self._asking = asyncio.Semaphore(_asked_at_once)
        # Its own thread: while it goes through a body, other threads go on.
        self._turns = Turns(clock)

    def token_caller(self, delivery: Delivery) -> Caller:
        """The bearer of the request's token; ``AnswerError`` 401 without one."""
        token = bearer_token(delivery)
        if token is None:
            raise unauthenticated()
        return Caller.of_token(self._api, token)

    def token_delivery(self, call: Call) -> VerifiedDelivery | None:
        """The event of somebody with a bearer token; None when the request carries none."""
        if bearer_token(call.delivery) is None:
            return None
        return _verified(call, sender="token")

    def plain(self, verified: VerifiedDelivery) -> bytes:
        """Its content without the encoding that its sender gave it; ``AnswerError`` 400, 413 or 415."""
        return inflated(verified.attributes.get(CONTENT_ENCODING, ""), verified.content, self._most_bytes)

    async def webhook(self, call: Call) -> VerifiedDelivery:
        """The delivery of the webhook client that signed it.

        ``AnswerError``: 401 when no client did, 403 when a client is misconfigured, 503 when nobody can say
        now.
        """
        namespace, delivery = call.path["namespace"], call.delivery
        if not _may_prove(delivery):
            # Nothing is read for a request that carries no proof of any kind.
            raise unauthenticated(
                RefusalCause.UNSIGNED, "it has no token, and no header that a proof could be in"
            )
        try:
            clients = await self._known(namespace)
        except SecretError as error:
            raise _denied(delivery, str(error), error.fix) from None
        call.remarks.known = True
        verdict = await self._verdict(namespace, delivery, clients)
        if isinstance(verdict, Refused):
            if verdict.misconfigured:
                raise _denied(delivery, verdict.reason)
            cause = RefusalCause.SIGNATURE if _proves(delivery, clients) else RefusalCause.UNSIGNED
            raise unauthenticated(cause, verdict.reason)
        return _verified(
            call,
            service_account=verdict.service_account,
            sender=verdict.sender,
            event=verdict.event,
            delivery=verdict.delivery_id,
            proofs=verdict.proofs,
            content=verdict.content,
        )

    async def returned(self, call: Call) -> VerifiedDelivery:
        """A delivery that the broker brings back: only the broker may, and only what we sealed counts."""
        refused = await self._callers.refusal(call.delivery.values("authorization"), self._broker)
        if refused is not None:
            raise unauthenticated(RefusalCause.BROKER, refused)
        found = occurrences.read(_headers(call), call.delivery.body)
        data: Any = found[0].payload if len(found) == 1 else None
        verified = sealed.read(data)
        if verified is None or not is_namespace(verified.namespace) or not is_name(verified.service_account):
            raise AnswerError(400, 3, "this is not a forwarded delivery")
        known = await self.secrets_of(verified)
        if not sealed.holds(verified, data, known):
            raise AnswerError(403, 7, "the seal of this delivery is not valid", cause=RefusalCause.BROKER)
        return verified

    async def secrets_of(self, verified: VerifiedDelivery) -> tuple[bytes, ...]:
        """The secrets of the delivery's webhook client, the newest first; none without such a client."""
        try:
            clients = await self._known(verified.namespace)
        except SecretError:
            return ()
        own = (client for client in clients.good if client.service_account == verified.service_account)
        return tuple(secret.value for client in own for secret in client.secrets)

    async def account(self, verified: VerifiedDelivery) -> Caller:
        """The service account that the delivery acts as; ``AnswerError`` 403 without it, 503 when not now."""
        namespace, name = verified.namespace, verified.service_account

        async def ask() -> Client:
            return await self._api.service_account(namespace, name)

        try:
            client = await eagerly(self._clock, self._patience, ask)
        except KubeError as error:
            reason = f"the function cannot act as service account {namespace}/{name}: {error}"
            if error.retry:
                raise unavailable(reason) from None
            raise _failed(RefusalCause.ACCOUNT, reason) from None
        return Caller.of_account(client, namespace, name)

    async def _verdict(self, namespace: str, delivery: Delivery, clients: Clients) -> Verified | Refused:
        """Where it takes long in a thread, in turns with other namespaces, one at a time for each."""
        size = len(delivery.body) * sum(len(client.secrets) for client in clients.good)
        if size < _proved_at_once_bytes:
            return authenticate(delivery, clients, most_bytes=self._most_bytes)
        work = attempts(delivery, clients, most_bytes=self._most_bytes)
        return await self._turns.complete(work, namespace, "proving", size=size)

    async def _known(self, namespace: str) -> Clients:
        """The webhook clients; ``SecretError`` when they cannot be read, ``AnswerError`` 503 for now."""
        try:
            if namespace in self._seen:
                return await self._clients.clients(namespace)
            # Anybody can name namespaces that do not exist: a few at a time are asked for.
            async with self._asking:
                clients = await self._clients.clients(namespace)
        except SecretError as error:
            if error.retry:
                raise unavailable(f"webhook clients: {error}") from None
            raise
        if len(self._seen) < _namespaces_seen:
            self._seen.add(namespace)
        return clients


def bearer_token(delivery: Delivery) -> str | None:
    """The bearer token in the ``Authorization`` header, None when there is no such header or another scheme.

    ``AnswerError`` 401 for an empty token, and for two headers: nobody can say which of them counts.
    """
    given = delivery.values("authorization")
    if not given:
        return None
    if len(given) > 1:
        raise unauthenticated(RefusalCause.TOKEN, "there are two authorization headers")
    scheme, _, token = given[0].strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    if not token.strip():
        raise unauthenticated(RefusalCause.TOKEN, "the bearer token is empty")
    return token.strip()


def unauthenticated(cause: RefusalCause = RefusalCause.TOKEN, reason: str = "") -> AnswerError:
    """401 as Argo's server says it, and nothing about why; the log says that."""
    return AnswerError(401, 16, "token not valid", cause=cause, reason=reason)


def unavailable(reason: str) -> AnswerError:
    """503: the same again, a little later."""
    message = "the cluster does not answer"
    return AnswerError(503, 14, message, retry_after=5, cause=RefusalCause.CLUSTER, reason=reason)


def _may_prove(delivery: Delivery) -> bool:
    return not _proves_nothing.issuperset(delivery.names)


def _proves(delivery: Delivery, clients: Clients = _nobody) -> bool:
    """Whether it carries what may be a proof, perhaps a wrong one."""
    proofs = frozenset(("authorization",)).union(*(client.sender.proofs for client in clients.good))
    return any(name in proofs or is_credential(name) for name in delivery.names)


def _denied(delivery: Delivery, reason: str, fix: str = "") -> AnswerError:
    # A request that proves nothing at all is not told that the clients are misconfigured.
    if _proves(delivery):
        return _failed(RefusalCause.CLIENTS, reason, fix)
    return unauthenticated(RefusalCause.UNSIGNED, reason)


def _failed(cause: RefusalCause, reason: str, fix: str = "") -> AnswerError:
    # As Argo words it; it has no code there.
    return AnswerError(403, 0, "failed to process webhook request", cause=cause, reason=reason, fix=fix)


def _verified(
    call: Call,
    *,
    sender: str,
    service_account: str = "",
    event: str = "",
    delivery: str = "",
    proofs: frozenset[str] = frozenset(),
    content: bytes | None = None,
) -> VerifiedDelivery:
    headers = _headers(call)
    if content is not None:
        # It is plain by now.
        headers.pop(CONTENT_ENCODING, None)
    return VerifiedDelivery(
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


def _headers(call: Call) -> dict[str, str]:
    """By name; the first of several counts."""
    return call.delivery.firsts
