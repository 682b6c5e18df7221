"""One cluster, as one identity: the function itself, the token of a caller, a service account."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from triggerfish.errors import ApiError, SettingError
from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.kube.credentials import Credentials, load
from triggerfish.kube.large import LargeAnswers
from triggerfish.kube.resources import SERVICE_ACCOUNTS
from triggerfish.kube.service_accounts import Prover, provers, user_name
from triggerfish.kube.tokens import Authorization, Fixed, Lease, Leased, digest
from triggerfish.kube.transport import Identified, Observer, Pool
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

_token = re.compile(r"[\x21-\x7e]{1,16384}")
_accounts_kept = 1024
_account_believed_seconds = 10.0


@dataclass(slots=True)
class _Account:
    """A service account, and the client that was made for its token of now."""

    leased: Leased = field(repr=False)
    token: str = field(default="", repr=False)
    client: Client | None = None


class Cluster:
    """The API server and the identities used there.

    ``own`` is the function itself. ``reads`` keeps lists and objects for seconds, by identity. It belongs to
    the event loop it was opened on. Its repr shows no credential.
    """

    def __init__(
        self,
        credentials: Credentials,
        clock: Clock,
        *,
        webhook_identity: str = "token-request",
        timeout: float = 10.0,
        observer: Observer | None = None,
        foreign_observer: Observer | None = None,
        cache_seconds: float = 5.0,
    ) -> None:
        self._server = credentials.server
        self._clock, self._timeout = clock, timeout
        self._observer, self._foreign_observer = observer, foreign_observer
        self._own_authorization = credentials.authorization
        if webhook_identity != "impersonate" and webhook_identity not in provers:
            raise SettingError(f"WEBHOOK_IDENTITY is {webhook_identity!r}, which is not known")
        self._prover: Prover | None = provers.get(webhook_identity)
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._known: Cache[tuple[str, str], bool] = Cache(
            clock, life=lambda _: _account_believed_seconds, capacity=_accounts_kept
        )
        self.reads = Reads(clock, seconds=cache_seconds)
        self._large = LargeAnswers()
        self._own_pool = Pool(credentials.server, credentials.certificate)
        # An identity that is not ours must not travel by a connection that has our certificate.
        beside = None if credentials.certificate else self._own_pool
        self._foreign_pool = Pool(credentials.server, beside=beside)
        self.own = self._client(self._own_pool, self._own_authorization, digest("own"))

    def __repr__(self) -> str:
        return f"Cluster({self._server.url!r})"

    @classmethod
    async def open(
        cls,
        settings: Settings,
        clock: Clock,
        *,
        timeout: float = 10.0,
        observer: Observer | None = None,
        foreign_observer: Observer | None = None,
        cache_seconds: float = 5.0,
    ) -> Cluster:
        """The cluster that the settings say; ``SettingError`` when they do not say one.

        ``observer`` hears of each request as the function itself, ``foreign_observer`` of those as others.
        ``timeout`` is for one request, ``cache_seconds`` for ``reads`` (at most 10), both in seconds.
        """
        return cls(
            await load(settings, clock),
            clock,
            webhook_identity=settings.webhook_identity,
            timeout=timeout,
            observer=observer,
            foreign_observer=foreign_observer,
            cache_seconds=cache_seconds,
        )

    def bearer(self, token: str) -> Client:
        """Whoever ``token`` proves: the API server decides what it may do.

        ``ApiError`` 401 for what cannot be a token of the API server: nothing, a token of Argo's own single
        sign-on (``v2:…``), or characters that no token has.
        """
        if token.startswith("v2:") or not _token.fullmatch(token):
            raise ApiError(401, "Unauthorized", "Unauthorized")
        return self._client(self._foreign_pool, Fixed(token), digest("bearer", token))

    async def service_account(self, namespace: str, name: str) -> Client:
        """That service account, proved in the way of ``WEBHOOK_IDENTITY``; ``ApiError`` when it cannot be.

        A token is kept until shortly before it ends. One that is refused is asked for once more, and the
        request sent again; a caller sees only the second refusal.
        """
        if self._prover is None:
            return await self._impersonated(namespace, name)
        account = self._account(self._prover, namespace, name)
        token = await account.leased.token()
        if account.client is None or account.token != token:
            account.token = token
            account.client = self._client(self._foreign_pool, account.leased, digest("bearer", token))
        return account.client

    def impersonating(self, user: str) -> Client:
        """That user, asked for with our own credential: the API server decides whether we may."""
        return self._client(self._own_pool, self._own_authorization, digest("impersonate", user), act_as=user)

    def forget(self, namespace: str, name: str) -> None:
        """Ask again for that service account next time."""
        self._accounts.pop((namespace, name), None)
        self._known.drop((namespace, name))

    async def close(self) -> None:
        """Close the connections."""
        await self._own_pool.close()
        await self._foreign_pool.close()

    def _account(self, prover: Prover, namespace: str, name: str) -> _Account:
        key = namespace, name
        account = self._accounts.get(key)
        if account is None:

            async def ask() -> Lease:
                return await prover.lease(self.own, self._clock, namespace, name)

            while len(self._accounts) >= _accounts_kept:
                del self._accounts[next(iter(self._accounts))]
            account = self._accounts[key] = _Account(Leased(self._clock, ask))
        return account

    async def _impersonated(self, namespace: str, name: str) -> Client:
        async def exists() -> bool:
            # The API server would impersonate one that does not exist.
            await self.own.get(SERVICE_ACCOUNTS, namespace, name)
            return True

        await self._known.get((namespace, name), exists)
        return self.impersonating(user_name(namespace, name))

    def _client(
        self, pool: Pool, authorization: Authorization, identity: bytes, *, act_as: str = ""
    ) -> Client:
        foreign = pool is self._foreign_pool or bool(act_as)
        transport = Identified(
            pool,
            authorization,
            self._clock,
            self._foreign_observer if foreign else self._observer,
            lambda: self.reads.drop(identity),
            act_as,
        )
        return Client(transport, self._timeout, identity, self._large)
