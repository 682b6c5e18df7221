"""Secrets in Google Secret Manager: one for each namespace, a YAML mapping of service accounts to clients.

The client library is imported when the first secret is read: it costs a second that nobody else should pay.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from triggerfish.errors import SecretError, SettingError
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import WEBHOOK_CLIENTS, GetSecret, SecretKind, named, named_for, split
from triggerfish.settings import Settings

_resource = re.compile(
    r"projects/[^/{}]+(/locations/(?P<location>[a-z0-9-]+))?/secrets/[^/]+(/versions/[^/{}]+)?"
)
_seconds = 5.0

Connect = Callable[[str], Awaitable[Any]]
"""A ``SecretManagerServiceAsyncClient`` for a location (empty: the global service)."""


class GoogleStore:
    """``pattern`` is a secret's resource name, ``{namespace}`` in it, with a version (or the latest)."""

    def __init__(self, pattern: str, connect: Connect, variable: str = WEBHOOK_CLIENTS.variable) -> None:
        found = _resource.fullmatch(pattern)
        if found is None:
            example = "projects/PROJECT/secrets/webhooks-{namespace}/versions/latest"
            raise SettingError(f"{variable} is not the name of a secret; it takes one like {example}")
        self._pattern = pattern if "/versions/" in pattern else f"{pattern}/versions/latest"
        self._location = found["location"] or ""
        self._connect = connect
        self._connecting: asyncio.Task[Any] | None = None

    @classmethod
    def of(
        cls, settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
    ) -> GoogleStore:
        """``SettingError`` when SECRET_NAME is no resource, or would serve all namespaces alike."""
        return cls(named(settings, kind), connect, kind.variable)

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The payload of the secret's version."""
        name = named_for(self._pattern, namespace)
        client = await self._client()
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError

        try:
            answer = await client.access_secret_version(name=name, timeout=_seconds, retry=_retry())
        except exceptions.NotFound:
            raise SecretError(f"{name} does not exist", missing=True) from None
        except exceptions.PermissionDenied:
            raise SecretError(f"this function may not read {name}; see docs/security.md") from None
        except exceptions.Unauthenticated:
            raise SecretError(
                f"this function may not read {name}: Google does not take its token; "
                "look at the service account that it runs as"
            ) from None
        except exceptions.FailedPrecondition:
            raise SecretError(f"{name} is disabled or destroyed") from None
        except (exceptions.GoogleAPIError, GoogleAuthError) as error:
            raise SecretError(f"{name} cannot be read: {type(error).__name__}", retry=True) from None
        return split(answer.payload.data, name)

    async def close(self) -> None:
        """Close the channel, if one was opened."""
        if self._connecting is not None:
            with contextlib.suppress(SecretError):
                client = await self._client()
                await client.transport.close()

    async def _client(self) -> Any:
        if self._connecting is None or (self._connecting.done() and self._connecting.exception()):
            self._connecting = asyncio.ensure_future(self._connect(self._location))
        try:
            return await asyncio.shield(self._connecting)
        except Exception as error:  # google-auth raises many kinds; none of them may show a credential
            raise SecretError(f"Google gives no client: {type(error).__name__}", retry=True) from None


async def connect(location: str) -> Any:
    """The real client, with the function's own Google identity."""
    # The import takes a second and the identity may ask a server: neither may hold up other requests.
    credentials = await asyncio.to_thread(_credentials)
    from google.api_core.client_options import ClientOptions
    from google.cloud import secretmanager_v1

    options = ClientOptions(api_endpoint=endpoint(location))
    return secretmanager_v1.SecretManagerServiceAsyncClient(credentials=credentials, client_options=options)


def endpoint(location: str) -> str | None:
    """A secret of one region is served by that region's own endpoint; None is the global one."""
    return f"secretmanager.{location}.rep.googleapis.com" if location else None


def _credentials() -> Any:
    import google.auth
    import google.cloud.secretmanager_v1

    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    return credentials


def _retry() -> Any:
    from google.api_core import exceptions
    from google.api_core.retry import if_exception_type
    from google.api_core.retry_async import AsyncRetry

    passing = if_exception_type(exceptions.ServiceUnavailable, exceptions.ResourceExhausted)
    return AsyncRetry(predicate=passing, initial=0.1, maximum=1.0, timeout=3.0)
