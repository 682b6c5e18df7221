"""Any sender that signs its body with an HMAC: the client's YAML says how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self, TypeVar, get_args

from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Algorithm, Encoding, Proof, Secret, hmac_of_body, hmac_value
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_name = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)


class Hmac(Plain):
    """``header`` holds ``prefix`` and the HMAC of the raw body, by ``algorithm``, in ``encoding``.

    ``algorithm``: sha256 (default) or sha512. ``encoding``: hex (default) or base64. ``eventHeader`` and
    ``idHeader`` name the headers that tell the event and the delivery's id.
    """

    type = "hmac"
    options = frozenset({"header", "prefix", "algorithm", "encoding", "eventHeader", "idHeader"})

    def __init__(
        self, header: str, prefix: str, algorithm: Algorithm, encoding: Encoding, event: str, identity: str
    ) -> None:
        self._header, self._prefix = header, prefix
        self._algorithm, self._encoding = algorithm, encoding
        self._event, self._identity = event, identity

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Self:
        """``ValueError`` when ``header`` is missing, or an option is not one of its values."""
        names = [options.get(option, "").lower() for option in ("header", "eventHeader", "idHeader")]
        if not names[0]:
            raise ValueError("it has no header: name the header with the signature")
        if any(name and not _name.fullmatch(name) for name in names):
            raise ValueError("header, eventHeader or idHeader is not the name of a header")
        return cls(
            names[0],
            options.get("prefix", ""),
            _one_of("algorithm", options.get("algorithm") or "sha256", get_args(Algorithm)),
            _one_of("encoding", options.get("encoding") or "hex", get_args(Encoding)),
            names[1],
            names[2],
        )

    @property
    def proofs(self) -> frozenset[str]:
        """The configured header."""
        return frozenset({self._header})

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By the configured signature."""
        return hmac_of_body(
            delivery,
            secret,
            self._header,
            prefix=self._prefix,
            algorithm=self._algorithm,
            encoding=self._encoding,
        )

    def describe(self, delivery: Delivery) -> Description:
        """Return what the configured headers say."""
        return Description(
            delivery.first(self._event) if self._event else "",
            delivery.first(self._identity) if self._identity else "",
        )

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """As configured."""
        value = hmac_value(
            secret,
            outgoing.body,
            prefix=self._prefix,
            algorithm=self._algorithm,
            encoding=self._encoding,
        )
        told = ((self._event, outgoing.event), (self._identity, outgoing.id))
        return ((self._header, value), *((name, text) for name, text in told if name))


Choice = TypeVar("Choice", bound=str)


def _one_of(option: str, value: str, choices: tuple[Choice, ...]) -> Choice:
    for choice in choices:
        if choice == value:
            return choice
    raise ValueError(f"{option} must be one of: {', '.join(choices)}")
