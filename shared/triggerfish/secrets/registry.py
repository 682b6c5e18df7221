"""Every store there is, by its name in ``SECRET_STORE``. A new one is one line here."""

from __future__ import annotations

from typing import Protocol

from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import WEBHOOK_CLIENTS, Backend, GetSecret, SecretKind
from triggerfish.secrets.file import FileStore
from triggerfish.secrets.google import GoogleStore
from triggerfish.secrets.kubernetes import KubernetesStore
from triggerfish.settings import Settings


def _aws(
    settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
) -> Backend:
    from triggerfish.secrets.aws import AwsStore

    return AwsStore.of(settings, get_secret, clock, kind)


def _azure(
    settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
) -> Backend:
    from triggerfish.secrets.azure import AzureStore

    return AzureStore.of(settings, get_secret, clock, kind)


def _vault(
    settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
) -> Backend:
    from triggerfish.secrets.vault import VaultStore

    return VaultStore.of(settings, get_secret, clock, kind)


class Open(Protocol):
    """Opens a store."""

    def __call__(
        self, settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = ...
    ) -> Backend:
        """For the secrets of that kind; ``SettingError`` when a setting is missing or wrong."""
        ...


STORES: dict[str, Open] = {
    "kubernetes": KubernetesStore.of,
    "google": GoogleStore.of,
    "file": FileStore.of,
    # Imported only by a function that has them set.
    "aws": _aws,
    "azure": _azure,
    "vault": _vault,
}
