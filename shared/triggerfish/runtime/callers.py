"""IO. Who may call what is not for everybody: the tick, and events that the broker brings back.

By a shared token, by a Google OIDC token with an audience and an e-mail address, or by a token that the
cluster itself issued for an audience to a service account. ``google-auth`` is
imported when the first such token comes; Google's certificates are fetched then, and kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock

CERTIFICATES_URL = "https://www.googleapis.com/oauth2/v1/certs"
ISSUERS = ("https://accounts.google.com", "accounts.google.com")

_longest_token = 16384
_skew_seconds = 30
_timeout_seconds = 5
_most_kept_seconds = 3600.0
# A key that we do not know may be a new one; strangers must not make us ask for each of theirs.
_ask_again_seconds = 60.0
CLUSTER_USER = "system:serviceaccount:"
# So long a token that was taken back is still believed, as elsewhere.
_reviewed_seconds = 10.0
_max_age = re.compile(r"max-age=([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CallerPolicy:
    """Who may call: a caller with ``token``, or with an OIDC token for ``audience`` of the address ``email``.

    An ``email`` that begins with ``system:serviceaccount:`` is a service account of the cluster instead.

    Each part that is empty admits nobody; an empty policy admits nobody at all.
    """

    token: str = field(default="", repr=False)
    audience: str = ""
    email: str = ""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was set; half a policy is not empty, and admits nobody."""
        return not (self.token or self.audience or self.email)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Google's certificates, PEM by key id, and for how many seconds they may be kept."""

    keys: Mapping[str, str]
    seconds: float


Fetch = Callable[[], Awaitable[Certificates]]
Review = Callable[[str, str], Awaitable[str]]
"""Asks the cluster which user a token proves for an audience; empty: nobody."""


class Callers:
    """Checks callers; keeps the certificates. It belongs to one event loop.

    ``review`` asks the cluster about tokens that it issued itself, as those of Knative's brokers.
    """

    def __init__(self, clock: Clock, fetch: Fetch | None = None, review: Review | None = None) -> None:
        self._clock = clock
        self._fetch = fetch or fetch_certificates
        self._review = review
        self._reviewed: Cache[bytes, str] = Cache(clock, life=lambda _: _reviewed_seconds)
        self._certificates: Cache[None, Certificates] = Cache(
            clock,
            life=lambda found: min(found.seconds, _most_kept_seconds),
            life_of_error=lambda _: 1.0,
        )
        self._asked = float("-inf")

    async def refusal(self, authorizations: Sequence[str], policy: CallerPolicy) -> str | None:
        """Return why this caller may not call, for the log; None when it may.

        ``authorizations`` are all values of the header ``Authorization``. The reason quotes nothing of them.
        """
        if len(authorizations) != 1:
            return f"there are {len(authorizations)} authorization headers, not one"
        scheme, _, token = authorizations[0].strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return "authorization is not a bearer token"
        if not token.isascii() or len(token) > _longest_token:
            return "the bearer token is not a valid token"
        if policy.token and hmac.compare_digest(_hash(token), _hash(policy.token)):
            return None
        if not policy.audience or not policy.email:
            return "the bearer token is not the shared one" if policy.token else "no caller is admitted"
        if policy.email.startswith(CLUSTER_USER):
            return await self._cluster_refusal(token, policy)
        return await self._oidc_refusal(token, policy)

    async def _cluster_refusal(self, token: str, policy: CallerPolicy) -> str | None:
        review = self._review
        if review is None:
            return "tokens of the cluster are not accepted here"
        key = _hash(f"{policy.audience}\n{token}")
        try:
            user = await self._reviewed.get(key, lambda: review(token, policy.audience))
        except Exception as error:  # whatever keeps us from asking, no caller is admitted without an answer
            return f"the cluster did not answer about the token: {type(error).__name__}"
        if not user:
            return "the cluster does not accept the token for this audience"
        if not hmac.compare_digest(_hash(user), _hash(policy.email)):
            return "the cluster's token belongs to another account"
        return None

    async def _oidc_refusal(self, token: str, policy: CallerPolicy) -> str | None:
        if token.count(".") != 2:
            return "the bearer token is not an OIDC token"
        try:
            keys = await self._keys(token)
        except Exception as error:  # whatever keeps us from the certificates, no caller is admitted without
            return f"Google's certificates were not found: {type(error).__name__}"
        try:
            claims = _verified(token, keys, policy.audience)
        except Exception as error:  # a token can be wrong in many ways; each means that it proves nothing
            return f"the OIDC token is not valid: {type(error).__name__}"
        if claims.get("iss") not in ISSUERS:
            return "the OIDC token has another issuer"
        if claims.get("email_verified") is not True:
            return "the OIDC token's e-mail address is not verified"
        email = claims.get("email")
        if not isinstance(email, str) or not hmac.compare_digest(_hash(email), _hash(policy.email)):
            return "the OIDC token belongs to another account"
        return None

    async def _keys(self, token: str) -> Mapping[str, str]:
        found = await self._certificates.get(None, self._ask)
        if _key_id(token) in found.keys:
            return found.keys
        if self._clock.monotonic() - self._asked >= _ask_again_seconds:
            self._certificates.drop(None)
            found = await self._certificates.get(None, self._ask)
        return found.keys

    async def _ask(self) -> Certificates:
        self._asked = self._clock.monotonic()
        return await self._fetch()


async def fetch_certificates() -> Certificates:
    """Google's certificates, from Google."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_timeout_seconds)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(CERTIFICATES_URL, allow_redirects=False) as answer,
    ):
        answer.raise_for_status()
        return certificates(await answer.json(), answer.headers.get("cache-control", ""))


def certificates(keys: Any, cache_control: str) -> Certificates:
    """Return what the answer says; ``ValueError`` when it is not a mapping of key ids to PEM."""
    if not isinstance(keys, dict) or not all(isinstance(pem, str) for pem in keys.values()):
        raise ValueError("the certificates are not a mapping of key ids to PEM")
    found = _max_age.search(cache_control)
    return Certificates(keys, float(found[1]) if found else _ask_again_seconds)


def _key_id(token: str) -> Any:
    from google.auth import jwt

    try:
        read: Any = jwt.decode_header
        return read(token).get("kid")
    except Exception:  # the same token is judged, and refused, by what reads it next
        return None


def _verified(token: str, keys: Mapping[str, str], audience: str) -> Mapping[str, Any]:
    """The claims, when signature, times and audience hold; raises otherwise."""
    from google.auth import jwt

    decode: Any = jwt.decode
    claims = decode(token, certs=dict(keys), audience=audience, clock_skew_in_seconds=_skew_seconds)
    if not isinstance(claims, Mapping):
        raise TypeError("the claims are not a mapping")
    return claims


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
