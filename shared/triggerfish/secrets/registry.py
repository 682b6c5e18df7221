"""Every store there is, by its name in ``SECRET_STORE``. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable

from triggerfish.secrets.backend import Backend, GetSecret
from triggerfish.secrets.file import FileStore
from triggerfish.secrets.google import GoogleStore
from triggerfish.secrets.kubernetes import KubernetesStore
from triggerfish.settings import Settings

STORES: dict[str, Callable[[Settings, GetSecret], Backend]] = {
    "kubernetes": KubernetesStore.of,
    "google": GoogleStore.of,
    "file": FileStore.of,
}
