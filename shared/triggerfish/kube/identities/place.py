"""Where a managed cluster's API server is, as its cloud writes it; checked without aiohttp."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator

from triggerfish.errors import SettingError
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings


def url(kind: str, settings: Settings) -> str:
    """The URL of the API server; ``SettingError`` when ``KIND_HOST`` says none."""
    host, _ = _written(kind, settings)
    name = f"{kind.upper()}_HOST"
    if not host:
        raise SettingError(f"KUBE_AUTH={kind} needs {name}: the control plane's host name or address")
    found = host if "://" in host else f"https://{host}"
    if not found.startswith("https://"):
        raise SettingError(f"{name} takes a host name, an address, or an https:// URL")
    return found


def authority(kind: str, settings: Settings) -> str:
    """The authority as PEM, empty for the system's; ``SettingError`` when ``KIND_CA`` is none."""
    try:
        return base64.b64decode(_written(kind, settings)[1], validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise SettingError(f"{kind.upper()}_CA is not base64 of PEM") from None


def eks_cluster(settings: Settings) -> str:
    """The name that EKS's tokens are made for; ``SettingError`` when there is none."""
    if not settings.eks_cluster:
        raise SettingError("KUBE_AUTH=eks needs EKS_CLUSTER: the name that the tokens are made for")
    return settings.eks_cluster


def wrong(kind: str, settings: Settings) -> Iterator[SettingError]:
    """What is wrong with the settings of ``KUBE_AUTH=kind``; no cloud is asked."""
    checks: list[Callable[[], str]] = [lambda: url(kind, settings), lambda: authority(kind, settings)]
    # Each cloud is imported only for whom it is: GKE's cold start needs no other.
    if kind == "eks":
        from triggerfish.runtime.clouds.aws import AwsIdentity

        checks += [lambda: eks_cluster(settings), lambda: AwsIdentity(settings, Clock()).region]
    if kind == "aks":
        from triggerfish.runtime.clouds.azure import AzureIdentity

        checks += [lambda: AzureIdentity(settings, Clock()).kind]
    for check in checks:
        try:
            check()
        except SettingError as error:
            yield error


def _written(kind: str, settings: Settings) -> tuple[str, str]:
    """``KIND_HOST`` and ``KIND_CA``."""
    return {
        "gke": (settings.gke_host, settings.gke_ca),
        "eks": (settings.eks_host, settings.eks_ca),
        "aks": (settings.aks_host, settings.aks_ca),
    }[kind]
