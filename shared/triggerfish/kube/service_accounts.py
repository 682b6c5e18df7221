"""Tokens of service accounts: two ways to get one, chosen by setting; neither falls back to the other.

The function's own client is used to ask for the token only; what the token is used for goes by its own pool.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from triggerfish import annotations as keys
from triggerfish.errors import ApiError, Unanswered
from triggerfish.kube.client import Client
from triggerfish.kube.resources import SECRETS, SERVICE_ACCOUNTS, TOKEN_REVIEWS
from triggerfish.kube.tokens import Lease
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json

TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105  a type, no password

# The shortest that the API server gives; asked for again a minute before it ends.
_requested_seconds = 600
_early_seconds = 60.0
# What is read of objects that people change is believed no longer than this.
_believed_seconds = 10.0


async def user_of(own: Client, token: str, audience: str) -> str:
    """The user that a token of this cluster proves for an audience; empty: nobody, or not for it."""
    body: Json = {
        "apiVersion": TOKEN_REVIEWS.api_version,
        "kind": TOKEN_REVIEWS.kind,
        "spec": {"token": token, "audiences": [audience]},
    }
    status = (await own.create(TOKEN_REVIEWS, None, body)).get("status") or {}
    if status.get("authenticated") is not True or audience not in (status.get("audiences") or ()):
        return ""
    return str((status.get("user") or {}).get("username") or "")


class Prover(Protocol):
    """One way to get a token of a service account."""

    async def lease(self, own: Client, clock: Clock, namespace: str, name: str) -> Lease:
        """A token of it; ``ApiError`` when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class TokenRequested:
    """By the TokenRequest API: short-lived tokens, ``create`` on ``serviceaccounts/token`` by name."""

    async def lease(self, own: Client, clock: Clock, namespace: str, name: str) -> Lease:
        """A token for ten minutes."""
        answer = await own.request_token(namespace, name, seconds=_requested_seconds)
        status = answer.get("status") or {}
        token, expires = status.get("token"), status.get("expirationTimestamp")
        if not isinstance(token, str) or not token or not isinstance(expires, str):
            raise Unanswered(f"the answer to a TokenRequest for {namespace}/{name} has no token")
        left = (datetime.fromisoformat(expires) - clock.now()).total_seconds()
        # A clock that is off must not make a token immortal.
        return Lease(token, min(left, _requested_seconds) - _early_seconds)


@dataclass(frozen=True, slots=True)
class LegacySecret:
    """By a Secret that holds a token of it: ``get`` on the service account and on that Secret, by name."""

    async def lease(self, own: Client, clock: Clock, namespace: str, name: str) -> Lease:
        """The Secret's token, believed for ten seconds."""
        account = await own.get(SERVICE_ACCOUNTS, namespace, name)
        secret_name = token_secret_name(account, name)
        token = token_in(await own.get(SECRETS, namespace, secret_name), name)
        if token is None:
            message = f"Secret {namespace}/{secret_name} holds no token of service account {name}"
            raise ApiError(403, "Forbidden", message)
        return Lease(token, _believed_seconds)


provers: dict[str, Prover] = {"token-request": TokenRequested(), "legacy": LegacySecret()}


def token_secret_name(account: Json, name: str) -> str:
    """Return which Secret holds its token: the first of ``secrets``, the annotation's, or the usual one."""
    secrets = account.get("secrets") or []
    if secrets and isinstance(secrets[0], dict) and secrets[0].get("name"):
        return str(secrets[0]["name"])
    annotations = (account.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(keys.TOKEN_NAME) or f"{name}.service-account-token")


def token_in(secret: Json, name: str) -> str | None:
    """The token in ``secret`` if that is a token Secret of service account ``name``, else None.

    A Secret of another type, or of another service account, would make us act as somebody else.
    """
    annotations: Any = (secret.get("metadata") or {}).get("annotations") or {}
    if secret.get("type") != TOKEN_TYPE or annotations.get(keys.SERVICE_ACCOUNT_NAME) != name:
        return None
    try:
        text = base64.b64decode((secret.get("data") or {}).get("token") or "", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return text.strip() or None


def user_name(namespace: str, name: str) -> str:
    """Return what a service account is called at the API server, and by which it is impersonated."""
    return f"system:serviceaccount:{namespace}:{name}"
