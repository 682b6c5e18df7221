"""Tokens: the administrator's, and those of service accounts (JSON Web Tokens signed by this cluster)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.store import ObjectStore

ISSUER = "https://kubernetes.default.svc.cluster.local"
LEGACY_ISSUER = "kubernetes/serviceaccount"
ADMIN_FACT = "admin token"
_key_fact = "token key"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_header = _text(orjson.dumps({"alg": "HS256", "typ": "JWT"}))


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The administrator's token and the key that signs the others; both last as long as the state folder."""

    admin: str
    signing: bytes

    @classmethod
    def of(cls, store: ObjectStore) -> Keys:
        """The keys of this cluster, made on its first start."""
        admin, signing = store.fact(ADMIN_FACT), store.fact(_key_fact)
        if admin is None or signing is None:
            admin, signing = secrets.token_urlsafe(32), secrets.token_hex(32)
            store.keep_fact(ADMIN_FACT, admin)
            store.keep_fact(_key_fact, signing)
        return cls(admin, bytes.fromhex(signing))

    def sign(self, claims: Json) -> str:
        """A token with these claims."""
        body = f"{_header}.{_text(orjson.dumps(claims))}"
        return f"{body}.{_text(hmac.digest(self.signing, body.encode(), hashlib.sha256))}"

    def claims(self, token: str) -> Json | None:
        """The claims of a token that this cluster signed, None for any other text."""
        body, _, signature = token.rpartition(".")
        header, dot, payload = body.partition(".")
        if header != _header or not dot:
            return None
        try:
            given = _raw(signature)
            expected = hmac.digest(self.signing, body.encode(), hashlib.sha256)
            if not hmac.compare_digest(given, expected):
                return None
            claims = orjson.loads(_raw(payload))
        except (ValueError, binascii.Error):
            return None
        return claims if isinstance(claims, dict) else None


def bound_claims(account: Json, audiences: Sequence[str], now: int, seconds: int, bound: Json | None) -> Json:
    """Claims of a TokenRequest's token; ``bound`` is the object whose end is the token's end."""
    metadata = account["metadata"]
    private: Json = {
        "namespace": metadata["namespace"],
        "serviceaccount": {"name": metadata["name"], "uid": metadata["uid"]},
    }
    if bound is not None:
        private[bound["kind"].lower()] = {"name": bound["metadata"]["name"], "uid": bound["metadata"]["uid"]}
    return {
        "aud": list(audiences),
        "exp": now + seconds,
        "iat": now,
        "iss": ISSUER,
        "jti": secrets.token_hex(16),
        "kubernetes.io": private,
        "nbf": now,
        "sub": f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}",
    }


def legacy_claims(account: Json, secret: str) -> Json:
    """Claims of the token in a service-account-token Secret: it has no end but the Secret's."""
    metadata = account["metadata"]
    return {
        "iss": LEGACY_ISSUER,
        "kubernetes.io/serviceaccount/namespace": metadata["namespace"],
        "kubernetes.io/serviceaccount/secret.name": secret,
        "kubernetes.io/serviceaccount/service-account.name": metadata["name"],
        "kubernetes.io/serviceaccount/service-account.uid": metadata["uid"],
        "sub": f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}",
    }
