"""GKE: access tokens of the function's Google identity, by ``google-auth``, which is imported only here."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from datetime import UTC
from typing import Any

from triggerfish.errors import Unanswered
from triggerfish.kube.identities.place import authority, url
from triggerfish.kube.tokens import Authorization, Lease, Leased
from triggerfish.kube.transport import Server
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

_early_seconds = 60.0
_google_timeout = 5
# Google says when its tokens end; should it not, this is far less than any of them lasts.
_unknown_seconds = 120.0


def found(settings: Settings, clock: Clock) -> tuple[Server, Authorization]:
    """The cluster of ``GKE_HOST``, as the function's own Google identity."""
    return Server(url("gke", settings), authority("gke", settings)), google_tokens(clock, google_credentials)


def google_credentials() -> Any:
    """The deployed function's Google identity (application default credentials)."""
    import google.auth  # here: only GKE needs it

    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    return credentials


def google_tokens(clock: Clock, credentials: Callable[[], Any]) -> Leased:
    """Access tokens of ``credentials()``, refreshed in a thread a minute before they end."""
    held: list[Any] = []

    def refresh() -> Lease:
        from google.auth.exceptions import GoogleAuthError  # here: only GKE needs it
        from google.auth.transport.requests import Request  # here: only GKE needs it

        try:
            held[:] = held or [credentials()]
            held[0].refresh(functools.partial(Request(), timeout=_google_timeout))
        except GoogleAuthError as error:
            raise Unanswered(f"Google gives no token: {type(error).__name__}") from None
        # google-auth writes its times without a zone and means UTC.
        expiry = held[0].expiry
        left = (expiry.replace(tzinfo=UTC) - clock.now()).total_seconds() if expiry else _unknown_seconds
        return Lease(held[0].token, left - _early_seconds)

    async def ask() -> Lease:
        return await asyncio.to_thread(refresh)

    return Leased(clock, ask)
