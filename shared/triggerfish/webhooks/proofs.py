"""The ways a sender proves that it knows a secret: each compares in constant time and fails closed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal

from triggerfish.webhooks.delivery import Delivery

Algorithm = Literal["sha256", "sha512"]
Encoding = Literal["hex", "base64"]


@dataclass(frozen=True, slots=True)
class Secret:
    """What a sender and we share. Its repr and its text hide it."""

    value: bytes = field(repr=False)

    def __str__(self) -> str:
        return "<secret>"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a secret was proved; if not, why, in words for the log that quote nothing of the delivery."""

    holds: bool
    reason: str = ""


HOLDS = Proof(holds=True)


def fails(reason: str) -> Proof:
    """A proof that is none."""
    return Proof(holds=False, reason=reason)


def hmac_of_body(
    delivery: Delivery,
    secret: Secret,
    header: str,
    *,
    prefix: str = "",
    algorithm: Algorithm = "sha256",
    encoding: Encoding = "hex",
) -> Proof:
    """Whether ``header`` is ``prefix`` and the HMAC of the raw body, hex in small letters or base64."""
    given = only(delivery, header)
    if isinstance(given, Proof):
        return given
    if not given.startswith(prefix):
        return fails(f"{header} does not begin with {prefix}")
    expected = hmac_value(secret, delivery.body, algorithm=algorithm, encoding=encoding)
    return same(given[len(prefix) :], expected, header, secret)


def hmac_value(
    secret: Secret,
    body: bytes,
    *,
    prefix: str = "",
    algorithm: Algorithm = "sha256",
    encoding: Encoding = "hex",
) -> str:
    """Return what ``hmac_of_body`` takes: the value of a signature header."""
    return prefix + encoded(digest(secret, body, algorithm), encoding)


def value_is_secret(delivery: Delivery, secret: Secret, header: str) -> Proof:
    """Return whether the value of ``header`` is the secret itself."""
    given = only(delivery, header)
    return given if isinstance(given, Proof) else same_secret(given, secret, header)


def password_is_secret(delivery: Delivery, secret: Secret, username: str) -> Proof:
    """Whether the password of Basic authentication is the secret, and its user name ``username`` (if any)."""
    given = only(delivery, "authorization")
    if isinstance(given, Proof):
        return given
    scheme, _, credentials = given.partition(" ")
    if scheme.lower() != "basic":
        return fails("authorization is not Basic")
    try:
        user, colon, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return fails("authorization is not base64")
    if not colon:
        return fails("authorization has no password")
    proof = same_secret(password.decode("latin-1"), secret, "authorization")
    # Both are compared whatever the other says: the time taken tells neither.
    named = not username or hmac.compare_digest(_hash(user), _hash(username.encode()))
    return proof if named or not proof.holds else fails("authorization names another user")


def only(delivery: Delivery, header: str) -> str | Proof:
    """The only value of ``header``; a failed proof when it is absent, empty or repeated."""
    values = delivery.values(header)
    if len(values) > 1:
        # Whoever stands between may have judged the other one.
        return fails(f"{header} occurs {len(values)} times")
    if not values or not values[0]:
        return fails(f"{header} is missing")
    return values[0]


def digest(secret: Secret, message: bytes, algorithm: Algorithm = "sha256") -> bytes:
    """The HMAC of ``message``."""
    return hmac.digest(secret.value, message, algorithm)


def encoded(data: bytes, encoding: Encoding) -> str:
    """As text: hex in small letters, or base64 with its padding."""
    return data.hex() if encoding == "hex" else base64.b64encode(data).decode("ascii")


def same(given: str, expected: str, header: str, secret: Secret) -> Proof:
    """Return whether a signature is the expected one, in a time that does not depend on where they differ."""
    if not secret.value:
        return fails("the secret is empty")
    if not given.isascii():
        return fails(f"{header} is not ASCII")
    if len(given) != len(expected):
        return fails(f"{header} has {len(given)} characters, not {len(expected)}")
    return HOLDS if hmac.compare_digest(given, expected) else fails(f"{header} does not fit this secret")


def same_secret(given: str, secret: Secret, header: str) -> Proof:
    """Whether ``given`` is the secret itself; hashed first, as the time taken would tell its length."""
    if not secret.value:
        return fails("the secret is empty")
    try:
        held = given.encode("latin-1")
    except UnicodeEncodeError:
        return fails(f"{header} has characters that a header cannot have")
    holds = hmac.compare_digest(_hash(held), _hash(secret.value))
    return HOLDS if holds else fails(f"{header} is not this secret")


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
