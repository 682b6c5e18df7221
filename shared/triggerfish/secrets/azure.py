"""Secrets in Azure Key Vault: one for each namespace, a YAML mapping of service accounts to clients."""

from __future__ import annotations

import re
from collections.abc import Mapping

from triggerfish.errors import SecretError, SettingError
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.clouds.asking import CloudAnswer, ask
from triggerfish.runtime.clouds.azure import AzureIdentity
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

_who = "Azure Key Vault"
_secret = re.compile(r"(https://[\w-]+\.(?P<cloud>vault\.[\w.]+))(:\d+)?/secrets/[\w{}-]{1,127}(/[\w-]+)?")
_version = "7.4"


class AzureStore:
    """``pattern`` is a secret's URL, ``{namespace}`` in it, with a version (or the latest)."""

    def __init__(self, pattern: str, identity: AzureIdentity, resource: str) -> None:
        self._pattern, self._identity, self._resource = pattern, identity, resource

    @classmethod
    def of(
        cls, settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
    ) -> AzureStore:
        """``SettingError`` when SECRET_NAME is no secret's URL, or would serve all namespaces alike."""
        found = _secret.fullmatch(kind.name(settings))
        if found is None:
            raise SettingError(
                f"{kind.variable} is not the URL of a secret; it takes one like "
                "https://VAULT.vault.azure.net/secrets/webhooks-{namespace}"
            )
        return cls(named(settings, kind), AzureIdentity(settings, clock), f"https://{found['cloud']}")

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The value of the namespace's secret."""
        url = named_for(self._pattern, namespace)
        with readable(url):
            answer = await self._answer(url)
            if answer.status == 401:
                # The token ended before its time: once more, with a new one.
                given = await self._identity.lease(self._resource)
                self._identity.refused(self._resource, given.token)
                answer = await self._answer(url)
        return split(_content(url, answer), url)

    async def _answer(self, url: str) -> CloudAnswer:
        given = await self._identity.lease(self._resource)
        headers = {"Authorization": f"Bearer {given.token}", "Accept": "application/json"}
        return await ask(_who, "GET", f"{url}?api-version={_version}", headers=headers)

    async def close(self) -> None:
        """Nothing is open."""


def _content(url: str, answer: CloudAnswer) -> bytes:
    found = answer.json()
    value = found.get("value")
    if answer.status == 200 and isinstance(value, str):
        return value.encode("utf-8", "replace")
    error = found.get("error")
    inner = error.get("innererror") if isinstance(error, dict) else None
    codes = {str(part.get("code", "")) for part in (error, inner) if isinstance(part, dict)}
    if "SecretDisabled" in codes:
        raise SecretError(f"{url} is disabled, or not valid yet or any more")
    if answer.status == 404:
        raise SecretError(f"{url} does not exist", missing=True)
    if answer.status == 401:
        raise SecretError(f"{_who} does not take the token for {url}: look at the tenant of the identity")
    if answer.status == 403:
        raise SecretError(
            f"this function may not read {url}; its identity needs the role Key Vault Secrets User"
            " (or the access policy Get), and the vault's firewall must let it in"
        )
    passing = answer.status >= 500 or answer.status == 429 or answer.status == 200
    raise SecretError(f"{url} cannot be read: {_who} answered {answer.status}", retry=passing)
