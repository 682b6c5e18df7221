"""The settings that say which cluster it is, checked before it is needed: no network, and no aiohttp.

Plugins are not run, and Google is not asked: whether the cluster answers is for ``/readyz`` to say.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from triggerfish.errors import SettingError
from triggerfish.kube import files
from triggerfish.settings import Settings

_pem = "-----BEGIN CERTIFICATE-----"


def cluster(read: Settings, *, pod_files: str = files.POD_FILES) -> Iterator[SettingError]:
    """Find what keeps a function from its cluster."""
    if read.kube_auth != "auto":
        from triggerfish.kube.identities.place import wrong  # here: a pod needs no cloud

        yield from wrong(read.kube_auth, read)
    elif read.kubeconfig:
        yield from _kubeconfig(read.kubeconfig)
    elif read.kubernetes_service_host:
        yield from _pod(read, pod_files)
    else:
        advice = "set it to a kubeconfig file, or run in a pod"
        for kind, host in (("gke", read.gke_host), ("eks", read.eks_host), ("aks", read.aks_host)):
            if host:
                advice = f"{kind.upper()}_HOST is set: did you mean KUBE_AUTH={kind}?"
        yield SettingError(f"KUBECONFIG is unset, and this is no pod: there is no cluster; {advice}")


def _kubeconfig(paths: str) -> Iterator[SettingError]:
    from triggerfish.kube.kubeconfig import current_context  # here: a pod needs no YAML

    try:
        context = current_context(files.kubeconfigs(paths))
        for material in (context.ca, context.token, context.certificate, context.key):
            files.read(material)
        if context.ca and _pem not in files.read(context.ca):
            yield SettingError("KUBECONFIG: the certificate authority of the cluster is not PEM")
    except SettingError as error:
        yield error if str(error).startswith("KUBECONFIG") else SettingError(f"KUBECONFIG: {error}")


def _pod(read: Settings, folder: str) -> Iterator[SettingError]:
    port = read.kubernetes_service_port
    if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        yield SettingError(f"KUBERNETES_SERVICE_PORT is {port[:80]!r}; it takes a port from 1 to 65535")
    for name, what in (("token", "token of a service account"), ("ca.crt", "certificate authority")):
        path = posixpath.join(folder, name)
        if not _has_text(path):
            yield SettingError(
                f"KUBECONFIG is unset, and this pod has no {what} ({path}); give the pod a service account"
                " with automountServiceAccountToken: true, or set KUBECONFIG"
            )


def _has_text(path: str) -> bool:
    try:
        return bool(files.text(path).strip())
    except SettingError:
        return False
