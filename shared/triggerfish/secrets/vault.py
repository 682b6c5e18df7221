"""Secrets in HashiCorp Vault or OpenBao: one for each namespace, service accounts as its keys.

The function logs in with its pod's token (Kubernetes auth method), or has a token. KV versions 1 and 2.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from triggerfish.errors import SecretError, SettingError, Unanswered
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.clouds.asking import CloudAnswer, ask, refused, token_text
from triggerfish.secrets.backend import WEBHOOK_CLIENTS, GetSecret, SecretKind, named, named_for, readable
from triggerfish.settings import Settings

_who = "Vault"
_path = re.compile(r"[\w.-]+(/[\w.{}-]+)+")
# A login that says no time lasts as long as the token, which a later 403 tells.
_unknown_seconds = 60.0
_own_seconds = 3600.0


@dataclass(frozen=True, slots=True)
class _Login:
    token: str = field(repr=False)
    seconds: float


class VaultStore:
    """SECRET_NAME is the path that Vault's API reads, such as ``secret/data/webhooks/{namespace}``."""

    def __init__(self, settings: Settings, clock: Clock, pattern: str) -> None:
        self._settings, self._pattern = settings, pattern.strip("/")
        self._base = settings.vault_addr.rstrip("/")
        self._cache: Cache[None, _Login] = Cache(clock, life=lambda found: found.seconds)

    @classmethod
    def of(
        cls, settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
    ) -> VaultStore:
        """``SettingError`` names the setting that is missing or wrong."""
        if not settings.vault_addr.startswith("https://"):
            raise SettingError("SECRET_STORE=vault needs VAULT_ADDR: the https:// URL of the server")
        if bool(settings.vault_role) == bool(settings.vault_token):
            raise SettingError(
                "SECRET_STORE=vault needs VAULT_ROLE (a role of its Kubernetes auth method) or VAULT_TOKEN"
            )
        if not _path.fullmatch(kind.name(settings).strip("/")):
            raise SettingError(
                f"{kind.variable} is not the path of a secret; it takes one like"
                " secret/data/webhooks/{namespace}"
            )
        return cls(settings, clock, named(settings, kind))

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The newest version of the namespace's secret."""
        path = named_for(self._pattern, namespace)
        with readable(path):
            answer = await self._answer(path)
            if answer.status == 403 and self._settings.vault_role:
                # An ended token and a missing right may look the same (old versions): log in once more.
                self._cache.drop(None, lambda _: True)
                answer = await self._answer(path)
        return _content(path, answer)

    async def _answer(self, path: str) -> CloudAnswer:
        login = await self._cache.get(None, self._login)
        return await self._ask("GET", path, {"X-Vault-Token": login.token})

    async def _login(self) -> _Login:
        settings = self._settings
        if settings.vault_token:
            return _Login(settings.vault_token, _own_seconds)
        token = await asyncio.to_thread(token_text, settings.vault_token_file)
        body = json.dumps({"role": settings.vault_role, "jwt": token}).encode()
        answer = await self._ask("POST", f"auth/{settings.vault_auth_path.strip('/')}/login", {}, body)
        auth = answer.json().get("auth")
        if answer.status != 200:
            raise refused(
                _who, answer, "", f"the role {settings.vault_role} of auth/{settings.vault_auth_path}"
            )
        given = auth.get("client_token") if isinstance(auth, dict) else None
        if not isinstance(auth, dict) or not isinstance(given, str) or not given:
            raise Unanswered(f"{_who} answered a login without a token")
        lasting = auth.get("lease_duration")
        return _Login(given, lasting / 2 if isinstance(lasting, int) and lasting > 0 else _unknown_seconds)

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> CloudAnswer:
        # Without it, Vault's agents forward a request that a browser was tricked into.
        sent = {**headers, "X-Vault-Request": "true"}
        if self._settings.vault_namespace:
            sent["X-Vault-Namespace"] = self._settings.vault_namespace
        return await ask(
            _who,
            method,
            f"{self._base}/v1/{path}",
            headers=sent,
            body=body,
            authority=self._settings.vault_cacert,
        )

    async def close(self) -> None:
        """Nothing is open."""


def _content(path: str, answer: CloudAnswer) -> dict[str, bytes]:
    if answer.status == 404:
        raise SecretError(f"{path} does not exist (of KV version 2 the path has data/ in it)", missing=True)
    if answer.status == 403 and "invalid token" in str(answer.json().get("errors")):
        raise SecretError(
            f"{path} cannot be read: {_who} does not know the token (any more); "
            "look at VAULT_TOKEN, and at how long its tokens last"
        )
    if answer.status == 403:
        raise SecretError(
            f"this function may not read {path}; its policy needs: "
            f'path "{path}" {{ capabilities = ["read"] }}'
        )
    if answer.status == 503:
        raise SecretError(f"{path} cannot be read: {_who} is sealed or in maintenance", retry=True)
    if answer.status != 200:
        passing = answer.status >= 500 or answer.status in (412, 429)
        raise SecretError(f"{path} cannot be read: {_who} answered {answer.status}", retry=passing)
    data = answer.json().get("data")
    if isinstance(data, dict) and isinstance(data.get("metadata"), dict) and "data" in data:
        data = data["data"]
    if not isinstance(data, dict):
        raise SecretError(f"{path} has no content")
    if not all(isinstance(value, str) for value in data.values()):
        raise SecretError(f"{path} has a value that is not a text; write each client as YAML text")
    return {name: value.encode("utf-8", "replace") for name, value in data.items()}
