"""Secrets in AWS Secrets Manager: one for each namespace, a YAML mapping of service accounts to clients."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from triggerfish.errors import SecretError, SettingError
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.clouds.asking import CloudAnswer, ask
from triggerfish.runtime.clouds.aws import AwsIdentity
from triggerfish.runtime.clouds.sigv4 import signed
from triggerfish.secrets.backend import (
    WEBHOOK_CLIENTS,
    GetSecret,
    SecretKind,
    named,
    named_for,
    readable,
    split,
)
from triggerfish.settings import Settings

_who = "AWS Secrets Manager"
# A name or an ARN, as the service takes them.
_secret = re.compile(r"(arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[\w/+=.@{}-]{1,512}")
_ended = ("ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId")


class AwsStore:
    """``pattern`` is a secret's name or ARN, ``{namespace}`` in it."""

    def __init__(self, pattern: str, identity: AwsIdentity, clock: Clock) -> None:
        self._pattern, self._identity, self._clock = pattern, identity, clock

    @classmethod
    def of(
        cls, settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
    ) -> AwsStore:
        """``SettingError`` when SECRET_NAME is no name, or would serve all namespaces alike."""
        if not _secret.fullmatch(kind.name(settings)):
            raise SettingError(
                f"{kind.variable} is not the name or ARN of a secret; it takes one like"
                " webhooks/{namespace}"
            )
        return cls(named(settings, kind), AwsIdentity(settings, clock), clock)

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The current version of the namespace's secret."""
        name = named_for(self._pattern, namespace)
        with readable(name):
            answer = await self._answer(name)
            if answer.status == 400 and _kind(answer) in _ended:
                # The keys ended before their time: once more, with new ones.
                self._identity.refused(await self._identity.keys())
                answer = await self._answer(name)
        return split(_content(name, answer), name)

    async def _answer(self, name: str) -> CloudAnswer:
        body = json.dumps({"SecretId": name}).encode()
        url = f"{self._identity.secrets_manager}/"
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "secretsmanager.GetSecretValue",
        }
        wanted = signed(
            await self._identity.keys(),
            "POST",
            url,
            headers,
            body,
            region=self._identity.region,
            service="secretsmanager",
            now=self._clock.now(),
        )
        return await ask(_who, "POST", url, headers=wanted, body=body)

    async def close(self) -> None:
        """Nothing is open."""


def _kind(answer: CloudAnswer) -> str:
    return str(answer.json().get("__type", "")).rpartition("#")[2]


def _content(name: str, answer: CloudAnswer) -> bytes:
    if answer.status == 200:
        return _payload(name, answer.json())
    kind = _kind(answer)
    if kind == "ResourceNotFoundException":
        raise SecretError(f"{name} does not exist", missing=True)
    if kind == "AccessDeniedException":
        raise SecretError(
            f"this function may not read {name}; its role needs secretsmanager:GetSecretValue"
            " (and kms:Decrypt for a key of your own)"
        )
    if kind == "InvalidRequestException":
        raise SecretError(f"{name} is scheduled for deletion")
    if kind == "DecryptionFailure":
        raise SecretError(f"{name} cannot be decrypted; the function's role needs kms:Decrypt")
    if kind == "InvalidSignatureException":
        raise SecretError(
            f"{_who} does not take the signature: look at AWS_SECRET_ACCESS_KEY, AWS_REGION and the clock"
        )
    if kind in _ended:
        # New keys were asked for already: those of the environment alone stay what they are.
        raise SecretError(
            f"{name} cannot be read: {_who} does not know the keys, or they have ended ({kind}); "
            "look at AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN",
            retry=True,
        )
    passing = answer.status >= 500 or answer.status == 429 or "Throttling" in kind
    shown = kind if re.fullmatch(r"\w{1,80}", kind) else str(answer.status)
    raise SecretError(f"{name} cannot be read: {_who} answered {shown}", retry=passing)


def _payload(name: str, found: dict[str, Any]) -> bytes:
    text, binary = found.get("SecretString"), found.get("SecretBinary")
    if isinstance(text, str):
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(str(binary or ""), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError(f"{name} has no content") from None
