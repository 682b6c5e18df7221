"""Secrets in the cluster itself: one Secret of each kind in a namespace, as Argo has it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from triggerfish.errors import ApiError, KubeError, SecretError
from triggerfish.kube.grants import granting
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import WEBHOOK_CLIENTS, GetSecret, SecretKind
from triggerfish.settings import Settings

SECRET_NAME = WEBHOOK_CLIENTS.object_name


class KubernetesStore:
    """Reads by ``get_secret``, which acts as the function itself."""

    def __init__(self, get_secret: GetSecret, name: str = WEBHOOK_CLIENTS.object_name) -> None:
        self._get_secret, self._name = get_secret, name

    @classmethod
    def of(
        cls, settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
    ) -> KubernetesStore:
        """The Secret of that kind."""
        return cls(get_secret, kind.in_cluster(settings))

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The Secret's data, decoded."""
        where = f"Secret {namespace}/{self._name}"
        try:
            secret = await self._get_secret(namespace, self._name)
        except ApiError as error:
            missing = error.status == 404
            reason = "does not exist" if missing else f"cannot be read: {error.status} {error.reason}"
            fix = granting(error.message)
            raise SecretError(f"{where} {reason}", missing=missing, retry=error.retry, fix=fix) from None
        except KubeError as error:
            raise SecretError(f"{where} cannot be read: {error}", retry=error.retry) from None
        data = secret.get("data") or {}
        try:
            return {name: base64.b64decode(value, validate=True) for name, value in data.items()}
        except (binascii.Error, ValueError, TypeError):
            raise SecretError(f"{where} has data that is not base64") from None

    async def close(self) -> None:
        """There is nothing of its own to close."""
