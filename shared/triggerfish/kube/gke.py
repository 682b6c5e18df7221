"""The settings of ``KUBE_AUTH=gke`` as the address and the authority of the control plane."""

from __future__ import annotations

import base64
import binascii
from typing import Protocol

from triggerfish.errors import SettingError


class ControlPlane(Protocol):
    """The settings that say where it is."""

    @property
    def gke_host(self) -> str:
        """Its address, host name or URL."""

    @property
    def gke_ca(self) -> str:
        """Its certificate authority, base64 of PEM; empty: the system's."""


def url(settings: ControlPlane) -> str:
    """The URL of the API server; ``SettingError`` when ``GKE_HOST`` says none."""
    if not settings.gke_host:
        raise SettingError("KUBE_AUTH=gke needs GKE_HOST: the control plane's host name or address")
    found = settings.gke_host if "://" in settings.gke_host else f"https://{settings.gke_host}"
    if not found.startswith("https://"):
        raise SettingError("GKE_HOST takes a host name, an address, or an https:// URL")
    return found


def authority(settings: ControlPlane) -> str:
    """The authority as PEM, empty for the system's; ``SettingError`` when ``GKE_CA`` is none."""
    try:
        return base64.b64decode(settings.gke_ca, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise SettingError("GKE_CA is not base64 of PEM") from None
