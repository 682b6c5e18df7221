"""Tokens of GitHub Apps: a signed JWT is changed for a token of one installation, which lasts an hour."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, TypeVar

from triggerfish.errors import HostRefused
from triggerfish.hostapi.conversing import Send, held
from triggerfish.hosts.api.credentials import AccessToken, App, Credential
from triggerfish.hosts.api.github import GitHubApi, repository_in
from triggerfish.hosts.api.values import Exchange, HostRequest, HostResponse
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock

T = TypeVar("T")

# GitHub takes no JWT that is longer than ten minutes, and its clock may be a minute behind ours.
_jwt_seconds, _skew_seconds = 540, 60
# A token is replaced this long before it ends.
_margin = 300.0
_installation_life = 3600.0


class AppTokens:
    """The tokens of a worker's GitHub Apps, each kept until shortly before its end. No repr shows one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: Cache[tuple[Credential, int], tuple[str, float]] = Cache(
            clock, life=lambda found: found[1] - clock.now().timestamp() - _margin
        )
        self._installations: Cache[tuple[Credential, str], int] = Cache(
            clock, life=lambda _: _installation_life
        )

    async def answered(
        self,
        credential: Credential,
        app: App,
        api: GitHubApi,
        request: HostRequest,
        installation: int | None,
        send: Send,
    ) -> HostResponse:
        """The answer to the app's request, as the installation that may send it.

        That is the one a delivery names, else the credential's own, else the one that GitHub names for the
        repository of the request.
        """
        number = installation or app.installation
        if number is None:
            number = await self._found(credential, app, api, request, send)
        token = await self._token(credential, app, api, number, send)
        response = await send(request, api.authorize(token))
        if response.status == 401:
            # The token ended before its time: once more, with a new one.
            self._tokens.drop((credential, number), lambda kept: kept[0] == token.value)
            response = await send(
                request, api.authorize(await self._token(credential, app, api, number, send))
            )
        return response

    async def _token(
        self, credential: Credential, app: App, api: GitHubApi, number: int, send: Send
    ) -> AccessToken:
        async def load() -> tuple[str, float]:
            return await self._as_app(app, api, api.installation_token(number), send)

        return AccessToken((await self._tokens.get((credential, number), load))[0])

    async def _found(
        self, credential: Credential, app: App, api: GitHubApi, request: HostRequest, send: Send
    ) -> int:
        repository = repository_in(api, request)

        async def load() -> int:
            return await self._as_app(app, api, api.installation_of(repository), send)

        return await self._installations.get((credential, repository), load)

    async def _as_app(self, app: App, api: GitHubApi, exchange: Exchange[T], send: Send) -> T:
        # The first import of the library takes a tenth of a second.
        jwt = await asyncio.to_thread(signed_jwt, app.id, app.key, self._clock.now().timestamp())
        return await held(exchange, lambda request: send(request, api.authorize(AccessToken(jwt))))


def signed_jwt(app: str, key: str, now: float) -> str:
    """The JWT (RS256) of an app; ``HostRefused`` when the key is not an RSA private key.

    The library is imported by who has such a credential alone.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, RSAPrivateKey):
        # The library's message might quote the key.
        raise HostRefused("the privateKey of the GitHub App is not an RSA private key without a password")
    issued = int(now) - _skew_seconds
    claims = {"iat": issued, "exp": issued + _skew_seconds + _jwt_seconds, "iss": app}
    text = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = private.sign(text.encode("ascii"), PKCS1v15(), hashes.SHA256())
    return f"{text}.{_encoded(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
