"""Azure DevOps Services and Server: service hooks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Self

import orjson

from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, password_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain


class AzureDevOps(Plain):
    """https://learn.microsoft.com/azure/devops: Basic authentication, the password is the secret.

    The option ``username`` asks for that user name too. Nothing is signed: use HTTPS only.
    """

    type = "azuredevops"
    options = frozenset({"username"})
    proofs = frozenset({"authorization"})

    def __init__(self, username: str = "") -> None:
        self._username = username

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Self:
        """With the user name, if one is given."""
        return cls(options.get("username", ""))

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By the password."""
        return password_is_secret(delivery, secret, self._username)

    def describe(self, delivery: Delivery) -> Description:
        """The body says it, in ``eventType`` and ``id``."""
        try:
            body: Any = orjson.loads(delivery.body)
        except orjson.JSONDecodeError:
            return Description("", "")
        return Description(_text(body, "eventType"), _text(body, "id"))

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With the password; event and id are the body's own."""
        credentials = (self._username or "triggerfish").encode() + b":" + secret.value
        return (("Authorization", "Basic " + base64.b64encode(credentials).decode("ascii")),)


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
