"""Every store there is, by its name in ``SECRET_STORE``. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable

from triggerfish.secrets.backend import Backend, GetSecret, StoreSettings
from triggerfish.secrets.file import FileStore
from triggerfish.secrets.google import GoogleStore
from triggerfish.secrets.kubernetes import KubernetesStore

STORES: dict[str, Callable[[StoreSettings, GetSecret], Backend]] = {
    "kubernetes": KubernetesStore.of,
    "google": GoogleStore.of,
    "file": FileStore.of,
}
