"""All that a function asks of Git hosts: a namespace's credentials, and conversations with their hosts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from triggerfish.errors import HostRefused, HostUnanswered, SecretError, SettingError
from triggerfish.hostapi.apps import AppTokens
from triggerfish.hostapi.conversing import held
from triggerfish.hostapi.weighing import AnswerWeights, ConversationWeight
from triggerfish.hosts.api.addresses import AddressRules
from triggerfish.hosts.api.credentials import (
    App,
    Credential,
    HostCredentials,
    credential_for,
    parse_credentials,
)
from triggerfish.hosts.api.github import GitHubApi
from triggerfish.hosts.api.registry import PUBLIC_URLS, api_of
from triggerfish.hosts.api.values import Exchange, Headers, HostApi, HostRequest, HostResponse
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import HOST_CREDENTIALS, GetSecret
from triggerfish.secrets.store import Store, open_store
from triggerfish.settings import Settings

if TYPE_CHECKING:
    import aiohttp

    from triggerfish.hostapi.connection import ConnectionPlaces, Resolve
    from triggerfish.hostapi.sender import HostSender, HostTransport

T = TypeVar("T")

CALLS_A_MINUTE = 30
"""As many requests may ask for facts with one credential."""

SPARED_CALLS = 10
"""So many of them are left to others by what strangers can cause: comments, pull requests of forks."""

_minute = 60.0
_credentials_counted = 1024


class Hosts:
    """One for a worker; it belongs to one event loop. Nothing is opened before the first request.

    Tests replace the network by ``transport``, or the system's resolver by ``resolve``.
    """

    def __init__(
        self,
        settings: Settings,
        get_secret: GetSecret,
        clock: Clock,
        transport: Callable[[str], HostTransport] | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._settings, self._get_secret, self._clock = settings, get_secret, clock
        self._transport, self._resolve = transport, resolve
        self._session: aiohttp.ClientSession | None = None
        self._kept: Store[HostCredentials] | None = None
        self._asked: dict[Credential, deque[float]] = {}
        self._apps = AppTokens(clock)
        self._weights = AnswerWeights()
        self._places: ConnectionPlaces

    async def credentials(self, namespace: str) -> HostCredentials:
        """The namespace's credentials, kept for ``SECRET_CACHE_SECONDS``; none when it has no such secret.

        ``HostRefused`` when the function may not read it, ``HostUnanswered`` when it cannot be read now.
        """
        try:
            if self._kept is None:
                parse = partial(parse_credentials, hosts=PUBLIC_URLS)
                self._kept = open_store(
                    self._settings, self._get_secret, self._clock, parse, HOST_CREDENTIALS
                )
            return await self._kept.clients(namespace)
        except SettingError as error:
            raise HostRefused(str(error)) from None
        except SecretError as error:
            if error.missing:
                return HostCredentials()
            if error.retry:
                raise HostUnanswered(str(error)) from None
            fix = f"; {error.fix}" if error.fix else ""
            raise HostRefused(f"{error}{fix}") from None

    async def credential(self, namespace: str, host_type: str, repository: str) -> Credential | None:
        """The first by name of the namespace that is of that host and for that repository."""
        return credential_for(await self.credentials(namespace), host_type, repository)

    async def run(
        self,
        credential: Credential,
        make: Callable[[HostApi], Exchange[T]],
        *,
        seconds: float,
        namespace: str = "",
        installation: int | None = None,
    ) -> T:
        """Hold the conversation that ``make`` begins, within so many seconds; ``HostError`` otherwise.

        ``namespace`` is whose conversation it is: connections and memory are shared among namespaces.
        ``installation`` is the GitHub App's installation that a delivery names.
        """
        return await self._held(credential, make, seconds, namespace, installation, lambda: None)

    async def ask(
        self,
        credential: Credential,
        make: Callable[[HostApi], Exchange[T]],
        *,
        seconds: float,
        namespace: str = "",
        installation: int | None = None,
        by_anybody: bool = False,
    ) -> T:
        """The same for a fact: with one credential 30 requests a minute, then ``HostUnanswered``.

        ``by_anybody``: anybody can cause this one; ten of them are for others.
        """
        most = CALLS_A_MINUTE - SPARED_CALLS if by_anybody else CALLS_A_MINUTE
        return await self._held(
            credential, make, seconds, namespace, installation, lambda: self._count(credential, most)
        )

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
        if self._kept is not None:
            await self._kept.close()

    # --- conversations ---

    async def _held(
        self,
        credential: Credential,
        make: Callable[[HostApi], Exchange[T]],
        seconds: float,
        namespace: str,
        installation: int | None,
        count: Callable[[], None],
    ) -> T:
        api, auth = api_of(credential), credential.auth
        weight = self._weights.conversation(api.title, namespace)
        sender = self._sender(api, namespace, weight)
        deadline = self._clock.monotonic() + seconds

        async def send(request: HostRequest, headers: Headers) -> HostResponse:
            count()
            return await sender.send(request, (*api.headers, *headers), deadline)

        async def answer(request: HostRequest) -> HostResponse:
            if not isinstance(auth, App):
                return await send(request, api.authorize(auth))
            if not isinstance(api, GitHubApi):
                raise HostRefused(f"{api.title} has no apps")
            return await self._apps.answered(credential, auth, api, request, installation, send)

        with weight:

            async def weighed(request: HostRequest) -> HostResponse:
                response = await answer(request)
                weight.check(request, response)
                return response

            return await held(make(api), weighed)

    def _sender(self, api: HostApi, namespace: str, weight: ConversationWeight) -> HostSender:
        from triggerfish.hostapi.sender import HostSender, HttpTransport  # here: it imports aiohttp

        if self._transport is not None:
            return HostSender(self._transport(api.title), self._clock, api.title, api.url)
        if self._session is None:
            from triggerfish.hostapi.connection import ConnectionPlaces, addresses, session

            rules = AddressRules.of(self._settings.host_addresses)
            try:
                self._session = session(rules, self._settings.host_ca, self._resolve or addresses)
            except (OSError, ValueError) as error:
                raise HostRefused(f"HOST_CA cannot be read: {type(error).__name__}") from None
            self._places = ConnectionPlaces()
        place = partial(self._places.place, namespace, api.url)
        transport = HttpTransport(self._session, api.title, weight, place)
        return HostSender(transport, self._clock, api.title, api.url)

    def _count(self, credential: Credential, most: int) -> None:
        now = self._clock.monotonic()
        asked = self._asked.setdefault(credential, deque())
        while asked and asked[0] <= now - _minute:
            asked.popleft()
        if len(asked) >= most:
            wait = asked[len(asked) - most] + _minute - now
            used = f"{most} requests a minute for facts"
            raise HostUnanswered(f"the credential {credential.name} has used its {used}", retry_after=wait)
        asked.append(now)
        while len(self._asked) > _credentials_counted:
            del self._asked[next(iter(self._asked))]
